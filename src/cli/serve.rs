//! `serve`.

use super::output::Output;
use super::{Failure, database_url, files, log};
use crate::admin::{FirstStart, first_start};
use crate::app::App;
use crate::config::Config;
use crate::http;
use crate::storage::Db;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, env = "SCIM_CONNECTOR_LISTEN", value_name = "ADDR")]
    listen: Option<String>,
    /// The address that identity providers use; resource locations are built from it
    #[arg(long, env = "SCIM_CONNECTOR_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

pub async fn run(mut config: Config, output: Output, arguments: Arguments) -> Result<(), Failure> {
    config.listen = arguments.listen.unwrap_or(config.listen);
    config.public_url = arguments.public_url.unwrap_or(config.public_url);
    let spans = log::start(&config.log, &config.tracing)?;
    config.limits.connections = files::for_connections(config.limits.connections);
    let url = database_url(&config)?;
    let db = Db::serve(&url, config.storage_options()).await?;
    let listener = TcpListener::bind(&config.listen).await.map_err(|error| {
        Failure::new(format!("Cannot listen on {}: {error}. Choose another with --listen.", config.listen))
    })?;
    let address = listener.local_addr()?;
    let public_url = match config.public_url.trim_end_matches('/') {
        "" => format!("http://{address}"),
        url if url.starts_with("http://") || url.starts_with("https://") => url.to_owned(),
        url => return Err(Failure::new(format!("The public URL \"{url}\" must begin with https:// or http://."))),
    };
    let made = first_start(&db).await?;
    let app = App::new(db, &config, &public_url).await?;
    let metrics = match config.metrics.listen.as_str() {
        "" => None,
        listen => Some(TcpListener::bind(listen).await.map_err(|error| {
            Failure::new(format!("Cannot listen on {listen}: {error}. Choose another address for metrics.listen."))
        })?),
    };
    announce(output, &app.service.settings.base_url, made.as_ref());
    tracing::info!(%address, database = %url, base_url = %app.service.settings.base_url, "serving");
    let served = serve(listener, metrics, app, Duration::from_secs(config.server.drain_seconds)).await;
    spans.finish().await;
    served
}

/// Serves until SIGTERM or SIGINT, then finishes what has begun.
async fn serve(listener: TcpListener, metrics: Option<TcpListener>, app: App, drain: Duration) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = stop.send(true);
    });
    let told = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let chores = app.start_chores();
    let watched =
        metrics.map(|listener| tokio::spawn(http::serve_metrics(listener, app.clone(), told(stopped.clone()))));
    let overdue = {
        let told = told(stopped.clone());
        async move {
            told.await;
            tracing::info!("stopping: finishing the requests that have begun");
            tokio::time::sleep(drain).await;
        }
    };
    tokio::select! {
        () = http::serve(listener, app.clone(), told(stopped)) => {}
        () = overdue => tracing::warn!("some requests did not finish in time and were broken off"),
    }
    for chore in chores.into_iter().chain(watched) {
        chore.abort();
    }
    app.write_last_uses().await;
    app.recorder.finish().await;
    app.write_quirks().await;
    tracing::info!("stopped");
    Ok(())
}

fn announce(output: Output, base_url: &str, made: Option<&FirstStart>) {
    match made {
        Some(FirstStart { token, admin_key }) => {
            let (token, admin_key) = (token.secret.reveal(), admin_key.secret.reveal());
            let value = json!({ "baseUrl": base_url, "token": token, "adminKey": admin_key });
            let lines = [
                format!("SCIM base URL  {base_url}"),
                format!("SCIM token     {token}"),
                format!("Admin key      {admin_key}"),
                "These secrets are not shown again. Make others with `scim-connector token create` and `admin-key create`.".to_owned(),
            ];
            output.show(&value, &lines);
        }
        None => output.show(&json!({ "baseUrl": base_url }), &[format!("SCIM base URL  {base_url}")]),
    }
}

//! `doctor`: one line for each thing that can be wrong.

use super::output::Output;
use super::token::milliseconds;
use super::{Failure, database_url, existing};
use crate::admin;
use crate::clock;
use crate::config::Config;
use crate::scim::time;
use crate::storage::Health;
use serde_json::json;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Look at every row, too: whether everything that always holds does hold. A server may go on serving
    #[arg(long)]
    deep: bool,
    /// How long each of the deep checks may take, such as 30s or 10m
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = milliseconds, requires = "deep")]
    time_limit: i64,
}

pub async fn run(config: &Config, output: Output, arguments: &Arguments) -> Result<(), Failure> {
    let mut facts = vec![fact("settings", "read", true)];
    let deep = arguments.deep.then(|| Duration::from_millis(arguments.time_limit.unsigned_abs()));
    facts.extend(database(config, deep).await);
    let now = clock::now();
    // This program was written in 2026; an earlier clock is wrong.
    facts.push(fact("clock", &time::format(now), now > 1_767_225_600_000));
    facts.push(public_url(config));
    for Health { name, value, good } in &facts {
        let word = if *good { "ok" } else { "WRONG" };
        output.show(&json!({ "name": name, "value": value, "ok": good }), &[format!("{word:5}  {name}: {value}")]);
    }
    match facts.iter().filter(|fact| !fact.good).count() {
        0 => Ok(()),
        wrong => Err(Failure::new(format!("{wrong} of {} checks found something wrong.", facts.len()))),
    }
}

fn fact(name: &str, value: &str, good: bool) -> Health {
    Health { name: name.to_owned(), value: value.to_owned(), good }
}

async fn database(config: &Config, deep: Option<Duration>) -> Vec<Health> {
    let url = match database_url(config) {
        Ok(url) => url,
        Err(Failure(sentence)) => return vec![fact("database", &sentence, false)],
    };
    let examined = async {
        let db = existing(config).await?;
        let mut facts = db.health().await?;
        let pending = db.migrations().await?.into_iter().filter(|status| !status.applied).count();
        let value =
            if pending == 0 { "all applied".to_owned() } else { format!("{pending} pending; run `migrate run`") };
        facts.push(fact("migrations", &value, pending == 0));
        match deep {
            Some(time) if pending == 0 => facts.extend(admin::deep_checks(&db, time).await?),
            Some(_) => facts.push(fact("deep checks", "not made: they need every migration", false)),
            None => {}
        }
        Ok::<_, Failure>(facts)
    };
    match examined.await {
        Ok(facts) => std::iter::once(fact("database", &url.to_string(), true)).chain(facts).collect(),
        Err(Failure(sentence)) => vec![fact("database", &format!("{url}: {sentence}"), false)],
    }
}

fn public_url(config: &Config) -> Health {
    match config.public_url.as_str() {
        "" => fact("public URL", "not set: right only while clients are on this machine", true),
        url => {
            let good =
                url.starts_with("https://") || url.starts_with("http://127.") || url.starts_with("http://localhost");
            let value = if good { url.to_owned() } else { format!("{url}: identity providers demand https://") };
            fact("public URL", &value, good)
        }
    }
}

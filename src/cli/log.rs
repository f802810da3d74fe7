//! The log: on standard error, for people on a terminal and as JSON otherwise. And the traces, when a collector is named.

use super::Failure;
use crate::config::{Log, LogFormat, Tracing};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Spans on their way to a collector.
pub struct Spans(Option<SdkTracerProvider>);

impl Spans {
    /// Sends what is left. A collector that does not answer loses it.
    pub async fn finish(self) {
        if let Some(provider) = self.0
            && let Ok(Err(error)) = tokio::task::spawn_blocking(move || provider.shutdown()).await
        {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Starts both for the whole process.
pub fn start(log: &Log, tracing: &Tracing) -> Result<Spans, Failure> {
    // Spans that are only for a collector are kept out of the log.
    let filter = EnvFilter::try_new(format!("{},spans=off", log.level))
        .map_err(|error| Failure::new(format!("The log level \"{}\" is not understood: {error}.", log.level)))?;
    let Some(provider) = provider(tracing)? else {
        // One filter for all costs less than one for each layer.
        tracing_subscriber::registry().with(filter).with(lines(log)).init();
        return Ok(Spans(None));
    };
    let wanted =
        Targets::new().with_target("spans", LevelFilter::INFO).with_target("scim_connector", LevelFilter::INFO);
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("scim-connector")).with_filter(wanted);
    tracing_subscriber::registry().with(lines(log).with_filter(filter)).with(traces).init();
    Ok(Spans(Some(provider)))
}

/// What writes the lines of the log.
fn lines<S>(log: &Log) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let is_terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let text = match log.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => is_terminal,
    };
    if text {
        layer.with_ansi(is_terminal).with_target(false).boxed()
    } else {
        layer.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    }
}

/// Where spans go, if anywhere.
fn provider(tracing: &Tracing) -> Result<Option<SdkTracerProvider>, Failure> {
    let endpoint = tracing.otlp_endpoint.as_str();
    if endpoint.is_empty() {
        return Ok(None);
    }
    if !endpoint.starts_with("http://") {
        return Err(Failure::new(format!(
            "tracing.otlp_endpoint \"{endpoint}\" must begin with http://. Let a collector beside this server speak TLS."
        )));
    }
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_endpoint(endpoint);
    let exporter =
        exporter.build().map_err(|error| Failure::new(format!("Traces cannot be sent to {endpoint}: {error}.")))?;
    let resource = Resource::builder().with_service_name("scim-connector").build();
    let processor = BatchSpanProcessor::builder(exporter, Tokio).build();
    Ok(Some(SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource).build()))
}

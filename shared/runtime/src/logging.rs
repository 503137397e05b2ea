//! Logs: one line per event on standard error, as text for people or JSON for machines.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::Common;
use crate::common::LogFormat;

/// Starts logging for the whole process. A filter that does not parse falls back to `info`, loudly.
pub fn start(common: &Common) {
    let parsed = EnvFilter::try_new(&common.log);
    let problem = parsed.as_ref().err().map(ToString::to_string);
    // The AMQP client logs returned messages with their payload, whatever the operator asked for.
    let silenced = |filter: EnvFilter| {
        ["lapin=off", "amq_protocol_tcp=off"].iter().fold(filter, |filter, directive| {
            filter.add_directive(directive.parse().expect("a well-formed directive"))
        })
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(silenced(parsed.unwrap_or_else(|_| EnvFilter::new("info"))))
        .with_span_events(FmtSpan::NONE)
        .with_writer(io::stderr);
    let pretty = match common.log_format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    // A second start in one process (tests) keeps the first subscriber.
    if pretty {
        builder.with_target(false).compact().try_init().ok();
    } else {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init()
            .ok();
    }
    if let Some(problem) = problem {
        tracing::warn!(
            log.filter = common.log,
            problem,
            "the log filter does not parse, using `info`"
        );
    }
}

//! Documents that are derived from the code, and must stay equal to it, and those that name what is in
//! it.
//!
//! `POSTRIDER_TEST_WRITE=1 cargo nextest run -p postrider-tests documents` writes them anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use postrider_receiver::inbox::InboxMetrics;
use postrider_receiver::routes::ReceiveMetrics;
use prometheus::Registry;
use prometheus::proto::{MetricFamily, MetricType};

mod promises;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Compares a document with what the code says, or writes it when asked to.
#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the test, not configuration"
)]
fn assert_document(path: &str, derived: &str) {
    let path = repository().join(path);
    if std::env::var("POSTRIDER_TEST_WRITE").is_ok() {
        fs::write(&path, derived).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written,
        derived,
        "{} is not what the code says; see the top of this test",
        path.display()
    );
}

#[test]
fn every_metric_is_documented_with_its_labels() {
    let mut text = String::from(
        "# Metrics\n\n\
         Every process serves them at `/metrics` as Prometheus text, and every series is there, at zero, from the start.\n\
         Labels come from fixed lists, never from users: there is no label per registration or subscriber.\n\
         Of the receiving side, `receiver` is one that has a secret and `handler` one that is configured; `github` and `deploy` stand for them here.\n\
         `postrider` has all of them, the other processes those of their role, and each also has `process_*` (CPU, memory, file descriptors).\n\
         A test keeps this page equal to the code.\n",
    );
    for (role, families) in [
        ("api", api()),
        ("dispatcher", dispatcher()),
        ("worker", worker()),
        ("receiver", receiver()),
    ] {
        write!(text, "\n## {role}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n")
            .unwrap();
        for family in families {
            writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                family.name(),
                kind(&family),
                labels(&family),
                family.help()
            )
            .unwrap();
        }
    }
    assert_document("docs/METRICS.md", &text);
}

fn api() -> Vec<MetricFamily> {
    let registry = Registry::new();
    postrider_api::Metrics::new(&registry).unwrap();
    registry.gather()
}

fn dispatcher() -> Vec<MetricFamily> {
    let registry = Registry::new();
    postrider_dispatcher::Metrics::new(&registry).unwrap();
    registry.gather()
}

fn worker() -> Vec<MetricFamily> {
    let registry = Registry::new();
    postrider_worker::Metrics::new(&registry).unwrap();
    registry.gather()
}

fn receiver() -> Vec<MetricFamily> {
    let registry = Registry::new();
    InboxMetrics::new(&registry, ["github"], ["deploy"]).unwrap();
    ReceiveMetrics::new(&registry, ["github"]).unwrap();
    registry.gather()
}

fn kind(family: &MetricFamily) -> &'static str {
    match family.get_field_type() {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::HISTOGRAM => "histogram",
        _ => "other",
    }
}

/// Each label with the values it can have.
fn labels(family: &MetricFamily) -> String {
    let mut names: Vec<(String, BTreeSet<String>)> = Vec::new();
    for pair in family.get_metric().iter().flat_map(prometheus::proto::Metric::get_label) {
        match names.iter_mut().find(|(name, _)| name == pair.name()) {
            Some((_, values)) => {
                values.insert(pair.value().to_owned());
            }
            None => names.push((pair.name().to_owned(), BTreeSet::from([pair.value().to_owned()]))),
        }
    }
    names
        .into_iter()
        .map(|(name, values)| {
            format!("`{name}`: {}", values.into_iter().collect::<Vec<_>>().join(", "))
        })
        .collect::<Vec<_>>()
        .join("; ")
}

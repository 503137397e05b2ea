//! Metrics that are registered as they are made.

use prometheus::core::Collector;
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, Result,
};

/// Makes metrics, and registers each. Every series is there at zero from the start, so that the first
/// of something is a change and not a new line.
#[derive(Clone, Copy)]
pub struct Registrar<'a>(pub &'a Registry);

impl Registrar<'_> {
    /// A counter.
    ///
    /// # Errors
    /// When the name is taken, as with all of these.
    pub fn counter(self, name: &str, help: &str) -> Result<IntCounter> {
        self.register(IntCounter::new(name, help)?)
    }

    /// A counter for each of `values` of `label`.
    pub fn counters(
        self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = &'static str>,
    ) -> Result<IntCounterVec> {
        let counters = self.register(IntCounterVec::new(Opts::new(name, help), &[label])?)?;
        for value in values {
            counters.with_label_values(&[value]);
        }
        Ok(counters)
    }

    /// A gauge of a number of things.
    pub fn gauge(self, name: &str, help: &str) -> Result<IntGauge> {
        self.register(IntGauge::new(name, help)?)
    }

    /// A gauge of seconds or shares.
    pub fn float_gauge(self, name: &str, help: &str) -> Result<Gauge> {
        self.register(Gauge::new(name, help)?)
    }

    /// A histogram.
    pub fn histogram(self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.register(Histogram::with_opts(options)?)
    }

    /// A histogram for each of `values` of `label`.
    pub fn histograms(
        self,
        (name, help): (&str, &str),
        buckets: &[f64],
        label: &str,
        values: impl IntoIterator<Item = &'static str>,
    ) -> Result<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let histograms = self.register(HistogramVec::new(options, &[label])?)?;
        for value in values {
            histograms.with_label_values(&[value]);
        }
        Ok(histograms)
    }

    fn register<M: Collector + Clone + 'static>(self, metric: M) -> Result<M> {
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

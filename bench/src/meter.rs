//! CPU time and peak memory of everything that takes part in a scenario.

use std::collections::BTreeMap;

use crate::procfs::{self, Memory, Stat};

/// What is measured, by the name it has in the results.
pub(crate) type Sources = Vec<(&'static str, Source)>;

/// Processes that are measured together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// One that was started for the scenario, or this one.
    Process(u32),
    /// The Postgres server with this main process: it and its children. Connections come and go, so
    /// the CPU time of children that ended counts, too.
    Postgres(u32),
    /// The Erlang machine with this id.
    RabbitMq(u32),
}

impl Source {
    fn ticks(self) -> u64 {
        match self {
            Self::Process(pid) => Stat::of(pid).map_or(0, |stat| stat.own),
            Self::RabbitMq(pid) => Stat::of(pid).map_or(0, |stat| stat.own + stat.reaped),
            Self::Postgres(main) => {
                let ended = Stat::of(main).map_or(0, |stat| stat.own + stat.reaped);
                let running = procfs::children(main).into_iter().filter_map(Stat::of);
                ended + running.map(|stat| stat.own).sum::<u64>()
            }
        }
    }

    /// In KiB.
    fn memory(self) -> u64 {
        match self {
            Self::Process(pid) => Memory::of(pid).unwrap_or_default().peak,
            Self::RabbitMq(pid) => Memory::of(pid).unwrap_or_default().resident,
            Self::Postgres(main) => {
                let pids = procfs::children(main).into_iter().chain([main]);
                let all: Vec<Memory> = pids.filter_map(Memory::of).collect();
                let shared = all.iter().map(|memory| memory.shared).max().unwrap_or_default();
                shared + all.iter().map(|memory| memory.anonymous).sum::<u64>()
            }
        }
    }
}

/// What something used during a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) peak_mb: f64,
}

/// Measures from its start to its end.
pub(crate) struct Meter(Vec<Gauge>);

struct Gauge {
    name: &'static str,
    source: Source,
    ticks_before: u64,
    peak_kib: u64,
}

impl Meter {
    /// Starts to measure `sources` and this process.
    pub(crate) fn start(sources: Sources) -> Self {
        procfs::reset_own_peak();
        let own = ("bench", Source::Process(std::process::id()));
        let gauge = |(name, source): (&'static str, Source)| Gauge {
            name,
            source,
            ticks_before: source.ticks(),
            peak_kib: 0,
        };
        Self(sources.into_iter().chain([own]).map(gauge).collect())
    }

    /// Looks at the memory. Servers do not tell their peak since the start of a scenario, so this
    /// has to be called every now and then.
    pub(crate) fn sample(&mut self) {
        for gauge in &mut self.0 {
            gauge.peak_kib = gauge.peak_kib.max(gauge.source.memory());
        }
    }

    /// What was used, by name.
    #[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 KiB of memory")]
    pub(crate) fn end(mut self) -> BTreeMap<&'static str, Usage> {
        self.sample();
        let usage = |gauge: &Gauge| Usage {
            cpu_s: procfs::seconds(gauge.source.ticks().saturating_sub(gauge.ticks_before)),
            peak_mb: gauge.peak_kib as f64 / 1024.0,
        };
        self.0.iter().map(|gauge| (gauge.name, usage(gauge))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_between_start_and_end_is_counted() {
        let mut meter = Meter::start(Vec::new());
        // Waits for the thing itself: until this process has used five ticks more.
        let before = Stat::of(std::process::id()).unwrap().own;
        while Stat::of(std::process::id()).unwrap().own < before + 5 {
            meter.sample();
        }
        let used = meter.end()["bench"];
        assert!(used.cpu_s >= 0.05 && used.peak_mb > 0.0, "{used:?}");
    }
}

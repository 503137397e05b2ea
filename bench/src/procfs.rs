//! What Linux tells of processes: CPU time and memory.

use std::fs;

/// The unit of CPU times (`USER_HZ`), which Linux fixes for programs whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU times and descent of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) name: String,
    pub(crate) parent: u32,
    /// CPU time of its own, in ticks.
    pub(crate) own: u64,
    /// CPU time of its children that have ended, in ticks.
    pub(crate) reaped: u64,
}

impl Stat {
    /// Of one process; `None` when there is none.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The name may have spaces and brackets in it; everything after it is plain.
        let (head, tail) = text.rsplit_once(") ")?;
        let (_, name) = head.split_once('(')?;
        let fields: Vec<&str> = tail.split(' ').collect();
        let sum = |from: usize| -> Option<u64> {
            Some(
                fields.get(from)?.parse::<u64>().ok()?
                    + fields.get(from + 1)?.parse::<u64>().ok()?,
            )
        };
        Some(Self {
            name: name.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            own: sum(11)?,
            reaped: sum(13)?,
        })
    }
}

/// Ticks of CPU time as seconds.
#[expect(clippy::cast_precision_loss, reason = "no benchmark takes 2^52 ticks")]
pub(crate) fn seconds(ticks: u64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND
}

/// The memory of a process, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The most that was resident.
    pub(crate) peak: u64,
    /// What is resident.
    pub(crate) resident: u64,
    /// What of it is private data.
    pub(crate) anonymous: u64,
    /// What of it is shared between processes.
    pub(crate) shared: u64,
}

impl Memory {
    /// Of one process; `None` when there is none.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Some(Self::parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?))
    }

    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .and_then(|value| value.trim().strip_suffix(" kB")?.parse().ok())
                .unwrap_or_default()
        };
        Self {
            peak: field("VmHWM"),
            resident: field("VmRSS"),
            anonymous: field("RssAnon"),
            shared: field("RssShmem"),
        }
    }
}

/// Makes the present memory of this process its peak.
pub(crate) fn reset_own_peak() {
    // Where it is not allowed the figure is higher than need be, and nothing else is wrong.
    fs::write("/proc/self/clear_refs", "5").ok();
}

/// Every process there is.
pub(crate) fn pids() -> Vec<u32> {
    numbers_in("/proc")
}

/// The children of a process, which Linux keeps by the thread that made them.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let made_by = |thread: u32| {
        let path = format!("/proc/{pid}/task/{thread}/children");
        fs::read_to_string(path).unwrap_or_default()
    };
    let lists: Vec<String> =
        numbers_in(&format!("/proc/{pid}/task")).into_iter().map(made_by).collect();
    lists
        .iter()
        .flat_map(|list| list.split_whitespace())
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_times_are_read_whatever_the_process_is_called() {
        let line = "2203 (a) (b c)) S 1 2203 2203 0 -1 4194304 4072 23420 0 41 2 3 22 21 20 0 1 0";
        let expected = Stat { name: "a) (b c)".into(), parent: 1, own: 5, reaped: 43 };
        assert_eq!(Stat::parse(line), Some(expected));
        assert_eq!(Stat::parse("2203 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_and_absent_fields_are_zero() {
        let text = "Name:\tx\nVmHWM:\t   30712 kB\nVmRSS:\t   30000 kB\nRssAnon:\t    2444 kB\n";
        let expected = Memory { peak: 30_712, resident: 30_000, anonymous: 2_444, shared: 0 };
        assert_eq!(Memory::parse(text), expected);
    }

    #[test]
    fn this_process_is_there_and_uses_memory() {
        let pid = std::process::id();
        assert!(pids().contains(&pid));
        assert!(Stat::of(pid).is_some());
        assert!(Memory::of(pid).unwrap().peak > 0);
        assert_eq!(Stat::of(u32::MAX), None);
    }

    #[test]
    fn a_child_is_found_by_its_parent() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pid = std::process::id();
        assert_eq!(Stat::of(child.id()).unwrap().parent, pid);
        assert!(children(pid).contains(&child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}

//! Buckets of latencies: counts of them can be added up, whoever counted, and percentiles be read
//! from the sum.

use std::time::Duration;

/// How many bounds there are: from a millisecond to some 17 minutes, each the square root of two times
/// the one before.
const BOUNDS: u8 = 41;
/// How many buckets there are: one up to each bound, and one for what took longer than the last.
pub const LATENCY_BUCKETS: usize = BOUNDS as usize + 1;

/// The upper bounds of the buckets but the last one, in seconds.
pub fn latency_bounds() -> Vec<f64> {
    (0..BOUNDS).map(bound).collect()
}

fn bound(bucket: u8) -> f64 {
    0.001 * 2f64.powf(f64::from(bucket) / 2.0)
}

/// The time that `permille` of those that were counted took at the most (by nearest rank), given as
/// the middle of its bucket on a logarithmic scale. What is in the first bucket is given as its bound,
/// and what is in the last one as the bound before it.
pub(super) fn quantile(buckets: &[(u8, u64)], permille: u64) -> Option<Duration> {
    let total: u64 = buckets.iter().map(|(_, number)| number).sum();
    let rank = total.saturating_mul(permille).div_ceil(1_000).max(1);
    let mut counted = 0;
    let bucket = buckets.iter().find_map(|(bucket, number)| {
        counted += number;
        (counted >= rank).then_some(*bucket)
    })?;
    let seconds = match bucket {
        0 => bound(0),
        BOUNDS.. => bound(BOUNDS - 1),
        between => (bound(between - 1) * bound(between)).sqrt(),
    };
    Some(Duration::from_secs_f64(seconds))
}

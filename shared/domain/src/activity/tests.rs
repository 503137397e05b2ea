use proptest::prelude::*;

use super::*;

fn tally(counted: &[(Series, u64)]) -> Tally {
    counted.iter().copied().collect()
}

/// The latencies as a worker counts them.
fn counted(latencies: &[Duration]) -> Tally {
    let bounds = latency_bounds();
    let bucket = |latency: &Duration| {
        let bucket = bounds.partition_point(|bound| *bound < latency.as_secs_f64());
        (Series::Latency(u8::try_from(bucket).unwrap()), 1)
    };
    latencies.iter().map(bucket).collect()
}

/// The percentile of the latencies themselves, by nearest rank.
fn percentile(latencies: &[Duration], permille: usize) -> Duration {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * permille).div_ceil(1_000).max(1) - 1]
}

proptest! {
    #[test]
    fn a_percentile_of_summed_buckets_is_that_of_all_latencies_but_for_a_fourth_root_of_two(
        ours in prop::collection::vec(1u64..2_000_000_000, 0..60),
        theirs in prop::collection::vec(1u64..2_000_000, 1..60),
        permille in prop::sample::select(vec![1usize, 500, 950, 990, 1_000]),
    ) {
        let [ours, theirs] = [ours, theirs]
            .map(|micros| micros.into_iter().map(Duration::from_micros).collect::<Vec<_>>());
        let mut sum = counted(&ours);
        sum.add(&counted(&theirs));
        let read = sum.latency(u64::try_from(permille).unwrap()).unwrap().as_secs_f64();

        let all = [ours, theirs].concat();
        let bounds = latency_bounds();
        let (first, last) = (bounds[0], bounds[bounds.len() - 1]);
        let exact = percentile(&all, permille).as_secs_f64().clamp(first, last);
        let off = (read / exact).max(exact / read);
        prop_assert!(off <= 2f64.powf(0.25) * 1.000_001, "{read} for {exact}");
    }

    #[test]
    fn what_was_told_before_and_what_was_not_make_up_the_whole(
        counts in prop::collection::vec((0u8..46, 0u64..1_000, 0u64..1_000), 0..40),
    ) {
        let series = |number: u8| match number {
            0 => Series::Events,
            1 => Series::Succeeded,
            2 => Series::Failed,
            3 => Series::Dead,
            bucket => Series::Latency(bucket - 4),
        };
        let earlier: Tally = counts.iter().map(|(of, number, _)| (series(*of), *number)).collect();
        let mut later = earlier.clone();
        for (of, _, more) in &counts {
            later.count(series(*of), *more);
        }
        let mut sum = earlier.clone();
        sum.add(&later.since(&earlier));
        prop_assert_eq!(sum, later);
    }
}

#[test]
fn without_latencies_there_is_no_percentile() {
    assert_eq!(tally(&[(Series::Succeeded, 3)]).latency(500), None);
    assert_eq!(Tally::default().latency(990), None);
}

#[test]
fn what_was_counted_as_nothing_is_told_and_an_empty_bucket_is_not() {
    let totals = tally(&[(Series::Events, 7), (Series::Latency(3), 7)]);
    let grown = totals.since(&totals);
    assert_eq!(grown, tally(&[(Series::Events, 0)]));
    assert_eq!((grown.of(Series::Events), grown.of(Series::Failed)), (Some(0), None));
}

#[test]
fn every_series_is_found_by_its_key_and_others_are_nobodys() {
    let mut all = vec![Series::Events, Series::Succeeded, Series::Failed, Series::Dead];
    all.extend((0..LATENCY_BUCKETS).map(|bucket| Series::Latency(u8::try_from(bucket).unwrap())));
    for series in all {
        let (name, bucket) = series.key();
        assert_eq!(Series::from_key(name, bucket), Some(series));
    }
    assert_eq!(Series::from_key("latency", u8::try_from(LATENCY_BUCKETS).unwrap()), None);
    assert_eq!(Series::from_key("of_a_later_version", 0), None);
}

#[test]
fn a_minute_begins_where_everybody_cuts() {
    let at: Timestamp = "2026-11-21T08:47:59.999999Z".parse().unwrap();
    let minute = Minute::of(at);
    assert_eq!(minute.start().to_string(), "2026-11-21T08:47:00.000000Z");
    assert_eq!(minute.floor(15).start().to_string(), "2026-11-21T08:45:00.000000Z");
    assert_eq!(Minute::of(minute.start()), minute);
    assert_eq!(minute.plus(1).start(), minute.start() + Duration::from_mins(1));
}

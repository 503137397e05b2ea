//! The rule against receivers of several kinds, on a clock of its own.

use std::collections::VecDeque;

use super::*;

const PATIENCE: Duration = Duration::from_millis(100);
const CAP: usize = 64;

/// The gate of a receiver that nothing is known of.
fn gate(now: Instant) -> Gate {
    Gate::new(Pace::new(PATIENCE, None, now), now)
}

/// So many places, and slots enough.
fn room(places: usize) -> Room {
    Room { places, unused: 1000 }
}

/// A worker with so many slots, all of them for one registration whose receiver takes `answer` for
/// each request, in steps of a millisecond.
struct Scene {
    gate: Gate,
    now: Instant,
    answer: Duration,
    well: bool,
    slots: usize,
    /// When each request ends, and since when each stands in line.
    requests: VecDeque<Instant>,
    line: VecDeque<Instant>,
    parked: usize,
    most: usize,
    ended: usize,
}

impl Scene {
    fn new(answer: Duration, slots: usize) -> Self {
        let now = Instant::now();
        Self {
            gate: gate(now),
            now,
            answer,
            well: true,
            slots,
            requests: VecDeque::new(),
            line: VecDeque::new(),
            parked: 0,
            most: 0,
            ended: 0,
        }
    }

    /// Lets `millis` pass, with up to so many new deliveries in each of them.
    fn run(&mut self, millis: u32, arriving: usize) {
        for _ in 0..millis {
            self.now += Duration::from_millis(1);
            while self.requests.front().is_some_and(|end| *end <= self.now) {
                self.requests.pop_front();
                self.ended += 1;
                self.gate.leave(self.well.then_some(self.answer), self.now);
                if self.gate.has_turn() {
                    self.line.pop_front();
                    self.gate.let_in();
                    self.requests.push_back(self.now + self.answer);
                }
            }
            let (gate, now, parked) = (&mut self.gate, self.now, &mut self.parked);
            self.line.retain(|since| {
                let stays = gate.waits_until(*since, now).is_some();
                if !stays {
                    gate.give_up();
                    *parked += 1;
                }
                stays
            });
            let free = self.slots - self.requests.len() - self.line.len();
            for _ in 0..arriving.min(free) {
                let unused = self.slots - self.requests.len() - self.line.len();
                match self.gate.enter(Room { places: CAP, unused }, self.now) {
                    Admission::Go => self.requests.push_back(self.now + self.answer),
                    Admission::Wait => self.line.push_back(self.now),
                    Admission::Park => self.parked += 1,
                }
            }
            self.most = self.most.max(self.requests.len() + self.line.len());
        }
    }
}

#[test]
fn a_fast_receiver_is_never_parked_though_everything_is_for_it() {
    for answer in [2, 10, 30] {
        let mut scene = Scene::new(Duration::from_millis(answer), 512);
        scene.run(10_000, 512);
        assert_eq!(scene.parked, 0, "{answer} ms");
        assert_eq!(scene.most, 512, "{answer} ms");
    }
}

#[test]
fn a_fast_receiver_is_not_parked_when_a_quiet_time_ends_with_a_burst() {
    let mut scene = Scene::new(Duration::from_millis(10), 512);
    for _ in 0..20 {
        scene.run(1000, 0);
        scene.run(1, 400);
    }
    scene.run(1000, 0);
    assert_eq!((scene.parked, scene.ended), (0, 20 * 400));
}

#[test]
fn a_receiver_that_hangs_has_its_cap_and_what_comes_within_one_patience() {
    let mut scene = Scene::new(Duration::from_secs(5), 512);
    scene.well = false;
    scene.run(4900, 2);
    assert!((CAP + 190..=CAP + 200).contains(&scene.most), "{}", scene.most);
    assert_eq!(scene.line.len(), 0);
    assert!(scene.gate.is_busy(room(CAP), scene.now));
    assert!(scene.parked > 9000, "{}", scene.parked);
}

#[test]
fn a_receiver_that_hangs_has_no_line_again_when_its_requests_have_timed_out() {
    let mut scene = Scene::new(Duration::from_secs(5), 512);
    scene.well = false;
    scene.run(4900, 2);
    scene.most = 0;
    scene.run(20_000, 2);
    assert_eq!(scene.most, CAP);
}

#[test]
fn a_slow_receiver_that_works_uses_its_cap_and_its_line_is_short() {
    let mut scene = Scene::new(Duration::from_millis(300), 512);
    scene.run(1000, 2);
    (scene.most, scene.ended) = (0, 0);
    scene.run(30_000, 2);
    let possible = 30_000 / 300 * CAP;
    assert!(scene.ended * 100 >= possible * 97, "{} of {possible}", scene.ended);
    assert!(scene.most <= CAP + (512 - CAP) / 2 + 1, "{}", scene.most);
}

#[test]
fn a_slow_receiver_that_is_known_does_not_count_as_one_that_hangs() {
    for answer in [101, 200, 450] {
        let mut scene = Scene::new(Duration::from_millis(answer), 512);
        scene.run(1, 1);
        scene.run(600, 0);
        // As many as its places work off in the time that anybody stands in line.
        scene.run(1, CAP * 4);
        scene.run(3000, 0);
        assert_eq!((scene.parked, scene.ended), (0, 1 + CAP * 4), "{answer} ms");
    }
}

#[test]
fn a_slow_receiver_that_begins_to_hang_is_found_out_within_a_second() {
    let mut scene = Scene::new(Duration::from_millis(600), 512);
    scene.run(1, 1);
    scene.run(700, 0);
    (scene.answer, scene.well) = (Duration::from_secs(5), false);
    scene.run(1, 200);
    scene.run(999, 0);
    assert!(!scene.gate.is_stalled());
    scene.run(1, 0);
    assert!(scene.gate.is_stalled());
    assert_eq!((scene.parked, scene.line.len()), (200 - CAP, 0));
}

#[test]
fn the_line_at_a_slow_receiver_leaves_half_of_the_unused_slots() {
    let now = Instant::now();
    let mut gate = Gate::new(Pace::new(PATIENCE, Some(PATIENCE * 2), now), now);
    let mut unused = 100;
    assert_eq!(gate.enter(Room { places: 1, unused }, now), Admission::Go);
    while gate.enter(Room { places: 1, unused }, now) == Admission::Wait {
        unused -= 1;
    }
    assert_eq!((gate.waiting, unused), (50, 50));
}

#[test]
fn a_registration_whose_places_become_fewer_is_not_parked_at_once() {
    let now = Instant::now();
    let mut gate = gate(now);
    gate.enter(room(2), now);
    let later = now + PATIENCE * 5;
    assert_eq!(gate.enter(room(1), later), Admission::Wait);
    assert!(gate.waits_until(later, later).is_some());
}

#[test]
fn a_receiver_that_comes_back_has_a_line_again() {
    let mut scene = Scene::new(Duration::from_secs(5), 512);
    scene.well = false;
    scene.run(1000, 2);
    assert!(scene.gate.is_stalled());
    (scene.answer, scene.well) = (Duration::from_millis(5), true);
    scene.run(5000, 2);
    let parked = scene.parked;
    assert!(!scene.gate.is_stalled());
    scene.run(1000, 2);
    assert_eq!(scene.parked, parked);
}

#[test]
fn a_few_quick_answers_among_many_that_hang_give_no_long_line() {
    // Places come free at 25 a second, and well: the line is what goes through in three patiences.
    let now = Instant::now();
    let mut gate = gate(now);
    gate.enter(room(2), now);
    gate.enter(room(2), now);
    let (mut at, mut longest) = (now, 0);
    for step in 0..2000u32 {
        at += Duration::from_millis(1);
        if step % 40 == 39 {
            gate.leave(Some(PATIENCE / 2), at);
            gate.let_in();
        }
        gate.enter(room(2), at);
        if step > 500 {
            longest = longest.max(gate.waiting);
        }
        // Nobody has the patience of this test.
        if gate.waiting > 3 * 3 {
            gate.give_up();
        }
    }
    assert!(longest <= 3 * 3 + 1, "{longest}");
}

#[test]
fn a_cap_that_is_lowered_counts_at_once_and_a_probe_goes_all_the_same() {
    let now = Instant::now();
    let mut gate = gate(now);
    assert_eq!(gate.enter(room(2), now), Admission::Go);
    assert_eq!(gate.enter(room(1), now), Admission::Wait);
    gate.enter_as_probe(now);
    gate.leave(Some(PATIENCE / 2), now);
    assert!(!gate.has_turn(), "the cap is still used up");
    gate.leave(Some(PATIENCE / 2), now);
    assert!(gate.has_turn());
    gate.let_in();
    assert!(!gate.is_idle());
    gate.leave(Some(PATIENCE / 2), now);
    assert!(gate.is_idle());
}

//! Telling what is new from what was seen.

use std::time::Duration;

use postrider_domain::{Timestamp, first_id};
use uuid::Uuid;

use super::window::Window;

const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

/// The `number`th id of a moment.
fn id(at: Timestamp, number: u128) -> Uuid {
    Uuid::from_u128(first_id(at).as_u128() + number)
}

/// A store of ids, and somebody who looks at it once in a while.
struct World {
    committed: Vec<Uuid>,
    window: Window,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        Self { committed: Vec::new(), window: Window::new(NOW), now: NOW }
    }

    fn look(&mut self, limit: usize) -> Vec<Uuid> {
        let first = self.window.first(self.now);
        let mut found: Vec<_> = self.committed.iter().copied().filter(|id| *id >= first).collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(limit);
        self.window.unseen(found, |id| *id, self.now)
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }
}

#[test]
fn what_is_committed_is_told_once_and_in_order() {
    let mut world = World::new();
    let ids = [id(NOW, 1), id(NOW, 2), id(NOW + Duration::from_secs(1), 1)];
    world.committed.extend([ids[1], ids[0]]);
    assert_eq!(world.look(10), ids[..2]);
    world.pass(1);
    world.committed.push(ids[2]);
    assert_eq!(world.look(10), ids[2..]);
    for _ in 0..100 {
        world.pass(1);
        assert_eq!(world.look(10), [] as [Uuid; 0]);
    }
}

#[test]
fn what_is_committed_two_seconds_after_its_id_was_made_is_told() {
    let mut world = World::new();
    world.committed.push(id(NOW, 5));
    assert_eq!(world.look(10).len(), 1);
    let late = id(NOW - Duration::from_secs(2), 1);
    world.committed.push(late);
    assert_eq!(world.look(10), [late]);
    assert_eq!(world.look(10), [] as [Uuid; 0]);
}

#[test]
fn a_clock_that_is_ahead_hides_nothing_of_the_others() {
    let mut world = World::new();
    let ahead = id(NOW + Duration::from_secs(30), 1);
    world.committed.push(ahead);
    assert_eq!(world.look(10), [ahead]);
    for _ in 0..40 {
        world.pass(1);
        let present = id(world.now, 2);
        world.committed.push(present);
        assert_eq!(world.look(100), [present]);
    }
}

#[test]
fn of_more_than_is_read_the_newest_are_told() {
    let mut world = World::new();
    let ids: Vec<_> = (0..20).map(|number| id(NOW, number)).collect();
    world.committed.extend(&ids);
    assert_eq!(world.look(5), ids[15..]);
}

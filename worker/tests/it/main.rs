//! One worker, a store in a file, and receivers that behave as told.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod delivering;
mod failures;
mod faulty_store;
mod hand;
mod local_queue;
mod messages;
mod retries;
mod world;

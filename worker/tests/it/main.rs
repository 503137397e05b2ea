//! One worker, a store in a file, and receivers that behave as told.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod busy;
mod delivering;
mod failures;
mod faulty_store;
mod hand;
mod health;
mod lanes;
mod local_queue;
mod messages;
mod options;
mod retries;
mod running;
mod sent;
mod tls;
mod tokens;
mod world;

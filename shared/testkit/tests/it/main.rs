//! The suites, on every back end.

mod inbox;
mod parity;
mod queues;
mod same_history;
mod stores;
mod upgrade;

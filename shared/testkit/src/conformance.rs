//! One suite per kind of port, run against every back end: the suite is the specification.

pub mod inbox;
pub mod queues;
pub mod stores;

//! What tests are made of: a clock that is moved by hand, a receiver that misbehaves as told,
//! an authority for its certificates,
//! databases and brokers that go away with their test, and the suites that every back end has to
//! pass.
#![warn(missing_docs)]

pub mod authority;
pub mod brokers;
pub mod clock;
pub mod conformance;
pub mod databases;
pub mod endpoint;
pub mod proxy;

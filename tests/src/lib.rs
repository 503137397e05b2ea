//! What the stories and the process tests are told with.
//!
//! [`world::World`] runs every role in the test's own process, on either pair of back ends, with a
//! clock that the test moves. [`daemon::Daemon`] runs the real binaries, to be killed.

pub mod daemon;
pub mod node;
pub mod wait;
pub mod world;

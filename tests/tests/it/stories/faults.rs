//! What is promised when a receiver, a message, the broker or the process itself does what it should
//! not.

mod answers;
mod embedded_alone;
mod messages;
mod outcomes;
mod progress;
mod server;
mod services_alone;

//! Stories: every role at once, on both pairs, with a clock that is moved by hand.

mod aspnet;
mod broker_loss;
mod catalogue;
mod delivery;
mod hold;
mod permissions;
mod report_server;
mod retry;
mod rotation;

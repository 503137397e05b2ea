//! Stories: every role at once, on both pairs, with a clock that is moved by hand.

mod aspnet;
mod breaker;
mod broker_loss;
mod catalogue;
mod condition;
mod delivery;
mod faults;
mod hold;
mod isolation;
mod pace;
mod permissions;
mod receiving;
mod replay;
mod report_server;
mod retry;
mod rotation;
mod switched_off;

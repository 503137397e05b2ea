//! Stories: every role at once, on both pairs, with a clock that is moved by hand.

mod broker_loss;
mod delivery;
mod hold;
mod permissions;
mod retry;

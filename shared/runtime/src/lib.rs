//! What every process of Postrider has: configuration, logs, the system's clock, a listener for
//! health and metrics, and an orderly end.
#![warn(missing_docs)]

pub mod activity;
pub mod clock;
pub mod common;
pub mod config;
pub mod descriptors;
pub mod health;
pub mod logging;
pub mod origin;
pub mod patience;
pub mod process;
pub mod registrar;
pub mod repeat;

pub use activity::RollUp;
pub use clock::SystemClock;
pub use common::Common;
pub use config::{ConfigArgs, ConfigError, Loader};
pub use health::{HealthChecks, ReadyCheck};
pub use origin::RequestOrigin;
pub use patience::Patience;
pub use process::Process;
pub use registrar::Registrar;
pub use repeat::repeat;

pub use axum::Router;

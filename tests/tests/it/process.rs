//! The real binaries, killed on purpose.

mod embedded;
mod fleet;
mod receiving;
mod secret_keys;
mod services;

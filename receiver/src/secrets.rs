//! The secrets of receivers, by URL.

mod classic;
mod table;

pub use classic::ClassicError;
pub use table::{SecretTable, Secrets};

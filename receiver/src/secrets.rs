//! The secrets of receivers, by URL.

mod classic;
mod table;

pub use classic::ClassicError;
pub(crate) use classic::parse as parse_classic;
pub use table::{SecretTable, Secrets};

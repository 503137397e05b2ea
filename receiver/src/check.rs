//! What providers check alike. The texts are those of the ASP.NET library.

pub(crate) mod body;
pub(crate) mod challenge;
pub(crate) mod code;
pub(crate) mod encoding;
pub(crate) mod header;
pub(crate) mod mac;
pub(crate) mod secret;
pub(crate) mod signature;
pub(crate) mod xml;

//! The receiving side as processes of its own, and within `postrider`.

mod embedded;
mod handlers;
mod installation;
mod services;

//! What programs are made of that receive: the whole receiving side by its configuration, and the
//! commands for trying it.

mod certificates;
mod inbox;
mod load;
mod receive;
mod reload;
mod side;
mod sign;

pub use inbox::InboxCommand;
pub use load::{ReceiverSettings, load_database};
pub use receive::ReceiveArgs;
pub use side::Side;
pub use sign::SignArgs;

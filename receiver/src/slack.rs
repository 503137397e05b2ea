//! What handlers of Slack's webhooks answer with, and how they read the text of a command.

mod command;
mod response;

pub use command::{SlackCommand, SlackCommandError};
pub use response::{
    SlackAttachment, SlackField, SlackResponse, SlackResponseType, SlackSlashResponse,
};

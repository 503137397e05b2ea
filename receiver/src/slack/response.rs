//! Answers to Slack. The members are those of the ASP.NET library, under the names that Slack gives
//! them.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Answer, answer};

/// The answer to an outgoing webhook: a message to the channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlackResponse {
    /// The message.
    pub text: String,
}

impl SlackResponse {
    /// A message.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// What Slack is answered.
    pub fn into_answer(self) -> Answer {
        answer::json(StatusCode::OK, &json!(self))
    }
}

/// The answer to a slash command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlackSlashResponse {
    /// The message.
    pub text: String,
    /// Who sees it.
    #[serde(default)]
    pub response_type: SlackResponseType,
    /// What is shown below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<SlackAttachment>,
}

impl SlackSlashResponse {
    /// A message that only who gave the command sees.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same for all in the channel.
    #[must_use]
    pub fn in_channel(self) -> Self {
        Self { response_type: SlackResponseType::InChannel, ..self }
    }

    /// The same with one more attachment.
    #[must_use]
    pub fn with(mut self, attachment: SlackAttachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// What Slack is answered.
    pub fn into_answer(self) -> Answer {
        answer::json(StatusCode::OK, &json!(self))
    }
}

/// Who sees the answer to a slash command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlackResponseType {
    /// Who gave the command.
    #[default]
    Ephemeral,
    /// All in the channel, together with the command.
    InChannel,
}

/// A part of an answer below its text. What is `None` or empty is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SlackAttachment {
    /// The text for those who see no attachments. Slack requires it.
    pub fallback: String,
    /// The colour of its margin: `good`, `warning`, `danger` or `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The text above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pretext: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// Where the name leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_link: Option<String>,
    /// The URL of a small picture beside the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_icon: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the title leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_link: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<SlackField>,
    /// The URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// The URL of a small picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumb_url: Option<String>,
}

/// A cell of the table of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlackField {
    /// What it is.
    pub title: String,
    /// The value.
    pub value: String,
    /// Whether another cell fits beside it.
    #[serde(default)]
    pub short: bool,
}

#[cfg(test)]
mod tests;

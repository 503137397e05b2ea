//! Mailchimp's audience webhooks, which it does not number. Before it takes a URL, and now and then,
//! it asks with a `GET` whether somebody is there. Source: Mailchimp's "sync audience data with
//! webhooks".

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request};

/// See the module.
pub(super) const MAILCHIMP: Coded = Coded::new(
    &["mailchimp"],
    "MailChimpWebHookReceiver",
    Sample {
        body: "type=subscribe&fired_at=2026-03-26+21%3A35%3A57&data%5Bid%5D=8a25ff1d98&data%5Bemail%5D=api%40example.com&data%5Bmerges%5D%5BFNAME%5D=Ada",
        content_type: body::FORM,
        event: None,
    },
    read,
)
.asking();

fn read(request: &Request) -> Result<Reading, Refusal> {
    let form = body::form(request)?;
    let event = form.get("type").filter(|event| !event.is_empty());
    let event = event.ok_or_else(|| body::missing("type"))?.into_owned();
    Ok(Reading::Webhook(Notification::new([event], Data::Form(form))))
}

//! WordPress.com: a form with the fields of its `hook`, without a number. Source: WordPress.com's
//! "webhooks".

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request};

/// See the module.
pub(super) const WORDPRESS: Coded = Coded::new(
    &["wordpress"],
    "WordPressWebHookReceiver",
    Sample {
        body: "comment_ID=4&comment_author=ada&comment_date=2026-01-18+11%3A55%3A24&hook=comment_post",
        content_type: body::FORM,
        event: None,
    },
    read,
);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let form = body::form(request)?;
    let hook = form.get("hook").filter(|hook| !hook.is_empty());
    let hook = hook.ok_or_else(|| body::missing("hook"))?.into_owned();
    Ok(Reading::Webhook(Notification::new([hook], Data::Form(form))))
}

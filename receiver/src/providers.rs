//! The providers that are built in: one file each, and one line in the list.

mod azurealert;
mod azurecontainerregistry;
mod bitbucket;
mod coded;
mod custom;
mod dropbox;
mod dynamicscrm;
mod genericjson;
mod github;
mod instagram;
mod kudu;
mod mailchimp;
mod myget;
mod paypal;
mod pusher;
mod salesforce;
mod sharepoint;
mod shopify;
mod slack;
mod standard;
mod stripe;
#[cfg(test)]
mod tests;
mod trello;
mod vsts;
mod woocommerce;
mod wordpress;
mod zendesk;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::Provider;

pub use paypal::PayPal;
pub use stripe::Stripe;

/// The usual name of the provider that is built in under `name`, ignoring case: URLs, handlers and
/// secrets that say `meta` are Instagram's.
pub fn canonical(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let names =
            |one: Arc<dyn Provider>| one.names().iter().map(move |name| (*name, one.names()[0]));
        all().into_iter().flat_map(names).collect()
    });
    NAMES.get(&*name.to_lowercase()).copied()
}

/// Whether two names are those of one provider.
pub(crate) fn are_of_one(name: &str, other: &str) -> bool {
    let usual = |name: &'_ str| canonical(name).map_or_else(|| name.to_lowercase(), str::to_owned);
    usual(name) == usual(other)
}

/// One of each.
pub fn all() -> Vec<Arc<dyn Provider>> {
    vec![
        Arc::new(azurealert::AZURE_ALERT),
        Arc::new(azurecontainerregistry::AZURE_CONTAINER_REGISTRY),
        Arc::new(bitbucket::Bitbucket),
        Arc::new(custom::Custom),
        Arc::new(dropbox::Dropbox),
        Arc::new(dynamicscrm::DYNAMICS_CRM),
        Arc::new(genericjson::GENERIC_JSON),
        Arc::new(github::GitHub),
        Arc::new(instagram::Instagram),
        Arc::new(kudu::KUDU),
        Arc::new(mailchimp::MAILCHIMP),
        Arc::new(myget::MYGET),
        Arc::new(paypal::PayPal::default()),
        Arc::new(pusher::Pusher),
        Arc::new(salesforce::Salesforce),
        Arc::new(sharepoint::SharePoint),
        Arc::new(shopify::Shopify),
        Arc::new(slack::Slack),
        Arc::new(standard::Standard),
        Arc::new(stripe::Stripe::default()),
        Arc::new(trello::Trello),
        Arc::new(vsts::Vsts),
        Arc::new(woocommerce::WooCommerce),
        Arc::new(wordpress::WORDPRESS),
        Arc::new(zendesk::Zendesk),
    ]
}

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

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::Provider;

pub use paypal::PayPal;
pub use stripe::Stripe;

/// The provider that is built in under `name`, ignoring case.
pub fn find(name: &str) -> Option<&'static dyn Provider> {
    static BY_NAME: LazyLock<HashMap<&str, Arc<dyn Provider>>> = LazyLock::new(|| {
        let names =
            |one: Arc<dyn Provider>| one.names().iter().map(move |name| (*name, Arc::clone(&one)));
        all().into_iter().flat_map(names).collect()
    });
    // Most names are in lower case already.
    let found = BY_NAME.get(name).or_else(|| BY_NAME.get(name.to_lowercase().as_str()));
    found.map(|provider| &**provider)
}

/// What is said of a name that no provider has.
pub(crate) fn unknown(name: &str) -> String {
    let names: Vec<&str> = all().iter().map(|known| known.names()[0]).collect();
    format!("there is no receiver `{name}`; there are {}", names.join(", "))
}

/// The usual name of the provider that is built in under `name`, ignoring case: URLs, handlers and
/// secrets that say `meta` are Instagram's.
pub fn canonical(name: &str) -> Option<&'static str> {
    find(name).map(|provider| provider.names()[0])
}

/// The usual name of a provider; of one that is not built in the name itself, in lower case.
pub(crate) fn usual(name: &str) -> Cow<'static, str> {
    canonical(name).map_or_else(|| name.to_lowercase().into(), Cow::from)
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

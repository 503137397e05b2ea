//! Providers against published vectors, and all of them against what each has to keep.

mod bitbucket;
mod coded;
mod dropbox;
mod every;
mod instagram;
mod kit;
mod paypal;
mod pusher;
mod salesforce;
mod sharepoint;
mod shopify;
mod slack;
mod standard;
mod stripe;
mod trello;
mod vsts;
mod woocommerce;
mod zendesk;

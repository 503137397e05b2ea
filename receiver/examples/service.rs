//! A service that receives GitHub's webhooks beside routes of its own, in one file.
//!
//! ```console
//! $ GITHUB_SECRET=12345678901234567890123456789012 cargo run -p postrider-receiver --example service
//! $ postrider sign --receiver github --secret 12345678901234567890123456789012 \
//!     --url http://127.0.0.1:3000/api/webhooks/incoming/github | sh
//! ```
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example shows what it does, and has one setting"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use axum::routing::get;
use postrider_receiver::routes::{HttpSettings, ReceiveMetrics, Receiving, Then};
use postrider_receiver::{
    Chain, Context, Handler, HandlerError, ReceiverOptions, Receivers, SecretTable, Secrets,
};
use postrider_runtime::SystemClock;

struct Pushes;

#[async_trait::async_trait]
impl Handler for Pushes {
    fn name(&self) -> &'static str {
        "pushes"
    }

    async fn handle(&self, context: &mut Context) -> Result<(), HandlerError> {
        let data: serde_json::Value = context.webhook.data()?;
        println!("{:?} to {}", context.webhook.notification.actions, data["ref"]);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut secrets = SecretTable::default();
    secrets.insert_classic("github", &std::env::var("GITHUB_SECRET")?)?;
    let secrets = Arc::new(Secrets::new(secrets));
    let receivers = Receivers::new(secrets, Arc::new(SystemClock), ReceiverOptions::default());
    let handle = Then::Handle(Chain::new([Arc::new(Pushes) as Arc<dyn Handler>]));
    let (settings, metrics) = (HttpSettings::default(), ReceiveMetrics::default());
    let receiving = Receiving::new(Arc::new(receivers), handle, settings, metrics);

    let app =
        axum::Router::new().route("/", get(|| async { "mine" })).merge(receiving.into_router());
    // Who calls is known by its address: what comes from this machine itself needs no TLS.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
    Ok(())
}

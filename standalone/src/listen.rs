//! `postrider listen`: receives webhooks on this machine, prints them, and says whether each
//! signature verifies. A stand-in for the receiver one is about to write.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use clap::Args;
use postrider_domain::{Clock, Secret, Timestamp};
use postrider_runtime::SystemClock;
use postrider_wire::{aspnet, standard};
use serde::Deserialize;
use tokio::net::TcpListener;

/// Where to listen, and what to answer.
#[derive(Args)]
pub(crate) struct ListenArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// The secret of the registration; without it signatures are shown and not verified
    #[arg(long)]
    secret: Option<String>,
    /// The status to answer with, to see how failures are handled
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..600))]
    status: u16,
}

struct Listener {
    secret: Option<Secret>,
    status: StatusCode,
    clock: SystemClock,
}

/// Listens until Ctrl-C.
pub(crate) async fn run(args: ListenArgs) -> anyhow::Result<()> {
    let listener = Arc::new(Listener {
        secret: args.secret.as_deref().map(Secret::parse).transpose()?,
        status: StatusCode::from_u16(args.status)?,
        clock: SystemClock,
    });
    let address = SocketAddr::from(([127, 0, 0, 1], args.port));
    let socket =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    println!("Listening at http://{}/ for webhooks. Ctrl-C ends it.", socket.local_addr()?);
    if listener.secret.is_none() {
        println!("No --secret is given: signatures will not be verified.");
    }
    let router = Router::new().fallback(receive).with_state(listener);
    axum::serve(socket, router)
        .with_graceful_shutdown(async {
            tokio::signal::ctrl_c().await.ok();
        })
        .await?;
    Ok(())
}

#[derive(Deserialize)]
struct Echo {
    echo: Option<String>,
}

async fn receive(
    State(listener): State<Arc<Listener>>,
    method: Method,
    uri: Uri,
    Query(query): Query<Echo>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if method == Method::GET {
        // The verification handshake of ASP.NET WebHooks.
        return query.echo.unwrap_or_default().into_response();
    }
    println!("\n{} {method} {}", listener.clock.now(), uri.path());
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature", "ms-signature"] {
        if let Some(value) = headers.get(name) {
            println!("  {name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
    }
    if let Some(secret) = &listener.secret {
        println!("  {}", verdict(secret, &headers, &body, listener.clock.now()));
    }
    println!("{}", String::from_utf8_lossy(&body));
    listener.status.into_response()
}

/// What the two signatures of a request are worth.
fn verdict(secret: &Secret, headers: &HeaderMap, body: &[u8], now: Timestamp) -> String {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let classic = aspnet::verify(secret, header("ms-signature"), body);
    let signed = standard::SignatureHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let modern = standard::verify(secret, signed, body, now, standard::TOLERANCE);
    let word = |name: &str, problem: Option<String>| match problem {
        None => format!("{name} verified"),
        Some(problem) => format!("{name} DOES NOT VERIFY: {problem}"),
    };
    format!(
        "signature: {}, {}",
        word("ms-signature", classic.err().map(|error| error.to_string())),
        word("webhook-signature", modern.err().map(|error| error.to_string())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(secret: &Secret, body: &[u8]) -> HeaderMap {
        let signature = standard::signature(secret, "dlv_1", 1_000, body);
        [
            ("webhook-id", "dlv_1".to_owned()),
            ("webhook-timestamp", "1000".to_owned()),
            ("webhook-signature", signature),
            ("ms-signature", aspnet::signature(secret, body)),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
    }

    #[test]
    fn a_request_signed_with_the_secret_verifies_and_any_other_does_not() {
        let secret = Secret::parse(&"s".repeat(32)).unwrap();
        let headers = request(&secret, b"{}");
        let now = Timestamp::from_micros(1_010_000_000);
        assert_eq!(
            verdict(&secret, &headers, b"{}", now),
            "signature: ms-signature verified, webhook-signature verified"
        );
        let changed = verdict(&secret, &headers, b"{ }", now);
        assert_eq!(changed.matches("DOES NOT VERIFY").count(), 2, "{changed}");
        let other = Secret::parse(&"t".repeat(32)).unwrap();
        assert_eq!(verdict(&other, &headers, b"{}", now).matches("DOES NOT VERIFY").count(), 2);
    }
}

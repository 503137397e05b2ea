//! `postrider listen`: receives webhooks on this machine, prints them, and says whether each
//! signature verifies. A stand-in for the receiver one is about to write.

mod verdict;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use clap::Args;
use postrider_domain::{Clock, Secret};
use postrider_runtime::SystemClock;
use postrider_wire::standard::PublicKey;
use serde::Deserialize;
use tokio::net::TcpListener;

use self::verdict::Keys;

/// Where to listen, and what to answer.
#[derive(Args)]
pub(crate) struct ListenArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// The secret of the registration; without it its signatures are shown and not verified
    #[arg(long)]
    secret: Option<String>,
    /// The public key of the registration (`whpk_…`), if it signs with a key as well (`v1a`)
    #[arg(long)]
    public_key: Option<PublicKey>,
    /// The status to answer with, to see how failures are handled
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..600))]
    status: u16,
}

struct Listener {
    keys: Keys,
    status: StatusCode,
    clock: SystemClock,
}

impl Listener {
    fn new(args: &ListenArgs) -> anyhow::Result<Self> {
        let secret = args.secret.as_deref().map(Secret::parse).transpose()?;
        Ok(Self {
            keys: Keys { secret, public_key: args.public_key },
            status: StatusCode::from_u16(args.status)?,
            clock: SystemClock,
        })
    }
}

/// Listens until Ctrl-C.
pub(crate) async fn run(args: ListenArgs) -> anyhow::Result<()> {
    let listener = Listener::new(&args)?;
    let address = SocketAddr::from(([127, 0, 0, 1], args.port));
    let socket =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    println!("Listening at http://{}/ for webhooks. Ctrl-C ends it.", socket.local_addr()?);
    if listener.keys.is_empty() {
        println!("Neither --secret nor --public-key is given: signatures will not be verified.");
    }
    axum::serve(socket, router(listener))
        .with_graceful_shutdown(async {
            tokio::signal::ctrl_c().await.ok();
        })
        .await?;
    Ok(())
}

fn router(listener: Listener) -> Router {
    // A delivery may be as large as its events are, and nobody but this machine can send one.
    Router::new()
        .fallback(receive)
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::new(listener))
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
    let now = listener.clock.now();
    println!("\n{now} {method} {}", uri.path());
    for line in shown(&headers).into_iter().chain(listener.keys.verdict(&headers, &body, now)) {
        println!("  {line}");
    }
    println!("{}", String::from_utf8_lossy(&body));
    listener.status.into_response()
}

/// The headers of which some format has one, in the order of their names.
fn shown(headers: &HeaderMap) -> Vec<String> {
    const PREFIXES: [&str; 4] = ["ce-", "ms-", "postrider-", "webhook-"];
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| {
            *name == "content-type" || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        })
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    fn args() -> ListenArgs {
        ListenArgs { port: 0, secret: None, public_key: None, status: 202 }
    }

    #[test]
    fn the_headers_of_every_format_are_shown_and_no_others() {
        let headers = [
            ("webhook-signature", "v1,abc"),
            ("content-type", "application/json"),
            ("ms-signature-previous", "sha256=AB"),
            ("authorization", "Bearer s3cr3t"),
            ("postrider-replay", "3"),
            ("ce-subject", "7"),
            ("host", "127.0.0.1"),
            ("ms-signature", "sha256=CD"),
        ];
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(
            shown(&headers),
            [
                "ce-subject: 7",
                "content-type: application/json",
                "ms-signature-previous: sha256=AB",
                "ms-signature: sha256=CD",
                "postrider-replay: 3",
                "webhook-signature: v1,abc",
            ]
        );
    }

    #[tokio::test]
    async fn a_delivery_larger_than_usual_limits_is_taken() {
        let body = Body::from(vec![b'x'; 20 * 1024 * 1024]);
        let request = Request::post("/hook").body(body).unwrap();
        let router = router(Listener::new(&args()).unwrap());
        assert_eq!(router.oneshot(request).await.unwrap().status(), 202);
    }

    #[test]
    fn a_secret_that_is_none_is_refused_before_anything_is_received() {
        let args = ListenArgs { secret: Some("short".into()), ..args() };
        assert!(Listener::new(&args).is_err());
    }
}

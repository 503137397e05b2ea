//! The management pages: files of `web/`, built into the program and served by it.
//!
//! The pages find their way by themselves: each of their addresses is answered with the one document,
//! whose scripts then show what the address says. They talk to the api like any other client, with the
//! session of the browser. Without Node at build time one document says how to get the rest.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use self::files::File;
use crate::App;

mod files;

/// The document of the pages among the files.
const INDEX: &str = "index.html";
/// What the document has where the nonce of the answer belongs.
const NONCE: &str = "__CSP_NONCE__";

/// What the addresses of the pages begin with.
const SECTIONS: [&str; 14] = [
    "account",
    "audit",
    "deliveries",
    "events",
    "filters",
    "inbox",
    "keys",
    "overview",
    "replays",
    "roles",
    "settings",
    "sign-in",
    "users",
    "webhooks",
];

const PERMISSIONS_POLICY: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), \
                                  gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

// What the build script has found: `const BUILT: &[PageFile]`.
include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// A file of the pages.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Where it is found, without a slash at the beginning.
    pub path: &'static str,
    /// The file.
    pub plain: &'static [u8],
    /// The same compressed with gzip, where that is shorter.
    pub gzip: Option<&'static [u8]>,
    /// The same compressed with Brotli, where that is shorter.
    pub brotli: Option<&'static [u8]>,
}

/// The pages.
#[derive(Debug, Clone)]
pub struct Pages {
    index: Arc<str>,
    files: Vec<Arc<File>>,
}

impl Pages {
    /// Those that were built into the program.
    pub fn built_in() -> Self {
        let without = PageFile {
            path: INDEX,
            plain: include_bytes!("pages/without.html"),
            gzip: None,
            brotli: None,
        };
        Self::new(if BUILT.is_empty() { std::slice::from_ref(&without) } else { BUILT })
    }

    /// Pages of these files.
    ///
    /// # Panics
    /// When there is no `index.html` among them.
    pub fn new(files: &[PageFile]) -> Self {
        let (index, files): (Vec<PageFile>, Vec<PageFile>) =
            files.iter().partition(|file| file.path == INDEX);
        let index = index.first().expect("pages have an `index.html`");
        Self {
            index: String::from_utf8_lossy(index.plain).into(),
            files: files.into_iter().map(|file| Arc::new(File::new(file))).collect(),
        }
    }

    /// Where all of it is found.
    pub(crate) fn routes(self) -> Router<App> {
        let mut router = Router::new();
        for file in self.files {
            let path = format!("/{}", file.path());
            router = router.route(&path, get(async move |headers: HeaderMap| file.serve(&headers)));
        }
        let index = self.index;
        let show = get(async move |State(app): State<App>| document(&app, &index));
        router = router.route("/", show.clone());
        for section in SECTIONS {
            for path in ["", "/", "/{*rest}"] {
                router = router.route(&format!("/{section}{path}"), show.clone());
            }
        }
        router
    }
}

/// The document, with a nonce that nobody has seen before.
fn document(app: &App, index: &str) -> Response {
    let nonce = STANDARD.encode(app.ids.random::<16>());
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("a nonce is plain ASCII");
    let plain = HeaderValue::from_static;
    let headers = [
        (CONTENT_TYPE, plain("text/html; charset=utf-8")),
        (CACHE_CONTROL, plain("no-cache")),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, plain("no-referrer")),
        (X_FRAME_OPTIONS, plain("DENY")),
        (HeaderName::from_static("cross-origin-opener-policy"), plain("same-origin")),
        (HeaderName::from_static("permissions-policy"), plain(PERMISSIONS_POLICY)),
    ];
    (headers, index.replace(NONCE, &nonce)).into_response()
}

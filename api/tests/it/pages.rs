//! The management pages as they are served.

use http::StatusCode;
use postrider_api::pages::{PageFile, Pages};
use serde_json::json;

use crate::harness::{Api, Reply};

const INDEX: &str = "<meta property=\"csp-nonce\" nonce=\"__CSP_NONCE__\">\
                     <script type=\"module\" src=\"/assets/app-1.js\" nonce=\"__CSP_NONCE__\"></script>";
const SCRIPT: &str = "console.log('the script')";

fn fixture() -> Pages {
    let file = |path, plain: &'static str| PageFile {
        path,
        plain: plain.as_bytes(),
        gzip: None,
        brotli: None,
    };
    Pages::new(&[
        file("index.html", INDEX),
        PageFile {
            gzip: Some(b"gzipped"),
            brotli: Some(b"brotlied"),
            ..file("assets/app-1.js", SCRIPT)
        },
        file("favicon.svg", "<svg/>"),
    ])
}

async fn api() -> Api {
    Api::start_with_pages(fixture(), |_| {}).await
}

fn is_document(reply: &Reply) -> bool {
    reply.status == StatusCode::OK && reply.text().contains("csp-nonce")
}

fn is_problem(reply: &Reply, status: StatusCode) -> bool {
    let problem = reply.header("content-type") == Some("application/problem+json");
    problem && reply.status == status && reply.json()["status"] == json!(status.as_u16())
}

#[tokio::test]
async fn every_address_of_the_pages_is_the_document() {
    let api = api().await;
    for path in [
        "/",
        "/webhooks",
        "/webhooks/",
        "/webhooks/reg_1/edit?tab=health",
        "/webhooks/new",
        "/deliveries/dlv_1",
        "/events",
        "/inbox/inb_1",
        "/replays",
        "/overview",
        "/settings/profile",
        "/filters",
        "/users/usr_1",
        "/roles/rol_1",
        "/keys",
        "/audit",
        "/account",
        "/sign-in",
    ] {
        let reply = api.get(path).send().await;
        assert!(is_document(&reply), "{path}: {}", reply.shown());
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn every_other_address_stays_a_problem() {
    let api = api().await;
    for path in [
        "/nope",
        "/index.html",
        "/webhooksx",
        "/api",
        "/api/nope",
        "/api/v1/nope",
        "/api/webhooks/nope",
        "/token/nope",
        "/docsx",
        "/assets",
        "/assets/",
        "/assets/nope.js",
    ] {
        let reply = api.get(path).send().await;
        let webhooks = path.starts_with("/api/webhooks/");
        let right = webhooks || is_problem(&reply, StatusCode::NOT_FOUND);
        assert!(right && reply.status == StatusCode::NOT_FOUND, "{path}: {}", reply.shown());
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
    for path in ["/", "/webhooks", "/assets/app-1.js"] {
        let posted = api.post(path).send().await;
        assert!(is_problem(&posted, StatusCode::METHOD_NOT_ALLOWED), "{path}: {}", posted.shown());
        assert_eq!(posted.header("allow"), Some("GET,HEAD"));
    }
    let documentation = api.get("/docs").send().await;
    assert_eq!(documentation.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn no_path_leads_out_of_the_files() {
    let api = api().await;
    for path in [
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2findex.html",
        "/assets//app-1.js",
        "/assets/../../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/app-1.js/",
        "/assets/app-1.js%00",
    ] {
        let reply = api.get(path).send().await;
        assert!(is_problem(&reply, StatusCode::NOT_FOUND), "{path}: {}", reply.shown());
    }
}

#[tokio::test]
async fn each_document_has_a_nonce_of_its_own_that_its_policy_names() {
    let api = api().await;
    let mut seen = Vec::new();
    for path in ["/", "/", "/webhooks"] {
        let reply = api.get(path).send().await;
        let text = reply.text();
        let nonce = text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        // 16 random bytes.
        assert_eq!(nonce.len(), 24, "{nonce}");
        assert_eq!(text, INDEX.replace("__CSP_NONCE__", nonce));
        let expected = format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}'; \
             style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; \
             font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(reply.header("content-security-policy"), Some(expected.as_str()));
        seen.push(nonce.to_owned());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn the_document_keeps_to_itself() {
    let api = api().await;
    let reply = api.get("/").send().await;
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert!(reply.header("permissions-policy").unwrap().contains("camera=()"));
    assert_eq!(reply.header("etag"), None, "no two are alike");
}

#[tokio::test]
async fn what_never_changes_is_kept_and_what_may_change_is_asked_for_again() {
    let api = api().await;
    let script = api.get("/assets/app-1.js").send().await;
    assert_eq!((script.status, script.text()), (StatusCode::OK, SCRIPT));
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(script.header("vary"), Some("accept-encoding"));
    let icon = api.get("/favicon.svg").send().await;
    assert_eq!((icon.status, icon.text()), (StatusCode::OK, "<svg/>"));
    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    assert_eq!(icon.header("cache-control"), Some("no-cache"));
    assert_ne!(icon.header("etag"), script.header("etag"));
}

#[tokio::test]
async fn a_file_is_sent_in_the_shortest_form_that_the_client_takes() {
    let api = api().await;
    let mut etags = Vec::new();
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", Some("br"), "brotlied"),
        ("gzip, br;q=0", Some("gzip"), "gzipped"),
        ("deflate", None, SCRIPT),
    ] {
        let call = api.get("/assets/app-1.js").header("accept-encoding", accepted);
        let reply = call.send().await;
        assert_eq!(
            (reply.header("content-encoding"), reply.text()),
            (encoding, body),
            "{accepted}"
        );
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        let etag = reply.header("etag").unwrap().to_owned();

        let again = api.get("/assets/app-1.js").header("accept-encoding", accepted);
        let again = again.header("if-none-match", &format!("\"x\", W/{etag}")).send().await;
        assert_eq!((again.status, again.text()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(again.header("etag"), Some(etag.as_str()));
        assert_eq!(again.header("content-encoding"), None);
        etags.push(etag);
    }
    // What one form is known by is not what another is known by.
    let call = api.get("/assets/app-1.js").header("accept-encoding", "br");
    let other = call.header("if-none-match", &etags[2]).send().await;
    assert_eq!(other.status, StatusCode::OK);
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), 3);
}

#[tokio::test]
async fn the_head_of_a_file_or_document_can_be_asked_for() {
    let api = api().await;
    let script = api.call("HEAD", "/assets/app-1.js").send().await;
    assert_eq!((script.status, script.text()), (StatusCode::OK, ""));
    assert_eq!(script.header("content-length"), Some(SCRIPT.len().to_string().as_str()));
    let document = api.call("HEAD", "/webhooks").send().await;
    assert_eq!((document.status, document.text()), (StatusCode::OK, ""));
    assert!(document.header("content-security-policy").is_some());
}

#[tokio::test]
async fn the_pages_can_be_switched_off() {
    let api = Api::start_with_pages(fixture(), |config| config.pages = false).await;
    for path in ["/", "/webhooks", "/assets/app-1.js"] {
        let reply = api.get(path).send().await;
        assert!(is_problem(&reply, StatusCode::NOT_FOUND), "{path}: {}", reply.shown());
    }
}

#[tokio::test]
async fn there_is_always_a_page_and_nothing_of_it_is_from_elsewhere() {
    let api = Api::start().await;
    let reply = api.get("/").send().await;
    assert_eq!(reply.status, StatusCode::OK);
    let text = reply.text();
    assert!(text.contains("Postrider"), "{text}");
    assert!(!text.contains("__CSP_NONCE__"), "{text}");
    for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "style=\""] {
        assert!(!text.contains(elsewhere), "{text}");
    }
    // Scripts and styles that are in the document itself run by its nonce alone.
    for tag in ["<script", "<style"] {
        for (at, _) in text.match_indices(tag) {
            let attributes = text[at..].split('>').next().unwrap();
            assert!(attributes.contains("nonce=\""), "{attributes}");
        }
    }
}

#[tokio::test]
async fn no_answer_of_the_api_is_taken_for_a_page() {
    let api = api().await;
    let root = api.administrator("root").await;
    let reply = api.get("/api/v1/me").bearer(&root.token).send().await;
    let policy = reply.header("content-security-policy").unwrap();
    assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'; sandbox");
}

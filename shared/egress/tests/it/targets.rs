//! Targets as they are registered.

use std::sync::Arc;

use postrider_egress::{EgressConfig, Guard, Refusal};

use crate::lookup::{Names, Silent};

const NAMES: &[(&str, &[&str])] = &[
    ("public.example", &["93.184.216.34"]),
    ("inside.example", &["10.0.0.1", "fd00::1"]),
    ("both.example", &["10.0.0.1", "93.184.216.34"]),
    ("metadata.example", &["169.254.169.254"]),
];

fn guard() -> Guard {
    let config = EgressConfig { allow: Vec::new(), allow_http: true, ..EgressConfig::default() };
    Guard::with_lookup(&config, Arc::new(Names::new(NAMES)))
}

async fn vet(guard: &Guard, target: &str) -> Result<(), Refusal> {
    guard.vet(&target.parse().unwrap()).await
}

const SPELLINGS_OF_LOOPBACK: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
];

#[tokio::test]
async fn every_spelling_of_loopback_is_refused() {
    for host in SPELLINGS_OF_LOOPBACK {
        let refused = vet(&guard(), &format!("http://{host}:8080/hook")).await;
        assert_eq!(refused, Err(Refusal::NotAllowed { kind: "loopback" }), "{host}");
    }
    for host in ["0", "0.0.0.0", "[::]"] {
        let refused = vet(&guard(), &format!("http://{host}/hook")).await;
        assert_eq!(refused, Err(Refusal::Never { kind: "unspecified" }), "{host}");
    }
}

#[tokio::test]
async fn a_name_is_refused_when_each_of_its_addresses_is() {
    let guard = guard();
    assert_eq!(vet(&guard, "https://public.example/").await, Ok(()));
    assert_eq!(vet(&guard, "https://both.example/").await, Ok(()));
    assert_eq!(
        vet(&guard, "https://inside.example/").await,
        Err(Refusal::NotAllowed { kind: "private" })
    );
    assert_eq!(
        vet(&guard, "https://metadata.example/").await,
        Err(Refusal::Never { kind: "metadata service" })
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_yet_is_taken() {
    assert_eq!(vet(&guard(), "https://later.example/").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_name_service_that_hangs_does_not_hold_a_registration_up() {
    let guard = Guard::with_lookup(&EgressConfig::default(), Arc::new(Silent));
    assert_eq!(vet(&guard, "https://slow.example/").await, Ok(()));
}

#[tokio::test]
async fn plain_http_is_refused_unless_allowed() {
    let strict = Guard::with_lookup(&EgressConfig::default(), Arc::new(Names::new(NAMES)));
    assert_eq!(vet(&strict, "http://public.example/").await, Err(Refusal::Insecure));
    assert_eq!(vet(&strict, "https://public.example/").await, Ok(()));
    assert_eq!(vet(&guard(), "http://public.example/").await, Ok(()));
}

#[test]
fn a_url_of_another_scheme_is_refused() {
    for url in ["ftp://a.example/", "file:///etc/passwd", "unix:/run/x.sock"] {
        assert_eq!(guard().check_url(&url.parse().unwrap()), Err(Refusal::NotHttp), "{url}");
    }
}

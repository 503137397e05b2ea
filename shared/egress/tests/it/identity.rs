//! What a registration trusts and shows, against receivers that check it.

use postrider_domain::FailureCause;
use postrider_egress::{GuardedClient, SendError, TlsIdentity};
use postrider_testkit::authority::{Authority, Callers, Issued};
use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::connections::{client, exchange, trusting};
use crate::receiver::{NAME, Receiver};

/// Nobody's key. Ring makes no RSA keys, so it cannot be made here.
const RSA_KEY: &str = include_str!("../keys/rsa.pem");

fn showing(authority: &Authority, shown: &Issued) -> GuardedClient {
    let Issued { certificate, key } = shown;
    let identity = TlsIdentity::parse(Some(&authority.pem()), Some(certificate), Some(key));
    client().with_identity(&identity.unwrap())
}

fn url(receiver: &Receiver) -> String {
    format!("https://{NAME}:{}/", receiver.port())
}

fn der(shown: &Issued) -> Vec<u8> {
    CertificateDer::from_pem_slice(shown.certificate.as_bytes()).unwrap().to_vec()
}

fn assert_tls(error: &SendError, reason: &str) {
    assert_eq!(error.cause, FailureCause::Tls, "{error}");
    assert!(error.detail.contains(reason), "{error}");
}

#[tokio::test]
async fn only_the_authority_that_is_named_is_trusted() {
    let (named, other) = (Authority::new("named"), Authority::new("other"));
    let receiver = Receiver::tls(named.server(NAME, Callers::Anybody)).await;
    exchange(&trusting(&named), &url(&receiver)).await.unwrap();

    let refused = exchange(&trusting(&other), &url(&receiver)).await.unwrap_err();
    assert_tls(&refused, "UnknownIssuer");
    assert!(refused.timings.dns.is_some() && refused.timings.connect.is_some(), "{refused:?}");
    let refused = exchange(&client(), &url(&receiver)).await.unwrap_err();
    assert_tls(&refused, "UnknownIssuer");
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn each_authority_of_a_bundle_is_trusted() {
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    let bundle = first.pem() + &second.pem();
    let client = client().with_identity(&TlsIdentity::parse(Some(&bundle), None, None).unwrap());
    for authority in [first, second] {
        let receiver = Receiver::tls(authority.server(NAME, Callers::Anybody)).await;
        exchange(&client, &url(&receiver)).await.unwrap();
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_a_failure_of_tls() {
    let authority = Authority::new("authority");
    let receiver = Receiver::tls(authority.server(NAME, Callers::Anybody)).await;
    let other = format!("https://other.example:{}/", receiver.port());
    let refused = exchange(&trusting(&authority), &other).await.unwrap_err();
    assert_tls(&refused, "not valid for name");
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_certificate_gets_it() {
    let authority = Authority::new("authority");
    let receiver = Receiver::tls(authority.server(NAME, Callers::MustShow)).await;
    let shown = authority.issue("postrider");
    exchange(&showing(&authority, &shown), &url(&receiver)).await.unwrap();
    assert_eq!(receiver.seen()[0].shown, Some(der(&shown)));
}

#[tokio::test]
async fn a_missing_or_foreign_certificate_is_a_failure_of_tls() {
    let (authority, foreign) = (Authority::new("authority"), Authority::new("foreign"));
    // The newer version has the receiver's refusal come after the caller's handshake is over.
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = authority.server_speaking(&[version], NAME, Callers::MustShow);
        let receiver = Receiver::tls(config).await;
        let missing = exchange(&trusting(&authority), &url(&receiver)).await.unwrap_err();
        assert_tls(&missing, "fatal alert");
        let client = showing(&authority, &foreign.issue("postrider"));
        let refused = exchange(&client, &url(&receiver)).await.unwrap_err();
        assert_tls(&refused, "fatal alert");
        assert!(receiver.seen().is_empty());
    }
}

#[tokio::test]
async fn a_certificate_is_shown_by_its_own_client_only() {
    let authority = Authority::new("authority");
    let receiver = Receiver::tls(authority.server(NAME, Callers::MayShow)).await;
    let (ours, theirs) = (authority.issue("ours"), authority.issue("theirs"));
    let clients = [
        (showing(&authority, &ours), Some(der(&ours))),
        (trusting(&authority), None),
        (showing(&authority, &theirs), Some(der(&theirs))),
    ];
    // Twice, so that kept connections and sessions would be found.
    for (client, _) in clients.iter().chain(&clients) {
        exchange(client, &url(&receiver)).await.unwrap();
    }
    let seen = receiver.seen();
    for (index, seen) in seen.iter().enumerate() {
        let client = index % clients.len();
        assert_eq!((&seen.shown, seen.connection), (&clients[client].1, client), "{index}");
    }
    assert_eq!(seen.len(), 6);
}

/// The key inside PKCS#8: PKCS#1 for RSA, SEC1 for ECDSA. It is the last field, an octet string.
fn bare(pkcs8: &[u8]) -> &[u8] {
    let inner_length = |at: usize| match pkcs8[at] {
        0x82 => (usize::from(pkcs8[at + 1]) << 8 | usize::from(pkcs8[at + 2]), 3),
        short => (short.into(), 1),
    };
    let start = (1..pkcs8.len())
        .find(|&at| {
            let rest = |(length, bytes)| at + 1 + bytes + length == pkcs8.len();
            pkcs8[at] == 0x04 && pkcs8[at + 1] != 0x81 && rest(inner_length(at + 1))
        })
        .unwrap();
    &pkcs8[start + 1 + inner_length(start + 1).1..]
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[tokio::test]
async fn keys_are_taken_in_each_of_their_formats() {
    let authority = Authority::new("authority");
    let receiver = Receiver::tls(authority.server(NAME, Callers::MustShow)).await;
    let (rsa, ecdsa) = (KeyPair::from_pem(RSA_KEY).unwrap(), KeyPair::generate().unwrap());
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    for (key, text) in [
        (&rsa, rsa.serialize_pem()),
        (&rsa, pem("RSA PRIVATE KEY", bare(&rsa.serialize_der()))),
        (&ecdsa, ecdsa.serialize_pem()),
        (&ecdsa, pem("EC PRIVATE KEY", bare(&ecdsa.serialize_der()))),
        (&ed25519, ed25519.serialize_pem()),
    ] {
        let certificate = authority.issue_for("postrider", key).certificate;
        let shown = Issued { certificate, key: text };
        exchange(&showing(&authority, &shown), &url(&receiver)).await.unwrap();
    }
    assert_eq!(receiver.seen().len(), 5);
}

#[test]
fn what_is_wrong_with_an_identity_is_told_without_what_is_in_it() {
    let authority = Authority::new("authority");
    let (ca, own, other) = (authority.pem(), authority.issue("own"), authority.issue("other"));
    let long = "x".repeat(64 * 1024 + 1);
    let cut = own.key.lines().take(2).collect::<Vec<_>>().join("\n");
    let encrypted = own.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let broken = own.key.replacen('\n', "\n!", 1);
    let garbled = pem("CERTIFICATE", b"garbled");
    let garbled_key = pem("PRIVATE KEY", b"garbled");
    let (certificate, key) = (own.certificate.as_str(), own.key.as_str());
    for (ca, certificate, key, expected) in [
        (Some(""), None, None, "the CA bundle holds no certificate in PEM"),
        (Some("hello"), None, None, "the CA bundle holds no certificate in PEM"),
        (Some(&*long), None, None, "the CA bundle is longer than 64 KiB"),
        (Some(&*garbled), None, None, "the CA bundle has a certificate that cannot be read"),
        (Some(key), None, None, "the CA bundle holds a private key"),
        (None, Some(certificate), None, "the client certificate is given without a private key"),
        (None, None, Some(key), "the private key is given without a client certificate"),
        (None, Some(&*long), Some(key), "the client certificate is longer than 64 KiB"),
        (None, Some(&*garbled), Some(key), "the client certificate cannot be read"),
        (None, Some(key), Some(key), "the client certificate holds a private key"),
        (None, Some(certificate), Some(&*long), "the private key is longer than 64 KiB"),
        (None, Some(certificate), Some(""), "the private key holds no private key in PEM"),
        (None, Some(certificate), Some(&*cut), "the private key has no `END` line"),
        (None, Some(certificate), Some(&*encrypted), "the private key is encrypted"),
        (None, Some(certificate), Some(&*broken), "the private key is not valid"),
        (None, Some(certificate), Some(&*garbled_key), "the private key is of a kind"),
        (None, Some(certificate), Some(&*other.key), "does not belong to the client certificate"),
    ] {
        let refused = TlsIdentity::parse(ca, certificate, key).unwrap_err().to_string();
        assert!(refused.contains(expected), "{expected}: {refused}");
        let secret = own.key.lines().nth(1).unwrap();
        assert!(!refused.contains(secret) && !refused.contains(&secret[..16]), "{refused}");
    }
    let whole = TlsIdentity::parse(Some(&ca), Some(certificate), Some(key)).unwrap();
    assert_eq!(format!("{whole:?}"), "TlsIdentity { ca: true, certificate: true }");
    assert!(TlsIdentity::parse(None, None, None).is_ok());
}

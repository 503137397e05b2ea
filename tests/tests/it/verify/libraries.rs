//! What the libraries of providers sign, each with its own function, posted to a receiver of ours.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use postrider_domain::ReceiverAddress;
use postrider_domain::ports::Accepted;
use postrider_receiver::routes::{
    Enqueue, EnqueueError, HttpSettings, PATH, ReceiveMetrics, Receiving, Then,
};
use postrider_receiver::{ReceiverOptions, Receivers, SecretTable, Secrets, Webhook};
use postrider_runtime::{Process, SystemClock};
use postrider_tests::daemon::client;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::{NODE, PYTHON, Program};

/// Receiver, its secret, and one of somebody else.
const SECRETS: [(&str, &str, &str); 5] = [
    ("github", "It's a secret of GitHub's", "It's a secret of nobody's"),
    ("pusher", "9001_a-secret-of-pusher", "9001_a-secret-of-nobody"),
    ("slack", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee"),
    (
        "standard",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oE",
    ),
    ("stripe", "whsec_aSecretOfTheDashboard", "whsec_aSecretOfSomebodyElse"),
];
const JAVASCRIPT: [&str; 5] =
    ["@octokit/webhooks-methods", "pusher", "standardwebhooks", "stripe", "svix"];
const IN_PYTHON: [&str; 5] = ["slack-sdk", "slack-sdk", "standardwebhooks", "stripe", "svix"];

/// What a library would have sent.
#[derive(Deserialize)]
struct Signed {
    library: String,
    receiver: String,
    headers: BTreeMap<String, String>,
    /// In hexadecimal digits.
    body: String,
    /// What a receiver has to read in it.
    actions: Vec<String>,
    name: Option<String>,
}

impl Program {
    fn sign(&self, libraries: &[&str]) -> Vec<Signed> {
        let secrets: BTreeMap<_, _> =
            SECRETS.iter().map(|(receiver, secret, _)| (receiver, secret)).collect();
        let output = self.run("sign", serde_json::to_string(&secrets).unwrap());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let signed: Vec<Signed> = serde_json::from_slice(&output.stdout).unwrap();
        let names: Vec<_> = signed.iter().map(|signed| signed.library.as_str()).collect();
        assert_eq!(names, libraries);
        signed
    }
}

/// A receiver that keeps in mind what it accepted.
struct Endpoint {
    address: SocketAddr,
    accepted: Arc<Kept>,
    /// Serves for as long as it is there.
    _process: Process,
}

#[derive(Default)]
struct Kept(Mutex<Vec<Webhook>>);

#[async_trait]
impl Enqueue for Kept {
    async fn enqueue(&self, webhook: &Webhook) -> Result<Accepted, EnqueueError> {
        self.0.lock().unwrap().push(webhook.clone());
        Ok(Accepted::Stored)
    }
}

impl Endpoint {
    /// Has the secret of each receiver at the id `own`, and that of somebody else at `other`.
    async fn start() -> Self {
        let mut table = SecretTable::default();
        for (receiver, own, other) in SECRETS {
            for (id, secret) in [("own", own), ("other", other)] {
                table.insert(ReceiverAddress::new(receiver, id), [SecretString::from(secret)]);
            }
        }
        let receivers = Receivers::new(
            Arc::new(Secrets::new(table)),
            Arc::new(SystemClock),
            ReceiverOptions::default(),
        );
        let accepted = Arc::new(Kept::default());
        let receiving = Receiving::new(
            Arc::new(receivers),
            Then::Enqueue(accepted.clone()),
            HttpSettings::default(),
            ReceiveMetrics::default(),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut process = Process::new().unwrap();
        process.serve("receiver", listener, receiving.into_router());
        Self { address, accepted, _process: process }
    }

    /// Posts a request, and returns the status of the answer and what was accepted.
    async fn post(&self, signed: &Signed, id: &str, body: Vec<u8>) -> (u16, Option<Webhook>) {
        let url = format!("http://{}{PATH}/{}/{id}", self.address, signed.receiver);
        let mut request = client().post(url).body(body);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        let status = request.send().await.unwrap().status().as_u16();
        (status, self.accepted.0.lock().unwrap().pop())
    }
}

async fn accepts(program: Program, libraries: &[&str]) {
    let endpoint = Endpoint::start().await;
    for signed in program.sign(libraries) {
        let body = hex::decode(&signed.body).unwrap();
        let (status, accepted) = endpoint.post(&signed, "own", body.clone()).await;
        let library = &signed.library;
        assert!((200..300).contains(&status), "{library}: {status}");
        let accepted = accepted.unwrap_or_else(|| panic!("{library}: nothing was accepted"));
        assert_eq!(accepted.notification.actions, signed.actions, "{library}");
        assert_eq!(accepted.notification.dedupe_key, signed.name, "{library}");
        assert_eq!(accepted.request.body, body, "{library}");
    }
}

async fn refuses(program: Program, libraries: &[&str]) {
    let endpoint = Endpoint::start().await;
    for signed in program.sign(libraries) {
        let body = hex::decode(&signed.body).unwrap();
        let mut flipped = body.clone();
        // Within a word, so that what was signed stays well-formed.
        let letter = flipped.iter().rposition(u8::is_ascii_lowercase).unwrap();
        flipped[letter] ^= 1;
        for (why, id, body) in [("another secret", "other", body), ("a flip", "own", flipped)] {
            let (status, accepted) = endpoint.post(&signed, id, body).await;
            let library = &signed.library;
            assert!((400..500).contains(&status), "{library}, {why}: {status}");
            assert_eq!(accepted, None, "{library}, {why}");
        }
    }
}

#[tokio::test]
async fn what_libraries_for_javascript_sign_is_accepted_and_read() {
    accepts(NODE, &JAVASCRIPT).await;
}

#[tokio::test]
async fn what_libraries_for_python_sign_is_accepted_and_read() {
    accepts(PYTHON, &IN_PYTHON).await;
}

#[tokio::test]
async fn what_libraries_for_javascript_signed_is_refused_with_another_secret_or_a_flipped_bit() {
    refuses(NODE, &JAVASCRIPT).await;
}

#[tokio::test]
async fn what_libraries_for_python_signed_is_refused_with_another_secret_or_a_flipped_bit() {
    refuses(PYTHON, &IN_PYTHON).await;
}

//! `postrider sign`: what is printed is what would be sent.

use std::io::Write;
use std::process::Command;

use bytes::Bytes;
use clap::Parser;
use http::{HeaderName, HeaderValue, Method};
use postrider_receiver::program::SignArgs;
use postrider_receiver::{Outcome, Provider, Request};
use postrider_runtime::ConfigArgs;
use proptest::prelude::*;

use crate::kit::{PROVIDERS, RECEIVERS, SECRET, cases};
use crate::requests::mutated;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sign: SignArgs,
}

/// A shell that has written down what `curl` was called with: each argument, then what it was piped.
const SHELL: &str = r#"curl() { printf '%s\0' "$@"; case "$*" in *@-) cat ;; esac; }; "#;

fn provider() -> &'static dyn Provider {
    &**PROVIDERS.iter().find(|provider| provider.names()[0] == "github").unwrap()
}

fn printed(body: &[u8], format: &str) -> Vec<u8> {
    let mut payload = tempfile::NamedTempFile::new().unwrap();
    payload.write_all(body).unwrap();
    let path = payload.path().to_str().unwrap();
    let arguments = ["sign", "--receiver", "github", "--secret", SECRET, "--payload", path];
    let program = Program::parse_from(arguments.into_iter().chain(["--format", format]));
    program.sign.run(&program.config, None).unwrap()
}

/// The body that `curl` would send.
fn sent(command: &[u8]) -> Vec<u8> {
    let script = [SHELL.as_bytes(), command].concat();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&script).unwrap();
    let output = Command::new("/bin/sh").arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let arguments: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
    // It takes the text as it is, whatever it begins with.
    if let Some(at) = arguments.iter().position(|argument| *argument == b"--data-raw") {
        return arguments[at + 1].to_vec();
    }
    let Some(at) = arguments.iter().position(|argument| *argument == b"--data-binary") else {
        return Vec::new();
    };
    assert_eq!(arguments[at + 1], b"@-");
    arguments[at + 2..].join(&0)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_shell_sends_the_body_byte_for_byte(
        body in prop_oneof![
            mutated(br#"{"text":"it's $HOME `date` \\ !x"}"#),
            "[@'\"$`\\\\ \n\u{0}a]{0,8}".prop_map(String::into_bytes),
        ]
    ) {
        prop_assert_eq!(sent(&printed(&body, "curl")), body);
    }

    #[test]
    fn what_is_printed_as_it_goes_over_the_wire_is_genuine(
        body in mutated(provider().sample().body.as_bytes())
    ) {
        let wire = printed(&body, "http");
        let end = wire.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&wire[..end]).unwrap();
        prop_assert_eq!(&wire[end + 4..], &body[..]);
        let url = crate::kit::url(provider());
        let mut request = Request::new(Method::POST, url, Bytes::from(body));
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            request.headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let address = crate::kit::address(provider());
        match runtime.block_on(RECEIVERS.receive(address, request)).outcome {
            Outcome::Refused(refusal) => {
                prop_assert_eq!(refusal.kind, postrider_receiver::RefusalKind::Body);
            }
            Outcome::Webhook(_) | Outcome::Answered => {}
        }
    }
}

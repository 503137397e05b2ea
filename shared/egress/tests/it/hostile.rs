//! Hostile targets: each is refused on its way from the registration to the socket, and says why.

mod targets;

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use postrider_domain::{FailureCause, TargetUri};
use postrider_egress::{ClientSettings, EgressConfig, Guard, SendError};

use crate::hostile::targets::{LITERALS, NAMES, PUBLIC, SPELLINGS};
use crate::lookup::Changing;

fn guard(answers: &[&[&str]]) -> Arc<Guard> {
    Arc::new(Guard::with_lookup(&EgressConfig::default(), Arc::new(Changing::new(answers))))
}

async fn send(guard: &Arc<Guard>, target: &TargetUri) -> Result<u16, SendError> {
    let client = guard.client(ClientSettings::default());
    let answer = client.post(target.url().clone(), HeaderMap::new(), Bytes::new()).await?;
    Ok(answer.status())
}

/// Registers a target and sends to it; where it is stopped, and why.
async fn refusal(target: &str, answers: &[&[&str]]) -> String {
    let uri: TargetUri = match target.parse() {
        Ok(uri) => uri,
        Err(invalid) => return invalid.to_string(),
    };
    let guard = guard(answers);
    if let Err(refusal) = guard.vet(&uri).await {
        return refusal.to_string();
    }
    let error = send(&guard, &uri).await.expect_err(target);
    assert_eq!(error.cause, FailureCause::Blocked, "{target}: {error}");
    error.detail
}

#[tokio::test]
async fn every_hostile_target_is_refused_and_told_why() {
    for (target, answers, reason) in [LITERALS, SPELLINGS, NAMES].concat() {
        let refusal = refusal(target, answers).await;
        assert!(refusal.contains(reason), "{target}: {refusal}");
    }
}

/// What was registered under other rules, or came around the registration, does not get further.
#[tokio::test]
async fn every_hostile_target_is_refused_at_the_request_too() {
    for (target, answers, reason) in [LITERALS, SPELLINGS, NAMES].concat() {
        let Ok(uri) = target.parse::<TargetUri>() else { continue };
        let guard = guard(&answers[answers.len().saturating_sub(1)..]);
        let error = send(&guard, &uri).await.expect_err(target);
        assert_eq!(error.cause, FailureCause::Blocked, "{target}: {error}");
        assert!(error.detail.contains(reason), "{target}: {error}");
    }
}

#[tokio::test]
async fn a_refusal_tells_the_kind_of_address_and_never_the_address() {
    for (target, answers, _) in NAMES {
        let refusal = refusal(target, answers).await;
        for address in answers.iter().flat_map(|answer| answer.iter()) {
            // `::` is short enough to be in any text.
            assert!(*address == "::" || !refusal.contains(address), "{target}: {refusal}");
        }
    }
}

#[tokio::test]
async fn a_name_longer_than_names_can_be_is_refused() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert_eq!(longest.len(), 253);
    let judge = |host: String| async move {
        let uri: TargetUri = format!("https://{host}/").parse().unwrap();
        guard(PUBLIC).vet(&uri).await.map_err(|refusal| refusal.to_string())
    };
    assert_eq!(judge(longest.clone()).await, Ok(()));
    assert_eq!(judge(format!("{longest}.")).await, Ok(()));
    for host in [format!("{longest}b"), format!("{label}a.example")] {
        assert!(judge(host).await.unwrap_err().contains("not a name that can resolve"));
    }
    let endless: Result<TargetUri, _> = format!("https://{}/", "a".repeat(5000)).parse();
    assert!(endless.unwrap_err().to_string().contains("longer than"));
}

#[test]
fn a_url_with_a_password_is_refused_by_the_guard_itself() {
    let refused = guard(PUBLIC).check_url(&"https://u:p@public.example/".parse().unwrap());
    assert!(refused.unwrap_err().to_string().contains("user name or password"));
}

#[test]
fn a_port_of_another_protocol_passes_once_it_is_allowed() {
    let config = EgressConfig { allow_ports: vec![6000], ..EgressConfig::default() };
    let guard = Guard::new(&config);
    assert_eq!(guard.check_url(&"https://public.example:6000/".parse().unwrap()), Ok(()));
    assert!(guard.check_url(&"https://public.example:6665/".parse().unwrap()).is_err());
}

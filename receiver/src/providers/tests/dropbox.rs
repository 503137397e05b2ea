use http::{Method, StatusCode};

use super::kit::{Kit, S32};
use crate::{RefusalKind, Request};

const BODY: &str = r#"{ "key": "value" }"#;
const SIGNATURE: &str = "7eb674a1bf93022a9c9570e4410600d76d9b1ff81c6269471b03473efbd274c6";

fn post(kit: &Kit, signature: &str) -> Request {
    kit.post(BODY).with("x-dropbox-signature", signature)
}

#[tokio::test]
async fn the_vector_of_the_classic_tests_is_accepted_as_a_change() {
    let kit = Kit::new("dropbox", S32);
    for signature in [SIGNATURE.to_owned(), SIGNATURE.to_uppercase()] {
        let said = kit.accepted(post(&kit, &signature)).await;
        assert_eq!(said.actions, ["change"]);
        assert_eq!(said.dedupe_key, None);
    }
}

#[tokio::test]
async fn the_challenge_is_echoed_so_that_browsers_do_not_sniff_it() {
    let kit = Kit::new("dropbox", S32);
    let request = kit.request(Method::GET, "challenge=%3Cscript%3E", "");
    let answer = kit.receive(request.clone()).await.answer;
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(kit.answered(request).await, (StatusCode::OK, "<script>".into()));
}

#[tokio::test]
async fn a_question_without_a_challenge_or_where_nothing_is_configured_is_refused() {
    let kit = Kit::new("dropbox", S32);
    for query in ["", "challenge="] {
        let expected = "The WebHook verification request must contain a 'challenge' query parameter which will get echoed back in a successful response.";
        let refused = kit.refused(kit.request(Method::GET, query, "")).await;
        assert_eq!(refused, (RefusalKind::Malformed, expected.into()));
    }
    let bare = Kit::with("dropbox", "", &[]);
    let (kind, text) = bare.refused(bare.request(Method::GET, "challenge=c", "")).await;
    assert_eq!(kind, RefusalKind::Unconfigured);
    assert_eq!(
        text,
        "Could not find a valid configuration for WebHook receiver 'dropbox' and instance ''. The setting must be set to a value between 15 and 128 characters long."
    );
}

#[tokio::test]
async fn what_proves_nothing_is_refused_with_the_texts_of_the_library() {
    let kit = Kit::new("dropbox", S32);
    for (request, kind, text) in [
        (
            kit.post(BODY),
            RefusalKind::Malformed,
            "Expecting exactly one 'X-Dropbox-Signature' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'X-Dropbox-Signature' header field.",
        ),
        (
            post(&kit, "x"),
            RefusalKind::Malformed,
            "The 'X-Dropbox-Signature' header value is invalid. It must be a valid hex-encoded string.",
        ),
        (
            post(&kit, ""),
            RefusalKind::Mismatch,
            "The WebHook signature provided by the 'X-Dropbox-Signature' header field does not match the value expected by the 'DropboxWebHookReceiver' receiver. WebHook request is invalid.",
        ),
        (
            kit.request(Method::HEAD, "", ""),
            RefusalKind::Method,
            "The HTTP 'HEAD' method is not supported by the 'DropboxWebHookReceiver' WebHook receiver.",
        ),
        (
            kit.request(Method::POST, "", BODY).with("x-dropbox-signature", SIGNATURE),
            RefusalKind::MediaType,
            "The WebHook request must contain an entity body formatted as JSON.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

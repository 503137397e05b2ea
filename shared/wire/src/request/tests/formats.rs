use super::*;

const BOTH: [&str; 4] = ["content-type", "webhook-id", "webhook-signature", "webhook-timestamp"];

fn names(request: &Request) -> Vec<&str> {
    let mut names: Vec<_> = request.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_format_decides_over_body_media_type_and_headers() {
    let one = [event()];
    for format in PayloadFormat::ALL {
        let registration = of_format(*format);
        let request = request(&registration, &one);
        let (content_type, body, own): (_, _, &[&str]) = match format {
            PayloadFormat::Aspnet => (
                "application/json; charset=utf-8",
                aspnet::body(delivery(0xd), 2, &registration, &one),
                &["ms-signature"],
            ),
            PayloadFormat::Standard => ("application/json", standard::body(&one), &[]),
            PayloadFormat::CloudEvents => {
                ("application/cloudevents+json", cloudevents::encode_event(&one[0]), &[])
            }
            PayloadFormat::CloudEventsBinary => (
                "application/json",
                cloudevents::encode_data(&one[0]),
                &["ce-id", "ce-source", "ce-specversion", "ce-subject", "ce-time", "ce-type"],
            ),
            PayloadFormat::Form => (
                "application/x-www-form-urlencoded",
                form::body(delivery(0xd), 2, &registration, &one),
                &["ms-signature"],
            ),
        };
        let mut expected = [own, &BOTH].concat();
        expected.sort_unstable();
        assert_eq!(request.header("content-type"), Some(content_type), "{format}");
        assert_eq!(request.body, body, "{format}");
        assert_eq!(names(&request), expected, "{format}");
        assert_eq!(request.url.as_str(), "https://subscriber.example/hook");
    }
}

#[test]
fn every_format_carries_every_event_of_a_bundle() {
    let mut events = [event(), bare_event(), bare_event()];
    for (event, n) in events.iter_mut().zip(["first", "second", "third"]) {
        event.resource.id = n.into();
    }
    for format in PayloadFormat::ALL {
        let request = request(&of_format(*format), &events);
        let body = std::str::from_utf8(&request.body).unwrap();
        let places = ["first", "second", "third"].map(|id| body.find(id));
        assert!(places.iter().all(Option::is_some), "{format}: {body}");
        assert!(places.is_sorted(), "{format}: {body}");
    }
}

#[test]
fn several_cloud_events_are_a_batch_in_either_mode() {
    for format in [PayloadFormat::CloudEvents, PayloadFormat::CloudEventsBinary] {
        let events = [event(), bare_event()];
        let request = request(&of_format(format), &events);
        let media_type = Some("application/cloudevents-batch+json");
        assert_eq!(request.header("content-type"), media_type, "{format}");
        assert_eq!(request.body, cloudevents::encode_batch(&events), "{format}");
        assert_eq!(names(&request), BOTH, "{format}");
    }
}

//! Notices: what is told of registrations, and whom.

use anyhow::Context;
use postrider_domain::ports::Store;
use postrider_domain::{
    DeliveryId, NoticeKind, Registration, Report, Timestamp, UserId, Visibility,
};
use serde_json::{Value, json};

use super::CaseResult;
use super::given::{self, LATER, NOW, RESCUE_AT, Told, report_of, seconds};

/// A registration of Ada's with all that a notice tells of, and her.
async fn adas(store: &dyn Store) -> anyhow::Result<(Registration, UserId)> {
    let ada = given::reader(store, "Ada").await?;
    let registration = Registration {
        uri: "https://receiver.example:8443/hook?code=s3cret".parse()?,
        description: Some("Größe \"x\"".into()),
        ..given::new_registration(ada)?
    };
    given::add(store, &registration).await?;
    Ok((registration, ada))
}

/// The only notice that is due at `now`.
async fn the_notice(store: &dyn Store, now: Timestamp) -> anyhow::Result<Told> {
    let mut told = given::notices(store, now).await?;
    anyhow::ensure!(told.len() == 1, "there is one: {told:?}");
    told.pop().context("there is one")
}

fn text(time: Timestamp) -> Value {
    time.to_string().into()
}

pub async fn every_change_is_told_with_what_it_is_about(store: &dyn Store) -> CaseResult {
    let (registration, _) = adas(store).await?;
    let of = registration.id;
    let deliveries = given::more(store, &registration, 2).await?;
    let early = Timestamp::from_micros(NOW.as_micros() - 1);

    let (probe, at) = given::probing(store, &registration, &deliveries, NOW).await?;
    assert_eq!(given::notices(store, early).await?, [], "it is due from its own time on");
    let opened = the_notice(store, NOW).await?;
    report_of(store, of, Report::ProbeSucceeded { probe }, at).await?;
    let closed = the_notice(store, at).await?;
    report_of(store, of, Report::Died, at).await?;
    let died = the_notice(store, at).await?;
    report_of(store, of, Report::Failing { since: NOW }, at).await?;
    report_of(store, of, Report::Gone, at).await?;
    let disabled = the_notice(store, at).await?;

    for (told, kind, time, details) in [
        (
            &opened,
            NoticeKind::BreakerOpened,
            NOW,
            json!({"until": text(at), "failingSince": text(NOW)}),
        ),
        (&closed, NoticeKind::BreakerClosed, at, json!({})),
        (&died, NoticeKind::DeliveryDied, at, json!({})),
        (
            &disabled,
            NoticeKind::RegistrationDisabled,
            at,
            json!({"reason": "gone", "failingSince": text(NOW)}),
        ),
    ] {
        assert_eq!(told.kind, kind);
        assert_eq!(told.registration, of.to_string());
        assert_eq!(told.data["target"], "https://receiver.example:8443", "no more of the URI");
        let details = details.as_object().context("it is one")?;
        for (name, value) in details {
            assert_eq!(told.data.get(name), Some(value), "{kind}");
        }
        let event = &told.event;
        assert_eq!(event.filter.as_str(), "postrider");
        assert_eq!(event.resource.id, of.to_string());
        assert_eq!(event.resource.name, registration.description);
        assert_eq!((event.occurred_at, event.accepted_at), (time, time), "{kind}");
        let audience = event.audience.as_ref().context("it is for somebody")?;
        assert_eq!(audience.keys(), ["ada"]);
        // It is an event like any other.
        let found = store.find_event(Visibility::All, event.id).await?.context("it is stored")?;
        assert_eq!((&found.event, found.dispatched), (event, false));
    }
    // Not known, not told.
    assert_eq!(died.data.get("failingSince"), None);
    Ok(())
}

pub async fn failures_for_days_are_told_with_their_reason(store: &dyn Store) -> CaseResult {
    let (registration, _) = adas(store).await?;
    let now = NOW + seconds(6 * 86_400);
    report_of(store, registration.id, Report::Failing { since: NOW }, now).await?;
    let told = the_notice(store, now).await?;
    assert_eq!(told.kind, NoticeKind::RegistrationDisabled);
    assert_eq!(told.data["reason"], "failing");
    assert_eq!(told.data["failingSince"], text(NOW));
    Ok(())
}

pub async fn a_notice_without_a_description_has_no_name(store: &dyn Store) -> CaseResult {
    let registration = given::pending(store).await?.registration;
    report_of(store, registration.id, Report::Died, NOW).await?;
    let told = the_notice(store, NOW).await?;
    assert_eq!((told.event.resource.name, told.event.publisher), (None, None));
    Ok(())
}

pub async fn told_are_its_owner_and_administrators_who_ask_by_name(
    store: &dyn Store,
) -> CaseResult {
    let (registration, ada) = adas(store).await?;
    let root = given::administrator(store, "root").await?;
    let off = given::administrator(store, "who is off").await?;
    let eve = given::reader(store, "eve").await?;
    let mut expected = Vec::new();
    for (owner, filters, told) in [
        (ada, &["postrider"][..], true),
        (ada, &["*"], false),
        (ada, &["reports"], false),
        (ada, &["*", "PostRider"], true),
        (root, &["postrider", "reports"], true),
        (root, &["*"], false),
        (off, &["postrider"], false),
        (eve, &["postrider"], false),
        (eve, &["*", "postrider"], false),
    ] {
        let asking = given::registration_for(store, owner, filters).await?;
        expected.extend(told.then_some(asking.id));
    }
    given::disable(store, off).await?;
    report_of(store, registration.id, Report::Gone, NOW).await?;
    let notice = the_notice(store, NOW).await?.event.id;
    let mut expected: Vec<_> =
        expected.into_iter().map(|asking| DeliveryId::derive(notice, asking)).collect();
    expected.sort_unstable();
    assert_eq!(given::dispatch(store, &[notice]).await?, expected);
    assert_eq!(given::claim(store, &expected, NOW).await?.len(), 3);
    assert_eq!(given::dispatch(store, &[notice]).await?, []);
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    Ok(())
}

pub async fn an_owner_who_is_switched_off_is_not_told(store: &dyn Store) -> CaseResult {
    let (registration, ada) = adas(store).await?;
    let asking = given::registration_for(store, ada, &["postrider"]).await?;
    report_of(store, registration.id, Report::Died, NOW).await?;
    let first = the_notice(store, NOW).await?.event.id;
    given::disable(store, ada).await?;
    assert_eq!(given::dispatch(store, &[first]).await?, []);
    given::enable(store, ada).await?;
    let later = NOW + seconds(3600);
    report_of(store, registration.id, Report::Died, later).await?;
    let second = the_notice(store, later).await?.event.id;
    let expected = [DeliveryId::derive(second, asking.id)];
    assert_eq!(given::dispatch(store, &[second]).await?, expected);
    Ok(())
}

pub async fn notices_and_other_events_are_dispatched_together(store: &dyn Store) -> CaseResult {
    let (registration, ada) = adas(store).await?;
    let asking = given::registration_for(store, ada, &["postrider"]).await?;
    report_of(store, registration.id, Report::Died, LATER).await?;
    let notice = the_notice(store, LATER).await?.event.id;
    let report = given::event(store).await?;
    let mut expected =
        vec![DeliveryId::derive(notice, asking.id), DeliveryId::derive(report, registration.id)];
    expected.sort_unstable();
    let dispatched = store.dispatch_events(&[report, notice], LATER, RESCUE_AT).await?;
    let mut created = dispatched.created;
    created.sort_unstable();
    assert_eq!(created, expected);
    Ok(())
}

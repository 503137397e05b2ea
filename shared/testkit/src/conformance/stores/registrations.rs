//! Keeping registrations.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{RegistrationAddition, RegistrationRemoval, Store};
use postrider_domain::{
    Authentication, Batching, ClientTls, Created, Credentials, DeliveryOptions, DeliveryState,
    DisableReason, Disabled, FilterSet, PayloadFormat, PreviousKey, PreviousSecret, RateLimit,
    Registration, RegistrationHeaders, RegistrationId, Secret, SecretText, Timestamp, Visibility,
    WhilePaused,
};
use serde_json::value::RawValue;

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

async fn stored(
    store: &dyn Store,
    registration: RegistrationId,
) -> anyhow::Result<Option<Registration>> {
    Ok(store.find_registration(Visibility::All, registration).await?)
}

/// Whether it could be added to at most two of its owner.
async fn is_room_for(store: &dyn Store, registration: &Registration) -> anyhow::Result<bool> {
    match store.add_registration(registration, None, 2).await? {
        RegistrationAddition::Created(Created::New) => Ok(true),
        RegistrationAddition::LimitReached => Ok(false),
        other @ RegistrationAddition::Created(_) => anyhow::bail!("it had no key: {other:?}"),
    }
}

fn previous(registration: &Registration) -> Option<(String, Timestamp)> {
    let previous = registration.previous_secret.as_ref()?;
    Some((previous.secret.expose().to_owned(), previous.ends_at))
}

/// Every option, none of them as it is when nobody says.
fn options() -> anyhow::Result<DeliveryOptions> {
    Ok(DeliveryOptions {
        format: PayloadFormat::CloudEvents,
        timeout: Some(Duration::from_millis(20_500)),
        retry_delays: Some(vec![seconds(1), seconds(60)]),
        rate: Some(RateLimit::try_new(7, seconds(60))?),
        max_in_flight: Some(3),
        batch: Some(Batching::try_new(100, seconds(5))?),
        while_paused: WhilePaused::Discard,
    })
}

/// Everything that a request can show.
fn credentials() -> anyhow::Result<Credentials> {
    let key = |text: &str| SecretText::parse(text);
    Ok(Credentials {
        authentication: Some(Authentication::OAuth2 {
            token_uri: "https://login.example/token?a=ü".parse()?,
            client_id: "client 'one'".into(),
            client_secret: key("geheim \"你\"\n")?,
            scopes: vec!["read".into(), "write all".into()],
            audience: Some("hooks".into()),
        }),
        tls: Some(ClientTls {
            authorities: Some("-----BEGIN CERTIFICATE-----\n".into()),
            certificate: Some("-----BEGIN CERTIFICATE-----\r\n".into()),
            key: Some(key("-----BEGIN PRIVATE KEY-----")?),
        }),
        signing_key: Some(key("whsk_AAAA")?),
        previous_signing_key: Some(PreviousKey {
            key: key("whsk_BBBB")?,
            ends_at: NOW + Duration::from_micros(1),
        }),
    })
}

fn elaborate(plain: &Registration) -> anyhow::Result<Registration> {
    let text = |json: &str| RawValue::from_string(json.into());
    Ok(Registration {
        uri: "http://[::1]:8080/ä path?x=%20&y='1'#f".parse()?,
        filters: FilterSet::parse(["*", "Reports", "tasks"])?,
        secret: Secret::parse(&"geheim-你".repeat(5))?,
        description: Some("a \"description\", it's {long}\n".into()),
        paused: true,
        secret_expires_at: Some(NOW + seconds(400)),
        disabled: Some(Disabled { at: NOW + seconds(3), reason: DisableReason::Failing }),
        condition: Some("@.data.name == 'Größe \"x\"' && @.data.pages > 5".parse()?),
        options: options()?,
        credentials: credentials()?,
        headers: RegistrationHeaders::parse([("X-Team", "a, b; \"c\""), ("authorization", "x")])?,
        properties: BTreeMap::from([
            ("spaces".into(), text(r#"{ "b" : 1.0, "a":1 }"#)?),
            ("Größe \"x\"".into(), text("12345678901234567890.10")?),
            ("none".into(), text("null")?),
        ]),
        ..plain.clone()
    })
}

pub async fn a_registration_reads_back_as_it_was_stored(store: &dyn Store) -> CaseResult {
    let owner = given::user(store, "ada").await?;
    let plain = given::registration(store, owner).await?;
    let full = elaborate(&given::new_registration(owner)?)?;
    given::add(store, &full).await?;
    assert_eq!(stored(store, plain.id).await?, Some(plain));
    let found = stored(store, full.id).await?.expect("it was stored");
    assert_eq!(found.filters.iter().collect::<Vec<_>>(), ["*", "Reports", "tasks"]);
    assert_eq!(found, full);
    assert_eq!(stored(store, id()).await?, None);
    Ok(())
}

pub async fn an_owner_has_as_many_registrations_as_allowed(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let bob = given::user(store, "bob").await?;
    let first = given::new_registration(ada)?;
    let second = given::new_registration(ada)?;
    assert!(is_room_for(store, &first).await?);
    assert!(is_room_for(store, &second).await?);

    let third = given::new_registration(ada)?;
    assert!(!is_room_for(store, &third).await?);
    assert_eq!(stored(store, third.id).await?, None);
    assert!(is_room_for(store, &given::new_registration(bob)?).await?);

    store.delete_registration(Visibility::All, first.id, None, NOW).await?;
    assert!(is_room_for(store, &third).await?);
    Ok(())
}

pub async fn a_registration_is_shown_to_its_owner_and_to_nobody_else(
    store: &dyn Store,
) -> CaseResult {
    let [ada, eve] = [given::user(store, "ada").await?, given::user(store, "eve").await?];
    let registration = given::registration(store, ada).await?;
    let (hers, others) = (Visibility::Own(ada), Visibility::Own(eve));
    let changed = Registration { updated_at: NOW + seconds(1), ..registration.clone() };

    assert!(store.find_registration(hers, registration.id).await?.is_some());
    assert!(store.find_registration(others, registration.id).await?.is_none());
    assert!(!store.update_registration(others, &changed, NOW).await?);
    for expected in [None, Some(NOW), Some(NOW + seconds(9))] {
        let removal = store.delete_registration(others, registration.id, expected, NOW).await?;
        assert_eq!(removal, RegistrationRemoval::NotFound, "{expected:?}");
    }
    assert_eq!(stored(store, registration.id).await?, Some(registration.clone()));
    assert!(store.update_registration(hers, &changed, NOW).await?);
    let removal = store.delete_registration(hers, registration.id, None, NOW).await?;
    assert_eq!(removal, RegistrationRemoval::Done { owner: ada });
    assert_eq!(stored(store, registration.id).await?, None);
    let removal = store.delete_registration(hers, registration.id, None, NOW).await?;
    assert_eq!(removal, RegistrationRemoval::NotFound);
    Ok(())
}

pub async fn an_update_replaces_all_but_id_owner_and_time_of_making(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let registration = given::registration(store, ada).await?;
    let changed = Registration {
        owner: bob,
        created_at: NOW + seconds(7),
        updated_at: NOW + seconds(8),
        ..elaborate(&registration)?
    };
    assert!(store.update_registration(Visibility::All, &changed, NOW).await?);
    let expected = Registration { owner: ada, created_at: NOW, ..changed };
    assert_eq!(stored(store, registration.id).await?, Some(expected));
    Ok(())
}

pub async fn an_update_of_what_has_changed_meanwhile_changes_nothing(
    store: &dyn Store,
) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    let registration = given::registration_for(store, owner, &["reports"]).await?;
    let pause = |registration: &mut Registration| registration.paused = true;
    let current = given::change(store, &registration, pause).await?;

    let mut late = registration.clone();
    late.filters = FilterSet::parse(["tasks"])?;
    late.updated_at = NOW + seconds(2);
    assert!(!store.update_registration(Visibility::All, &late, registration.updated_at).await?);
    assert_eq!(stored(store, registration.id).await?, Some(current));
    let unknown = Registration { id: id(), ..late };
    assert!(!store.update_registration(Visibility::All, &unknown, NOW).await?);
    // The filters that dispatch goes by have not changed either.
    let event = given::event(store).await?;
    assert_eq!(given::dispatch(store, &[event]).await?.len(), 1);
    Ok(())
}

pub async fn what_has_changed_meanwhile_is_not_deleted(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending(store).await?;
    let change = |registration: &mut Registration| registration.description = Some("new".into());
    let current = given::change(store, &registration, change).await?;
    for visibility in [Visibility::All, Visibility::Own(registration.owner)] {
        let expected = Some(registration.updated_at);
        let removal = store.delete_registration(visibility, registration.id, expected, NOW).await?;
        assert_eq!(removal, RegistrationRemoval::Stale);
    }
    assert_eq!(stored(store, registration.id).await?, Some(current.clone()));
    assert_eq!(given::look(store, deliveries[0]).await?.state, DeliveryState::Pending);
    let expected = Some(current.updated_at);
    let unknown = store.delete_registration(Visibility::All, id(), expected, NOW).await?;
    assert_eq!(unknown, RegistrationRemoval::NotFound);

    let removal =
        store.delete_registration(Visibility::All, registration.id, expected, NOW).await?;
    assert_eq!(removal, RegistrationRemoval::Done { owner: registration.owner });
    assert_eq!(stored(store, registration.id).await?, None);
    assert_eq!(given::look(store, deliveries[0]).await?.state, DeliveryState::Dead);
    Ok(())
}

pub async fn deleting_gives_up_what_is_on_its_way_and_keeps_the_rest(
    store: &dyn Store,
) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending_of(store, 3).await?;
    let [delivered, held, pending] = [deliveries[0], deliveries[1], deliveries[2]];
    let others = given::pending(store).await?.delivery();
    let token = given::take(store, delivered, NOW).await?;
    store.record_attempts(&[given::success(delivered, 1, token)], NOW).await?;
    let paused = given::pause(store, &registration).await?;
    given::claim(store, &[held], NOW).await?;
    given::resume(store, &paused).await?;
    given::take(store, pending, NOW).await?;

    let later = NOW + seconds(9);
    let hers = Visibility::Own(registration.owner);
    let removal = store.delete_registration(hers, registration.id, None, later).await?;
    assert_eq!(removal, RegistrationRemoval::Done { owner: registration.owner });
    for delivery in [held, pending] {
        let found = given::look(store, delivery).await?;
        assert_eq!(found.state, DeliveryState::Dead);
        assert_eq!(found.dead_reason, Some(DeadReason::RegistrationDeleted));
        assert_eq!((found.settled_at, found.next_attempt_at), (Some(later), None));
    }
    assert_eq!(given::look(store, delivered).await?.state, DeliveryState::Delivered);
    assert_eq!(given::look(store, others).await?.state, DeliveryState::Pending);
    Ok(())
}

pub async fn a_replaced_secret_reads_back_until_it_is_taken_away(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending(store).await?;
    assert_eq!(previous(&registration), None);
    let old = "the old one ünd ".repeat(3);
    let secret = Secret::parse(&old)?;
    let replaced = PreviousSecret { secret, ends_at: NOW + seconds(86_400) };
    let changed = given::change(store, &registration, |registration| {
        registration.previous_secret = Some(replaced);
    })
    .await?;
    let expected = Some((old.clone(), NOW + seconds(86_400)));
    let found = stored(store, registration.id).await?.expect("it is there");
    assert_eq!((previous(&found), found), (expected.clone(), changed.clone()));
    let claimed = given::claim(store, &deliveries, NOW).await?;
    assert_eq!(previous(&claimed[0].registration), expected);

    let added = Registration { id: id(), ..changed.clone() };
    given::add(store, &added).await?;
    let found = stored(store, added.id).await?.expect("it was added");
    assert_eq!(previous(&found), expected);

    given::change(store, &changed, |registration| registration.previous_secret = None).await?;
    let found = stored(store, registration.id).await?.expect("it is there");
    assert_eq!(previous(&found), None);
    Ok(())
}

pub async fn every_registration_of_an_owner_is_deleted_at_once(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending_of(store, 2).await?;
    let owner = registration.owner;
    let paused = given::registration(store, owner).await?;
    given::pause(store, &paused).await?;
    let others = given::pending(store).await?;
    let token = given::take(store, deliveries[0], NOW).await?;
    store.record_attempts(&[given::success(deliveries[0], 1, token)], NOW).await?;

    let later = NOW + seconds(9);
    assert_eq!(store.delete_registrations_of(owner, later).await?, 2);
    assert_eq!(store.delete_registrations_of(owner, later).await?, 0);
    for gone in [registration.id, paused.id] {
        assert_eq!(stored(store, gone).await?, None);
    }
    assert!(stored(store, others.registration.id).await?.is_some());
    let dead = given::look(store, deliveries[1]).await?;
    assert_eq!((dead.state, dead.settled_at), (DeliveryState::Dead, Some(later)));
    assert_eq!(dead.dead_reason, Some(DeadReason::RegistrationDeleted));
    assert_eq!(given::look(store, deliveries[0]).await?.state, DeliveryState::Delivered);
    assert_eq!(given::look(store, others.delivery()).await?.state, DeliveryState::Pending);
    Ok(())
}

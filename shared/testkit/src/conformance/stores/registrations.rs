//! Keeping registrations.

use std::collections::BTreeMap;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Store;
use postrider_domain::{
    DeliveryState, FilterSet, PageRequest, Registration, RegistrationHeaders, RegistrationId,
    Secret, Visibility,
};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

async fn stored(
    store: &dyn Store,
    registration: RegistrationId,
) -> anyhow::Result<Option<Registration>> {
    Ok(store.find_registration(Visibility::All, registration).await?)
}

fn elaborate(plain: &Registration) -> anyhow::Result<Registration> {
    let text = |json: &str| RawValue::from_string(json.into());
    Ok(Registration {
        uri: "http://[::1]:8080/ä path?x=%20&y='1'#f".parse()?,
        filters: FilterSet::parse(["*", "Reports", "tasks"])?,
        secret: Secret::parse(&"geheim-你".repeat(5))?,
        description: Some("a \"description\", it's {long}\n".into()),
        paused: true,
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
    assert_eq!(stored(store, full.id).await?, Some(full));
    assert_eq!(stored(store, id()).await?, None);
    Ok(())
}

pub async fn an_owner_has_as_many_registrations_as_allowed(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let bob = given::user(store, "bob").await?;
    let first = given::new_registration(ada)?;
    let second = given::new_registration(ada)?;
    assert!(store.add_registration(&first, 2).await?);
    assert!(store.add_registration(&second, 2).await?);

    let third = given::new_registration(ada)?;
    assert!(!store.add_registration(&third, 2).await?);
    assert_eq!(stored(store, third.id).await?, None);
    assert!(store.add_registration(&given::new_registration(bob)?, 2).await?);

    store.delete_registration(Visibility::All, first.id, NOW).await?;
    assert!(store.add_registration(&third, 2).await?);
    Ok(())
}

pub async fn registrations_are_listed_newest_first_and_page_by_page(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let mut all = Vec::new();
    for place in 0..7 {
        all.push(given::registration(store, if place % 2 == 0 { ada } else { bob }).await?);
    }
    all.reverse();
    let hers: Vec<_> = all.iter().filter(|found| found.owner == ada).cloned().collect();
    for (visibility, expected) in [(Visibility::All, &all), (Visibility::Own(ada), &hers)] {
        for limit in [1, 3, 7, 100] {
            let mut listed = Vec::new();
            let mut page = PageRequest { before: None::<Uuid>, limit };
            loop {
                let found = store.list_registrations(visibility, page).await?;
                assert!(found.items.len() <= limit as usize);
                listed.extend(found.items);
                page.before = found.next;
                if page.before.is_none() {
                    break;
                }
            }
            assert_eq!(&listed, expected, "{limit}");
        }
    }
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
    assert!(!store.delete_registration(others, registration.id, NOW).await?);
    assert_eq!(stored(store, registration.id).await?, Some(registration.clone()));
    assert!(store.update_registration(hers, &changed, NOW).await?);
    assert!(store.delete_registration(hers, registration.id, NOW).await?);
    assert_eq!(stored(store, registration.id).await?, None);
    assert!(!store.delete_registration(hers, registration.id, NOW).await?);
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
    assert!(
        store
            .delete_registration(Visibility::Own(registration.owner), registration.id, later)
            .await?
    );
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

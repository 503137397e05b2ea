use super::*;

const PLACE: Place = Place { column: "registrations.secret", row: Uuid::from_u128(1) };

fn ring(keys: &[&SecretString]) -> Keyring {
    Keyring::parse(keys.iter().copied()).unwrap()
}

#[test]
fn what_is_sealed_opens_and_does_not_show_the_text() {
    let ring = ring(&[&Keyring::generate_key()]);
    let sealed = ring.seal(PLACE, "a secret of 32 characters or more");
    assert!(!sealed.contains("secret"));
    assert_eq!(
        ring.open(PLACE, &sealed).unwrap().expose_secret(),
        "a secret of 32 characters or more"
    );
    assert_ne!(sealed, ring.seal(PLACE, "a secret of 32 characters or more"), "nonces differ");
}

#[test]
fn a_sealed_text_opens_in_its_own_row_and_column_only() {
    let ring = ring(&[&Keyring::generate_key()]);
    let sealed = ring.seal(PLACE, "text");
    let other_row = Place { row: Uuid::from_u128(2), ..PLACE };
    let other_column = Place { column: "registrations.headers", ..PLACE };
    for place in [other_row, other_column] {
        assert_eq!(ring.open(place, &sealed).unwrap_err(), OpenError::Broken);
    }
}

#[test]
fn a_changed_text_does_not_open() {
    let ring = ring(&[&Keyring::generate_key()]);
    let sealed = ring.seal(PLACE, "text");
    let start = ring.prefix().len();
    for at in [start, start + 30, sealed.len() - 2] {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(ring.open(PLACE, &changed).unwrap_err(), OpenError::Broken, "{at}");
    }
    for text in ["text", "", "s1", "s1:x"] {
        assert_eq!(ring.open(PLACE, text).unwrap_err(), OpenError::NotSealed, "{text}");
    }
    assert_eq!(ring.open(PLACE, "s1:a secret:of mine").unwrap_err(), OpenError::Broken);
    let short = format!("{}AAAA", ring.prefix());
    assert_eq!(ring.open(PLACE, &short).unwrap_err(), OpenError::Broken);
}

#[test]
fn an_old_key_goes_on_opening_until_it_is_dropped() {
    let (old, new) = (Keyring::generate_key(), Keyring::generate_key());
    let sealed = ring(&[&old]).seal(PLACE, "text");
    let both = ring(&[&new, &old]);
    assert_eq!(both.open(PLACE, &sealed).unwrap().expose_secret(), "text");
    assert!(!sealed.starts_with(both.prefix()), "to be sealed anew");
    assert!(both.seal(PLACE, "text").starts_with(both.prefix()));
    let name = old.expose_secret().split(':').next().unwrap().to_owned();
    assert_eq!(ring(&[&new]).open(PLACE, &sealed).unwrap_err(), OpenError::UnknownKey(name));
}

#[test]
fn keys_that_cannot_be_used_are_refused_and_never_printed() {
    let key = Keyring::generate_key();
    assert_eq!(Keyring::parse([]).unwrap_err(), KeyError::None);
    assert!(matches!(Keyring::parse([&key, &key]).unwrap_err(), KeyError::Repeated(_)));
    for text in ["", "name", "name:", "name:AAAA", ":AAAA", "a b:AAAA"] {
        let refused = Keyring::parse([&SecretString::from(text)]).unwrap_err();
        assert_eq!(refused, KeyError::Malformed, "{text}");
    }
    let shown = format!("{:?}", ring(&[&key]));
    assert!(!shown.contains(key.expose_secret().split(':').nth(1).unwrap()), "{shown}");
}

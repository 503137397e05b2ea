//! The rows of the old version, as statements of either kind of database.

use postrider_domain::{EventId, RegistrationId, Timestamp, UserId};
use uuid::Uuid;

pub(super) const ROOT: UserId = UserId(id(1));
pub(super) const ADA: UserId = UserId(id(2));
pub(super) const REGISTRATION: RegistrationId = RegistrationId(id(3));
pub(super) const EVENT: EventId = EventId(id(4));
pub(super) const MADE: Timestamp = Timestamp::from_micros(1_795_000_000_000_001);
pub(super) const SECRET: &str = "an-old-secret-an-old-secret-an-old";
pub(super) const HEADER: &str = "Bearer left in the clear";

/// How a kind of database writes what the other writes differently.
struct Dialect {
    uuid: fn(Uuid) -> String,
    time: fn(Timestamp) -> String,
    /// 32 bytes, each this number.
    hash: fn(u8) -> String,
    no: &'static str,
}

pub(super) fn postgres() -> String {
    rows(&Dialect {
        uuid: |uuid| format!("'{uuid}'"),
        time: |time| format!("'{time}'"),
        hash: |byte| format!(r"'\x{}'", format!("{byte:02x}").repeat(32)),
        no: "false",
    })
}

pub(super) fn sqlite() -> String {
    rows(&Dialect {
        uuid: |uuid| format!("x'{}'", uuid.simple()),
        time: |time| time.as_micros().to_string(),
        hash: |byte| format!("x'{}'", format!("{byte:02x}").repeat(32)),
        no: "0",
    })
}

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x01a1_ed5e_8e00_7000_8000_0000_0000_0000 | number)
}

fn rows(Dialect { uuid, time, hash, no }: &Dialect) -> String {
    let [root, ada, registration, event, key, first, second] =
        [ROOT.0, ADA.0, REGISTRATION.0, EVENT.0, id(5), id(6), id(7)].map(uuid);
    let (made, end) = (time(MADE), time(Timestamp::from_micros(2_000_000_000_000_000)));
    let [token, hash] = [1, 2].map(hash);
    format!(
        "
        INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
        VALUES ({root}, 'root', 'root', 'administrator', 'h', {no}, {made}),
            ({ada}, 'Ada', 'ada', 'user', 'h', {no}, {made});
        INSERT INTO permissions (id, user_id, kind, resource_id, access)
        VALUES ({first}, {ada}, 'tasks', '', 1), ({second}, {ada}, 'reports', '42', 3);
        INSERT INTO tokens (hash, user_id, created_at, expires_at)
        VALUES ({token}, {ada}, {made}, {end});
        INSERT INTO api_keys (id, hash, name, user_id, created_at)
        VALUES ({key}, {hash}, 'report server', {root}, {made});
        INSERT INTO registrations (
            id, owner_id, uri, secret, description, filters, headers, properties, paused,
            created_at, updated_at, resumed_at
        )
        VALUES (
            {registration}, {ada}, 'https://receiver.example/', '{SECRET}', NULL, '[\"reports\"]',
            '{{\"authorization\":\"{HEADER}\"}}', '{{}}', {no}, {made}, {made}, NULL
        );
        INSERT INTO registration_filters (owner_id, filter, registration_id)
        VALUES ({ada}, 'reports', {registration});
        INSERT INTO events (
            id, filter, event_type, resource_id, resource_name, resource_category, actor,
            occurred_at, accepted_at, data
        )
        VALUES (
            {event}, 'reports', 'Executed', '42', NULL, NULL, NULL, {made}, {made}, NULL
        );
        INSERT INTO event_outbox (event_id, due_at) VALUES ({event}, {made});
        "
    )
}

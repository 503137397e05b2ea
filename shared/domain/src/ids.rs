//! Ids: `UUIDv7` newtypes, made from the injected clock and randomness, printed with a prefix.

pub mod range;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Clock, Invalid};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What its printed form begins with, underscore included.
            pub const PREFIX: &'static str = concat!($prefix, "_");

            /// The bare form of the classic dialects: 32 lower-case hex digits.
            pub fn simple(self) -> String {
                self.0.simple().to_string()
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            /// Reads the printed form, or a bare UUID as the classic dialects write it.
            fn from_str(text: &str) -> Result<Self, Invalid> {
                let bare = text.strip_prefix(Self::PREFIX).unwrap_or(text);
                Uuid::try_parse(bare)
                    .map(Self)
                    .map_err(|_| Invalid::new(format!("`{text}` is not an id of the form `{}…`", Self::PREFIX)))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// An event.
    EventId, "evt"
);
id!(
    /// A registration.
    RegistrationId, "reg"
);
id!(
    /// A delivery. On the wire it is the `webhook-id`, the same for every attempt.
    DeliveryId, "dlv"
);
id!(
    /// One attempt of a delivery.
    AttemptId, "att"
);
id!(
    /// A user.
    UserId, "usr"
);
id!(
    /// An API key (the key's name, not the key).
    ApiKeyId, "key"
);
id!(
    /// A granted permission.
    PermissionId, "prm"
);
id!(
    /// A role.
    RoleId, "rol"
);
id!(
    /// An entry of the catalogue of resources, for the order of its pages.
    EntryId, "ent"
);
id!(
    /// An entry of the audit log.
    AuditId, "aud"
);
id!(
    /// A job that sends deliveries again.
    ReplayId, "rpl"
);
id!(
    /// A received webhook.
    InboxId, "inb"
);
id!(
    /// Proof of who holds a delivery, or a received webhook, at the moment.
    LeaseToken, "lse"
);

impl RoleId {
    /// The built-in role whose members are the administrators. Membership in it is what makes
    /// somebody one; it has no permissions of its own, since they may do everything.
    pub const SYSTEM_ADMINISTRATOR: Self = Self::built_in(1);
    /// The built-in role Report Creator.
    pub const REPORT_CREATOR: Self = Self::built_in(2);
    /// The built-in role Report Reader.
    pub const REPORT_READER: Self = Self::built_in(3);
    /// The built-in role Data Administrator.
    pub const DATA_ADMINISTRATOR: Self = Self::built_in(4);

    /// The ids that the migrations give.
    const fn built_in(number: u128) -> Self {
        Self(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 | number))
    }
}

impl DeliveryId {
    /// The id of the delivery of `event` to `registration`.
    ///
    /// It is a `UUIDv7` with the event's time whose other bits are SHA-256 of both ids, so that
    /// dispatching an event twice names the same deliveries (the primary key makes it idempotent,
    /// with no second unique index), a receiver can recognise the repeat, and all deliveries of an
    /// event stand side by side in the primary key.
    pub fn derive(event: EventId, registration: RegistrationId) -> Self {
        let mut hash = Sha256::new();
        hash.update(event.0.as_bytes());
        hash.update(registration.0.as_bytes());
        let digest = hash.finalize();

        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&event.0.as_bytes()[..6]);
        bytes[6..].copy_from_slice(&digest[6..16]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(Uuid::from_bytes(bytes))
    }

    /// The smallest and the greatest id that a delivery of `event` can have.
    pub fn range_of(event: EventId) -> (Self, Self) {
        let mut low = [0; 16];
        let mut high = [0xff; 16];
        low[..6].copy_from_slice(&event.0.as_bytes()[..6]);
        high[..6].copy_from_slice(&event.0.as_bytes()[..6]);
        (Self(Uuid::from_bytes(low)), Self(Uuid::from_bytes(high)))
    }
}

/// Makes ids and random values; the only source of either.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    rng: Arc<Mutex<StdRng>>,
}

impl Ids {
    /// Ids that nobody can guess, seeded by the operating system.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        Self::from_rng(clock, StdRng::from_seed(seed))
    }

    /// Repeatable ids, for tests.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::from_rng(clock, StdRng::seed_from_u64(seed))
    }

    fn from_rng(clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        Self { clock, rng: Arc::new(Mutex::new(rng)) }
    }

    /// A new id, ordered by the time of its making.
    pub fn next<I: From<Uuid>>(&self) -> I {
        let bytes = self.random::<10>();
        I::from(
            uuid::Builder::from_unix_timestamp_millis(self.clock.now().as_millis(), &bytes)
                .into_uuid(),
        )
    }

    /// `N` random bytes, fit for secrets.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng().fill_bytes(&mut bytes);
        bytes
    }

    /// A random number from 0 (inclusive) to 1 (exclusive), for jitter.
    pub fn fraction(&self) -> f64 {
        self.rng().random()
    }

    fn rng(&self) -> std::sync::MutexGuard<'_, StdRng> {
        // A panic while holding the lock cannot leave the generator in a bad state.
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    struct At(i64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0)
        }
    }

    #[test]
    fn an_id_is_printed_with_its_prefix_and_read_with_or_without_it() {
        let id: EventId = Ids::seeded(Arc::new(At(1_000_000)), 1).next();
        let printed = id.to_string();
        assert!(printed.starts_with("evt_"), "{printed}");
        assert_eq!(printed.parse::<EventId>().unwrap(), id);
        assert_eq!(id.simple().parse::<EventId>().unwrap(), id);
        assert!("dlv_".parse::<EventId>().is_err());
    }

    #[test]
    fn ids_of_a_later_time_sort_later() {
        let early: EventId = Ids::seeded(Arc::new(At(1_000_000)), 1).next();
        let late: EventId = Ids::seeded(Arc::new(At(2_000_000)), 2).next();
        assert!(early < late);
        assert_eq!(early.0.get_version_num(), 7);
    }

    #[test]
    fn a_delivery_id_follows_from_event_and_registration() {
        let ids = Ids::seeded(Arc::new(At(1_795_248_000_000_000)), 1);
        let (event, one, two) = (ids.next(), ids.next(), ids.next());
        let delivery = DeliveryId::derive(event, one);
        assert_eq!(delivery, DeliveryId::derive(event, one));
        assert_ne!(delivery, DeliveryId::derive(event, two));
        assert_eq!(delivery.0.get_version_num(), 7);
        assert_eq!(delivery.0.get_variant(), uuid::Variant::RFC4122);
        let (low, high) = DeliveryId::range_of(event);
        assert!(low < delivery && delivery < high);
    }
}

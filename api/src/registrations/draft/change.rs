use serde::{Deserialize, Deserializer};

/// What becomes of a member of a registration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Change<T> {
    /// It stays as it is; a new registration gets the default.
    #[default]
    Keep,
    /// It becomes this.
    To(T),
}

impl<T> Change<T> {
    /// The value that follows, `kept` being the present one.
    pub(crate) fn or(self, kept: T) -> T {
        match self {
            Self::Keep => kept,
            Self::To(value) => value,
        }
    }
}

impl<T> Change<Option<T>> {
    /// The same with another type of value.
    pub(crate) fn map<U>(self, with: impl FnOnce(T) -> U) -> Change<Option<U>> {
        match self {
            Self::Keep => Change::Keep,
            Self::To(value) => Change::To(value.map(with)),
        }
    }
}

/// With `#[serde(default)]` a member that is missing is kept, which `null` is not.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::To)
    }
}

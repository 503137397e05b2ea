//! Schemas of what the domain reads and writes as text. The domain knows nothing of the document, so
//! that fields of its types name these with `#[schema(value_type = …)]`.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

macro_rules! text {
    ($($(#[doc = $doc:literal])+ $name:ident { $($with:ident = $value:expr),* $(,)? })+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = [$($doc),+].map(str::trim).join(" ");
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(description))
                    $(.$with(Some($value)))*
                    .into()
            }
        }

        impl ToSchema for $name {}
    )+

    /// Every one of them: those that only parameters refer to are found nowhere else.
    pub(super) fn texts() -> Vec<(String, RefOr<Schema>)> {
        vec![$(($name::name().into_owned(), $name::schema())),+]
    }};
}

/// A text without control characters and without spaces around it.
const NAME: &str = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$";

text! {
    /// A moment in UTC (RFC 3339).
    Time { format = SchemaFormat::KnownFormat(KnownFormat::DateTime) }
    /// The id of an event.
    EventId { pattern = "^evt_[0-9a-f]{32}$" }
    /// The id of a registration.
    RegistrationId { pattern = "^reg_[0-9a-f]{32}$" }
    /// The id of a registration in the ASP.NET dialect.
    SimpleId { pattern = "^[0-9a-f]{32}$" }
    /// The id of a delivery: the `webhook-id` of every attempt.
    DeliveryId { pattern = "^dlv_[0-9a-f]{32}$" }
    /// The id of an attempt.
    AttemptId { pattern = "^att_[0-9a-f]{32}$" }
    /// The id of a user.
    UserId { pattern = "^usr_[0-9a-f]{32}$" }
    /// The id of a role.
    RoleId { pattern = "^rol_[0-9a-f]{32}$" }
    /// The id of a permission.
    PermissionId { pattern = "^prm_[0-9a-f]{32}$" }
    /// The id of an API key.
    ApiKeyId { pattern = "^key_[0-9a-f]{32}$" }
    /// The id of a replay.
    ReplayId { pattern = "^rpl_[0-9a-f]{32}$" }
    /// The id of a received webhook.
    InboxId { pattern = "^inb_[0-9a-f]{32}$" }
    /// What receivers verify asymmetric signatures with: an ed25519 key in base64.
    PublicKey { pattern = "^whpk_[A-Za-z0-9+/]{43}=$" }
    /// The id of an entry of the audit log.
    AuditId { pattern = "^aud_[0-9a-f]{32}$" }
    /// The name of a filter, which is also a kind of resource; compared without regard to case.
    FilterName { pattern = "^[A-Za-z0-9_-]{1,64}$" }
    /// What happened: `Added`, `Edited`, `Deleted`, `Executed`, or the publisher's own.
    EventType { pattern = "^[A-Za-z0-9_.-]{1,64}$" }
    /// The name of a user; compared without regard to case.
    UserName { pattern = NAME, min_length = 1, max_length = 100 }
    /// The name of a role; compared without regard to case.
    RoleName { pattern = NAME, min_length = 1, max_length = 100 }
    /// A new password: not the user's name, and none of those that everybody tries first.
    NewPassword { pattern = r"^(?!([\s\S])\1*$)", min_length = 12, max_length = 256 }
    /// A password that somebody has.
    Password { min_length = 1 }
    /// Where a page of a list ended; given out by the page before.
    Cursor { pattern = "^[A-Za-z0-9_-]+$" }
}

/// Bytes of whatever kind: no schema says anything about them.
pub(crate) struct Binary;

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
    }
}

impl ToSchema for Binary {}

/// An error in the ASP.NET dialect.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it only describes what the dialect writes")]
pub(crate) struct HttpError {
    /// What went wrong.
    message: String,
    /// What is wrong with the members of the body, by their names.
    #[schema(nullable = false)]
    model_state: Option<BTreeMap<String, Vec<String>>>,
}

/// An error of OAuth 2.0 (RFC 6749, section 5.2).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what the dialect writes")]
pub(crate) struct OAuthError {
    /// Its name.
    error: String,
    /// More about it, for people.
    error_description: String,
}

//! How events look, for the document: what is read and written keeps the bytes of its publisher, which
//! no derived schema can say.

use std::borrow::Cow;

use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::MAX_EVENTS;
use crate::openapi::schema;

/// The thing an event is about.
#[derive(ToSchema)]
#[schema(as = Resource)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it only describes what is read elsewhere")]
pub(in crate::routes::v1) struct WrittenResource {
    /// The publisher's id of it: what a permission on one resource names.
    #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00]+$")]
    id: String,
    /// What people call it.
    #[schema(max_length = 512, pattern = r"^[^\x00]*$")]
    name: Option<String>,
    /// The category it is filed under.
    #[schema(max_length = 512, pattern = r"^[^\x00]*$")]
    category: Option<String>,
}

/// An event to publish.
#[derive(ToSchema)]
#[schema(as = NewEvent, rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it only describes what is read elsewhere")]
pub(in crate::routes::v1) struct WrittenEvent {
    /// The kind of event, which is also the kind of resource.
    #[schema(value_type = schema::FilterName)]
    filter: String,
    /// What happened.
    #[schema(value_type = schema::EventType)]
    r#type: String,
    resource: WrittenResource,
    /// The publisher's own data: any JSON, kept to the byte.
    data: Option<Value>,
    /// The publisher's id of the event: publishing it again does nothing.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    id: Option<String>,
    /// When it happened; the time of acceptance unless given.
    #[schema(value_type = Option<schema::Time>)]
    occurred_at: Option<String>,
    /// Who did it, in the publisher's words.
    #[schema(max_length = 512, pattern = r"^[^\x00]*$")]
    actor: Option<String>,
    /// The names of the only users who are told, among those who may read the resource; all of them
    /// unless given.
    #[schema(min_items = 1, max_items = 1000, value_type = Option<Vec<schema::UserName>>)]
    audience: Option<Vec<String>>,
}

/// One event, or up to 1,000 that are accepted together or not at all.
pub(super) struct WrittenEvents;

impl PartialSchema for WrittenEvents {
    fn schema() -> RefOr<Schema> {
        let one = || Ref::from_schema_name(WrittenEvent::name());
        let several =
            ArrayBuilder::new().items(one()).min_items(Some(1)).max_items(Some(MAX_EVENTS));
        OneOfBuilder::new()
            .description(Some("One event, or several that are accepted together or not at all."))
            .item(one())
            .item(several)
            .into()
    }
}

impl ToSchema for WrittenEvents {
    fn name() -> Cow<'static, str> {
        "NewEvents".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((WrittenEvent::name().into_owned(), WrittenEvent::schema()));
        WrittenEvent::schemas(schemas);
    }
}

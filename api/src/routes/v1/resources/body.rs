//! How clients write resources.

use postrider_domain::{FilterName, Invalid};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::NewResource;
use crate::error::{ApiError, Violations};
use crate::filters::reserved;
use crate::openapi::schema;

/// Which resources are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those of this kind.
    #[param(value_type = Option<schema::FilterName>)]
    pub(super) kind: Option<String>,
    /// Only those filed under the category of this id.
    pub(super) category: Option<String>,
    /// Only those whose name or id contains this, in any case.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    pub(super) search: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    pub(super) cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(super) limit: Option<u32>,
}

/// A resource to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddResource {
    /// Its kind: the name of a filter, in any case.
    #[schema(value_type = schema::FilterName)]
    pub(super) kind: String,
    /// Its id, which is unique within the kind; one is generated unless it is given. Giving one is for
    /// those who may read, change and delete every resource of the kind.
    #[schema(min_length = 1, max_length = 512, pattern = r"^(?!\.{1,2}$)[^\x00]*$")]
    pub(super) id: Option<String>,
    /// What people call it. No two tasks, alerts or connections have the same name.
    #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$")]
    pub(super) name: String,
    /// The id of the category it is filed under.
    #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00]*$")]
    pub(super) category: Option<String>,
}

impl AddResource {
    /// The resource, `kind` being what its kind is registered as.
    pub(super) fn check(self, kind: Option<FilterName>) -> Result<NewResource, ApiError> {
        let mut violations = Violations::default();
        let kind =
            kind.ok_or_else(|| Invalid::new(format!("`{}` is not a kind of resource", self.kind)));
        let kind = kind.and_then(|kind| {
            if kind.is_reserved() {
                Err(reserved("there are no resources of it"))
            } else {
                Ok(kind)
            }
        });
        let kind = violations.check("/kind", kind);
        let id = violations.check("/id", self.id.as_deref().map_or(Ok(()), check_id));
        let (Some(kind), Some(())) = (kind, id) else { return Err(violations.into()) };
        Ok(NewResource { kind, id: self.id, name: self.name, category: self.category })
    }
}

/// Whoever resolves a path takes these two for something else.
fn check_id(id: &str) -> Result<(), Invalid> {
    if matches!(id, "." | "..") {
        return Err(Invalid::new(format!("no path can name a resource with the id `{id}`")));
    }
    Ok(())
}

/// What changes in a resource.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeResource {
    /// What people call it. No two tasks, alerts or connections have the same name.
    #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$")]
    pub(super) name: String,
    /// The id of the category it is filed under; none unless it is given.
    #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00]*$")]
    pub(super) category: Option<String>,
}

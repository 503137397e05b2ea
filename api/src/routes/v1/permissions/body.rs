//! How clients write permissions.

use postrider_domain::{Access, FilterName, Holder, Invalid, Permission, ResourceScope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{AccessName, ScopeName};
use crate::App;
use crate::error::{ApiError, Violations};
use crate::filters::reserved;
use crate::openapi::schema;

/// A permission to grant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    /// The kind of resource.
    #[schema(value_type = schema::FilterName)]
    kind: String,
    /// Which resources of the kind; every one unless it is given.
    #[serde(default)]
    scope: ScopeName,
    /// The id of the one resource, or of the category; none when it is about every one.
    #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00]+$")]
    target: Option<String>,
    /// What is allowed. Modify and delete require read; create can only be granted on every resource.
    #[schema(min_items = 1)]
    access: Vec<AccessName>,
}

impl Grant {
    pub(super) async fn into_permission(
        self,
        app: &App,
        holder: Holder,
    ) -> Result<Permission, ApiError> {
        let mut violations = Violations::default();
        let kind = violations.check("/kind", self.kind.parse::<FilterName>());
        let kind = match kind {
            Some(kind) if kind.is_reserved() => {
                violations.add("/kind", reserved("nobody needs a permission to be told of it").0);
                None
            }
            Some(kind) => app.filters.resolve(kind.as_str()).await?.or_else(|| {
                violations.add("/kind", format!("`{kind}` is not a kind of resource"));
                None
            }),
            None => None,
        };
        let bits = self.access.iter().fold(0, |bits, name| bits | name.access().bits());
        let access = violations.check("/access", Access::from_bits(bits));
        let scope = violations.check("/target", scope(self.scope, self.target));
        let (Some(kind), Some(access), Some(scope)) = (kind, access, scope) else {
            return Err(violations.into());
        };
        let permission = Permission {
            id: app.ids.next(),
            holder,
            kind,
            scope,
            access,
            created_at: app.clock.now(),
        };
        violations.check("", permission.validate());
        violations.into_result()?;
        Ok(permission)
    }
}

fn scope(name: ScopeName, target: Option<String>) -> Result<ResourceScope, Invalid> {
    match (name, target) {
        (ScopeName::Any, None) => Ok(ResourceScope::Any),
        (ScopeName::One, Some(id)) => Ok(ResourceScope::One(id)),
        (ScopeName::Category, Some(id)) => Ok(ResourceScope::Category(id)),
        (ScopeName::Any, Some(_)) => {
            Err(Invalid::new("what is about every resource of a kind has no target"))
        }
        (ScopeName::One | ScopeName::Category, None) => {
            Err(Invalid::new("the id of the resource or of the category is missing"))
        }
    }
}

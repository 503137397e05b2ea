//! How the errors of the catalogue look to a client.

use crate::catalogue::CatalogueError;
use crate::error::{ApiError, Code, Violation};

impl From<CatalogueError> for ApiError {
    fn from(error: CatalogueError) -> Self {
        let invalid = |pointer: &str, detail: String| {
            Self::invalid(vec![Violation { pointer: pointer.to_owned(), detail }])
        };
        match error {
            CatalogueError::Invalid(rule) => invalid("", rule.0),
            CatalogueError::NoSuchCategory => {
                invalid("/category", "there is no category with this id".to_owned())
            }
            CatalogueError::Forbidden { missing } => {
                Self::new(Code::Forbidden).detail(format!("this needs the permission `{missing}`"))
            }
            CatalogueError::ForeignId => Self::new(Code::Forbidden).detail(
                "an id is given by who may read, modify and delete every resource of the kind; \
                 without one it is generated",
            ),
            CatalogueError::NotFound => Self::not_found(),
            CatalogueError::IdTaken => {
                Self::new(Code::IdTaken).detail("there is a resource of this kind and id already")
            }
            CatalogueError::NameTaken => Self::new(Code::NameTaken)
                .detail("there is a resource of this kind and name already"),
            CatalogueError::CategoryInUse => {
                Self::new(Code::InUse).detail("resources are filed under the category")
            }
            CatalogueError::NotExecutable => Self::new(Code::NotExecutable)
                .detail("only tasks, alerts and resources of custom kinds are executed"),
            CatalogueError::KeyReused => Self::new(Code::IdempotencyConflict)
                .detail("the key was used before for another request; nothing was stored"),
            CatalogueError::Gone => Self::new(Code::IdempotencyConflict)
                .detail("the resource that was created with the key is deleted by now"),
            CatalogueError::Changed => Self::new(Code::ConcurrentUpdate)
                .detail("somebody else changed the resource; read it and try again"),
            CatalogueError::Store(error) => error.into(),
        }
    }
}

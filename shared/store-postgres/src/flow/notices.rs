//! Telling owners and administrators what the product has to say.

use std::collections::HashMap;

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{Event, NoticeSubject, RegistrationId, TargetUri, Timestamp};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::errors::corrupt;
use crate::events::insert_events;
use crate::rows::readable;

/// Of whom a notice may tell.
pub(super) struct SubjectRow {
    pub(super) id: Uuid,
    pub(super) uri: String,
    pub(super) description: Option<String>,
    pub(super) owner: String,
}

impl TryFrom<SubjectRow> for NoticeSubject {
    type Error = StoreError;

    fn try_from(row: SubjectRow) -> Result<Self, StoreError> {
        subject(row).map_err(corrupt("registrations"))
    }
}

fn subject(row: SubjectRow) -> Result<NoticeSubject, BoxError> {
    // Its own error quotes the whole URI, which belongs in no log.
    let uri: TargetUri =
        row.uri.parse().map_err(|_| format!("the URI of {} does not parse", row.id))?;
    Ok(NoticeSubject {
        registration: RegistrationId(row.id),
        owner: row.owner.parse()?,
        origin: uri.origin(),
        description: row.description,
    })
}

/// Those of `registrations` that are there and can be read.
pub(super) async fn find_subjects(
    executor: impl PgExecutor<'_>,
    registrations: &[Uuid],
) -> Result<HashMap<RegistrationId, NoticeSubject>, sqlx::Error> {
    let rows = sqlx::query_as!(
        SubjectRow,
        r#"
        SELECT r.id, r.uri, r.description, u.name AS owner
        FROM registrations AS r
        JOIN users AS u ON u.id = r.owner_id
        WHERE r.id = ANY ($1)
        "#,
        registrations,
    )
    .fetch_all(executor)
    .await?;
    let subjects = readable(rows.into_iter().map(NoticeSubject::try_from));
    Ok(subjects.into_iter().map(|subject| (subject.registration, subject)).collect())
}

/// Stores notices, to be dispatched at once.
pub(super) async fn tell(
    executor: impl PgExecutor<'_>,
    notices: &[Event],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if notices.is_empty() {
        return Ok(());
    }
    insert_events(executor, &notices.iter().collect::<Vec<_>>(), now).await
}

//! Telling people of what became of a registration.

use std::collections::HashMap;

use postrider_domain::ports::{Announcement, BoxError, StoreError};
use postrider_domain::{
    Ids, Notice, NoticeSubject, RegistrationId, TargetUri, Timestamp, UserName,
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::errors::corrupt;
use crate::events::announce;
use crate::json::id_list;
use crate::rows::readable;

/// Whom notices about `registrations` are about, as far as they are there and can be read.
pub(super) async fn find_subjects(
    connection: &mut SqliteConnection,
    registrations: impl Iterator<Item = RegistrationId>,
) -> Result<HashMap<RegistrationId, NoticeSubject>, sqlx::Error> {
    let registrations = id_list(registrations.map(|registration| registration.0));
    let rows = sqlx::query!(
        r#"
        SELECT r.id AS "id!: Uuid", r.uri, r.description, u.name AS owner
        FROM registrations AS r
        JOIN users AS u ON u.id = r.owner_id
        WHERE r.id IN (SELECT unhex(value, '-') FROM json_each($1))
        "#,
        registrations,
    )
    .fetch_all(connection)
    .await?;
    let subjects = rows.into_iter().map(|row| {
        let registration = RegistrationId(row.id);
        let subject = subject(registration, &row.uri, &row.owner, row.description)?;
        Ok((registration, subject))
    });
    Ok(readable(subjects).into_iter().collect())
}

fn subject(
    registration: RegistrationId,
    uri: &str,
    owner: &str,
    description: Option<String>,
) -> Result<NoticeSubject, StoreError> {
    let corrupt = corrupt::<BoxError>("registrations");
    // Its own error quotes the whole URI, which belongs in no log.
    let uri: TargetUri = uri
        .parse()
        .map_err(|_| corrupt(format!("the URI of {registration} does not parse").into()))?;
    let owner: UserName = owner.parse().map_err(|error| {
        let error: postrider_domain::Invalid = error;
        corrupt(error.into())
    })?;
    Ok(NoticeSubject { registration, owner, origin: uri.origin(), description })
}

/// Stores a notice for the dispatcher to find at once.
pub(super) async fn tell(
    connection: &mut SqliteConnection,
    notice: Notice,
    subject: &NoticeSubject,
    ids: &Ids,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let event = notice.event(subject, ids, now);
    announce(connection, &Announcement { event, rescue_at: now }).await
}

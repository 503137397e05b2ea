//! Taking in what workers saw of receivers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use postrider_domain::ports::StoreError;
use postrider_domain::{
    BreakerPolicy, Disabled, Event, FlowState, HealthReport, Ids, Notice, NoticeSubject,
    RegistrationId, Report, Timestamp, Transition,
};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::notices::{self, SubjectRow};
use crate::errors::store_error;
use crate::rows::{FlowRow, LoadedFlow, readable, save_flows};

const OPERATION: &str = "report_health";

/// A registration that is reported on, locked.
struct Reported {
    subject: NoticeSubject,
    is_disabled: bool,
    /// It is to be switched off.
    disabled: Option<Disabled>,
    updated_at: Timestamp,
    state: FlowState,
}

/// What came of all reports.
#[derive(Default)]
struct Outcome {
    transitions: Vec<(RegistrationId, Transition)>,
    notices: Vec<Event>,
}

/// Takes reports in, and returns what came of them.
pub(super) async fn take_in(
    pool: &PgPool,
    reports: &[HealthReport],
    policy: &BreakerPolicy,
    ids: &Ids,
    now: Timestamp,
) -> Result<Vec<(RegistrationId, Transition)>, StoreError> {
    let failed = store_error(OPERATION);
    let mut transaction = pool.begin().await.map_err(&failed)?;
    let mut reported = lock(&mut transaction, reports).await.map_err(&failed)?;
    let mut outcome = Outcome::default();
    for HealthReport { registration, began, report } in reports {
        if let Some(reported) = reported.get_mut(registration)
            && *began >= reported.updated_at
        {
            let transition = apply(reported, *report, policy, now);
            if let Some((transition, failing_since)) = transition {
                let subject = &reported.subject;
                let notice = Notice::of_transition(transition, failing_since);
                outcome.notices.push(notice.event(subject, ids, now));
                outcome.transitions.push((*registration, transition));
            }
        }
    }
    switch_off(&mut transaction, &reported).await.map_err(&failed)?;
    let flows: Vec<_> = reported
        .into_iter()
        .map(|(registration, reported)| LoadedFlow { registration, state: reported.state })
        .collect();
    save_flows(&mut *transaction, &flows).await.map_err(&failed)?;
    notices::tell(&mut *transaction, &outcome.notices, now).await.map_err(&failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(outcome.transitions)
}

/// What comes of one report, and since when the receiver fails.
fn apply(
    reported: &mut Reported,
    report: Report,
    policy: &BreakerPolicy,
    now: Timestamp,
) -> Option<(Transition, Option<Timestamp>)> {
    let before = reported.state.failing_since;
    let transition = reported.state.report(report, policy, now)?;
    if let Transition::Disabled { reason } = transition {
        if reported.is_disabled {
            return None;
        }
        reported.is_disabled = true;
        reported.disabled = Some(Disabled { at: now, reason });
        reported.updated_at = now.as_version_after(reported.updated_at);
    }
    Some((transition, reported.state.failing_since.or(before)))
}

/// Locks the registrations of `reports` and then how they do, each in order, until the transaction
/// ends. Those that are gone, or cannot be read, are left out.
async fn lock(
    connection: &mut PgConnection,
    reports: &[HealthReport],
) -> Result<BTreeMap<RegistrationId, Reported>, sqlx::Error> {
    let registrations: BTreeSet<_> = reports.iter().map(|report| report.registration.0).collect();
    let registrations: Vec<_> = registrations.into_iter().collect();
    let rows = sqlx::query!(
        r#"
        -- lock_registrations
        SELECT
            r.id, r.uri, r.description, r.disabled_at IS NOT NULL AS "is_disabled!", r.updated_at,
            u.name AS owner
        FROM registrations AS r
        JOIN users AS u ON u.id = r.owner_id
        WHERE r.id = ANY ($1)
        ORDER BY r.id
        FOR NO KEY UPDATE OF r
        "#,
        &registrations,
    )
    .fetch_all(&mut *connection)
    .await?;
    let there: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut states = lock_states(connection, &there, reports).await?;
    let reported = rows.into_iter().filter_map(|row| {
        let state = states.remove(&row.id)?;
        let (updated_at, is_disabled) = (row.updated_at.into(), row.is_disabled);
        let (uri, description, owner) = (row.uri, row.description, row.owner);
        let subject = NoticeSubject::try_from(SubjectRow { id: row.id, uri, description, owner });
        Some(subject.map(|subject| Reported {
            subject,
            is_disabled,
            disabled: None,
            updated_at,
            state,
        }))
    });
    let reported = readable(reported).into_iter();
    Ok(reported.map(|reported| (reported.subject.registration, reported)).collect())
}

/// How `registrations`, which are locked, do. One that was well has no row yet: it gets one, unless
/// what is reported of it is only that it is well.
async fn lock_states(
    connection: &mut PgConnection,
    registrations: &[Uuid],
    reports: &[HealthReport],
) -> Result<HashMap<Uuid, FlowState>, sqlx::Error> {
    let worth_a_row = |registration: &&Uuid| {
        reports.iter().any(|report| {
            report.registration.0 == **registration
                && match report.report {
                    Report::Failing { .. } | Report::Tripped | Report::Gone | Report::Died => true,
                    Report::Recovered
                    | Report::ProbeFailed { .. }
                    | Report::ProbeSucceeded { .. } => false,
                }
        })
    };
    let unwell: Vec<_> = registrations.iter().filter(worth_a_row).copied().collect();
    sqlx::query!(
        r#"
        INSERT INTO registration_flow (registration_id)
        SELECT id
        FROM unnest($1::uuid[]) AS id
        ORDER BY id
        ON CONFLICT (registration_id) DO NOTHING
        "#,
        &unwell,
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query_as!(
        FlowRow,
        r#"
        -- lock_states
        SELECT
            registration_id, failing_since, breaker, breaker_until, probe_id, trips, opened_at,
            release_at, ramp_from, rate_at, died_told_at
        FROM registration_flow
        WHERE registration_id = ANY ($1)
        ORDER BY registration_id
        FOR NO KEY UPDATE
        "#,
        registrations,
    )
    .fetch_all(connection)
    .await?;
    let flows = readable(rows.into_iter().map(LoadedFlow::try_from));
    Ok(flows.into_iter().map(|flow| (flow.registration.0, flow.state)).collect())
}

async fn switch_off(
    connection: &mut PgConnection,
    reported: &BTreeMap<RegistrationId, Reported>,
) -> Result<(), sqlx::Error> {
    for (registration, reported) in reported {
        let Some(disabled) = reported.disabled else { continue };
        sqlx::query!(
            r#"
            UPDATE registrations
            SET disabled_at = $2, disabled_reason = $3, updated_at = $4
            WHERE id = $1
            "#,
            registration.0,
            disabled.at.to_utc(),
            disabled.reason.as_str(),
            reported.updated_at.to_utc(),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

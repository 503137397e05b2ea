//! Taking in what workers saw of receivers.

use std::collections::HashMap;

use postrider_domain::registration::DisableReason;
use postrider_domain::{
    BreakerPolicy, FlowState, HealthReport, Ids, Notice, NoticeSubject, RegistrationId, Timestamp,
    Transition,
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{notices, state};
use crate::json::id_list;
use crate::rows::{FlowRow, readable};

/// A registration that something was reported of.
struct Patient {
    before: FlowState,
    state: FlowState,
    is_disabled: bool,
    updated_at: Timestamp,
    subject: NoticeSubject,
}

/// Takes `reports` in, stores what came of them and tells of it.
pub(super) async fn take_in(
    connection: &mut SqliteConnection,
    reports: &[HealthReport],
    policy: &BreakerPolicy,
    ids: &Ids,
    now: Timestamp,
) -> Result<Vec<(RegistrationId, Transition)>, sqlx::Error> {
    let mut patients = find_patients(connection, reports).await?;
    let mut transitions = Vec::new();
    for HealthReport { registration, began, report } in reports {
        let Some(patient) = patients.get_mut(registration) else { continue };
        if *began < patient.updated_at {
            continue;
        }
        let known = patient.state.failing_since;
        let Some(transition) = patient.state.report(*report, policy, now) else { continue };
        if let Transition::Disabled { reason } = transition {
            if patient.is_disabled {
                continue;
            }
            patient.is_disabled = true;
            let version = now.as_version_after(patient.updated_at);
            disable(connection, *registration, reason, now, version).await?;
            patient.updated_at = version;
        }
        // A success ends the failures, and it is of those that people are told.
        let since = patient.state.failing_since.or(known);
        let notice = Notice::of_transition(transition, since);
        notices::tell(connection, notice, &patient.subject, ids, now).await?;
        transitions.push((*registration, transition));
    }
    let changed = patients.iter().filter(|(_, patient)| patient.state != patient.before);
    state::write(
        connection,
        changed.map(|(registration, patient)| (*registration, &patient.state)),
    )
    .await?;
    Ok(transitions)
}

/// The registrations that `reports` are of, as far as they are there and can be read.
async fn find_patients(
    connection: &mut SqliteConnection,
    reports: &[HealthReport],
) -> Result<HashMap<RegistrationId, Patient>, sqlx::Error> {
    let registrations = || reports.iter().map(|report| report.registration);
    let mut subjects = notices::find_subjects(connection, registrations()).await?;
    let registrations = id_list(registrations().map(|registration| registration.0));
    let rows = sqlx::query!(
        r#"
        SELECT
            r.id AS "id!: Uuid", r.disabled_at IS NOT NULL AS "is_disabled!: bool", r.updated_at,
            f.failing_since AS "failing_since?: i64",
            coalesce(f.breaker, 'closed') AS "breaker!: String",
            f.breaker_until AS "breaker_until?: i64", f.probe_id AS "probe_id?: Uuid",
            coalesce(f.trips, 0) AS "trips!: i64", f.opened_at AS "opened_at?: i64",
            f.release_at AS "release_at?: i64", f.ramp_from AS "ramp_from?: i64",
            f.rate_at AS "rate_at?: i64", f.died_told_at AS "died_told_at?: i64"
        FROM registrations AS r
        LEFT JOIN registration_flow AS f ON f.registration_id = r.id
        WHERE r.id IN (SELECT unhex(value, '-') FROM json_each($1))
        "#,
        registrations,
    )
    .fetch_all(connection)
    .await?;
    let patients = rows.into_iter().filter_map(|row| {
        let registration = RegistrationId(row.id);
        let subject = subjects.remove(&registration)?;
        let state = FlowState::try_from(FlowRow {
            failing_since: row.failing_since,
            breaker: row.breaker,
            breaker_until: row.breaker_until,
            probe_id: row.probe_id,
            trips: row.trips,
            opened_at: row.opened_at,
            release_at: row.release_at,
            ramp_from: row.ramp_from,
            rate_at: row.rate_at,
            died_told_at: row.died_told_at,
        });
        let patient = state.map(|state| Patient {
            before: state,
            state,
            is_disabled: row.is_disabled,
            updated_at: Timestamp::from_micros(row.updated_at),
            subject,
        });
        Some(patient.map(|patient| (registration, patient)))
    });
    Ok(readable(patients).into_iter().collect())
}

/// Switches a registration off.
async fn disable(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    reason: DisableReason,
    now: Timestamp,
    version: Timestamp,
) -> Result<(), sqlx::Error> {
    let (reason, now, version) = (reason.as_str(), now.as_micros(), version.as_micros());
    sqlx::query!(
        "
        UPDATE registrations
        SET disabled_at = $2, disabled_reason = $3, updated_at = $4
        WHERE id = $1
        ",
        registration.0,
        now,
        reason,
        version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

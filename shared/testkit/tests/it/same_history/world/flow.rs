//! Calls about how deliveries flow.

use std::time::Duration;

use postrider_domain::ports::Judged;
use postrider_domain::{
    Batching, BoundedCount, DeliveryOptions, DisableReason, Disabled, HealthReport, HoldPolicy,
    RateLimit, Registration, Replay, ReplayQuery, ReplayState, Report, Timestamp, Visibility,
    WhilePaused,
};

use super::{World, pick};
use crate::same_history::calls::{Call, FlowCall};
use crate::same_history::made;
use crate::same_history::steps::{FlowStep, Preference, Said};

impl World {
    pub(super) fn call_about_flow(&mut self, step: FlowStep) -> Option<Call> {
        let now = self.now();
        let all = Visibility::All;
        Some(Call::Flow(match step {
            FlowStep::Judge(judgements) => self.judge(&judgements, now),
            FlowStep::Park(some) => {
                let some = some.iter().filter_map(|one| pick(*one, &self.deliveries));
                let leased = some.filter_map(|one| Some((one, *self.leases.get(&one)?)));
                FlowCall::Park(leased.collect(), now)
            }
            FlowStep::Release => FlowCall::Release(now),
            FlowStep::Report(one, said) => {
                let registration = pick(one, &self.registrations)?.id;
                let report = HealthReport { registration, began: now, report: self.report(said)? };
                FlowCall::Report(report, self.next_notice(), now)
            }
            FlowStep::GiveUp(max_count, seconds) => {
                let max_age = Duration::from_secs(seconds.into());
                let policy = HoldPolicy { max_age, max_count, ..HoldPolicy::default() };
                FlowCall::GiveUp(policy, self.next_notice(), now)
            }
            FlowStep::Discard(one, limit) => {
                FlowCall::Discard(all, pick(one, &self.registrations)?.id, limit, now)
            }
            FlowStep::Replay(one, pace) => {
                let replay = self.replay(&pick(one, &self.registrations)?, pace, now);
                self.replays.push(replay.id);
                FlowCall::AddReplay(Visibility::Own(self.users[1].id), replay)
            }
            FlowStep::AdvanceReplays => FlowCall::AdvanceReplays(now),
            FlowStep::CancelReplay(one) => FlowCall::CancelReplay(pick(one, &self.replays)?, now),
            FlowStep::Test(one) => {
                let registration = pick(one, &self.registrations)?.id;
                let event = made::event(&self.ids, ("tasks", "7", None), None, None, now).event;
                self.events.push(event.id);
                FlowCall::Test(all, event, registration, now)
            }
            FlowStep::Expunge(one) => FlowCall::Expunge(pick(one, &self.events)?, now),
            FlowStep::Prefer(one, preference) => {
                return self.change(one, |registration| prefer(registration, preference, now));
            }
        }))
    }

    /// Judges everything that is to be judged.
    fn judge(&mut self, judgements: &[Option<bool>], now: Timestamp) -> FlowCall {
        let conditional = std::mem::take(&mut self.conditional);
        let events = conditional.iter().map(|conditional| conditional.event.id).collect();
        let matches = conditional.iter().flat_map(|conditional| {
            let event = conditional.event.id;
            conditional.registrations.iter().map(move |(registration, _)| (event, *registration))
        });
        let judged = matches.zip(judgements.iter().cycle()).filter_map(|(of, judgement)| {
            let holds = match judgement {
                Some(true) => true,
                Some(false) => return None,
                None => false,
            };
            Some(Judged { event: of.0, registration: of.1, holds })
        });
        FlowCall::Judge(events, judged.collect(), now)
    }

    fn report(&self, said: Said) -> Option<Report> {
        let since = self.now();
        let probe = || self.probes.last().copied();
        Some(match said {
            Said::Failing => Report::Failing { since },
            Said::Recovered => Report::Recovered,
            Said::Tripped => Report::Tripped,
            Said::ProbeFailed => Report::ProbeFailed { probe: probe()? },
            Said::ProbeSucceeded => Report::ProbeSucceeded { probe: probe()? },
            Said::Gone => Report::Gone,
            Said::Died => Report::Died,
        })
    }

    fn replay(&self, registration: &Registration, pace: u32, now: Timestamp) -> Replay {
        Replay {
            id: self.ids.next(),
            registration: registration.id,
            created_by: registration.owner,
            query: ReplayQuery { dead: true, delivered: pace > 1, ..ReplayQuery::default() },
            pace,
            state: ReplayState::Running,
            matched: BoundedCount::default(),
            replayed: 0,
            created_at: now,
            finished_at: None,
        }
    }

    /// A registration that the product switched off has changed.
    pub(super) fn learn_of_flow(&mut self, call: &FlowCall, told: &str) {
        let FlowCall::Report(HealthReport { registration, .. }, _, now) = call else { return };
        let reasons = [("Gone", DisableReason::Gone), ("Failing", DisableReason::Failing)];
        let reason = reasons
            .into_iter()
            .find(|(name, _)| told.contains(&format!("Disabled {{ reason: {name} }}")));
        let known = self.registrations.iter_mut().find(|known| known.id == *registration);
        if let (Some((_, reason)), Some(known)) = (reason, known) {
            known.disabled = Some(Disabled { at: *now, reason });
            known.updated_at = now.as_version_after(known.updated_at);
        }
    }

    fn next_notice(&mut self) -> u64 {
        self.notices += 1;
        self.notices
    }

    /// The questions about how deliveries flow that every history ends with.
    pub(super) fn end_of_flow(&self) -> Vec<Call> {
        let [all, own] = [Visibility::All, Visibility::Own(self.users[1].id)];
        let mut calls = vec![Call::Flow(FlowCall::OpenBreakers)];
        for visibility in [all, own] {
            calls.push(Call::Flow(FlowCall::ListReplays(visibility)));
            calls.extend(
                (self.registrations.iter())
                    .map(|one| Call::Flow(FlowCall::FlowOf(visibility, one.id))),
            );
        }
        calls
    }
}

fn prefer(registration: &mut Registration, preference: Preference, now: Timestamp) {
    let plain = DeliveryOptions::default();
    let seconds = Duration::from_secs;
    match preference {
        Preference::Plain => {
            registration.options = plain;
            registration.condition = None;
            registration.secret_expires_at = None;
        }
        Preference::Rate => registration.options.rate = RateLimit::try_new(1, seconds(5)).ok(),
        Preference::Batch => registration.options.batch = Batching::try_new(2, seconds(20)).ok(),
        Preference::Discard => registration.options.while_paused = WhilePaused::Discard,
        Preference::Condition => registration.condition = "@.data.pages > 5".parse().ok(),
        Preference::Expiring => registration.secret_expires_at = Some(now + seconds(30)),
        Preference::Enabled => registration.disabled = None,
    }
}

use std::time::Duration;

use postrider_domain::ports::{Lease, Recorded};
use postrider_domain::{
    Attempt, AttemptOutcome, Clock, DeadReason, DeliveryId, FailureCause, ResponseHead, Settlement,
    Timings,
};
use postrider_wire::request::{Outbound, Request};

use super::Api;

impl Api {
    /// Makes one attempt of a delivery, as a worker does, that the receiver answers so.
    pub(crate) async fn attempt(&self, delivery: DeliveryId, status: u16) {
        let now = self.clock.now();
        let lease = Lease { token: self.ids.next(), until: now + Duration::from_mins(1) };
        let claimed = self.store.claim_deliveries(&[delivery], &[], lease, now).await.unwrap();
        let [claimed] = claimed.try_into().unwrap();
        let (outcome, settlement) = if status == 200 {
            (AttemptOutcome::Succeeded { status }, Settlement::Delivered)
        } else {
            let cause = FailureCause::HttpStatus;
            let detail = Some(format!("the receiver answered {status}"));
            let failed = AttemptOutcome::Failed { cause, status: Some(status), detail };
            let settlement = match status {
                410 => Settlement::Dead { reason: DeadReason::Gone },
                _ => Settlement::Retry { at: now },
            };
            (failed, settlement)
        };
        let outbound = Outbound {
            delivery,
            attempt: claimed.attempts + 1,
            replay: claimed.replays,
            registration: &claimed.registration,
            events: &claimed.events,
        };
        let attempt = Attempt {
            id: self.ids.next(),
            delivery,
            number: claimed.attempts + 1,
            started_at: now,
            duration: Duration::from_millis(12),
            timings: Timings {
                dns: Some(Duration::from_micros(1_250)),
                connect: Some(Duration::from_millis(2)),
                tls: None,
                first_byte: Some(Duration::from_millis(11)),
            },
            replay: claimed.replays,
            request: Some(Request::new(&outbound, now).unwrap().as_sent()),
            outcome,
            response: Some(ResponseHead {
                headers: vec![("server".into(), "x".into())],
                body: b"busy".to_vec(),
            }),
            worker: "worker-1".into(),
        };
        let recorded = Recorded { attempt, settlement, token: lease.token };
        self.store.record_attempts(&[recorded], now).await.unwrap();
    }
}

//! Which messages of a channel are out, and how verdicts on them are told to the broker in few words.

use std::collections::BTreeSet;

use postrider_domain::ports::Verdict;

/// A message's number on its channel.
pub(crate) type Tag = u64;

/// What to tell the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// This message is done with; with `multiple`, so are all before it that are still out.
    Ack { tag: Tag, multiple: bool },
    /// This message goes back to its queue, or to the dead queue. Never `basic.nack`: from RabbitMQ
    /// 4.3 on that would not count towards the delivery limit.
    Reject { tag: Tag, requeue: bool },
}

/// The messages of one channel that have been delivered and not settled: never more than the prefetch.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    out: BTreeSet<Tag>,
}

impl Ledger {
    /// Notes that a message was delivered.
    pub(crate) fn deliver(&mut self, tag: Tag) {
        self.out.insert(tag);
    }

    /// Whether everything delivered is settled.
    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Turns verdicts into commands, to be sent in this order.
    ///
    /// Rejections come first. Then acks from the oldest message that is out, for as long as there is
    /// no gap, are one command; those behind a gap are told one by one.
    pub(crate) fn settle(
        &mut self,
        verdicts: impl IntoIterator<Item = (Tag, Verdict)>,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let mut acked = BTreeSet::new();
        for (tag, verdict) in verdicts {
            match verdict {
                Verdict::Ack => {
                    acked.insert(tag);
                }
                Verdict::Requeue | Verdict::DeadLetter => {
                    self.out.remove(&tag);
                    let requeue = verdict == Verdict::Requeue;
                    commands.push(Command::Reject { tag, requeue });
                }
            }
        }

        let run = self.out.iter().zip(&acked).take_while(|(out, acked)| out == acked).count();
        if run > 1 {
            let last = acked.iter().nth(run - 1).copied();
            commands.extend(last.map(|tag| Command::Ack { tag, multiple: true }));
        }
        let single = if run > 1 { run } else { 0 };
        commands
            .extend(acked.iter().skip(single).map(|&tag| Command::Ack { tag, multiple: false }));

        self.out.retain(|tag| !acked.contains(tag));
        commands
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Does to the messages what the broker would do.
    fn apply(commands: &[Command], out: &mut BTreeMap<Tag, Option<Verdict>>) {
        for &command in commands {
            let (tags, verdict): (Vec<Tag>, _) = match command {
                Command::Ack { tag, multiple: false } => (vec![tag], Verdict::Ack),
                Command::Ack { tag, multiple: true } => {
                    let open = out.range(..=tag).filter(|(_, settled)| settled.is_none());
                    (open.map(|(tag, _)| *tag).collect(), Verdict::Ack)
                }
                Command::Reject { tag, requeue: true } => (vec![tag], Verdict::Requeue),
                Command::Reject { tag, requeue: false } => (vec![tag], Verdict::DeadLetter),
            };
            // The broker closes the channel when the tag it is told is not out.
            assert!(!tags.is_empty());
            for tag in tags {
                let before = out.get_mut(&tag).unwrap().replace(verdict);
                assert_eq!(before, None, "message {tag} was settled twice");
            }
        }
    }

    #[test]
    fn acks_without_a_gap_are_one_command() {
        let mut ledger = Ledger::default();
        (1..=5).for_each(|tag| ledger.deliver(tag));
        let commands = ledger.settle([(2, Verdict::Ack), (1, Verdict::Ack), (4, Verdict::Ack)]);
        assert_eq!(
            commands,
            [Command::Ack { tag: 2, multiple: true }, Command::Ack { tag: 4, multiple: false }]
        );
        let commands = ledger.settle([(3, Verdict::Ack), (5, Verdict::Ack)]);
        assert_eq!(commands, [Command::Ack { tag: 5, multiple: true }]);
        assert!(ledger.is_empty());
    }

    #[test]
    fn a_rejection_is_told_before_an_ack_that_would_cover_it() {
        let mut ledger = Ledger::default();
        (1..=3).for_each(|tag| ledger.deliver(tag));
        let commands =
            ledger.settle([(1, Verdict::Ack), (3, Verdict::Ack), (2, Verdict::DeadLetter)]);
        assert_eq!(
            commands,
            [Command::Reject { tag: 2, requeue: false }, Command::Ack { tag: 3, multiple: true }]
        );
    }

    proptest! {
        #[test]
        fn whatever_the_order_each_message_gets_its_own_verdict(
            verdicts in prop::collection::vec(0_u8..3, 1..60),
            order in any::<prop::sample::Index>(),
            batch in 1_usize..10,
            window in 1_usize..20,
        ) {
            let verdict = |tag: Tag| match verdicts[usize::try_from(tag).unwrap() - 1] {
                0 => Verdict::Ack,
                1 => Verdict::Requeue,
                _ => Verdict::DeadLetter,
            };
            let count = verdicts.len() as Tag;
            let mut ledger = Ledger::default();
            let mut out: BTreeMap<Tag, Option<Verdict>> = BTreeMap::new();
            let mut unsettled: Vec<Tag> = Vec::new();
            let mut next = 1;
            while next <= count || !unsettled.is_empty() {
                while next <= count && unsettled.len() < window {
                    ledger.deliver(next);
                    out.insert(next, None);
                    unsettled.push(next);
                    next += 1;
                }
                let told: Vec<_> = (0..batch.min(unsettled.len()))
                    .map(|_| unsettled.swap_remove(order.index(unsettled.len())))
                    .map(|tag| (tag, verdict(tag)))
                    .collect();
                apply(&ledger.settle(told), &mut out);
                for tag in 1..next {
                    let expected = (!unsettled.contains(&tag)).then(|| verdict(tag));
                    prop_assert_eq!(out[&tag], expected, "message {}", tag);
                }
            }
            prop_assert!(ledger.is_empty());
        }
    }
}

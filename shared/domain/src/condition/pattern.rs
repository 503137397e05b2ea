//! The patterns of `match` and `search`: regular expressions that take linear time, with a factor
//! that is bounded too.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::ConditionError;
use crate::Invalid;

/// The most that all patterns of a condition weigh. A letter weighs 1, so does a short class; `\w`,
/// of which Unicode has hundreds of ranges, about 50; and what is repeated `{n}` times, n times that.
const MAX_WEIGHT: u64 = 512;
/// The most bytes of text times weight, which is what a search takes in the worst case.
const MAX_WORK: u64 = 1 << 19;
/// How many ranges of a class weigh as much as a letter.
const RANGES: u64 = 16;
/// The most memory of one compiled pattern, in bytes: several times what [`MAX_WEIGHT`] takes.
const MAX_COMPILED: usize = 4 << 20;
/// What a weight of 1 takes compiled, in bytes: the largest character classes take the most.
const COMPILED: usize = 2 << 10;
/// The most memory for the states of a pattern that are made while it searches, in bytes.
const MAX_CACHE: usize = 256 << 10;

/// What of a text has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Any,
    Whole,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    weight: u64,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it, or that it is too large.
    pub(super) fn read(pattern: &str, part: Part) -> Result<Self, Invalid> {
        // Alone, so that no bracket of the pattern closes one of those that are put around it. In
        // this mode `.` matches neither line feed nor carriage return, as RFC 9485 has it.
        let parsed = regex_syntax::ParserBuilder::new().crlf(true).build().parse(pattern);
        let hir = parsed.map_err(|error| explain(pattern, &error))?;
        let weight = Self::add_weights(0, weigh(&hir))?;
        let regex = match part {
            Part::Any => RegexBuilder::new(pattern),
            Part::Whole => RegexBuilder::new(&format!(r"\A(?:{pattern})\z")),
        }
        .crlf(true)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_CACHE)
        .build();
        match regex {
            Ok(regex) => Ok(Self { regex, weight }),
            Err(regex::Error::CompiledTooBig(_)) => Err(too_large()),
            Err(_) => Err(Invalid::new(format!("`{pattern}` is not a pattern"))),
        }
    }

    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// Sets what all patterns of the condition weigh, so that a bound for each is one for all.
    pub(super) fn weigh(&mut self, weight: u64) {
        self.weight = weight;
    }

    /// About how much memory it takes once it has searched, in bytes.
    pub(super) fn footprint(&self) -> usize {
        let weight = usize::try_from(self.weight).unwrap_or(usize::MAX);
        MAX_CACHE.saturating_add(weight.saturating_mul(COMPILED))
    }

    /// What two patterns weigh together, or that it is too much.
    pub(super) fn add_weights(one: u64, other: u64) -> Result<u64, Invalid> {
        Some(one.saturating_add(other)).filter(|sum| *sum <= MAX_WEIGHT).ok_or_else(too_large)
    }

    /// Whether the text matches.
    pub(super) fn matches(&self, text: &str) -> Result<bool, ConditionError> {
        let bytes = text.len();
        if u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(self.weight) > MAX_WORK {
            return Err(ConditionError::TextTooLong { bytes });
        }
        Ok(self.regex.is_match(text))
    }
}

/// About how many states of the compiled pattern can be alive at once.
fn weigh(hir: &Hir) -> u64 {
    let sum = |parts: &[Hir]| parts.iter().map(weigh).fold(0, u64::saturating_add);
    let weight = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => u64::try_from(literal.0.len()).unwrap_or(u64::MAX),
        HirKind::Class(class) => {
            let ranges = match class {
                Class::Unicode(class) => class.ranges().len(),
                Class::Bytes(class) => class.ranges().len(),
            };
            1 + u64::try_from(ranges).unwrap_or(u64::MAX) / RANGES
        }
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1));
            weigh(&repetition.sub).saturating_mul(times.into())
        }
        HirKind::Capture(capture) => weigh(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    };
    weight.max(1)
}

fn explain(pattern: &str, error: &regex_syntax::Error) -> Invalid {
    let reason = match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it cannot be read".into(),
    };
    Invalid::new(format!("`{pattern}` is not a pattern: {reason}"))
}

fn too_large() -> Invalid {
    Invalid::new(
        "the patterns of the condition are too large: repeat less, and use smaller classes",
    )
}

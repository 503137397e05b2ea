//! What a condition is made of, once it is read: only what costs little to evaluate.

use serde_json::Value;

use super::pattern::Pattern;

/// A logical expression.
#[derive(Debug)]
pub(super) enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Exists(Query),
    Compare(Operand, Operator, Operand),
    Matches(Operand, Pattern),
}

/// How two values are compared; `>` and `>=` are these with their sides changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
}

/// What has a value, or none.
#[derive(Debug)]
pub(super) enum Operand {
    Literal(Value),
    /// A query that selects one node at most.
    Singular(Query),
    Length(Box<Operand>),
    Count(Query),
    /// The value of the only node that a query selects.
    Value(Query),
}

impl Operand {
    /// Whether it can be a whole array or object.
    pub(super) fn is_node(&self) -> bool {
        matches!(self, Self::Singular(_) | Self::Value(_))
    }
}

/// The selectors of each segment.
pub(super) type Query = Vec<Vec<Step>>;

/// A selector.
#[derive(Debug)]
pub(super) enum Step {
    Name(String),
    Index(i64),
    Wildcard,
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
}

impl Expression {
    /// Tells every pattern what all of them weigh.
    pub(super) fn weigh(&mut self, weight: u64) {
        match self {
            Self::Any(terms) | Self::All(terms) => {
                for term in terms {
                    term.weigh(weight);
                }
            }
            Self::Not(term) => term.weigh(weight),
            Self::Matches(_, pattern) => pattern.weigh(weight),
            Self::Exists(_) | Self::Compare(..) => {}
        }
    }

    /// About how much memory the patterns take, in bytes.
    pub(super) fn footprint(&self) -> usize {
        match self {
            Self::Any(terms) | Self::All(terms) => terms.iter().map(Self::footprint).sum(),
            Self::Not(term) => term.footprint(),
            Self::Matches(_, pattern) => pattern.footprint(),
            Self::Exists(_) | Self::Compare(..) => 0,
        }
    }
}

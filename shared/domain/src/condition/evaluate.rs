//! Whether an expression holds: references into the document, and nothing that can fail but a
//! pattern on a text that is too long.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::ConditionError;
use super::expression::{Expression, Operand, Operator, Query, Step};

impl Expression {
    /// Whether it holds for `@`.
    pub(super) fn holds(&self, root: &Value) -> Result<bool, ConditionError> {
        match self {
            Self::Any(terms) => first(terms, root, true),
            Self::All(terms) => first(terms, root, false),
            Self::Not(term) => term.holds(root).map(|holds| !holds),
            Self::Exists(query) => Ok(!select(query, root).is_empty()),
            Self::Compare(left, operator, right) => {
                let (left, right) = (left.value(root), right.value(root));
                Ok(compare(left.as_deref(), *operator, right.as_deref()))
            }
            Self::Matches(text, pattern) => match text.value(root).as_deref() {
                Some(Value::String(text)) => pattern.matches(text),
                _ => Ok(false),
            },
        }
    }
}

/// `wanted` if a term is, looking no further than that; else the opposite.
fn first(terms: &[Expression], root: &Value, wanted: bool) -> Result<bool, ConditionError> {
    for term in terms {
        if term.holds(root)? == wanted {
            return Ok(wanted);
        }
    }
    Ok(!wanted)
}

impl Operand {
    /// The value, or none: what RFC 9535 calls Nothing.
    fn value<'a>(&'a self, root: &'a Value) -> Option<Cow<'a, Value>> {
        match self {
            Self::Literal(literal) => Some(Cow::Borrowed(literal)),
            Self::Singular(query) | Self::Value(query) => match select(query, root).as_slice() {
                [node] => Some(Cow::Borrowed(node)),
                _ => None,
            },
            Self::Length(operand) => {
                let length = match operand.value(root)?.as_ref() {
                    Value::String(text) => text.chars().count(),
                    Value::Array(elements) => elements.len(),
                    Value::Object(members) => members.len(),
                    Value::Null | Value::Bool(_) | Value::Number(_) => return None,
                };
                Some(Cow::Owned(length.into()))
            }
            Self::Count(query) => Some(Cow::Owned(select(query, root).len().into())),
        }
    }
}

/// The nodes that a query selects.
fn select<'a>(query: &Query, root: &'a Value) -> Vec<&'a Value> {
    query.iter().fold(vec![root], |nodes, steps| {
        let mut selected = Vec::new();
        for node in nodes {
            for step in steps {
                step.select(node, &mut selected);
            }
        }
        selected
    })
}

impl Step {
    /// Adds what it selects of the children of `node`.
    fn select<'a>(&self, node: &'a Value, selected: &mut Vec<&'a Value>) {
        match (self, node) {
            (Self::Name(name), Value::Object(members)) => selected.extend(members.get(name)),
            (Self::Index(index), Value::Array(elements)) => {
                let index = from_end(*index, elements);
                selected.extend(usize::try_from(index).ok().and_then(|index| elements.get(index)));
            }
            (Self::Wildcard, Value::Array(elements)) => selected.extend(elements),
            (Self::Wildcard, Value::Object(members)) => selected.extend(members.values()),
            (Self::Slice { start, end, step }, Value::Array(elements)) => {
                slice(elements, *start, *end, *step, selected);
            }
            _ => {}
        }
    }
}

/// The length as it is calculated with.
fn signed_length(elements: &[Value]) -> i64 {
    i64::try_from(elements.len()).unwrap_or(i64::MAX)
}

/// Counts a negative index from the end; what is before the start stays negative.
fn from_end(index: i64, elements: &[Value]) -> i64 {
    if index < 0 { index.saturating_add(signed_length(elements)) } else { index }
}

/// Adds every `step`th element of a slice, as section 2.3.4.2 of RFC 9535 has it.
fn slice<'a>(
    elements: &'a [Value],
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
    selected: &mut Vec<&'a Value>,
) {
    let length = signed_length(elements);
    let every = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    let position = |index: i64, least: i64| from_end(index, elements).clamp(least, length + least);
    let mut add =
        |index| selected.extend(usize::try_from(index).ok().and_then(|at| elements.get(at)));
    match step {
        0 => {}
        1.. => {
            let first = start.map_or(0, |start| position(start, 0));
            let last = end.map_or(length, |end| position(end, 0));
            (first..last).step_by(every).for_each(&mut add);
        }
        ..0 => {
            let first = start.map_or(length - 1, |start| position(start, -1));
            let last = end.map_or(-1, |end| position(end, -1));
            (last + 1..=first).rev().step_by(every).for_each(&mut add);
        }
    }
}

fn compare(left: Option<&Value>, operator: Operator, right: Option<&Value>) -> bool {
    match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::Less => less(left, right),
        Operator::LessOrEqual => less(left, right) || equal(left, right),
    }
}

fn equal(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let in_right = |(name, value)| right.get(name).is_some_and(|other| same(value, other));
            left.len() == right.len() && left.iter().all(in_right)
        }
        (left, right) => left == right,
    }
}

fn less(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            order(left, right) == Some(Ordering::Less)
        }
        // By bytes of UTF-8, which is the order of Unicode scalar values.
        (Some(Value::String(left)), Some(Value::String(right))) => left < right,
        _ => false,
    }
}

/// The order of two numbers: exact between integers.
fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

//! From the parser's tree to an [`Expression`]: what is not well-typed in RFC 9535, or could cost
//! too much, is refused.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, Literal, Segment, Selector, SingularQuery,
    SingularQuerySegment, Test, TestFunction,
};
use serde_json::{Number, Value};

use super::expression::{Expression, Operand, Operator, Query, Step};
use super::pattern::{Part, Pattern};
use crate::Invalid;

/// The most wildcards, slices and further entries of lists in a condition.
const MAX_WIDTHS: usize = 4;

/// The most comparisons that may go through whole arrays and objects on both sides.
const MAX_PAIRS: usize = 8;

/// Takes over what was parsed.
///
/// # Errors
/// Names what is not allowed in a condition, or is not well-typed.
pub(super) fn read(filter: &Filter) -> Result<Expression, Invalid> {
    let mut reader = Reader { widths: 0, pairs: 0, weight: 0 };
    let mut expression = reader.filter(filter)?;
    expression.weigh(reader.weight);
    Ok(expression)
}

struct Reader {
    /// How many selectors there are that select more than one node.
    widths: usize,
    /// How many comparisons there are of what two queries select.
    pairs: usize,
    /// What the patterns weigh.
    weight: u64,
}

impl Reader {
    fn filter(&mut self, filter: &Filter) -> Result<Expression, Invalid> {
        match filter {
            Filter::Or(terms) => Ok(Expression::Any(self.filters(terms)?)),
            Filter::And(terms) => Ok(Expression::All(self.filters(terms)?)),
            Filter::Atom(atom) => self.atom(atom),
        }
    }

    fn filters(&mut self, filters: &[Filter]) -> Result<Vec<Expression>, Invalid> {
        filters.iter().map(|filter| self.filter(filter)).collect()
    }

    fn atom(&mut self, atom: &FilterAtom) -> Result<Expression, Invalid> {
        let (expression, not) = match atom {
            FilterAtom::Filter { expr, not } => (self.filter(expr)?, *not),
            FilterAtom::Test { expr, not } => (self.test(expr)?, *not),
            FilterAtom::Comparison(comparison) => (self.comparison(comparison)?, false),
        };
        Ok(if not { Expression::Not(Box::new(expression)) } else { expression })
    }

    fn test(&mut self, test: &Test) -> Result<Expression, Invalid> {
        match test {
            Test::RelQuery(segments) => Ok(Expression::Exists(self.query(segments)?)),
            Test::AbsQuery(_) => Err(absolute()),
            Test::Function(function) => match &**function {
                TestFunction::Match(subject, pattern) => {
                    self.matches(subject, pattern, Part::Whole)
                }
                TestFunction::Search(subject, pattern) => self.matches(subject, pattern, Part::Any),
                TestFunction::Custom(name, _) => Err(unknown(name)),
                TestFunction::Length(_) | TestFunction::Count(_) | TestFunction::Value(_) => {
                    Err(Invalid::new(
                        "`length`, `count` and `value` in a condition are values: compare them, as in `length(@.data.items) > 0`",
                    ))
                }
            },
        }
    }

    fn matches(
        &mut self,
        text: &FnArg,
        pattern: &FnArg,
        part: Part,
    ) -> Result<Expression, Invalid> {
        let FnArg::Literal(Literal::String(pattern)) = pattern else {
            return Err(Invalid::new(
                "the pattern of `match` and `search` in a condition is a string, as in `match(@.type, 'Ex.*')`",
            ));
        };
        let text = self.argument(text)?;
        let pattern = Pattern::read(pattern, part)?;
        self.weight = Pattern::add_weights(self.weight, pattern.weight())?;
        Ok(Expression::Matches(text, pattern))
    }

    fn comparison(&mut self, comparison: &Comparison) -> Result<Expression, Invalid> {
        let (left, right) = comparison.vals();
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        if left.is_node() && right.is_node() {
            self.pairs += 1;
            if self.pairs > MAX_PAIRS {
                return Err(Invalid::new(format!(
                    "a condition compares more than {MAX_PAIRS} pairs of members"
                )));
            }
        }
        Ok(match comparison {
            Comparison::Eq(..) => Expression::Compare(left, Operator::Equal, right),
            Comparison::Ne(..) => Expression::Compare(left, Operator::NotEqual, right),
            Comparison::Lt(..) => Expression::Compare(left, Operator::Less, right),
            Comparison::Lte(..) => Expression::Compare(left, Operator::LessOrEqual, right),
            Comparison::Gt(..) => Expression::Compare(right, Operator::Less, left),
            Comparison::Gte(..) => Expression::Compare(right, Operator::LessOrEqual, left),
        })
    }

    fn operand(&mut self, comparable: &Comparable) -> Result<Operand, Invalid> {
        match comparable {
            Comparable::Literal(literal) => read_literal(literal).map(Operand::Literal),
            Comparable::Function(function) => self.function(function),
            Comparable::SingularQuery(SingularQuery::Root(_)) => Err(absolute()),
            Comparable::SingularQuery(SingularQuery::Current(segments)) => {
                let step = |segment: &SingularQuerySegment| match segment {
                    SingularQuerySegment::Name(name) => vec![Step::Name(name.clone())],
                    SingularQuerySegment::Index(index) => vec![Step::Index(*index)],
                };
                Ok(Operand::Singular(segments.iter().map(step).collect()))
            }
        }
    }

    /// A function that has a value.
    fn function(&mut self, function: &TestFunction) -> Result<Operand, Invalid> {
        match function {
            TestFunction::Length(argument) => {
                Ok(Operand::Length(Box::new(self.argument(argument)?)))
            }
            TestFunction::Count(argument) => Ok(Operand::Count(self.nodes(argument)?)),
            TestFunction::Value(argument) => Ok(Operand::Value(self.nodes(argument)?)),
            TestFunction::Custom(name, _) => Err(unknown(name)),
            TestFunction::Match(..) | TestFunction::Search(..) => {
                Err(Invalid::new("`match` and `search` in a condition are tests, not values"))
            }
        }
    }

    /// An argument that is a value.
    fn argument(&mut self, argument: &FnArg) -> Result<Operand, Invalid> {
        let not_one = || {
            Invalid::new(
                "the first argument of `length`, `match` and `search` in a condition is one value, as in `length(@.data.items)`",
            )
        };
        match argument {
            FnArg::Literal(literal) => read_literal(literal).map(Operand::Literal),
            FnArg::Filter(_) => Err(not_one()),
            FnArg::Test(test) => match &**test {
                Test::AbsQuery(_) => Err(absolute()),
                Test::Function(function) => self.function(function),
                Test::RelQuery(segments) => {
                    let query = self.query(segments)?;
                    let one = |steps: &Vec<Step>| {
                        matches!(steps.as_slice(), [Step::Name(_) | Step::Index(_)])
                    };
                    query.iter().all(one).then_some(Operand::Singular(query)).ok_or_else(not_one)
                }
            },
        }
    }

    /// An argument that is what a query selects.
    fn nodes(&mut self, argument: &FnArg) -> Result<Query, Invalid> {
        if let FnArg::Test(test) = argument
            && let Test::RelQuery(segments) = &**test
        {
            return self.query(segments);
        }
        Err(Invalid::new(
            "the argument of `count` and `value` in a condition is a query, as in `count(@.data.items[*])`",
        ))
    }

    fn query(&mut self, segments: &[Segment]) -> Result<Query, Invalid> {
        segments.iter().map(|segment| self.segment(segment)).collect()
    }

    fn segment(&mut self, segment: &Segment) -> Result<Vec<Step>, Invalid> {
        match segment {
            Segment::Descendant(_) => Err(Invalid::new("`..` is not allowed in a condition")),
            Segment::Selector(selector) => Ok(vec![self.step(selector)?]),
            Segment::Selectors(selectors) => {
                for _ in 1..selectors.len() {
                    self.widen()?;
                }
                selectors.iter().map(|selector| self.step(selector)).collect()
            }
        }
    }

    fn step(&mut self, selector: &Selector) -> Result<Step, Invalid> {
        match selector {
            Selector::Name(name) => return Ok(Step::Name(name.clone())),
            Selector::Index(index) => return Ok(Step::Index(*index)),
            Selector::Wildcard | Selector::Slice(..) => self.widen()?,
            Selector::Filter(_) => {
                return Err(Invalid::new("a filter within a condition is not allowed"));
            }
        }
        Ok(match selector {
            Selector::Slice(start, end, step) => {
                Step::Slice { start: *start, end: *end, step: step.unwrap_or(1) }
            }
            _ => Step::Wildcard,
        })
    }

    /// Counts what selects more than one node.
    fn widen(&mut self) -> Result<(), Invalid> {
        self.widths += 1;
        if self.widths <= MAX_WIDTHS {
            return Ok(());
        }
        Err(Invalid::new(format!(
            "a condition has more than {MAX_WIDTHS} wildcards, slices and further entries of lists"
        )))
    }
}

fn read_literal(literal: &Literal) -> Result<Value, Invalid> {
    Ok(match literal {
        Literal::Int(integer) => Value::from(*integer),
        Literal::Float(number) => Number::from_f64(*number)
            .map(Value::Number)
            .ok_or_else(|| Invalid::new("a number in the condition is too large"))?,
        Literal::String(text) => Value::from(text.as_str()),
        Literal::Bool(boolean) => Value::from(*boolean),
        Literal::Null => Value::Null,
    })
}

fn absolute() -> Invalid {
    Invalid::new("`$` is not available in a condition, `@` is the event")
}

fn unknown(name: &str) -> Invalid {
    Invalid::new(format!(
        "there is no function `{name}` for conditions: use `length`, `count`, `value`, `match` or `search`"
    ))
}

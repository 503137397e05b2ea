//! From the text to the parser's tree, and from the parser's errors to words.

use std::cell::RefCell;

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model::{Filter, JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;

use super::refused_at;
use crate::Invalid;

/// What makes a query of a condition.
const BEFORE: &str = "$[?(";
const AFTER: &str = ")]";
/// The most characters of an explanation that the parser gives.
const MAX_EXPLANATION: usize = 200;

/// Parses a condition, which is one expression and nothing else.
///
/// # Errors
/// Says what was expected, and where.
pub(super) fn parse(text: &str) -> Result<Filter, Invalid> {
    let query = parse_json_path(&format!("{BEFORE}{text}{AFTER}"));
    let JpQuery { segments } = query.map_err(|error| explain(error, text))?;
    match <[Segment; 1]>::try_from(segments) {
        Ok([Segment::Selector(Selector::Filter(filter))]) => Ok(filter),
        _ => Err(Invalid::new("a condition is one filter expression and nothing else")),
    }
}

fn explain(error: JsonPathError, text: &str) -> Invalid {
    let error = match error {
        JsonPathError::PestError(error) => error,
        JsonPathError::InvalidJsonPath(message) => return unplaced(&message),
        other => return unplaced(&other.to_string()),
    };
    // The rules' names cannot be had otherwise: their type is private to the parser.
    let expected = RefCell::new(Vec::new());
    let error = error.renamed_rules(|rule| {
        let words = in_words(&format!("{rule:?}"));
        let mut expected = expected.borrow_mut();
        if !expected.contains(&words) {
            expected.push(words.clone());
        }
        words
    });
    let explanation = match expected.into_inner().as_slice() {
        [] => error.variant.message().into_owned(),
        words => format!("expected {}", words.join(" or ")),
    };
    match offset(&error.to_string(), text) {
        Some(offset) => refused_at(text, offset, &explanation),
        None => unplaced(&explanation),
    }
}

fn unplaced(explanation: &str) -> Invalid {
    let line = explanation.lines().next().unwrap_or_default();
    let line: String = line.chars().take(MAX_EXPLANATION).collect();
    Invalid::new(format!("the condition cannot be parsed: {line}"))
}

/// Where in `text` the error is, from its first line, which is ` --> line:column` (in characters,
/// from 1); the text has one line.
fn offset(error: &str, text: &str) -> Option<usize> {
    let (_, column) = error.lines().next()?.rsplit_once(':')?;
    let characters = column.trim().parse::<usize>().ok()?.checked_sub(1 + BEFORE.len())?;
    Some(text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset))
}

/// What a rule of the grammar stands for.
fn in_words(rule: &str) -> String {
    let words = match rule {
        "atom_expr" | "logical_expr" | "logical_expr_and" | "test" | "test_expr" => {
            "a test such as `@.type == 'Executed'`"
        }
        "comparable" => "a value such as `@.data.pages`, `5` or `'text'`",
        "comp_op" => "an operator (`==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`)",
        "segment" | "name_segment" | "index_segment" | "name_first" | "ALPHA" => {
            "a member such as `.pages`"
        }
        "function_argument" => "an argument such as `@.data.items` or `'text'`",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

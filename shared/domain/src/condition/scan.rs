//! What can be refused before anything is parsed: the parser tries every way to read a function, so
//! its time grows threefold with each function in a function.

use super::refused_at;
use crate::Invalid;

/// How deep brackets may nest.
const MAX_DEPTH: usize = 32;
/// How deep functions may nest: `length(value(…))`.
const MAX_FUNCTION_DEPTH: usize = 2;

/// Checks that `text` stays inside its brackets, and has nothing that makes it long to parse.
///
/// # Errors
/// Says what may not be, and where.
pub(super) fn check(text: &str) -> Result<(), Invalid> {
    let mut scan = Scan { text, open: Vec::new(), last: ' ', spaced: false };
    let mut chars = text.char_indices();
    while let Some((offset, c)) = chars.next() {
        if matches!(c, '\'' | '"') {
            skip_string(&mut chars, c)
                .ok_or_else(|| refused_at(text, offset, "this string is never closed"))?;
        }
        scan.step(offset, c)?;
    }
    match scan.open.last() {
        Some(open) => Err(refused_at(text, open.offset, "this bracket is never closed")),
        None => Ok(()),
    }
}

/// Goes past the string that `quote` opened.
fn skip_string(chars: &mut std::str::CharIndices<'_>, quote: char) -> Option<()> {
    loop {
        match chars.next()?.1 {
            '\\' => drop(chars.next()?),
            c if c == quote => return Some(()),
            _ => {}
        }
    }
}

/// A bracket that is not closed yet.
struct Open {
    offset: usize,
    closed_by: char,
    of_function: bool,
}

/// Whether names, numbers and the like are made of it.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

struct Scan<'a> {
    text: &'a str,
    open: Vec<Open>,
    /// The last character that is no space; there is no other white space.
    last: char,
    /// Whether a space follows it.
    spaced: bool,
}

impl Scan<'_> {
    fn step(&mut self, offset: usize, c: char) -> Result<(), Invalid> {
        let refused = |explanation| Err(refused_at(self.text, offset, explanation));
        match c {
            '$' => return refused("`$` is not available, `@` is the event"),
            '?' => return refused("a filter within the condition is not allowed"),
            '.' if self.text[offset..].starts_with("..") => {
                return refused("`..` is not allowed, name the members one by one");
            }
            '(' => self.open(offset, ')')?,
            '[' => self.open(offset, ']')?,
            ')' | ']' if self.open.pop().is_none_or(|open| open.closed_by != c) => {
                return refused("this bracket closes none that is open");
            }
            // To the parser `.a and b` is one name, spaces and all.
            c if is_of_name(c) && self.spaced && is_of_name(self.last) => {
                return refused(
                    "expected an operator (`==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`)",
                );
            }
            _ => {}
        }
        self.spaced = c == ' ';
        if !self.spaced {
            self.last = c;
        }
        Ok(())
    }

    fn open(&mut self, offset: usize, closed_by: char) -> Result<(), Invalid> {
        let of_function = closed_by == ')' && is_of_name(self.last);
        self.open.push(Open { offset, closed_by, of_function });
        if self.open.len() > MAX_DEPTH {
            let explanation = format!("brackets nest deeper than {MAX_DEPTH} levels");
            return Err(refused_at(self.text, offset, &explanation));
        }
        if self.open.iter().filter(|open| open.of_function).count() > MAX_FUNCTION_DEPTH {
            return Err(refused_at(self.text, offset, "functions nest too deep"));
        }
        Ok(())
    }
}

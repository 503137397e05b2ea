//! Searching without regard to case, of which SQLite by itself knows that of ASCII alone.

/// The pattern for `REGEXP` that finds `text` in any case, character by character, none of which
/// means anything else.
pub(crate) fn any_case(text: &str) -> String {
    let literal = |c: char| format!("\\x{{{:x}}}", u32::from(c));
    std::iter::once("(?i)".to_owned()).chain(text.chars().map(literal)).collect()
}

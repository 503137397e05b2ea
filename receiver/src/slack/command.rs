//! The text of a slash command: `action value`, or `action name=value; name2='v;2'`.

use crate::Pairs;

/// The text of a slash command, read: its first word, and the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlackCommand {
    /// The first word; empty when there is none.
    pub action: String,
    /// All after it, without the spaces around.
    pub value: String,
}

/// Why the parameters of a command cannot be read. Positions count characters of
/// [`SlackCommand::value`], from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackCommandError {
    /// A quotation mark has no other half.
    #[error("the parameters have an unmatched quote ({quote}) at position {position}")]
    UnmatchedQuote {
        /// Which mark.
        quote: char,
        /// Where it is.
        position: usize,
    },
    /// A name is quoted or has a `;`.
    #[error("the name of the parameter at position {position} must have neither quotes nor ';'")]
    Name {
        /// Where the parameter begins.
        position: usize,
    },
}

impl SlackCommand {
    /// Reads the text of a command, or the text after the word that triggered an outgoing webhook.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (action, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        Self { action: action.to_owned(), value: value.trim().to_owned() }
    }

    /// Reads the value as parameters `name=value` with `;` between them. A value with a `;` in it is
    /// quoted, with `'` or `"`, or has a `\` before the `;`. Spaces around names and values are left
    /// out, and a name may come several times.
    ///
    /// # Errors
    /// When a quotation mark has no other half, or a name is none.
    pub fn parameters(&self) -> Result<Pairs, SlackCommandError> {
        let mut pairs = Vec::new();
        let mut parameter = Parameter::at(0);
        let mut quote: Option<(char, usize)> = None;
        let mut characters = self.value.chars().enumerate().peekable();
        while let Some((position, character)) = characters.next() {
            match (quote, character) {
                (Some((open, _)), _) if open == character => quote = None,
                (None, '\'' | '"') => {
                    quote = Some((character, position));
                    parameter.quoted_name |= parameter.value.is_none();
                }
                (None, '\\') if characters.next_if(|(_, next)| *next == ';').is_some() => {
                    parameter.push(';');
                }
                (None, '=') if parameter.value.is_none() => parameter.value = Some(String::new()),
                (None, ';') => {
                    pairs.extend(parameter.end()?);
                    parameter = Parameter::at(position + 1);
                }
                _ => parameter.push(character),
            }
        }
        if let Some((quote, position)) = quote {
            return Err(SlackCommandError::UnmatchedQuote { quote, position });
        }
        pairs.extend(parameter.end()?);
        Ok(Pairs(pairs))
    }
}

/// A parameter, as far as it was read.
struct Parameter {
    position: usize,
    name: String,
    quoted_name: bool,
    value: Option<String>,
}

impl Parameter {
    fn at(position: usize) -> Self {
        Self { position, name: String::new(), quoted_name: false, value: None }
    }

    fn push(&mut self, character: char) {
        self.value.as_mut().unwrap_or(&mut self.name).push(character);
    }

    /// The name and the value; `None` when there is nothing.
    fn end(self) -> Result<Option<(String, String)>, SlackCommandError> {
        if self.quoted_name || self.name.contains(';') {
            return Err(SlackCommandError::Name { position: self.position });
        }
        let name = self.name.trim();
        let value = self.value.as_deref().unwrap_or_default().trim();
        let empty = name.is_empty() && value.is_empty();
        Ok((!empty).then(|| (name.to_owned(), value.to_owned())))
    }
}

#[cfg(test)]
mod tests;

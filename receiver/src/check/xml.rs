//! XML, read into a tree that knows neither namespaces nor entities of the document's own. A document
//! that declares any, or that is deeper or larger than what providers send, is refused.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements are nested. A SOAP message with compound fields has 8 levels.
const MAX_DEPTH: usize = 32;

/// How many elements a document has: a hundred notifications of a thousand fields, which is more than
/// Salesforce sends.
const MAX_ELEMENTS: usize = 100_000;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error(transparent)]
    Syntax(#[from] quick_xml::Error),
    #[error("a document type is not accepted")]
    DocumentType,
    #[error("there is no entity '{0}'")]
    UnknownEntity(String),
    #[error("it is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    #[error("it has more than {MAX_ELEMENTS} elements")]
    TooLarge,
    #[error("it is not one whole element")]
    NotOneElement,
}

/// An element, by local names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The value of `xsi:type`.
    pub(crate) kind: Option<String>,
    /// The text directly in it.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children_named(name).next()
    }

    /// The children of this name.
    pub(crate) fn children_named<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a Self> + use<'a, 'n> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name; empty when there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| &child.text)
    }

    fn opened(tag: &BytesStart<'_>) -> Result<Self, XmlError> {
        let mut kind = None;
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(quick_xml::Error::from)?;
            let prefixed = attribute.key.prefix().is_some();
            if prefixed && attribute.key.local_name().as_ref() == "type" {
                kind = Some(attribute.value.into_owned());
            }
        }
        let name = tag.local_name().as_ref().to_owned();
        Ok(Self { name, kind, ..Self::default() })
    }
}

/// Reads a document.
pub(crate) fn parse(body: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(body).map_err(|_| XmlError::NotUtf8)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut document = Element::default();
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    loop {
        let event = reader.read_event()?;
        let here = open.last_mut().unwrap_or(&mut document);
        match event {
            Event::Start(tag) => open.push(Element::opened(&tag)?),
            Event::Empty(tag) => {
                here.children.push(Element::opened(&tag)?);
                elements += 1;
            }
            Event::End(_) => {
                let closed = open.pop().ok_or(XmlError::NotOneElement)?;
                open.last_mut().unwrap_or(&mut document).children.push(closed);
                elements += 1;
            }
            Event::Text(text) => here.text.push_str(&text.xml10_content()),
            Event::CData(text) => here.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => here.text.push_str(&resolve(&reference)?),
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
        if open.len() > MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
        if elements > MAX_ELEMENTS {
            return Err(XmlError::TooLarge);
        }
    }
    match document.children.pop() {
        Some(root)
            if open.is_empty()
                && document.children.is_empty()
                && document.text.trim().is_empty() =>
        {
            Ok(root)
        }
        _ => Err(XmlError::NotOneElement),
    }
}

/// A character that is written as `&…;`: by its number, or as one of the five names of the standard.
fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character.into());
    }
    let name = reference.xml10_content();
    let text = resolve_xml_entity(&name);
    text.map(str::to_owned).ok_or_else(|| XmlError::UnknownEntity(name.into_owned()))
}

#[cfg(test)]
mod tests;

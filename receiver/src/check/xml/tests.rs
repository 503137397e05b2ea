use super::*;

#[test]
fn elements_are_read_by_their_local_names() {
    let root = parse(
        b"\xef\xbb\xbf<?xml version=\"1.0\"?><!-- note --><a:r xmlns:a='u'><a:v xsi:type='a:T'>1</a:v>\
          <v/><w type='x'><![CDATA[<2>]]></w></a:r>",
    )
    .unwrap();
    assert_eq!(root.name, "r");
    assert_eq!(root.child("v").unwrap().kind.as_deref(), Some("a:T"));
    assert_eq!(root.children_named("v").count(), 2);
    assert_eq!((root.text_of("v"), root.text_of("w"), root.text_of("none")), ("1", "<2>", ""));
    assert_eq!(root.child("w").unwrap().kind, None);
}

#[test]
fn only_the_entities_of_the_standard_are_known() {
    let root = parse(b"<r>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;</r>").unwrap();
    assert_eq!(root.text, "<&>\"'AB");
    let declared = b"<!DOCTYPE r [<!ENTITY e 'x'>]><r>&e;</r>";
    assert!(matches!(parse(declared), Err(XmlError::DocumentType)));
    assert!(matches!(parse(b"<r>&e;</r>"), Err(XmlError::UnknownEntity(_))));
    assert!(parse(b"<r>&#0;</r>").is_err());
}

#[test]
fn what_is_not_one_whole_element_is_refused() {
    for text in
        ["", "text", "<r>", "<r></s>", "</r>", "<r/><r/>", "<r/>text", "<r", "<r a='1' a='2'/>"]
    {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(matches!(parse(b"<r>\xff</r>"), Err(XmlError::NotUtf8)));
}

#[test]
fn a_document_without_end_is_refused() {
    let deep = |levels: usize| "<r>".repeat(levels) + &"</r>".repeat(levels);
    assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
    assert!(matches!(parse(deep(MAX_DEPTH + 1).as_bytes()), Err(XmlError::TooDeep)));
    assert!(matches!(parse("<r>".repeat(100_000).as_bytes()), Err(XmlError::TooDeep)));
    for one in ["<a/>", "<a></a>"] {
        let wide = format!("<r>{}</r>", one.repeat(MAX_ELEMENTS + 1));
        assert!(matches!(parse(wide.as_bytes()), Err(XmlError::TooLarge)), "{one}");
    }
}

use std::fmt::Display;

use quick_xml::XmlVersion;
use quick_xml::escape::{EscapeError, resolve_xml_entity};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::XmlError;
use crate::wns::CONTENT_BYTES_MAX;

/// How deep elements may be. The deepest of the toast schema is 6: a text in a subgroup in a group in
/// a binding in the visual of a toast. The bound keeps whatever walks the tree off the stack's end.
const DEPTH_MAX: usize = 16;

/// One element, and all that is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    /// Names and values, as they stand there.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Its own text, without that of its children.
    pub(super) text: String,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes.find(|attribute| attribute.0 == name).map(|attribute| attribute.1.as_str())
    }

    /// The children of a name.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Reads a document whole. What a notification has no use for is refused, so that nothing has to be
/// fetched, expanded or run to read one.
pub(super) fn parse(xml: &[u8]) -> Result<Element, XmlError> {
    if xml.len() > CONTENT_BYTES_MAX {
        return Err(XmlError::TooLarge { bytes: xml.len(), bytes_max: CONTENT_BYTES_MAX });
    }
    let text = std::str::from_utf8(xml).map_err(|_| XmlError::NotUtf8)?;
    check_characters(text)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut tree = Tree::default();
    let mut is_first = true;
    loop {
        match reader.read_event().map_err(|error| not_well_formed(&error))? {
            Event::Eof => return tree.finish(),
            Event::Decl(declaration) if is_first => check_declaration(&declaration)?,
            event => tree.add(&event)?,
        }
        is_first = false;
    }
}

/// What has been read so far.
#[derive(Default)]
struct Tree {
    /// The elements that have begun and not ended, the innermost last.
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn add(&mut self, event: &Event<'_>) -> Result<(), XmlError> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) if text.contains("]]>") => Err(not_well_formed(&"`]]>` in a text")),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.text(&referred(reference)?),
            Event::DocType(_) => Err(XmlError::NotAllowed("a document type")),
            Event::PI(_) => Err(XmlError::NotAllowed("a processing instruction")),
            Event::Decl(_) => Err(not_well_formed(&"the declaration is not at the start")),
            Event::Comment(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlError> {
        if self.root.is_some() {
            return Err(not_well_formed(&"there is a second root"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(XmlError::TooDeep { depth_max: DEPTH_MAX });
        }
        let name = checked_name(tag.name().into_inner())?;
        let attributes = attributes(tag)?;
        self.open.push(Element { name, attributes, children: Vec::new(), text: String::new() });
        Ok(())
    }

    /// The reader has seen to it that the end is that of the innermost element.
    fn end(&mut self) -> Result<(), XmlError> {
        let ended = self.open.pop().ok_or_else(|| not_well_formed(&"an end without a start"))?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(ended),
            None => self.root = Some(ended),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(not_well_formed(&"there is text outside of the root")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlError> {
        if let Some(element) = self.open.last() {
            return Err(not_well_formed(&format_args!("`{}` does not end", element.name)));
        }
        self.root.ok_or_else(|| not_well_formed(&"there is no element"))
    }
}

fn not_well_formed(what: &impl Display) -> XmlError {
    XmlError::NotWellFormed(what.to_string())
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    let version = declaration.version().map_err(|error| not_well_formed(&error))?;
    if version != "1.0" {
        return Err(not_well_formed(&"its version is not 1.0"));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(Ok(_)) => Err(XmlError::NotUtf8),
        Some(Err(error)) => Err(not_well_formed(&error)),
    }
}

/// The name of an element or an attribute (XML 1.0, 2.3), as far as it matters here.
fn checked_name(name: &str) -> Result<String, XmlError> {
    let is_start = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let is_inside = |c: char| is_start(c) || c.is_numeric() || c == '-' || c == '.';
    if name.starts_with(is_start) && name.chars().all(is_inside) {
        return Ok(name.to_owned());
    }
    Err(not_well_formed(&"a name does not begin with a letter, or has a sign in it"))
}

fn attributes(tag: &BytesStart<'_>) -> Result<Vec<(String, String)>, XmlError> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| not_well_formed(&error))?;
        if attribute.value.contains('<') {
            return Err(not_well_formed(&"`<` in the value of an attribute"));
        }
        // At depth 1 nothing that a name stands for can stand for more.
        let value = attribute
            .normalized_value_with(XmlVersion::Implicit1_0, 1, resolve_xml_entity)
            .map_err(|error| unresolved(&error))?;
        check_characters(&value)?;
        attributes.push((checked_name(attribute.key.into_inner())?, value.into_owned()));
    }
    Ok(attributes)
}

fn unresolved(error: &quick_xml::Error) -> XmlError {
    match error {
        quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(..)) => unknown_entity(),
        error => not_well_formed(error),
    }
}

/// Only the five that XML itself has are known: the others would need a document type.
fn unknown_entity() -> XmlError {
    XmlError::NotAllowed("an entity that XML does not have by itself")
}

/// What a reference in a text stands for.
fn referred(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    let character = reference.resolve_char_ref().map_err(|error| not_well_formed(&error))?;
    let text = match character {
        Some(character) => character.to_string(),
        None => resolve_xml_entity(reference).ok_or_else(unknown_entity)?.to_owned(),
    };
    check_characters(&text)?;
    Ok(text)
}

/// Checks that there are only characters that XML may have.
fn check_characters(text: &str) -> Result<(), XmlError> {
    if text.chars().all(is_character) {
        return Ok(());
    }
    Err(not_well_formed(&"it has a character that XML may not have"))
}

/// Whether XML may have a character (XML 1.0, 2.2).
fn is_character(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => c >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(xml: &str) -> Result<Element, XmlError> {
        parse(xml.as_bytes())
    }

    #[track_caller]
    fn assert_not_well_formed(xml: &str) {
        assert!(matches!(root(xml), Err(XmlError::NotWellFormed(_))), "{xml}");
    }

    #[track_caller]
    fn assert_not_allowed(xml: &str) {
        assert!(matches!(root(xml), Err(XmlError::NotAllowed(_))), "{xml}");
    }

    fn nested(depth: usize) -> String {
        format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth))
    }

    #[test]
    fn elements_attributes_and_text_are_read() {
        let root = root("<a x=\"1\" y='2'>one<b/>two<b z=\"\">in</b></a>").unwrap();
        assert_eq!((root.name.as_str(), root.text.as_str()), ("a", "onetwo"));
        assert_eq!((root.attribute("x"), root.attribute("y")), (Some("1"), Some("2")));
        assert_eq!(root.attribute("z"), None);
        let texts: Vec<&str> = root.named("b").map(|b| b.text.as_str()).collect();
        assert_eq!(texts, ["", "in"]);
    }

    #[test]
    fn the_five_entities_and_character_references_are_resolved() {
        let root = root("<a b=\"&lt;&amp;&quot;&#233;\">&gt;&apos;&#xe9;&#x1F600; &amp;lt;</a>");
        let root = root.unwrap();
        assert_eq!(root.attribute("b"), Some("<&\"\u{e9}"));
        assert_eq!(root.text, ">'\u{e9}\u{1f600} &lt;");
    }

    #[test]
    fn text_in_cdata_is_read_as_it_is() {
        assert_eq!(root("<a>x<![CDATA[<b>&amp;]]>y</a>").unwrap().text, "x<b>&amp;y");
    }

    #[test]
    fn comments_and_a_declaration_of_utf_8_change_nothing() {
        for start in [
            "<?xml version=\"1.0\"?>",
            "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\r\n<!-- a -->",
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "\u{feff}",
            "\n  ",
        ] {
            let read = root(&format!("{start}<a>x<!-- y -->z</a>\n<!-- end -->\n"));
            assert_eq!(read.unwrap().text, "xz", "{start}");
        }
    }

    #[test]
    fn line_ends_are_line_feeds_and_spaces_in_attributes() {
        let root = root("<a b=\"1\r\n2\t3\">1\r\n2\r3</a>").unwrap();
        assert_eq!((root.text.as_str(), root.attribute("b")), ("1\n2\n3", Some("1 2 3")));
    }

    #[test]
    fn an_entity_bomb_is_refused_and_not_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\
                    <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]><a>&d;</a>";
        assert_not_allowed(bomb);
        assert_not_allowed("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>");
        assert_not_allowed("<!doctype a><a/>");
    }

    #[test]
    fn entities_that_xml_does_not_have_are_refused() {
        for xml in ["<a>&nbsp;</a>", "<a>&b;</a>", "<a>&;</a>", "<a b=\"&eacute;\"/>"] {
            assert_not_allowed(xml);
        }
    }

    #[test]
    fn references_that_are_no_characters_are_refused() {
        for number in ["0", "x0", "1", "xD800", "x110000", "xFFFF", "99999999999", "-1", "+9", ""] {
            assert_not_well_formed(&format!("<a>&#{number};</a>"));
            assert_not_well_formed(&format!("<a b=\"&#{number};\"/>"));
        }
        for xml in ["<a>&</a>", "<a>&amp</a>", "<a>a & b</a>", "<a b=\"&\"/>", "<a>&#233</a>"] {
            assert_not_well_formed(xml);
        }
    }

    #[test]
    fn processing_instructions_are_refused() {
        assert_not_allowed("<?php echo ?><a/>");
        assert_not_allowed("<a><?xml-stylesheet href=\"x\"?></a>");
        for xml in ["<a/><?xml version=\"1.0\"?>", " <?xml version=\"1.0\"?><a/>", "<?xml?><a/>"] {
            assert_not_well_formed(xml);
        }
    }

    #[test]
    fn other_encodings_and_versions_are_refused() {
        assert_eq!(parse(b"<a>\xe9</a>"), Err(XmlError::NotUtf8));
        assert_eq!(parse(b"\xff\xfe<\0a\0/\0>\0"), Err(XmlError::NotUtf8));
        let latin = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a/>";
        assert_eq!(root(latin), Err(XmlError::NotUtf8));
        assert_not_well_formed("<?xml version=\"1.1\"?><a/>");
    }

    #[test]
    fn elements_are_nested_at_most_16_deep() {
        assert!(root(&nested(16)).is_ok());
        assert_eq!(root(&nested(17)), Err(XmlError::TooDeep { depth_max: 16 }));
        // As deep as the content's size allows.
        assert_eq!(root(&nested(700)), Err(XmlError::TooDeep { depth_max: 16 }));
        assert_eq!(root(&"<a>".repeat(1_600)), Err(XmlError::TooDeep { depth_max: 16 }));
        assert!(root(&format!("<a>{}</a>", "<b/>".repeat(1_000))).is_ok());
    }

    #[test]
    fn a_document_that_was_cut_anywhere_is_refused() {
        let whole = "<a b=\"1\"><!-- c --><d>\u{e9}&amp;<![CDATA[e]]></d></a>";
        assert!(root(whole).is_ok());
        for end in 0..whole.len() {
            assert!(parse(&whole.as_bytes()[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for xml in [
            "",
            " ",
            "text",
            "<a/>text",
            "<a/><b/>",
            "<a></b>",
            "<a></a></a>",
            "</a>",
            "<>x</>",
            "<1/>",
            "<a b/>",
            "<a b=1/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a b=\"<\"/>",
            "<a b=\"1/>",
            "<a 1=\"2\"/>",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            "<a><!--></a>",
            "<a><!---></a>",
            "<a><!x></a>",
            "<a>\u{1}</a>",
            "<a>\u{ffff}</a>",
            "{\"a\": 1}",
        ] {
            assert_not_well_formed(xml);
        }
    }
}

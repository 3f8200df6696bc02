mod toast;
mod tree;

use bugle_task::{Glyph, Mark, Toast, ToastError};

use tree::Element;

/// The greatest number of a badge (Badge notifications page).
const BADGE_NUMBER_MAX: u32 = 99;

/// What is wrong with the content of a notification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// More bytes than a notification may have.
    #[error("the content has {bytes} bytes; a notification has at most {bytes_max}")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        bytes_max: usize,
    },
    /// Another encoding.
    #[error("the content is not UTF-8; send it as UTF-8")]
    NotUtf8,
    /// No XML.
    #[error("the content is no well-formed XML: {0}")]
    NotWellFormed(String),
    /// Elements inside one another without end.
    #[error("the elements are nested more than {depth_max} deep; nest them less")]
    TooDeep {
        /// How deep they may be.
        depth_max: usize,
    },
    /// Something of XML that no notification needs, and that is known for attacks.
    #[error("the content has {0}; send it without")]
    NotAllowed(&'static str),
    /// A notification of another type.
    #[error("the content is a `{found}`, and its type needs a `{expected}`; change one of the two")]
    Root {
        /// The name of the root that its type has.
        expected: &'static str,
        /// The name of its root.
        found: String,
    },
    /// Something that is needed is not there, or is not known.
    #[error("{0}")]
    Invalid(String),
    /// A toast that no toast may be.
    #[error(transparent)]
    Toast(#[from] ToastError),
}

impl XmlError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "content-too-large",
            Self::NotUtf8 => "content-not-utf-8",
            Self::NotWellFormed(_) => "xml-not-well-formed",
            Self::TooDeep { .. } => "xml-too-deep",
            Self::NotAllowed(_) => "xml-not-allowed",
            Self::Root { .. } => "xml-root",
            Self::Invalid(_) => "xml-invalid",
            Self::Toast(error) => error.code(),
        }
    }
}

/// Reads the content of a toast notification. Its tag, its group and its expiry are in the headers.
///
/// # Errors
///
/// [`XmlError`] says what is wrong, also if the toast would not pass [`Toast::check`].
pub fn toast(xml: &[u8]) -> Result<Toast, XmlError> {
    let toast = toast::toast(&document(xml, "toast")?)?;
    toast.check()?;
    Ok(toast)
}

/// Reads the content of a badge notification; none clears the badge.
///
/// # Errors
///
/// [`XmlError`] says what is wrong.
pub fn badge(xml: &[u8]) -> Result<Option<Mark>, XmlError> {
    let badge = document(xml, "badge")?;
    let value = badge.attribute("value").ok_or_else(|| invalid("a badge has a `value`"))?;
    if value == "none" {
        return Ok(None);
    }
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // One that no number can hold is above the greatest as well.
        let number = value.parse().unwrap_or(u32::MAX).min(BADGE_NUMBER_MAX);
        return Ok((number > 0).then_some(Mark::Number(number)));
    }
    let glyph = glyph(value).ok_or_else(|| {
        invalid("the `value` of a badge is a whole number or the name of a glyph, like `alert`")
    })?;
    Ok(Some(Mark::Glyph(glyph)))
}

/// Checks that the content of a tile notification is one. A host without tiles needs no more of it.
///
/// # Errors
///
/// [`XmlError`] says what is wrong.
pub fn tile(xml: &[u8]) -> Result<(), XmlError> {
    document(xml, "tile").map(|_| ())
}

/// The names of the Badge notifications page; `none`, which is there as well, is no glyph.
fn glyph(name: &str) -> Option<Glyph> {
    Some(match name {
        "activity" => Glyph::Activity,
        "alarm" => Glyph::Alarm,
        "alert" => Glyph::Alert,
        "attention" => Glyph::Attention,
        "available" => Glyph::Available,
        "away" => Glyph::Away,
        "busy" => Glyph::Busy,
        "error" => Glyph::Error,
        "newMessage" => Glyph::NewMessage,
        "paused" => Glyph::Paused,
        "playing" => Glyph::Playing,
        "unavailable" => Glyph::Unavailable,
        _ => return None,
    })
}

fn document(xml: &[u8], expected: &'static str) -> Result<Element, XmlError> {
    let root = tree::parse(xml)?;
    if root.name != expected {
        return Err(XmlError::Root { expected, found: root.name });
    }
    Ok(root)
}

fn invalid(what: impl Into<String>) -> XmlError {
    XmlError::Invalid(what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge_of(value: &str) -> Result<Option<Mark>, XmlError> {
        badge(format!("<badge value=\"{value}\"/>").as_bytes())
    }

    #[test]
    fn the_badge_of_npm_wns_is_read() {
        let number = badge(br#"<badge value="7" version="1"/>"#);
        assert_eq!(number, Ok(Some(Mark::Number(7))));
        let glyph = badge(br#"<badge value="alert" version="1"/>"#);
        assert_eq!(glyph, Ok(Some(Mark::Glyph(Glyph::Alert))));
    }

    #[test]
    fn a_badge_is_read_as_djangos_serialiser_writes_it() {
        assert_eq!(badge(b"<badge value=\"5\" />"), Ok(Some(Mark::Number(5))));
        assert_eq!(badge(b"<badge value='5'></badge>"), Ok(Some(Mark::Number(5))));
    }

    #[test]
    fn a_badge_of_0_or_none_clears() {
        for value in ["0", "00", "none"] {
            assert_eq!(badge_of(value), Ok(None), "{value}");
        }
    }

    #[test]
    fn a_badge_above_99_counts_as_99() {
        for value in ["99", "100", "4294967296", "99999999999999999999"] {
            assert_eq!(badge_of(value), Ok(Some(Mark::Number(99))), "{value}");
        }
    }

    #[test]
    fn every_glyph_of_the_page_is_known() {
        for (name, glyph) in [
            ("activity", Glyph::Activity),
            ("alarm", Glyph::Alarm),
            ("alert", Glyph::Alert),
            ("attention", Glyph::Attention),
            ("available", Glyph::Available),
            ("away", Glyph::Away),
            ("busy", Glyph::Busy),
            ("error", Glyph::Error),
            ("newMessage", Glyph::NewMessage),
            ("paused", Glyph::Paused),
            ("playing", Glyph::Playing),
            ("unavailable", Glyph::Unavailable),
        ] {
            assert_eq!(badge_of(name), Ok(Some(Mark::Glyph(glyph))));
        }
    }

    #[test]
    fn a_badge_that_says_nothing_known_is_an_error() {
        for value in ["", "-1", "+1", "1.5", "1 ", "Alert", "new-message", "constructor"] {
            assert!(matches!(badge_of(value), Err(XmlError::Invalid(_))), "{value}");
        }
        assert!(matches!(badge(b"<badge/>"), Err(XmlError::Invalid(_))));
    }

    #[test]
    fn content_of_another_type_is_named() {
        let error = badge(b"<toast/>").unwrap_err();
        assert_eq!(error, XmlError::Root { expected: "badge", found: "toast".to_owned() });
        assert!(matches!(toast(b"<badge value=\"7\"/>"), Err(XmlError::Root { .. })));
        assert!(matches!(tile(b"<Tile/>"), Err(XmlError::Root { .. })));
    }

    #[test]
    fn a_tile_only_has_to_be_well_formed() {
        let recorded = br#"<tile><visual><binding template="TileSquareBlock"><text id="1">a</text>
            <text id="2">b</text></binding></visual></tile>"#;
        assert_eq!(tile(recorded), Ok(()));
        assert_eq!(tile(b"<tile/>"), Ok(()));
        assert!(matches!(tile(b"<tile>"), Err(XmlError::NotWellFormed(_))));
    }

    #[test]
    fn a_content_has_at_most_5000_bytes() {
        let of = |bytes: usize| {
            let empty = "<tile></tile>".len();
            format!("<tile>{}</tile>", "x".repeat(bytes - empty)).into_bytes()
        };
        assert_eq!(tile(&of(5_000)), Ok(()));
        assert_eq!(tile(&of(5_001)), Err(XmlError::TooLarge { bytes: 5_001, bytes_max: 5_000 }));
    }
}

//! What a case file may expect, and of which form each part is.

/// The form of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Boolean,
    Integer,
    /// Any number; a whole one is a float.
    Number,
    Duration,
    /// A number, a glyph, or `none`.
    Badge,
    /// The name of an outcome, or several.
    Outcome,
    /// The name of a limit.
    Limit,
    /// A length of time, or `unsaid`.
    RetryAfter,
    /// The most that there may be.
    Budget,
    /// A setting's value, typed.
    Setting,
    /// Bytes: text, JSON or base64.
    Content,
    /// A table that names what it compares.
    Fields(&'static [(&'static str, Shape)]),
    /// A table of any names, which names what it compares.
    Some(&'static Shape),
    /// A table of any names, which names all there is.
    All(&'static Shape),
    List(&'static Shape),
    /// A line of the log: its message, or its level and message.
    LogLine,
    /// A raised toast, an update, or a hide.
    ToastEffect,
}

/// The names of outcomes, as `Outcome::code` gives them.
pub(crate) const OUTCOMES: [&str; 12] = [
    "completed",
    "failed",
    "retry",
    "rejected",
    "trapped",
    "out-of-fuel",
    "timed-out",
    "out-of-memory",
    "limit-exceeded",
    "cut",
    "cancelled",
    "host-panicked",
];

/// The ends that a task chooses itself, as opposed to those that it is brought to.
pub(crate) const CHOSEN_OUTCOMES: [&str; 4] = ["completed", "failed", "retry", "rejected"];

/// The glyphs of a badge, as in `wit/toasts.wit`.
pub(crate) const GLYPHS: [&str; 12] = [
    "activity",
    "alarm",
    "alert",
    "attention",
    "available",
    "away",
    "busy",
    "error",
    "new-message",
    "paused",
    "playing",
    "unavailable",
];

/// The types of a setting's value.
pub(crate) const TYPES: [&str; 6] = ["boolean", "integer", "float", "text", "bytes", "timestamp"];

const PROGRESS: Shape = Shape::Fields(&[
    ("title", Shape::Text),
    ("status", Shape::Text),
    ("fraction", Shape::Number),
    ("value-text", Shape::Text),
]);

/// A toast, as in `wit/toasts.wit`.
pub(crate) const TOAST: Shape = Shape::Fields(&[
    ("title", Shape::Text),
    ("body", Shape::Text),
    ("attribution", Shape::Text),
    ("argument", Shape::Text),
    (
        "image",
        Shape::Fields(&[
            ("uri", Shape::Text),
            ("alternative-text", Shape::Text),
            ("placement", Shape::Word(&["inline", "app-logo", "hero"])),
        ]),
    ),
    (
        "actions",
        Shape::List(&Shape::Fields(&[
            ("label", Shape::Text),
            ("argument", Shape::Text),
            ("foreground", Shape::Boolean),
        ])),
    ),
    (
        "inputs",
        Shape::List(&Shape::Fields(&[
            ("id", Shape::Text),
            ("label", Shape::Text),
            ("placeholder", Shape::Text),
            (
                "choices",
                Shape::List(&Shape::Fields(&[("id", Shape::Text), ("label", Shape::Text)])),
            ),
        ])),
    ),
    ("progress", PROGRESS),
    ("scenario", Shape::Word(&["standard", "reminder", "alarm", "incoming-call", "quiet"])),
    ("silent", Shape::Boolean),
    ("tag", Shape::Text),
    ("group", Shape::Text),
    ("expires-after", Shape::Duration),
    ("hints", Shape::List(&Shape::Fields(&[("name", Shape::Text), ("value", Shape::Text)]))),
]);

/// An update of a toast: which one, and what changes.
pub(crate) const UPDATE: Shape = Shape::Fields(&[
    ("tag", Shape::Text),
    ("group", Shape::Text),
    ("sequence", Shape::Integer),
    ("title", Shape::Text),
    ("body", Shape::Text),
    ("progress", PROGRESS),
]);

/// Which toasts are taken away.
pub(crate) const HIDE: Shape = Shape::Fields(&[("tag", Shape::Text), ("group", Shape::Text)]);

/// A line of the log, written out.
pub(crate) const LOG_LINE: Shape = Shape::Fields(&[
    ("level", Shape::Word(&["trace", "debug", "info", "warn", "error"])),
    ("message", Shape::Text),
]);

/// All that a step may expect, but for `settings-only`.
pub(crate) const EXPECT: [(&str, Shape); 15] = [
    ("outcome", Shape::Outcome),
    ("message", Shape::Text),
    ("limit", Shape::Limit),
    ("retry-after", Shape::RetryAfter),
    ("settings", Shape::Some(&Shape::Setting)),
    ("settings-version", Shape::Integer),
    ("toasts", Shape::List(&Shape::ToastEffect)),
    ("shown", Shape::List(&TOAST)),
    ("badge", Shape::Badge),
    ("log", Shape::List(&Shape::LogLine)),
    ("resume-work", Shape::All(&Shape::Content)),
    ("progress", Shape::Integer),
    ("fuel-max", Shape::Budget),
    ("memory-max", Shape::Budget),
    ("wall-ms-max", Shape::Budget),
];

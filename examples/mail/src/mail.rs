use bugle_guest::toasts::Toast;
use serde_json::Value;

/// The most bytes an id may have, since it is also the tag of a toast.
const ID_BYTES_MAX: usize = 64;

/// One mail, as the push has it.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) preview: Option<String>,
}

impl Mail {
    /// The mail as a toast that a later push of the same mail replaces.
    pub(crate) fn toast(&self) -> Toast {
        let from = if self.from.is_empty() { "Unknown sender" } else { &*self.from };
        let mut body = self.subject.clone();
        if let Some(preview) = &self.preview {
            body.push('\n');
            body.push_str(preview);
        }
        Toast::new(from).body(body).tag(&*self.id).group("mail").argument(&*self.id)
    }

    /// A mail from JSON. Fields that are not known are ignored, so that the sender may add some.
    fn from_json(json: &Value) -> Result<Self, String> {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        let needed = |name: &str| text(name).ok_or_else(|| format!("has no text `{name}`"));
        let id = needed("id")?;
        if !(1..=ID_BYTES_MAX).contains(&id.len()) {
            return Err(format!("has an id of {} bytes, not 1 to {ID_BYTES_MAX}", id.len()));
        }
        Ok(Self {
            id,
            from: needed("from")?,
            subject: needed("subject")?,
            preview: text("preview"),
        })
    }
}

/// The mails of a push, the oldest first. Read through [`Value`], which is a third smaller than a
/// derived type: serde's messages about types can print every number.
///
/// # Errors
///
/// Says where the push is not JSON, or which mail is not as it should be.
pub(crate) fn parse(content: &[u8]) -> Result<Vec<Mail>, String> {
    let json = serde_json::from_slice(content)
        .map_err(|error| format!("the push is not a JSON list of mails: {error}"))?;
    let Value::Array(mails) = json else {
        return Err("the push is not a JSON list of mails, but another value".to_owned());
    };
    let mail = |(at, json)| {
        Mail::from_json(json).map_err(|why| format!("mail {} of the push {why}", at + 1))
    };
    mails.iter().enumerate().map(mail).collect()
}

/// The mails that come after the one that was announced last; all, if it is not among them.
pub(crate) fn after<'m>(mails: &'m [Mail], last: Option<&str>) -> &'m [Mail] {
    match mails.iter().rposition(|mail| last == Some(&*mail.id)) {
        Some(at) => mails.get(at + 1..).unwrap_or_default(),
        None => mails,
    }
}

/// The ids as a JSON list, for the app to fetch.
pub(crate) fn ids(mails: &[Mail]) -> serde_json::Result<Vec<u8>> {
    let ids: Vec<&str> = mails.iter().map(|mail| &*mail.id).collect();
    serde_json::to_vec(&ids)
}

use serde::{Deserialize, Serialize};

/// The most bytes all text of a toast may have together: a raw push has 5,000, and a toast says less.
const TOAST_BYTES_MAX: u32 = 5 * 1024;
/// The most bytes a tag or a group may have, as in the original system.
const TAG_BYTES_MAX: usize = 64;

/// A notice for the person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the contract, `wit/toasts.wit`, says what each field is")]
pub struct Toast {
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub argument: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    pub scenario: Scenario,
    pub silent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_after_ms: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
}

/// How insistent a toast is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub enum Scenario {
    #[default]
    Standard,
    Reminder,
    Alarm,
    IncomingCall,
    Quiet,
}

/// A picture in a toast; the host never fetches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct Image {
    pub uri: String,
    pub alternative_text: String,
    pub placement: Placement,
}

/// Where an image goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub enum Placement {
    Inline,
    AppLogo,
    Hero,
}

/// What a person can choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct Action {
    pub label: String,
    pub argument: String,
    pub foreground: bool,
}

/// What a person can fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct Input {
    pub id: String,
    pub label: Option<String>,
    pub placeholder: Option<String>,
    pub choices: Vec<Choice>,
}

/// One of the choices of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct Choice {
    pub id: String,
    pub label: String,
}

/// How far something is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct Progress {
    pub title: Option<String>,
    pub status: String,
    pub fraction: Option<f64>,
    pub value_text: Option<String>,
}

/// A name and a value for one kind of sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct Hint {
    pub name: String,
    pub value: String,
}

/// Changes to a toast that is already shown; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct ToastUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// The name of a toast within its app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub struct ToastKey {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// The mark on the app's icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Shown as 99+ above 99; never 0, which is no mark.
    Number(u32),
    /// A sign.
    Glyph(Glyph),
}

/// The signs that a badge can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "see the contract")]
pub enum Glyph {
    Activity,
    Alarm,
    Alert,
    Attention,
    Available,
    Away,
    Busy,
    Error,
    NewMessage,
    Paused,
    Playing,
    Unavailable,
}

/// What is wrong with a toast.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToastError {
    /// More bytes than a toast may have.
    #[error("a toast has at most {bytes_max} bytes of text")]
    TooLarge {
        /// How many it may have.
        bytes_max: u32,
    },
    /// A field is not as documented.
    #[error("{0}")]
    Invalid(&'static str),
}

impl ToastError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::Invalid(_) => "invalid",
        }
    }
}

impl Toast {
    /// The toast's name, with which a later one replaces it.
    #[must_use]
    pub fn key(&self) -> ToastKey {
        ToastKey { tag: self.tag.clone(), group: self.group.clone() }
    }

    /// What the toast counts, in bytes of text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let actions = self.actions.iter().map(|a| a.label.len() + a.argument.len());
        let inputs = self.inputs.iter().map(|input| {
            let choices: usize = input.choices.iter().map(|c| c.id.len() + c.label.len()).sum();
            input.id.len() + optional(&input.label) + optional(&input.placeholder) + choices
        });
        let hints = self.hints.iter().map(|hint| hint.name.len() + hint.value.len());
        self.title.len()
            + self.body.len()
            + self.argument.len()
            + [&self.attribution, &self.tag, &self.group].into_iter().map(optional).sum::<usize>()
            + self.image.as_ref().map_or(0, |i| i.uri.len() + i.alternative_text.len())
            + self.progress.as_ref().map_or(0, Progress::bytes)
            + actions.chain(inputs).chain(hints).sum::<usize>()
    }

    /// Checks the toast against the contract. Where images may come from is the manifest's to say.
    ///
    /// # Errors
    ///
    /// Says which rule the toast breaks.
    pub fn check(&self) -> Result<(), ToastError> {
        if self.bytes() > TOAST_BYTES_MAX as usize {
            return Err(ToastError::TooLarge { bytes_max: TOAST_BYTES_MAX });
        }
        if self.title.is_empty() {
            return Err(ToastError::Invalid("the title is empty"));
        }
        if self.actions.len() > 5 {
            return Err(ToastError::Invalid("a toast has at most 5 actions"));
        }
        if self.hints.len() > 16 {
            return Err(ToastError::Invalid("a toast has at most 16 hints"));
        }
        if self.image.as_ref().is_some_and(|image| image.uri.len() > 1_024) {
            return Err(ToastError::Invalid("an image's address has at most 1,024 bytes"));
        }
        self.key().check()?;
        self.check_inputs()
    }

    fn check_inputs(&self) -> Result<(), ToastError> {
        if self.inputs.len() > 5 || self.inputs.iter().any(|input| input.choices.len() > 5) {
            return Err(ToastError::Invalid("a toast has at most 5 inputs of at most 5 choices"));
        }
        let is_repeated =
            |(at, input): (usize, &Input)| self.inputs.iter().take(at).any(|i| i.id == input.id);
        if self.inputs.iter().enumerate().any(is_repeated) {
            return Err(ToastError::Invalid("two inputs have the same id"));
        }
        Ok(())
    }
}

impl ToastKey {
    /// What the key counts, in bytes of text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tag.iter().chain(&self.group).map(String::len).sum()
    }

    /// Checks tag and group against the contract.
    ///
    /// # Errors
    ///
    /// Says that one of them is empty or too long.
    pub fn check(&self) -> Result<(), ToastError> {
        let is_bad = |text: &String| text.is_empty() || text.len() > TAG_BYTES_MAX;
        if self.tag.iter().chain(&self.group).any(is_bad) {
            return Err(ToastError::Invalid("a tag and a group have 1 to 64 bytes"));
        }
        Ok(())
    }
}

impl Progress {
    fn bytes(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.status.len() + optional(&self.title) + optional(&self.value_text)
    }
}

impl ToastUpdate {
    /// What the update counts, in bytes of text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let text = self.title.iter().chain(&self.body).map(String::len).sum::<usize>();
        text + self.progress.as_ref().map_or(0, Progress::bytes)
    }

    /// Checks the update against the contract.
    ///
    /// # Errors
    ///
    /// Says which rule it breaks.
    pub fn check(&self) -> Result<(), ToastError> {
        if self.bytes() > TOAST_BYTES_MAX as usize {
            return Err(ToastError::TooLarge { bytes_max: TOAST_BYTES_MAX });
        }
        if self.title.as_ref().is_some_and(String::is_empty) {
            return Err(ToastError::Invalid("the title is empty"));
        }
        Ok(())
    }
}

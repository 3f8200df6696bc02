use std::time::Duration;

use super::{
    Action, Choice, Image, Input, Placement, Progress, Scenario, Toast, ToastUpdate, show,
};
use crate::{Error, Pair};

impl Toast {
    /// A toast with a title, which has at least 1 byte, and nothing else.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            body: String::new(),
            attribution: None,
            argument: String::new(),
            image: None,
            actions: Vec::new(),
            inputs: Vec::new(),
            progress: None,
            scenario: Scenario::Standard,
            silent: false,
            tag: None,
            group: None,
            expires_after: None,
            hints: Vec::new(),
        }
    }

    /// What it says; lines are separated by line feeds, and a sink shows at least the first two.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Where it comes from, in small print.
    #[must_use]
    pub fn attribution(mut self, attribution: impl Into<String>) -> Self {
        self.attribution = Some(attribution.into());
        self
    }

    /// Handed back when the toast itself is chosen.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.argument = argument.into();
        self
    }

    /// A picture.
    #[must_use]
    pub fn image(mut self, image: Image) -> Self {
        self.image = Some(image);
        self
    }

    /// One more thing that a person can choose; at most 5.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// One more thing that a person can fill in; at most 5, each with an id of its own.
    #[must_use]
    pub fn input(mut self, input: Input) -> Self {
        self.inputs.push(input);
        self
    }

    /// How far something is.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// How insistent it is.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    /// Makes no sound.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// With the group, its name: a later toast of the same name replaces it. 1 to 64 bytes.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// What it belongs to. 1 to 64 bytes.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// When to take it away: at most 3 days, which is also the default.
    #[must_use]
    pub fn expires_after(mut self, time: Duration) -> Self {
        self.expires_after = Some(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// A name and a value for one kind of sink (a sound, a colour); what is not known is ignored.
    /// At most 16.
    #[must_use]
    pub fn hint(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hints.push(Pair { name: name.into(), value: value.into() });
        self
    }

    /// Raises it.
    ///
    /// # Errors
    ///
    /// As for [`show`].
    pub fn show(&self) -> Result<(), Error> {
        show(self)
    }
}

impl ToastUpdate {
    /// A change of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { title: None, body: None, progress: None }
    }

    /// Another title; at least 1 byte.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// How far it is now.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }
}

impl Default for ToastUpdate {
    fn default() -> Self {
        Self::new()
    }
}

impl Image {
    /// A picture in the toast's text: a path inside the app's own folder, or an `https:` address on
    /// a host that the manifest allows. At most 1,024 bytes.
    #[must_use]
    pub fn new(uri: impl Into<String>, alternative_text: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            alternative_text: alternative_text.into(),
            placement: Placement::Inline,
        }
    }

    /// Puts it elsewhere.
    #[must_use]
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }
}

impl Action {
    /// A choice that wakes the task with the argument.
    #[must_use]
    pub fn new(label: impl Into<String>, argument: impl Into<String>) -> Self {
        Self { label: label.into(), argument: argument.into(), foreground: false }
    }

    /// Opens the app instead of waking the task.
    #[must_use]
    pub fn foreground(mut self) -> Self {
        self.foreground = true;
        self
    }
}

impl Input {
    /// A field for free text.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), label: None, placeholder: None, choices: Vec::new() }
    }

    /// What stands beside it.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// What stands in it while it is empty.
    #[must_use]
    pub fn placeholder(mut self, placeholder: impl Into<String>) -> Self {
        self.placeholder = Some(placeholder.into());
        self
    }

    /// One more choice, at most 5; with one, it is no longer free text.
    #[must_use]
    pub fn choice(mut self, id: impl Into<String>, label: impl Into<String>) -> Self {
        self.choices.push(Choice { id: id.into(), label: label.into() });
        self
    }
}

impl Progress {
    /// Progress of which nobody knows how far it is.
    #[must_use]
    pub fn new(status: impl Into<String>) -> Self {
        Self { title: None, status: status.into(), fraction: None, value_text: None }
    }

    /// What it is the progress of.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// 0 to 1; others are clamped.
    #[must_use]
    pub fn fraction(mut self, fraction: f64) -> Self {
        self.fraction = Some(fraction);
        self
    }

    /// Shown in place of the percentage.
    #[must_use]
    pub fn value_text(mut self, value_text: impl Into<String>) -> Self {
        self.value_text = Some(value_text.into());
        self
    }
}

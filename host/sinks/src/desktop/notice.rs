//! A toast in the words of the desktop.

use std::collections::HashMap;
use std::path::Path;

use bugle::task::{Progress, Scenario};
use bugle::{AppId, Toast, plain, plain_lines};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use zbus::wire::Variant;

/// The key of what is chosen by choosing the notification itself.
pub(super) const DEFAULT: &str = "default";
/// The key of a field for an answer, where the desktop has one.
pub(super) const INLINE_REPLY: &str = "inline-reply";

/// It stays until the person does something (specification, `expire_timeout`).
const NEVER: i32 = 0;
/// As long as the desktop thinks right.
const AS_USUAL: i32 = -1;

/// What the desktop can show, of what there can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub(super) actions: bool,
    pub(super) body: bool,
    pub(super) markup: bool,
    pub(super) reply: bool,
}

impl Capabilities {
    pub(super) fn of(names: &[String]) -> Self {
        let can = |name: &str| names.iter().any(|named| named == name);
        Self {
            actions: can("actions"),
            body: can("body"),
            markup: can("body-markup"),
            reply: can(INLINE_REPLY),
        }
    }
}

/// The arguments of `Notify`.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) app: String,
    pub(super) summary: String,
    pub(super) body: String,
    /// Keys and labels.
    pub(super) actions: Vec<(String, String)>,
    /// Which action an answer chooses that is typed into a field of the desktop's, and which input it is for.
    pub(super) reply: Option<(usize, String)>,
    pub(super) hints: HashMap<&'static str, Variant<'static>>,
    pub(super) expires_ms: i32,
}

impl Notice {
    /// With the picture that is on this disk, if the toast has one.
    pub(super) fn of(
        app: &AppId,
        toast: &Toast,
        can: Capabilities,
        picture: Option<&Path>,
    ) -> Self {
        let body = body(toast);
        // A summary is plain text; what has no body is said in it.
        let summary = if can.body || body.is_empty() {
            plain(&toast.title).into_owned()
        } else {
            format!("{}: {}", plain(&toast.title), plain(&body))
        };
        let body = if can.markup { escaped(&body) } else { body };
        Self {
            app: app.to_string(),
            summary,
            body: if can.body { body } else { String::new() },
            actions: if can.actions { actions(toast, can) } else { Vec::new() },
            reply: reply(toast).filter(|_| can.reply),
            hints: hints(app, toast, picture),
            expires_ms: expires_ms(toast),
        }
    }
}

/// The lines below the title.
fn body(toast: &Toast) -> String {
    let mut lines = vec![plain_lines(&toast.body).into_owned()];
    lines.extend(toast.progress.as_ref().map(progress));
    // A desktop may say that it shows pictures (`icon-static`, `icon-multi`; `body-images` is of markup), not
    // that it can this one, and has no text for who does not see it: so the text is always said.
    let picture = toast.image.as_ref().filter(|image| !image.alternative_text.is_empty());
    lines.extend(picture.map(|image| format!("[{}]", plain(&image.alternative_text))));
    lines.extend(toast.attribution.as_ref().map(|text| plain(text).into_owned()));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn progress(progress: &Progress) -> String {
    let value = match (&progress.value_text, progress.fraction) {
        (Some(text), _) => text.clone(),
        (None, Some(fraction)) => format!("{:.0} %", fraction * 100.0),
        (None, None) => String::new(),
    };
    let parts = [progress.title.as_deref().unwrap_or_default(), &value, &progress.status];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    plain(&parts.join(" ")).into_owned()
}

/// Text in which a desktop that knows markup finds none.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The first action is for the first input, if that takes text.
fn reply(toast: &Toast) -> Option<(usize, String)> {
    let input = toast.inputs.first().filter(|input| input.choices.is_empty())?;
    let action = toast.actions.iter().position(|action| !action.foreground)?;
    Some((action, input.id.clone()))
}

/// Actions by their place; those that open the app are left out, since it is not here.
fn actions(toast: &Toast, can: Capabilities) -> Vec<(String, String)> {
    let mut actions = vec![(DEFAULT.to_owned(), "Open".to_owned())];
    if can.reply && reply(toast).is_some() {
        let label = toast.inputs[0].label.as_deref().unwrap_or("Reply");
        actions.push((INLINE_REPLY.to_owned(), plain(label).into_owned()));
    }
    let here = toast.actions.iter().enumerate().filter(|(_, action)| !action.foreground);
    actions.extend(here.map(|(at, action)| (at.to_string(), plain(&action.label).into_owned())));
    actions
}

/// A file as desktops name it (RFC 8089).
fn file_uri(path: &Path) -> String {
    const PATH: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
    format!("file://{}", percent_encode(path.as_os_str().as_encoded_bytes(), PATH))
}

fn hints(
    app: &AppId,
    toast: &Toast,
    picture: Option<&Path>,
) -> HashMap<&'static str, Variant<'static>> {
    let urgency: u8 = match toast.scenario {
        Scenario::Quiet => 0,
        Scenario::Standard | Scenario::Reminder => 1,
        Scenario::Alarm | Scenario::IncomingCall => 2,
    };
    let mut hints = HashMap::from([
        ("urgency", Variant::from(urgency)),
        ("desktop-entry", Variant::from(app.to_string())),
    ]);
    if let Some(picture) = picture {
        hints.insert("image-path", Variant::from(file_uri(picture)));
    }
    if toast.silent {
        hints.insert("suppress-sound", Variant::from(true));
    }
    if toast.scenario == Scenario::IncomingCall {
        hints.insert("category", Variant::from("call.incoming"));
    }
    let fraction = toast.progress.as_ref().and_then(|progress| progress.fraction);
    if let Some(fraction) = fraction.filter(|fraction| fraction.is_finite()) {
        #[expect(clippy::cast_possible_truncation, reason = "it is 0 to 100")]
        let percent = (fraction.clamp(0.0, 1.0) * 100.0).round() as i32;
        hints.insert("value", Variant::from(percent));
    }
    hints
}

fn expires_ms(toast: &Toast) -> i32 {
    match (toast.scenario, toast.expires_after_ms) {
        (_, Some(ms)) => i32::try_from(ms).unwrap_or(i32::MAX).max(1),
        (Scenario::Reminder | Scenario::Alarm | Scenario::IncomingCall, None) => NEVER,
        (Scenario::Standard | Scenario::Quiet, None) => AS_USUAL,
    }
}

#[cfg(test)]
mod tests {
    use bugle::task::{Action, Image, Input, Placement};

    use super::*;

    const ALL: Capabilities = Capabilities { actions: true, body: true, markup: true, reply: true };

    fn notice(toast: &Toast, can: Capabilities) -> Notice {
        Notice::of(&"com.example.chat".parse().expect("it is an id"), toast, can, None)
    }

    #[test]
    fn a_picture_that_is_here_is_named_and_each_is_said() {
        let image = Image {
            uri: "a.png".to_owned(),
            alternative_text: "A face".to_owned(),
            placement: Placement::Inline,
        };
        let toast = Toast { image: Some(image), ..Toast::default() };
        let elsewhere = notice(&toast, ALL);
        assert!(!elsewhere.hints.contains_key("image-path"));
        let app = "com.example.chat".parse().expect("it is an id");
        let here = Notice::of(&app, &toast, ALL, Some(Path::new("/a b/\u{e9}.png")));
        assert_eq!(here.hints["image-path"], Variant::from("file:///a%20b/%C3%A9.png"));
        assert_eq!((elsewhere.body.as_str(), here.body.as_str()), ("[A face]", "[A face]"));
    }

    fn action(label: &str, foreground: bool) -> Action {
        Action { label: label.to_owned(), argument: label.to_owned(), foreground }
    }

    #[test]
    fn markup_of_a_guest_is_text() {
        let toast = Toast {
            title: "<b>a</b>\u{1b}[2J".to_owned(),
            body: "<img src=x> & \u{202e}\nline".to_owned(),
            ..Toast::default()
        };
        let shown = notice(&toast, ALL);
        assert_eq!(shown.summary, "<b>a</b>\\u{1b}[2J", "a summary has no markup");
        assert_eq!(shown.body, "&lt;img src=x&gt; &amp; \\u{202e}\nline");
        let shown = notice(&toast, Capabilities { markup: false, ..ALL });
        assert_eq!(shown.body, "<img src=x> & \\u{202e}\nline");
        let shown = notice(&toast, Capabilities::default());
        assert_eq!(shown.summary, "<b>a</b>\\u{1b}[2J: <img src=x> & \\u{202e}\\u{a}line");
        assert!(shown.body.is_empty() && shown.actions.is_empty());
    }

    #[test]
    fn actions_keep_their_places() {
        let input =
            Input { id: "reply".to_owned(), label: None, placeholder: None, choices: Vec::new() };
        let toast = Toast {
            actions: vec![action("Call", true), action("Send", false)],
            inputs: vec![input],
            ..Toast::default()
        };
        let keys = |can| -> Vec<String> {
            notice(&toast, can).actions.into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(keys(ALL), ["default", "inline-reply", "1"]);
        assert_eq!(keys(Capabilities { reply: false, ..ALL }), ["default", "1"]);
    }

    #[test]
    fn how_insistent_a_toast_is_decides_how_long_it_stays() {
        let of = |scenario, expires_after_ms| {
            let toast = Toast { scenario, expires_after_ms, ..Toast::default() };
            let notice = notice(&toast, ALL);
            (notice.expires_ms, notice.hints["urgency"] == Variant::from(2_u8))
        };
        assert_eq!(of(Scenario::Standard, None), (-1, false));
        assert_eq!(of(Scenario::Quiet, None), (-1, false));
        assert_eq!(of(Scenario::Reminder, None), (0, false));
        assert_eq!(of(Scenario::Alarm, None), (0, true));
        assert_eq!(of(Scenario::IncomingCall, None), (0, true));
        assert_eq!(of(Scenario::Alarm, Some(0)), (1, true), "0 would be for ever");
        assert_eq!(of(Scenario::Quiet, Some(u32::MAX)), (i32::MAX, false));
    }

    #[test]
    fn each_scenario_has_its_urgency() {
        let hints = |scenario| notice(&Toast { scenario, ..Toast::default() }, ALL).hints;
        for (scenario, urgency) in [
            (Scenario::Quiet, 0_u8),
            (Scenario::Standard, 1),
            (Scenario::Reminder, 1),
            (Scenario::Alarm, 2),
            (Scenario::IncomingCall, 2),
        ] {
            let hints = hints(scenario);
            assert_eq!(hints["urgency"], Variant::from(urgency), "{scenario:?}");
            let is_call = hints.get("category") == Some(&Variant::from("call.incoming"));
            assert_eq!(is_call, scenario == Scenario::IncomingCall, "{scenario:?}");
        }
    }
}

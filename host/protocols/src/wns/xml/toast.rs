use bugle_task::{Action, Choice, Hint, Image, Input, Placement, Progress, Scenario, Toast};

use super::tree::Element;
use super::{XmlError, invalid};

/// The template of today, which is preferred where a toast has several.
const GENERIC: &str = "ToastGeneric";

/// The templates of Windows 8, for which texts are numbered. How many texts each has does not matter:
/// senders also put two into the template for one, and no text is lost here.
const NUMBERED: [&str; 8] = [
    "ToastText01",
    "ToastText02",
    "ToastText03",
    "ToastText04",
    "ToastImageAndText01",
    "ToastImageAndText02",
    "ToastImageAndText03",
    "ToastImageAndText04",
];

/// The start of addresses inside the app's own folder, which has no name here.
const APP_FOLDER: &str = "ms-appx:///";

/// The toast that an element describes (WNS, toast content schema page). What a toast here has no
/// counterpart for is left out, as a device leaves out what it cannot show.
pub(super) fn toast(root: &Element) -> Result<Toast, XmlError> {
    let binding = binding(root)?;
    let shown = shown(binding);
    let (attributions, mut texts): (Vec<&Element>, Vec<&Element>) = shown
        .iter()
        .copied()
        .filter(|element| element.name == "text")
        .partition(|text| text.attribute("placement") == Some("attribution"));
    if template(binding) != GENERIC {
        // One without a number comes after those with one.
        texts.sort_by_key(|text| number(text).unwrap_or(u32::MAX));
    }
    let mut lines = texts.into_iter().filter_map(line);
    let title = lines.next().ok_or_else(|| invalid("a toast has a `text` that is not empty"))?;
    Ok(Toast {
        title: title.to_owned(),
        body: lines.collect::<Vec<_>>().join("\n"),
        attribution: attributions.into_iter().find_map(line).map(str::to_owned),
        argument: owned(root, "launch"),
        image: shown.iter().find_map(|element| image(element)),
        actions: in_actions(root, "action").filter_map(action).collect(),
        inputs: in_actions(root, "input").map(input).collect::<Result<_, _>>()?,
        progress: shown.iter().find(|element| element.name == "progress").map(|it| progress(it)),
        scenario: scenario(root),
        silent: audio(root, "silent").is_some_and(|silent| matches!(silent, "true" | "1")),
        hints: hints(root),
        ..Toast::default()
    })
}

/// The binding to show: the generic one, or the first whose template is known.
fn binding(root: &Element) -> Result<&Element, XmlError> {
    let bindings = || root.named("visual").flat_map(|visual| visual.named("binding"));
    let generic = bindings().find(|binding| template(binding) == GENERIC);
    let numbered = || bindings().find(|binding| NUMBERED.contains(&template(binding)));
    generic.or_else(numbered).ok_or_else(|| {
        invalid(
            "a toast has a `visual` with a `binding` whose `template` is `ToastGeneric`, \
             `ToastText01` to `04` or `ToastImageAndText01` to `04`",
        )
    })
}

fn template(binding: &Element) -> &str {
    binding.attribute("template").unwrap_or_default()
}

/// What a binding shows, in the order of the document. Groups only say how it is laid out.
fn shown(binding: &Element) -> Vec<&Element> {
    let mut found = Vec::new();
    collect(binding, &mut found);
    found
}

fn collect<'a>(element: &'a Element, found: &mut Vec<&'a Element>) {
    for child in &element.children {
        match child.name.as_str() {
            "group" | "subgroup" => collect(child, found),
            _ => found.push(child),
        }
    }
}

fn number(text: &Element) -> Option<u32> {
    text.attribute("id")?.parse().ok()
}

/// A text without the space around it, which comes from how the document was written.
fn line(text: &Element) -> Option<&str> {
    Some(text.text.trim()).filter(|line| !line.is_empty())
}

fn owned(element: &Element, attribute: &str) -> String {
    element.attribute(attribute).unwrap_or_default().to_owned()
}

fn image(element: &Element) -> Option<Image> {
    if element.name != "image" {
        return None;
    }
    let source = element.attribute("src")?;
    let uri = source.strip_prefix(APP_FOLDER).unwrap_or(source);
    // A sender that has a template and no picture leaves the address empty.
    if uri.is_empty() {
        return None;
    }
    let placement = match element.attribute("placement") {
        Some("hero") => Placement::Hero,
        Some("appLogoOverride") => Placement::AppLogo,
        _ => Placement::Inline,
    };
    let alternative_text = owned(element, "alt");
    Some(Image { uri: uri.to_owned(), alternative_text, placement })
}

/// The value of an attribute of the toast's sound.
fn audio<'a>(root: &'a Element, attribute: &str) -> Option<&'a str> {
    root.named("audio").next()?.attribute(attribute)
}

fn scenario(root: &Element) -> Scenario {
    match root.attribute("scenario") {
        Some("reminder") => Scenario::Reminder,
        Some("alarm") => Scenario::Alarm,
        Some("incomingCall") => Scenario::IncomingCall,
        _ => Scenario::Standard,
    }
}

/// What only some sinks can do: how long a toast stays, that it is urgent, and what it sounds like.
fn hints(root: &Element) -> Vec<Hint> {
    let duration = root.attribute("duration").filter(|text| matches!(*text, "long" | "short"));
    let urgent = root.attribute("scenario").filter(|text| *text == "urgent");
    let hints = [("duration", duration), ("scenario", urgent), ("sound", audio(root, "src"))];
    let hint = |(name, value): (&str, Option<&str>)| {
        value.map(|value| Hint { name: name.to_owned(), value: value.to_owned() })
    };
    hints.into_iter().filter_map(hint).collect()
}

fn in_actions<'a>(root: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Element> {
    root.named("actions").flat_map(move |actions| actions.named(name))
}

/// An action of the person's. Those of the system, snooze and dismiss, are a sink's own.
fn action(element: &Element) -> Option<Action> {
    let activation = element.attribute("activationType").unwrap_or("foreground");
    (activation != "system").then(|| Action {
        label: owned(element, "content"),
        argument: owned(element, "arguments"),
        foreground: activation != "background",
    })
}

fn input(element: &Element) -> Result<Input, XmlError> {
    let some = |attribute: &str| element.attribute(attribute).map(str::to_owned);
    let choices: Vec<Choice> = match element.attribute("type") {
        Some("text") => Vec::new(),
        Some("selection") => element.named("selection").map(choice).collect::<Result<_, _>>()?,
        _ => return Err(invalid("the `type` of an input is `text` or `selection`")),
    };
    if choices.is_empty() && element.attribute("type") == Some("selection") {
        return Err(invalid("an input of the type `selection` has at least one `selection`"));
    }
    Ok(Input {
        id: id(element)?,
        label: some("title"),
        placeholder: some("placeHolderContent"),
        choices,
    })
}

fn choice(element: &Element) -> Result<Choice, XmlError> {
    Ok(Choice { id: id(element)?, label: owned(element, "content") })
}

fn id(element: &Element) -> Result<String, XmlError> {
    let id = element.attribute("id").filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| invalid("an `input` and a `selection` have an `id`"))
}

fn progress(element: &Element) -> Progress {
    // `indeterminate` is no number, and none here.
    let fraction = element.attribute("value").and_then(|value| value.parse::<f64>().ok());
    let some = |attribute: &str| element.attribute(attribute).map(str::to_owned);
    Progress {
        title: some("title"),
        status: owned(element, "status"),
        fraction: fraction.filter(|value| value.is_finite()).map(|value| value.clamp(0.0, 1.0)),
        value_text: some("valueStringOverride"),
    }
}

#[cfg(test)]
mod tests;

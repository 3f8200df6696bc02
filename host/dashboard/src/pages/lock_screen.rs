//! Toasts and badges, as a person would see them.

use bugle::task::{Image, Input, Placement, Progress, Scenario};
use bugle::{
    AppId, Error, Host, INPUT_BYTES_MAX, LiveToast, Mark, Timestamp, Toast, mark_text, plain,
};
use maud::{Markup, html};

use crate::words::{ago, guest, guest_lines, picture_path};

/// The newest toasts that are shown: more than anybody reads.
const TOASTS: usize = 50;
/// Badges that are shown.
const BADGES: usize = 200;

pub(crate) fn lock_screen(host: &Host) -> Result<Markup, Error> {
    let reader = host.reader();
    let shown = reader.newest_toasts(TOASTS)?;
    let badges = reader.badges(BADGES)?;
    Ok(html! {
        h1 { "Lock screen" }
        div id="screen" data-live {
            @if !badges.is_empty() {
                ul.badges aria-label="Badges" {
                    @for (app, mark) in &badges {
                        li { a href={ "/apps/" (app) } { (app) } " " (badge(*mark)) }
                    }
                }
            }
            @if shown.is_empty() { p.quiet { "No toasts." } }
            (toasts(host, &shown))
            @if shown.len() == TOASTS { p.quiet { "These are the newest; there may be more." } }
        }
    })
}

fn badge(mark: Mark) -> Markup {
    html! { span.badge { (mark_text(Some(mark))) } }
}

/// Toasts as cards, with what can be done with them.
pub(crate) fn toasts(host: &Host, shown: &[LiveToast]) -> Markup {
    let now = host.clock().now();
    html! {
        div.toasts {
            @for live in shown { (card(host, live, now)) }
        }
    }
}

fn card(host: &Host, live: &LiveToast, now: Timestamp) -> Markup {
    let LiveToast { id, toast, app_id, shown_at, .. } = live;
    let is_urgent = matches!(toast.scenario, Scenario::Alarm | Scenario::IncomingCall);
    html! {
        form.toast.urgent[is_urgent] id=(id) data-toast=(id) data-command="choose-toast" {
            p.about { a href={ "/apps/" (app_id) } { (app_id) } " " span.quiet { (ago(*shown_at, now)) } }
            h2 { (guest(&toast.title)) }
            p { (guest_lines(&toast.body)) }
            @if let Some(attribution) = &toast.attribution { p.quiet { (guest(attribution)) } }
            @if let Some(image) = &toast.image { (picture(host, app_id, image)) }
            @if let Some(progress) = &toast.progress { (how_far(progress)) }
            @for input in &toast.inputs { (field(id.to_string().as_str(), input)) }
            (buttons(id.to_string().as_str(), toast))
        }
    }
}

/// What the app brought along is shown. What is elsewhere is not fetched: whoever serves it would learn who
/// looks, and when.
fn picture(host: &Host, app: &AppId, image: &Image) -> Markup {
    let text = plain(&image.alternative_text);
    let is_logo = image.placement == Placement::AppLogo;
    html! {
        @if host.picture(app, &image.uri).is_some() {
            p { img.picture.logo[is_logo] src=(picture_path(app, &image.uri)) alt=(text); }
        } @else {
            p.quiet { "picture: " (guest(&image.alternative_text)) " (" (guest(&image.uri)) ")" }
        }
    }
}

fn how_far(progress: &Progress) -> Markup {
    html! {
        p {
            @if let Some(title) = &progress.title { (guest(title)) " " }
            @match progress.fraction {
                Some(fraction) => progress max="1" value=(fraction) aria-label="How far it is" {},
                None => progress aria-label="How far it is" {},
            }
            " " (guest(progress.value_text.as_deref().unwrap_or_default()))
            " " span.quiet { (guest(&progress.status)) }
        }
    }
}

fn field(toast: &str, input: &Input) -> Markup {
    let name = input.label.as_deref().unwrap_or(&input.id);
    let id = format!("{toast}-input-{}", input.id);
    let placeholder = input.placeholder.as_deref().map(plain);
    html! {
        p {
            label for=(id) { (guest(name)) } " "
            @if input.choices.is_empty() {
                input id=(id) data-input=(input.id) placeholder=[placeholder]
                    maxlength=(INPUT_BYTES_MAX) autocomplete="off";
            } @else {
                select id=(id) data-input=(input.id) {
                    @for choice in &input.choices {
                        option value=(choice.id) { (plain(&choice.label)) }
                    }
                }
            }
        }
    }
}

/// The first is what the key Enter does in a field: an action, to which what was typed is an answer. Each has
/// an id, by which the keyboard finds it again when the page is renewed.
fn buttons(id: &str, toast: &Toast) -> Markup {
    let actions = || toast.actions.iter().enumerate();
    html! {
        p.buttons {
            @for (at, action) in actions().filter(|(_, action)| !action.foreground) {
                button id={ (id) "-action-" (at) } name="action" value=(at) { (guest(&action.label)) }
            }
            button id={ (id) "-open" } { "Open" }
            @for (_, action) in actions().filter(|(_, action)| action.foreground) {
                button disabled title="It opens the app, which is not here" { (guest(&action.label)) }
            }
            button.light id={ (id) "-away" } data-command="dismiss-toast" { "Put away" }
        }
    }
}

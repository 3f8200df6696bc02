//! Where a push is composed.

use bugle::{Error, Host};
use maud::{Markup, html};

/// Channels that are offered; others can be written.
const CHANNELS: usize = 500;

pub(crate) fn send(host: &Host) -> Result<Markup, Error> {
    let channels = host.reader().open_channels(host.clock().now(), CHANNELS)?;
    Ok(html! {
        h1 { "Send" }
        form.stack data-command="push" {
            label for="channel" { "Channel" }
            input id="channel" name="channel" list="channels" required
                placeholder="com.example.mail/inbox" autocomplete="off";
            datalist id="channels" {
                @for channel in &channels { option value=(channel) {} }
            }
            label for="content" { "Content, at most 5,000 bytes" }
            textarea id="content" name="content" rows="8" required {}
            label for="content-type" { "Content type" }
            input id="content-type" name="content-type" placeholder="application/json" autocomplete="off";
            p.buttons { button { "Send and wait" } }
        }
        output.answer id="answer" {}
    })
}

//! A desktop whose notifications have a field for an answer, as those of KDE's have: none of Debian's small
//! ones does, so this test is the one that shows notifications.

use std::collections::HashMap;
use std::thread;

use anyhow::{Result, ensure};
use zbus::export::ordered_stream::OrderedStreamExt as _;
use zbus::names::MemberName;
use zbus::wire::OwnedVariant;
use zbus::{Connection, Message, MessageStream};

use crate::desktop::{Desktop, place, push, serve, setting, until};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What `Notify` is told: of which app, in place of which, icon, summary, body, actions, hints, how long.
type Notify =
    (String, u32, String, String, String, Vec<String>, HashMap<String, OwnedVariant>, i32);

/// Answers what the desktop is asked, and types an answer into each notification that has a field.
async fn answer(desktop: &Connection, call: &Message, typed: &str) -> zbus::Result<()> {
    let header = call.header();
    match header.member().map(MemberName::as_str) {
        Some("GetCapabilities") => {
            desktop.reply(&header, &["actions", "body", "inline-reply"].as_slice()).await
        }
        Some("Notify") => {
            let (.., actions, _, _): Notify = call.body().deserialize()?;
            desktop.reply(&header, &1_u32).await?;
            if !actions.iter().any(|key| key == "inline-reply") {
                return Ok(());
            }
            let reply = (1_u32, typed);
            desktop.emit_signal(None::<&str>, PATH, SERVICE, "NotificationReplied", &reply).await
        }
        Some("CloseNotification") => desktop.reply(&header, &()).await,
        _ => Ok(()),
    }
}

async fn show(bus: zbus::Address, typed: &str) -> zbus::Result<()> {
    let desktop = zbus::connection::Builder::address(bus).build().await?;
    let mut calls = MessageStream::from(&desktop);
    desktop.request_name(SERVICE).await?;
    while let Some(call) = calls.next().await {
        let call = call?;
        if call.message_type() == zbus::message::Type::MethodCall {
            answer(&desktop, &call, typed).await?;
        }
    }
    Ok(())
}

#[test]
fn an_answer_that_is_typed_into_a_notification_wakes_the_task() -> Result<()> {
    let place = place()?;
    let mut desktop = Desktop::at(&place)?;
    desktop.start_bus()?;
    let bus: zbus::Address = desktop.bus().as_str().try_into()?;
    // It ends with the bus.
    thread::spawn(move || zbus::block_on(show(bus, "At \u{2460} noon & later.")));
    let _daemon = serve(&place, &desktop)?;
    push(&place, "Ada: Lunch?")?;
    until("the answer is there", || Ok(setting(&place)?.contains("At \u{2460} noon & later.")))?;
    let toasts = place.bugle(["toasts"])?.good()?;
    ensure!(!toasts.contains("Ada"), "it was chosen: {toasts}");
    ensure!(place.bugle(["runs"])?.good()?.contains("toast-activated"));
    Ok(())
}

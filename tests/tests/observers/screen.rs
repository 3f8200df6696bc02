//! What shows notifications, where a test is that itself: it can do what the test says, and keeps what it is
//! asked to show.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::{Context as _, Result};
use bugle_tests::program::{Daemon, Place};
use zbus::export::ordered_stream::OrderedStreamExt as _;
use zbus::names::MemberName;
use zbus::wire::{DynamicType, OwnedVariant};
use zbus::{Connection, Message, MessageStream};

use crate::desktop::{Desktop, PATIENCE, serve};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What `Notify` is told: of which app, in place of which, icon, summary, body, actions, hints, how long.
type Notify =
    (String, u32, String, String, String, Vec<String>, HashMap<String, OwnedVariant>, i32);

/// A notification that is to be shown.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What it is known by here.
    pub(crate) number: u32,
    pub(crate) body: String,
    /// Keys and labels.
    pub(crate) actions: Vec<String>,
    pub(crate) urgency: Option<u8>,
    pub(crate) expires_ms: i32,
}

pub(crate) struct Screen {
    bus: Connection,
    asked: Receiver<Asked>,
}

impl Screen {
    /// One that says that it can do this. It ends with the bus.
    pub(crate) fn start(desktop: &Desktop, can: &'static [&'static str]) -> Result<Self> {
        let address: zbus::Address = desktop.bus().as_str().try_into()?;
        let (told, asked) = mpsc::channel();
        let (is_ready, ready) = mpsc::channel();
        let show = async move || -> zbus::Result<()> {
            let bus = zbus::connection::Builder::address(address).build().await?;
            let mut calls = MessageStream::from(&bus);
            bus.request_name(SERVICE).await?;
            let _ = is_ready.send(bus.clone());
            let mut count = 0;
            while let Some(call) = calls.next().await {
                let call = call?;
                if call.message_type() == zbus::message::Type::MethodCall {
                    answer(&bus, &call, can, &mut count, &told).await?;
                }
            }
            Ok(())
        };
        thread::spawn(move || zbus::block_on(show()));
        let bus = ready.recv_timeout(PATIENCE).context("nobody shows notifications")?;
        Ok(Self { bus, asked })
    }

    /// The next notification that is to be shown.
    pub(crate) fn next(&self) -> Result<Asked> {
        self.asked.recv_timeout(PATIENCE).context("nothing is to be shown")
    }

    /// Says what a person did, or what nobody can have done.
    pub(crate) fn say<B>(&self, signal: &str, body: &B) -> Result<()>
    where
        B: serde::Serialize + DynamicType,
    {
        let said = self.bus.emit_signal(None::<&str>, PATH, SERVICE, signal, body);
        Ok(zbus::block_on(said)?)
    }
}

/// A bus with a screen that can do this, and a host that shows toasts there.
pub(crate) fn shown_by(
    place: &Place,
    can: &'static [&'static str],
) -> Result<(Desktop, Screen, Daemon)> {
    let mut desktop = Desktop::at(place)?;
    desktop.start_bus()?;
    let screen = Screen::start(&desktop, can)?;
    let daemon = serve(place, &desktop)?;
    Ok((desktop, screen, daemon))
}

/// Answers what a desktop is asked; `count` are the notifications so far.
async fn answer(
    bus: &Connection,
    call: &Message,
    can: &'static [&'static str],
    count: &mut u32,
    told: &Sender<Asked>,
) -> zbus::Result<()> {
    let header = call.header();
    match header.member().map(MemberName::as_str) {
        Some("GetCapabilities") => bus.reply(&header, &can).await,
        Some("Notify") => {
            let (_, replaces, _, _, body, actions, mut hints, expires_ms): Notify =
                call.body().deserialize()?;
            *count += 1;
            let number = if replaces == 0 { *count } else { replaces };
            if replaces != 0 {
                // At the last moment the person puts away what was there.
                let closed = (replaces, 2_u32);
                bus.emit_signal(None::<&str>, PATH, SERVICE, "NotificationClosed", &closed).await?;
            }
            bus.reply(&header, &number).await?;
            let urgency = hints.remove("urgency").and_then(|level| u8::try_from(level).ok());
            // The test may have ended.
            let _ = told.send(Asked { number, body, actions, urgency, expires_ms });
            Ok(())
        }
        Some("CloseNotification") => bus.reply(&header, &()).await,
        _ => Ok(()),
    }
}

//! The desktop of freedesktop.org: notifications by D-Bus (Desktop Notifications Specification 1.3).

mod answers;
mod notice;

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bugle::{Mark, Sink, ToastChange, ToastEvent, ToastId};
use zbus::Connection;
use zbus::proxy::Proxy;

use notice::{Capabilities, Notice};

pub use answers::{Answer, Answered};

/// Whom notifications are shown by.
const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long a desktop may take for an answer: no person is asked, so it is a few milliseconds. A host that
/// stops waits for it.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Notifications that are remembered. The oldest is forgotten; it can be seen still, and chosen no more.
const REMEMBERED_MAX: usize = 1_000;

/// Shows toasts on the desktop of who runs the host, and tells what that person does with them.
///
/// The session's bus is connected to when there is something to show, and again if it went away. What the
/// desktop cannot show is left out: it is asked what it can.
pub struct DesktopSink {
    answers: Sender<Answered>,
    session: Option<Session>,
}

impl std::fmt::Debug for DesktopSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DesktopSink").finish_non_exhaustive()
    }
}

/// A connection to the session's bus, and what is shown by it.
struct Session {
    connection: Connection,
    notifications: Proxy<'static>,
    capabilities: Capabilities,
    shown: Arc<Mutex<Shown>>,
}

/// Which toast is which notification, oldest first.
#[derive(Debug, Default)]
struct Shown(Vec<OneShown>);

/// A toast that is a notification.
#[derive(Debug, Clone)]
struct OneShown {
    toast: ToastId,
    /// The desktop's.
    number: u32,
    /// Which action an answer chooses, and which input it is for.
    reply: Option<(usize, String)>,
}

impl Shown {
    fn number(&self, toast: ToastId) -> Option<u32> {
        self.0.iter().rev().find(|shown| shown.toast == toast).map(|shown| shown.number)
    }

    fn of(&self, number: u32) -> Option<&OneShown> {
        self.0.iter().rev().find(|shown| shown.number == number)
    }

    fn forget(&mut self, toast: ToastId) {
        self.0.retain(|shown| shown.toast != toast);
    }

    fn remember(&mut self, one: OneShown) {
        self.0.retain(|shown| shown.number != one.number);
        if self.0.len() >= REMEMBERED_MAX {
            self.0.remove(0);
        }
        self.0.push(one);
    }
}

impl DesktopSink {
    /// A sink that tells `answers` what a person does with what is shown.
    #[must_use]
    pub fn new(answers: Sender<Answered>) -> Self {
        Self { answers, session: None }
    }

    fn session(&mut self) -> zbus::Result<&mut Session> {
        // One whose bus went away is of no use.
        self.session = self.session.take().filter(|session| !session.connection.is_closed());
        match &mut self.session {
            Some(_) => {}
            empty => *empty = Some(zbus::block_on(Session::open(&self.answers))?),
        }
        self.session.as_mut().ok_or(zbus::Error::InvalidReply)
    }
}

impl Sink for DesktopSink {
    fn name(&self) -> &'static str {
        "desktop"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        let delivered = self.session().and_then(|session| zbus::block_on(session.deliver(event)));
        if delivered.is_err() {
            // The next try finds the bus anew, and asks who shows notifications then.
            self.session = None;
        }
        delivered.map_err(|error| io::Error::other(format!("the desktop cannot show it: {error}")))
    }
}

impl Session {
    async fn open(answers: &Sender<Answered>) -> zbus::Result<Self> {
        let connection = zbus::connection::Builder::session();
        let connection = connection.method_timeout(CALL_TIMEOUT).build().await?;
        let notifications = Proxy::new_owned(connection.clone(), SERVICE, PATH, SERVICE).await?;
        let capabilities: Vec<String> = notifications.call("GetCapabilities", &()).await?;
        let shown = Arc::default();
        // Before anything is shown, so that no answer is missed.
        answers::listen(&notifications, Arc::clone(&shown), answers.clone()).await?;
        let capabilities = Capabilities::of(&capabilities);
        Ok(Self { connection, notifications, capabilities, shown })
    }

    async fn deliver(&self, event: &ToastEvent) -> zbus::Result<()> {
        match &event.change {
            ToastChange::Show { id, toast, replaces } => {
                let before = replaces.and_then(|toast| self.number(toast));
                let notice = Notice::of(&event.app_id, toast, self.capabilities);
                self.show(*id, before.or_else(|| self.number(*id)), &notice).await
            }
            ToastChange::Update { id, toast } => {
                let notice = Notice::of(&event.app_id, toast, self.capabilities);
                self.show(*id, self.number(*id), &notice).await
            }
            ToastChange::Hide { id, .. } => self.hide(*id).await,
            ToastChange::Badge { mark } => self.badge(event, *mark).await,
        }
    }

    fn number(&self, toast: ToastId) -> Option<u32> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).number(toast)
    }

    /// Shows a notification, in place of another of this number if it is there still.
    async fn show(&self, toast: ToastId, before: Option<u32>, notice: &Notice) -> zbus::Result<()> {
        let actions: Vec<&str> =
            notice.actions.iter().flat_map(|(key, label)| [key.as_str(), label.as_str()]).collect();
        let number: u32 = self
            .notifications
            .call(
                "Notify",
                &(
                    &notice.app,
                    before.unwrap_or(0),
                    "",
                    &notice.summary,
                    &notice.body,
                    actions,
                    &notice.hints,
                    notice.expires_ms,
                ),
            )
            .await?;
        let one = OneShown { toast, number, reply: notice.reply.clone() };
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).remember(one);
        Ok(())
    }

    async fn hide(&self, toast: ToastId) -> zbus::Result<()> {
        // One of before the host was started again is not known, and goes by itself.
        let Some(number) = self.number(toast) else { return Ok(()) };
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).forget(toast);
        match self.notifications.call("CloseNotification", &number).await {
            // It is not there any more, which is what is wanted.
            Err(zbus::Error::MethodError(..)) => Ok(()),
            closed => closed,
        }
    }

    /// Puts the number on the app's icon, where the desktop has docks that listen for it (the launcher API of
    /// Unity, which KDE Plasma and the docks of GNOME have).
    async fn badge(&self, event: &ToastEvent, mark: Option<Mark>) -> zbus::Result<()> {
        let count = match mark {
            Some(Mark::Number(number)) => i64::from(number),
            Some(Mark::Glyph(_)) | None => 0,
        };
        let hints = std::collections::HashMap::from([
            ("count", zbus::wire::Variant::from(count)),
            ("count-visible", zbus::wire::Variant::from(count > 0)),
            ("urgent", zbus::wire::Variant::from(matches!(mark, Some(Mark::Glyph(_))))),
        ]);
        let app = format!("application://{}.desktop", event.app_id);
        let interface = "com.canonical.Unity.LauncherEntry";
        let path = "/com/canonical/unity/launcherentry/bugle";
        self.connection.emit_signal(None::<&str>, path, interface, "Update", &(app, hints)).await
    }
}

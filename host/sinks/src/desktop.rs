//! The desktop of freedesktop.org: notifications by D-Bus (Desktop Notifications Specification 1.3).

mod answers;
mod notice;

use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bugle::{Mark, Sink, Toast, ToastChange, ToastEvent, ToastId};
use zbus::Connection;
use zbus::names::OwnedUniqueName;
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
    data_dir: Option<PathBuf>,
    session: Option<Session>,
    opening: Option<Receiver<zbus::Result<Session>>>,
}

impl std::fmt::Debug for DesktopSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DesktopSink").finish_non_exhaustive()
    }
}

/// A connection to the session's bus, and what is shown by it.
struct Session {
    data_dir: Option<PathBuf>,
    connection: Connection,
    /// Who shows notifications: another one counts anew.
    owner: OwnedUniqueName,
    notifications: Proxy<'static>,
    capabilities: Capabilities,
    shown: Arc<Mutex<Shown>>,
    /// Held while something is shown: an answer to it may come before its number is known here.
    showing: Arc<Mutex<()>>,
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

    /// It is not on the screen any more.
    fn closed(&mut self, number: u32) {
        self.0.retain(|shown| shown.number != number);
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
    /// A sink that tells `answers` what a person does with what is shown. Pictures are those of the host's
    /// data folder; without one, their texts are shown.
    #[must_use]
    pub fn new(answers: Sender<Answered>, data_dir: Option<&Path>) -> Self {
        let data_dir = data_dir.and_then(|folder| path::absolute(folder).ok());
        Self { answers, data_dir, session: None, opening: None }
    }

    /// The session, if whoever shows notifications is who did when it was opened.
    fn session(&mut self) -> zbus::Result<&Session> {
        let is_good = |session: &Session| {
            !session.connection.is_closed()
                && zbus::block_on(session.owner_now()).is_ok_and(|owner| owner == session.owner)
        };
        if !self.session.as_ref().is_some_and(is_good) {
            self.leave();
            self.session = Some(self.open()?);
        }
        self.session.as_ref().ok_or(zbus::Error::InvalidReply)
    }

    /// Opens a session on a thread of its own: a bus that takes a connection and says nothing more would hold
    /// this one for ever. It is waited for again at the next try, and not begun anew.
    fn open(&mut self) -> zbus::Result<Session> {
        let opening = match self.opening.take() {
            Some(opening) => opening,
            None => {
                let (tell, opened) = mpsc::channel();
                let (answers, data_dir) = (self.answers.clone(), self.data_dir.clone());
                let thread = thread::Builder::new().name("bugle-desktop-open".to_owned());
                // Nobody waits for it if the sink is gone.
                let open =
                    move || drop(tell.send(zbus::block_on(Session::open(&answers, data_dir))));
                thread.spawn(open).map_err(|error| zbus::Error::InputOutput(Arc::new(error)))?;
                opened
            }
        };
        match opening.recv_timeout(CALL_TIMEOUT) {
            Ok(opened) => opened,
            Err(RecvTimeoutError::Disconnected) => Err(zbus::Error::InvalidReply),
            Err(RecvTimeoutError::Timeout) => {
                self.opening = Some(opening);
                let error = io::Error::new(io::ErrorKind::TimedOut, "the bus does not answer");
                Err(zbus::Error::InputOutput(Arc::new(error)))
            }
        }
    }

    /// Closes the connection, so that who listens on it ends.
    fn leave(&mut self) {
        if let Some(Session { connection, .. }) = self.session.take() {
            // One that is closed already is left as well.
            let _ = zbus::block_on(connection.close());
        }
    }
}

impl Drop for DesktopSink {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Sink for DesktopSink {
    fn name(&self) -> &'static str {
        "desktop"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        let delivered = self.session().and_then(|session| {
            let _showing = session.showing.lock().unwrap_or_else(PoisonError::into_inner);
            zbus::block_on(session.deliver(event))
        });
        // What the desktop refuses it refuses by a connection that is good.
        if matches!(&delivered, Err(error) if !matches!(error, zbus::Error::MethodError(..))) {
            self.leave();
        }
        delivered.map_err(|error| io::Error::other(format!("the desktop cannot show it: {error}")))
    }
}

/// Who shows notifications now.
async fn owner(connection: &Connection) -> zbus::Result<OwnedUniqueName> {
    let bus = zbus::fdo::DBusProxy::new(connection).await?;
    Ok(bus.get_name_owner(SERVICE.try_into()?).await?)
}

impl Session {
    async fn open(answers: &Sender<Answered>, data_dir: Option<PathBuf>) -> zbus::Result<Self> {
        let connection = zbus::connection::Builder::session();
        let connection = connection.method_timeout(CALL_TIMEOUT).build().await?;
        let notifications = Proxy::new_owned(connection.clone(), SERVICE, PATH, SERVICE).await?;
        // Asked first: it is started for that if it is not there.
        let capabilities: Vec<String> = notifications.call("GetCapabilities", &()).await?;
        let owner = owner(&connection).await?;
        let (shown, showing) = (Arc::default(), Arc::default());
        // Before anything is shown, so that no answer is missed.
        let heard = answers::Heard {
            owner: owner.clone(),
            shown: Arc::clone(&shown),
            showing: Arc::clone(&showing),
        };
        answers::listen(&notifications, heard, answers.clone()).await?;
        let capabilities = Capabilities::of(&capabilities);
        Ok(Self { data_dir, connection, owner, notifications, capabilities, shown, showing })
    }

    async fn owner_now(&self) -> zbus::Result<OwnedUniqueName> {
        owner(&self.connection).await
    }

    async fn deliver(&self, event: &ToastEvent) -> zbus::Result<()> {
        match &event.change {
            ToastChange::Show { id, toast, replaces } => {
                let before = replaces.and_then(|toast| self.number(toast));
                let notice = self.notice(event, toast);
                self.show(*id, before.or_else(|| self.number(*id)), &notice).await
            }
            ToastChange::Update { id, toast } => {
                let notice = self.notice(event, toast);
                self.show(*id, self.number(*id), &notice).await
            }
            ToastChange::Hide { id, .. } => self.hide(*id).await,
            ToastChange::Badge { mark } => self.badge(event, *mark).await,
        }
    }

    fn notice(&self, event: &ToastEvent, toast: &Toast) -> Notice {
        let uri = toast.image.as_ref().map(|image| &image.uri);
        let picture = self.data_dir.as_deref().zip(uri);
        let picture = picture.and_then(|(data, uri)| bugle::picture(data, &event.app_id, uri));
        Notice::of(&event.app_id, toast, self.capabilities, picture.as_deref())
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

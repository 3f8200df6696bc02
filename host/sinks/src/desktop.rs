//! The desktop of freedesktop.org: notifications by D-Bus (Desktop Notifications Specification 1.3).

mod answers;
mod kept;
mod notice;
mod shown;

use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bugle::{AppId, Error, Mark, Reader, Sink, Toast, ToastChange, ToastEvent, ToastId};
use zbus::Connection;
use zbus::message::Sequence;
use zbus::names::OwnedUniqueName;
use zbus::proxy::Proxy;

use kept::Kept;
use notice::{Capabilities, Notice};
use shown::{OneShown, Shown};

pub use answers::{Answer, Answered};

/// Whom notifications are shown by.
const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long a desktop may take for an answer: no person is asked, so it is a few milliseconds. A host that
/// stops waits for it.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

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
}

impl DesktopSink {
    /// A sink that tells `answers` what a person does with what is shown, also by an earlier host with this
    /// data folder. Pictures are those of that folder; without one, their texts are shown.
    #[must_use]
    pub fn new(answers: Sender<Answered>, data_dir: Option<&Path>) -> Self {
        let data_dir = data_dir.and_then(|folder| path::absolute(folder).ok());
        let has_shown = data_dir.as_deref().is_some_and(Kept::is_there);
        let mut sink = Self { answers, data_dir, session: None, opening: None };
        if has_shown {
            // Without a desktop now, it is tried again when there is something to show.
            sink.opening = sink.begin().ok();
        }
        sink
    }

    /// The session, if whoever shows notifications is who did when it was opened.
    fn session(&mut self) -> zbus::Result<&Session> {
        let is_good = |session: &Session| {
            !session.connection.is_closed()
                && zbus::block_on(session.owner_now()).is_ok_and(|owner| owner == session.owner)
        };
        if !self.session.as_ref().is_some_and(is_good) {
            self.session = None;
            // One that was opened when the sink began may be of a desktop that is gone.
            let opened = self.open()?;
            let opened = if is_good(&opened) { opened } else { self.open()? };
            self.session = Some(opened);
        }
        self.session.as_ref().ok_or(zbus::Error::InvalidReply)
    }

    /// Opens a session on a thread of its own: a bus that takes a connection and says nothing more would hold
    /// this one for ever. It is waited for again at the next try, and not begun anew.
    fn open(&mut self) -> zbus::Result<Session> {
        let opening = match self.opening.take() {
            None => self.begin()?,
            Some(opening) => match opening.try_recv() {
                Ok(Ok(session)) => return Ok(session),
                Err(TryRecvError::Empty) => opening,
                // It was a while ago, and may be another matter now.
                Ok(Err(_)) | Err(TryRecvError::Disconnected) => self.begin()?,
            },
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

    fn begin(&self) -> zbus::Result<Receiver<zbus::Result<Session>>> {
        let (tell, opened) = mpsc::channel();
        let (answers, data_dir) = (self.answers.clone(), self.data_dir.clone());
        let thread = thread::Builder::new().name("bugle-desktop-open".to_owned());
        let open = move || {
            let opened = zbus::block_on(Session::open(&answers, data_dir));
            let erased = opened.as_ref().map(|session| zbus::block_on(session.erase_removed()));
            if let Ok(Err(error)) = erased {
                tracing::warn!(%error, "toasts of a removed app are perhaps still to be seen");
            }
            // Nobody waits for it if the sink is gone.
            drop(tell.send(opened));
        };
        thread.spawn(open).map_err(|error| zbus::Error::InputOutput(Arc::new(error)))?;
        Ok(opened)
    }
}

impl Drop for Session {
    /// Closes the connection, so that who listens on it ends.
    fn drop(&mut self) {
        // One that is closed already is left as well.
        let _ = zbus::block_on(self.connection.clone().close());
    }
}

impl Sink for DesktopSink {
    fn name(&self) -> &'static str {
        "desktop"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        let delivered = self.session().and_then(|session| zbus::block_on(session.deliver(event)));
        // What the desktop refuses it refuses by a connection that is good.
        if matches!(&delivered, Err(error) if !matches!(error, zbus::Error::MethodError(..))) {
            self.session = None;
        }
        delivered.map_err(|error| io::Error::other(format!("the desktop cannot show it: {error}")))
    }

    fn erase(&mut self, app: &AppId) -> io::Result<()> {
        if self.session.is_none() && !self.data_dir.as_deref().is_some_and(Kept::is_there) {
            return Ok(());
        }
        let erased = self.session().and_then(|session| zbus::block_on(session.erase(app)));
        erased.map_err(io::Error::other)
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
        let bus = connection.server_guid().to_string();
        let kept = data_dir.as_deref().map(|data| Kept::of(data, bus, owner.to_string()));
        let shown = Arc::new(Mutex::new(Shown::from(kept, answers.clone())));
        // Before anything is shown, so that no answer is missed.
        answers::listen(&notifications, owner.clone(), Arc::clone(&shown)).await?;
        let capabilities = Capabilities::of(&capabilities);
        Ok(Self { data_dir, connection, owner, notifications, capabilities, shown })
    }

    /// Takes away what apps have shown that were removed while no host showed toasts here.
    async fn erase_removed(&self) -> zbus::Result<()> {
        let apps = self.shown().apps();
        let Some(data_dir) = self.data_dir.as_deref().filter(|_| !apps.is_empty()) else {
            return Ok(());
        };
        // Of a store that cannot be read nobody knows who was removed.
        let Ok(reader) = Reader::open(data_dir) else { return Ok(()) };
        for app in apps {
            if matches!(reader.app(&app), Err(Error::UnknownApp { .. })) {
                self.erase(&app).await?;
            }
        }
        Ok(())
    }

    async fn owner_now(&self) -> zbus::Result<OwnedUniqueName> {
        owner(&self.connection).await
    }

    async fn deliver(&self, event: &ToastEvent) -> zbus::Result<()> {
        match &event.change {
            ToastChange::Show { id, toast, replaces } => {
                let before = replaces.and_then(|toast| self.shown().number(toast));
                self.show(event, *id, toast, before).await
            }
            ToastChange::Update { id, toast } => self.show(event, *id, toast, None).await,
            ToastChange::Hide { id, .. } => self.hide(*id).await,
            ToastChange::Badge { mark } => self.badge(&event.app_id, *mark).await,
        }
    }

    /// Takes away all that an app shows.
    async fn erase(&self, app: &AppId) -> zbus::Result<()> {
        let toasts = self.shown().of_app(app);
        let mut first = Ok(());
        for toast in toasts {
            first = first.and(self.hide(toast).await);
        }
        first.and(self.badge(app, None).await)
    }

    fn notice(&self, event: &ToastEvent, toast: &Toast) -> Notice {
        let uri = toast.image.as_ref().map(|image| &image.uri);
        let picture = self.data_dir.as_deref().zip(uri);
        let picture = picture.and_then(|(data, uri)| bugle::picture(data, &event.app_id, uri));
        Notice::of(&event.app_id, toast, self.capabilities, picture.as_deref())
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a toast, in place of a notification of this number, or of its own, if it is there still.
    async fn show(
        &self,
        event: &ToastEvent,
        id: ToastId,
        toast: &Toast,
        before: Option<u32>,
    ) -> zbus::Result<()> {
        let notice = self.notice(event, toast);
        let before = before.or_else(|| self.shown().number(id));
        self.shown().asked();
        let shown = self.notify(&notice, before).await;
        let answer = shown.as_ref().ok().map(|(since, number)| {
            let (app, reply) = (event.app_id.clone(), notice.reply.clone());
            OneShown { app, toast: id, number: *number, reply, since: *since }
        });
        self.shown().answered(answer);
        shown.map(drop)
    }

    /// The number that a notification got, and when that came.
    async fn notify(&self, notice: &Notice, before: Option<u32>) -> zbus::Result<(Sequence, u32)> {
        let actions: Vec<&str> =
            notice.actions.iter().flat_map(|(key, label)| [key.as_str(), label.as_str()]).collect();
        let reply = self
            .notifications
            .call_method(
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
        Ok((reply.recv_position(), reply.body().deserialize()?))
    }

    async fn hide(&self, toast: ToastId) -> zbus::Result<()> {
        // One of before the desktop was started again went with it.
        let Some(number) = self.shown().number(toast) else { return Ok(()) };
        match self.notifications.call("CloseNotification", &number).await {
            // It is not there any more, which is what is wanted.
            Ok(()) | Err(zbus::Error::MethodError(..)) => {}
            Err(error) => return Err(error),
        }
        self.shown().forget(toast);
        Ok(())
    }

    /// Puts the number on the app's icon, where the desktop has docks that listen for it (the launcher API of
    /// Unity, which KDE Plasma and the docks of GNOME have).
    async fn badge(&self, app: &AppId, mark: Option<Mark>) -> zbus::Result<()> {
        let count = match mark {
            Some(Mark::Number(number)) => i64::from(number),
            Some(Mark::Glyph(_)) | None => 0,
        };
        let hints = std::collections::HashMap::from([
            ("count", zbus::wire::Variant::from(count)),
            ("count-visible", zbus::wire::Variant::from(count > 0)),
            ("urgent", zbus::wire::Variant::from(matches!(mark, Some(Mark::Glyph(_))))),
        ]);
        let app = format!("application://{app}.desktop");
        let interface = "com.canonical.Unity.LauncherEntry";
        let path = "/com/canonical/unity/launcherentry/bugle";
        self.connection.emit_signal(None::<&str>, path, interface, "Update", &(app, hints)).await
    }
}

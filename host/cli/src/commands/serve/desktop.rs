//! The desktop of who runs the host, and what that person does with what is shown there.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use bugle::{Error, Host, Sink, ToastId};
use bugle_sinks::{Answer, Answered, DesktopSink};

/// What people do with what is shown.
pub(super) struct Answers(Receiver<Answered>);

/// A sink that shows the pictures of a data folder, and what is heard of it.
pub(super) fn sink(data_dir: &Path) -> (Box<dyn Sink>, Answers) {
    let (tell, told) = mpsc::channel();
    (Box::new(DesktopSink::new(tell, Some(data_dir))), Answers(told))
}

impl Answers {
    /// Tells the host, on a thread of its own, until the sink is gone.
    pub(super) fn tell(self, host: Host) -> Result<(), Error> {
        let thread = thread::Builder::new().name("bugle-answers".to_owned());
        let mut kept = BTreeSet::new();
        let tell_all = move || self.0.iter().for_each(|answered| tell(&host, &mut kept, answered));
        let telling = thread.spawn(tell_all);
        telling.map(drop).map_err(|source| Error::Thread { source })
    }
}

/// Tells the host; `kept` are toasts whose answer it could not take, which are still to be seen: a desktop
/// says of what was chosen that it is closed, too.
fn tell(host: &Host, kept: &mut BTreeSet<ToastId>, Answered { toast, answer }: Answered) {
    let told = match answer {
        Answer::Chosen(choice) => host.choose_toast(toast, choice).wait().map(drop),
        Answer::PutAway if kept.remove(&toast) => Ok(()),
        Answer::PutAway => host.dismiss_toast(toast).wait(),
    };
    match told {
        Ok(()) | Err(Error::UnknownToast { .. } | Error::Stopping | Error::Stopped) => {}
        Err(error) => {
            tracing::warn!(%error, %toast, "what was done with a toast was not told; it stays");
            kept.insert(toast);
        }
    }
}

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bugle_store::{AppInstall, AppKey, Digest, wait};
use bugle_task::{AppId, CancellationReason};

use crate::folder::AppFolder;
use crate::inner::Inner;
use crate::lane::{InstalledApp, Lane};
use crate::{App, Error, Host, pictures};

/// How long an update waits for a run of the version before to finish by itself: as long as one may
/// take by default. One that takes longer is asked to end, and runs again in the new version.
const UPDATE_PATIENCE: Duration = Duration::from_secs(10);

/// Checks and compiles everything first, so that an app is installed whole or not at all.
pub(crate) fn install(host: &Host, folder: &Path) -> Result<App, Error> {
    let inner = &host.inner;
    let read = AppFolder::read(folder, &inner.limits)?;
    for (task, bytes) in &read.components {
        let path = folder.join(&task.component);
        inner.components.prepare(&path, Digest::of(bytes), bytes)?;
    }
    let id = read.manifest.id.clone();
    let key = keep(inner, read, folder)?;
    let unknown = || Error::UnknownApp { app: id.clone() };
    if let Some(lane) = inner.known_lane(key) {
        let record = inner.store.reader().app_by_key(key)?.ok_or_else(unknown)?;
        let installed = InstalledApp::new(record)?;
        let update = on_errand(host, &lane, |lane| lane.lock().app = Arc::new(installed))?;
        match update.recv_timeout(UPDATE_PATIENCE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Error::Stopped),
            Err(RecvTimeoutError::Timeout) => {
                lane.cancel(CancellationReason::Update);
                done(&update)?;
            }
        }
    }
    let lane = inner.lane(key)?.ok_or_else(unknown)?;
    // What waited for tasks that were paused goes on, with the new version: it has not failed yet.
    wait(|reply| inner.store.resume(key, reply))?;
    inner.timers.claim_at(inner.clock.now(), key);
    Ok(App::new(host.clone(), id, lane))
}

/// Hands an app to the store, which names the pictures of this version from then on. One at a time: what it
/// does not name yet is not to be erased by who installs or removes the same app.
fn keep(inner: &Inner, read: AppFolder, folder: &Path) -> Result<AppKey, Error> {
    let AppFolder { mut manifest, components } = read;
    let _turn = inner.picturing.lock().unwrap_or_else(PoisonError::into_inner);
    manifest.pictures = take_pictures(inner, &manifest.id, folder);
    let json = serde_json::to_string(&manifest)
        .map_err(|error| Error::Usage { what: format!("the manifest cannot be kept: {error}") })?;
    let app_install = AppInstall {
        id: manifest.id.clone(),
        version: manifest.version,
        name: manifest.name,
        manifest: json,
        tasks: components.into_iter().map(|(task, bytes)| (task.name, bytes)).collect(),
        now: inner.clock.now(),
    };
    let key = wait(|reply| inner.store.install(app_install, reply));
    erase_pictures(inner, &manifest.id);
    Ok(key?)
}

/// An app is what it does: it is installed, whatever becomes of its pictures.
fn take_pictures(inner: &Inner, app: &AppId, folder: &Path) -> Option<String> {
    let has_room = |bytes| inner.room.has(bytes);
    let taken = pictures::take_over(inner.reader.data_dir()?, app, folder, has_room);
    taken.unwrap_or_else(|error| {
        tracing::warn!(%error, %app, "the app's pictures are not shown");
        None
    })
}

/// Erases the pictures of an app that the store does not name.
fn erase_pictures(inner: &Inner, app: &AppId) {
    let Some(data_dir) = inner.reader.data_dir() else { return };
    // What cannot be read may be named.
    let Ok(named) = inner.reader.pictures_of(app) else { return };
    if let Err(error) = pictures::erase_others(data_dir, app, named.as_deref()) {
        tracing::warn!(%error, %app, "pictures are erased at the next start");
    }
}

/// Erases an app between two of its turns, after asking a running task to end.
pub(crate) fn remove(host: &Host, id: &AppId) -> Result<(), Error> {
    let inner = &host.inner;
    let lane = inner.lane_of(id)?;
    lane.cancel(CancellationReason::Uninstall);
    let store = inner.store.clone();
    let removed = on_errand(host, &lane, move |lane| {
        let removed = wait(|reply| store.remove(lane.key, reply));
        let mut state = lane.lock();
        if removed.is_ok() {
            state.is_removed = true;
            state.queue.clear();
            // Whoever sits there sees that it is over.
            state.seat = None;
        }
        removed
    })?;
    let components = done(&removed)??;
    let turn = inner.picturing.lock().unwrap_or_else(PoisonError::into_inner);
    erase_pictures(inner, id);
    drop(turn);
    inner.deliveries.removed(id);
    inner.watches.removed(lane.key);
    inner.timers.was_removed();
    inner.forget_lane(lane.key);
    // Of all versions of which runs were kept; those that another app has are not among them.
    components.into_iter().for_each(|digest| inner.components.forget(digest));
    Ok(())
}

/// Does something in the app's line, between two turns. Its answer comes once.
fn on_errand<T: Send + 'static>(
    host: &Host,
    lane: &Arc<Lane>,
    errand: impl FnOnce(&Lane) -> T + Send + 'static,
) -> Result<Receiver<T>, Error> {
    if host.inner.is_stopping() {
        return Err(Error::Stopping);
    }
    let (answer, answered) = mpsc::channel();
    let of_errand = Arc::clone(lane);
    lane.lock().errands.push_back(Box::new(move |overlay| {
        *overlay = None;
        // Who asked may have gone.
        let _ = answer.send(errand(&of_errand));
    }));
    host.inner.pool.schedule(lane);
    Ok(answered)
}

/// Waits for an errand's answer; there is none if the host stops first.
fn done<T>(answered: &Receiver<T>) -> Result<T, Error> {
    answered.recv().map_err(|_| Error::Stopped)
}

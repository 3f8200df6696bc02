use std::path::Path;
use std::sync::Arc;

use bugle_store::{AppInstall, Digest, wait};
use bugle_task::{AppId, CancellationReason};

use crate::folder::AppFolder;
use crate::lane::{InstalledApp, Lane};
use crate::pending::Promise;
use crate::{App, Error, Host};

/// Checks and compiles everything first, so that an app is installed whole or not at all.
pub(crate) fn install(host: &Host, folder: &Path) -> Result<App, Error> {
    let inner = &host.inner;
    let read = AppFolder::read(folder, &inner.limits)?;
    for (task, bytes) in &read.components {
        let path = folder.join(&task.component);
        inner.components.prepare(&path, Digest::of(bytes), bytes)?;
    }
    let id = read.manifest.id.clone();
    let manifest = serde_json::to_string(&read.manifest)
        .map_err(|error| Error::Usage { what: format!("the manifest cannot be kept: {error}") })?;
    let app_install = AppInstall {
        id: id.clone(),
        version: read.manifest.version.clone(),
        name: read.manifest.name.clone(),
        manifest,
        tasks: read.components.into_iter().map(|(task, bytes)| (task.name, bytes)).collect(),
        now: inner.clock.now(),
    };
    let key = wait(|reply| inner.store.install(app_install, reply))?;
    let unknown = || Error::UnknownApp { app: id.clone() };
    if let Some(lane) = inner.known_lane(key) {
        let record = inner.store.reader().app_by_key(key)?.ok_or_else(unknown)?;
        let installed = InstalledApp::new(record)?;
        on_errand(host, &lane, |lane| lane.lock().app = Arc::new(installed))?;
    }
    let lane = inner.lane(key)?.ok_or_else(unknown)?;
    Ok(App::new(host.clone(), id, lane))
}

/// Erases an app between two of its turns, after asking a running task to end.
pub(crate) fn remove(host: &Host, id: &AppId) -> Result<(), Error> {
    let inner = &host.inner;
    let lane = inner.lane_of(id)?;
    if let Some(control) = &lane.lock().control {
        control.cancel(CancellationReason::Uninstall);
    }
    let components: Vec<Digest> =
        lane.app().record.components.iter().map(|(_, digest)| *digest).collect();
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
    removed?;
    inner.watches.removed(lane.key);
    inner.timers.was_removed();
    inner.forget_lane(lane.key);
    components.into_iter().for_each(|digest| inner.components.forget(digest));
    Ok(())
}

/// Does something in the app's line, between two turns, and waits for it.
fn on_errand<T: Send + 'static>(
    host: &Host,
    lane: &Arc<Lane>,
    errand: impl FnOnce(&Lane) -> T + Send + 'static,
) -> Result<T, Error> {
    if host.inner.is_stopping() {
        return Err(Error::Stopping);
    }
    let (promise, pending) = Promise::new();
    let of_errand = Arc::clone(lane);
    lane.lock().errands.push_back(Box::new(move |overlay| {
        *overlay = None;
        promise.keep(Ok(errand(&of_errand)));
    }));
    host.inner.pool.schedule(lane);
    pending.wait()
}

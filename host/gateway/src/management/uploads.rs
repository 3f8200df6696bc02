//! Apps that somebody drops on a page: handed over file by file, looked at, and installed if asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bugle::Host;
use bugle_dashboard::{UPLOAD_BYTES_MAX, Upload};
use serde_json::json;
use tokio::sync::Semaphore;

use super::Management;
use super::forms::{answer, refused};
use crate::body::{self, BodyProblem};
use crate::senders::respond;
use crate::{Refusal, UPLOAD_READ_TIMEOUT, UPLOADS_AT_ONCE};

/// Uploads that are there at once. The oldest goes, with its files.
const UPLOADS_MAX: usize = 4;

/// Where uploads are, in the data folder.
const FOLDER: &str = "uploads";

/// What was dropped and is not installed yet.
#[derive(Debug)]
pub(super) struct Uploads {
    folder: PathBuf,
    next: Mutex<u64>,
    all: Mutex<BTreeMap<u64, Arc<Mutex<Upload>>>>,
    /// Files that are received now.
    receiving: Semaphore,
    /// Held while a file is written: what one takes of the disk the next one knows.
    writing: Mutex<()>,
}

/// Erases what a host before had when it was killed.
pub(crate) fn clear(host: &Host) {
    let Some(folder) = host.reader().data_dir().map(|data| data.join(FOLDER)) else { return };
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "old uploads are still there");
        }
        _ => {}
    }
}

impl Uploads {
    /// None yet.
    pub(super) fn of(host: &Host) -> Self {
        // A host in memory shares the system's folder with others.
        let folder =
            host.reader().data_dir().map_or_else(std::env::temp_dir, |data| data.join(FOLDER));
        let receiving = Semaphore::new(UPLOADS_AT_ONCE);
        let writing = Mutex::default();
        Self { folder, next: Mutex::default(), all: Mutex::default(), receiving, writing }
    }

    fn begin(&self) -> io::Result<u64> {
        let upload = Arc::new(Mutex::new(Upload::new(&self.folder)?));
        let number = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next += 1;
            *next
        };
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone = Vec::new();
        while all.len() >= UPLOADS_MAX {
            gone.extend(all.pop_first());
        }
        all.insert(number, upload);
        drop(all);
        // Their files are erased while nobody waits for the others.
        drop(gone);
        Ok(number)
    }

    fn get(&self, number: u64) -> Option<Arc<Mutex<Upload>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    fn end(&self, number: u64) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

fn not_there() -> Response {
    refused(&Refusal::usage("unknown-upload", "it is not there any more; drop it again"))
}

fn unusable(error: impl std::fmt::Display) -> Response {
    refused(&Refusal::usage("upload", format!("it cannot be used: {error}")))
}

pub(super) async fn begin(State(management): State<Management>) -> Response {
    let begin = move || management.uploads.begin();
    match tokio::task::spawn_blocking(begin).await {
        Ok(Ok(number)) => respond(StatusCode::OK, &json!({ "upload": number })),
        Ok(Err(error)) => refused(&Refusal::host("upload", error.to_string())),
        Err(error) => unusable(error),
    }
}

pub(super) async fn write(
    State(management): State<Management>,
    Path((number, path)): Path<(u64, String)>,
    headers: HeaderMap,
    content: Body,
) -> Response {
    let Some(upload) = management.uploads.get(number) else { return not_there() };
    // The semaphore is never closed.
    let _permit = management.uploads.receiving.acquire().await;
    let read = body::read_within(&headers, content, UPLOAD_BYTES_MAX, UPLOAD_READ_TIMEOUT).await;
    let content = match read {
        Ok(content) => content,
        Err(BodyProblem::TooLarge) => return unusable("it is too large"),
        Err(BodyProblem::TooSlow) => return unusable("it came too slowly"),
        Err(BodyProblem::Broken) => return unusable("it did not come whole"),
    };
    let (host, uploads) = (management.host.clone(), Arc::clone(&management.uploads));
    let write = move || {
        let mut upload = upload.lock().unwrap_or_else(PoisonError::into_inner);
        let _turn = uploads.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // What is left is for what was accepted.
        host.has_room(content.len()).then(|| upload.write(&path, &content))
    };
    match tokio::task::spawn_blocking(write).await {
        Ok(Some(Ok(()))) => respond(StatusCode::OK, &json!({})),
        Ok(Some(Err(error))) => unusable(error),
        Ok(None) => {
            let what = "the disk is almost full: make room, then drop it again";
            refused(&Refusal::host("disk-full", what))
        }
        Err(error) => unusable(error),
    }
}

pub(super) async fn look(
    State(management): State<Management>,
    Path(number): Path<u64>,
) -> Response {
    let Some(upload) = management.uploads.get(number) else { return not_there() };
    let look = move || upload.lock().unwrap_or_else(PoisonError::into_inner).look();
    match tokio::task::spawn_blocking(look).await {
        Ok(page) => respond(StatusCode::OK, &json!({ "page": page })),
        Err(error) => unusable(error),
    }
}

pub(super) async fn install(
    State(management): State<Management>,
    Path(number): Path<u64>,
) -> Response {
    let Some(upload) = management.uploads.get(number) else { return not_there() };
    let folder = move || upload.lock().unwrap_or_else(PoisonError::into_inner).app_folder();
    let folder = match tokio::task::spawn_blocking(folder).await {
        Ok(Ok(folder)) => folder,
        Ok(Err(error)) => return unusable(error),
        Err(error) => return unusable(error),
    };
    let installed = management.host.install(folder).await;
    if installed.is_ok() {
        management.uploads.end(number);
    }
    answer(installed.map(|app| format!("{} is installed, version {}.", app.id(), app.version())))
}

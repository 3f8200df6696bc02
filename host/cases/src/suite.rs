use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use bugle::{Compiler, MANIFEST_FILE, TestApp};

use crate::run::{CaseReport, RunOne};
use crate::{Case, Error};

/// Where an app's cases are, beside its manifest.
const CASES_FOLDER: &str = "tests";

/// Cases of one app, and the app, ready to run.
#[derive(Debug)]
pub struct Suite {
    /// The app.
    pub app: TestApp,
    /// Its cases, in the order in which they were named, and by file name in a folder.
    pub cases: Vec<Case>,
}

/// Which cases to read, and against which app to run them.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// App folders, folders of cases, and case files.
    pub paths: Vec<PathBuf>,
    /// The app to run them against, in place of the one whose folder they are in.
    pub app: Option<PathBuf>,
    /// Only cases with this text in their name.
    pub filter: Option<String>,
}

/// Reads the cases that are selected, by the apps that they are for. Nothing is compiled yet.
///
/// # Errors
///
/// There is no such case, a case is not what it must be, or it belongs to no app.
pub fn select(selection: &Selection) -> Result<Vec<(PathBuf, Vec<Case>)>, Error> {
    let mut by_app: Vec<(PathBuf, Vec<Case>)> = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for path in &selection.paths {
        for file in case_files(path)? {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    for file in files {
        let case = Case::read(&file)?;
        if selection.filter.as_ref().is_some_and(|text| !case.name().contains(text)) {
            continue;
        }
        let app = match &selection.app {
            Some(app) => app.clone(),
            None => app_of(&file)?,
        };
        match by_app.iter_mut().find(|(other, _)| *other == app) {
            Some((_, cases)) => cases.push(case),
            None => by_app.push((app, vec![case])),
        }
    }
    match &selection.filter {
        Some(filter) if by_app.is_empty() => Err(Error::NothingLeft { filter: filter.clone() }),
        _ => Ok(by_app),
    }
}

/// A file itself; of an app's folder the cases beside the manifest; of another folder those in it.
fn case_files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let at = |source| Error::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(at)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let is_app = path.join(MANIFEST_FILE).is_file();
    let folder = if is_app { path.join(CASES_FOLDER) } else { path.to_owned() };
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(&folder).map_err(at)? {
            let file = entry.map_err(at)?.path();
            if file.extension().is_some_and(|ending| ending == "toml") && file.is_file() {
                files.push(file);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Error::NoCases { path: path.to_owned() });
    }
    Ok(files)
}

/// The nearest folder above that has a manifest.
fn app_of(file: &Path) -> Result<PathBuf, Error> {
    let at = |source| Error::File { path: file.to_owned(), source };
    // A relative path ends where it was begun, and the app may be above that.
    let whole = std::path::absolute(file).map_err(at)?;
    let has_manifest = |folder: &&Path| folder.join(MANIFEST_FILE).is_file();
    let found = whole.ancestors().skip(1).find(has_manifest);
    found.map(Path::to_owned).ok_or_else(|| Error::NoApp { path: file.to_owned() })
}

impl Suite {
    /// Makes an app and its cases ready: each component is compiled once, and every case is checked
    /// against the app before any is run.
    ///
    /// # Errors
    ///
    /// The app is not what it must be, or a case does not fit it.
    pub fn open(
        app: &Path,
        cases: Vec<Case>,
        compiler: Compiler,
        cache_dir: Option<&Path>,
    ) -> Result<Self, Error> {
        let app = TestApp::open(app, compiler, cache_dir)?;
        cases.iter().try_for_each(|case| case.prepare(&app))?;
        Ok(Self { app, cases })
    }

    /// Runs all cases, each `times` times, on as many threads as there are processors. `each` gets
    /// the reports in the order of the cases, as soon as it can.
    ///
    /// # Errors
    ///
    /// The host could not run a case, or `each` does not want to go on.
    pub fn run<E: From<Error>>(
        &self,
        run_one: &RunOne<'_>,
        times: usize,
        mut each: impl FnMut(&Case, CaseReport) -> Result<(), E>,
    ) -> Result<(), E> {
        let next = AtomicUsize::new(0);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..threads.min(self.cases.len()) {
                let (next, sender) = (&next, sender.clone());
                scope.spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(case) = self.cases.get(at) else { break };
                        if sender.send((at, case.run(&self.app, run_one, times))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut waiting: Vec<Option<Result<CaseReport, Error>>> = Vec::new();
            waiting.resize_with(self.cases.len(), || None);
            let mut told = 0;
            while let Ok((at, report)) = receiver.recv() {
                waiting[at] = Some(report);
                while let Some(report) = waiting.get_mut(told).and_then(Option::take) {
                    each(&self.cases[told], report?)?;
                    told += 1;
                }
            }
            Ok(())
        })
    }
}

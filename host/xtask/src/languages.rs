//! The worked task in the other languages, every folder `examples/mail-<language>`, and the projects
//! that use all of an SDK.
//!
//! Each is copied to `target/guests`, where the program `bugle` builds it as it would for an
//! author, with pinned compilers that it sets up in `target/tools`. A language that cannot be
//! built is a failure, never left out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use bugle_toolchain::{Language, Tools};

use crate::tool::{self, run};

/// What `bugle build` makes in a project. It is kept between builds, and not copied.
const MADE: &str = ".bugle";

/// The worked task in one language, or the project of its SDK.
struct Example {
    language: Language,
    source: PathBuf,
    /// The copy, which is built.
    app: PathBuf,
}

/// Builds all of them with the program `bugle`, which must be built already.
///
/// # Errors
///
/// Names the languages that cannot be built; what their compilers said is above.
pub(crate) fn build(root: &Path) -> Result<()> {
    let mut all = examples(root)?;
    all.extend(sdk_projects(root)?);
    for_each(&all, "built", |example| {
        example.copy()?;
        let mut bugle = Command::new(tool::built(root, "bugle"));
        bugle.arg("build").arg(&example.app).arg("--setup");
        run(bugle.arg("--tools").arg(tool::tools(root)))
    })
}

/// Runs the unit tests of every language: of the SDK, and of the worked task. They are what authors
/// run: no WebAssembly, no host. Then the cases of the SDKs, which need both.
///
/// # Errors
///
/// Names the languages whose tests fail.
pub(crate) fn test(root: &Path) -> Result<()> {
    for_each(&examples(root)?, "unit tests passed", |example| {
        ensure!(example.app.is_dir(), "it was not built");
        let tools = tool::toolchains(root).find(example.language).map_err(tool::told)?;
        example.unit_tests(root, &tools)?.iter_mut().try_for_each(run)
    })?;
    for_each(&sdk_projects(root)?, "cases of the SDK passed", |project| {
        run(Command::new(tool::built(root, "bugle")).arg("test").arg(&project.app))
    })
}

/// Does something for every language, also after it failed for one.
fn for_each(examples: &[Example], done: &str, what: impl Fn(&Example) -> Result<()>) -> Result<()> {
    let mut failed = Vec::new();
    for example in examples {
        let (name, started) = (example.language.name(), Instant::now());
        match what(example) {
            Ok(()) => eprintln!("{name}: {done} in {:.1} s", started.elapsed().as_secs_f64()),
            Err(error) => {
                eprintln!("{name}: {error:#}");
                failed.push(name);
            }
        }
    }
    ensure!(failed.is_empty(), "not {done}: {}", failed.join(", "));
    Ok(())
}

fn examples(root: &Path) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for entry in fs::read_dir(root.join("examples"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(language) = name.strip_prefix("mail-") else { continue };
        let language = language.parse().with_context(|| format!("examples/{name}"))?;
        let app = tool::guests(root).join("apps").join(&name);
        examples.push(Example { language, source: entry.path(), app });
    }
    examples.sort_by_key(|example| example.language);
    for language in Language::ALL.iter().filter(|language| **language != Language::Rust) {
        if !examples.iter().any(|example| example.language == *language) {
            bail!("there is no examples/mail-{language}, the worked task in {}", language.name());
        }
    }
    Ok(examples)
}

/// The projects that use all of an SDK, with cases for it: each folder below `guest-sdk` that has a
/// manifest, but the templates.
fn sdk_projects(root: &Path) -> Result<Vec<Example>> {
    let mut projects = Vec::new();
    let mut folders = vec![root.join("guest-sdk")];
    while let Some(folder) = folders.pop() {
        if folder.join("bugle.toml").is_file() {
            let inside = folder.strip_prefix(root.join("guest-sdk"))?;
            let sdk = inside.components().next().context("an SDK is a folder")?;
            let sdk = sdk.as_os_str().to_string_lossy().into_owned();
            let language = sdk.parse().with_context(|| format!("guest-sdk/{sdk}"))?;
            let app = tool::guests(root).join("sdk").join(&sdk);
            projects.push(Example { language, source: folder, app });
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let is_template = entry.file_name().to_string_lossy().starts_with("template");
            if entry.file_type()?.is_dir() && !is_template {
                folders.push(entry.path());
            }
        }
    }
    projects.sort_by_key(|project| project.language);
    Ok(projects)
}

impl Example {
    /// Copies the sources, without what is no longer among them.
    fn copy(&self) -> Result<()> {
        if self.app.exists() {
            for entry in fs::read_dir(&self.app)? {
                let entry = entry?;
                if entry.file_name() == MADE {
                    continue;
                }
                let path = entry.path();
                if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
            }
        }
        copy(&self.source, &self.app)
    }

    /// The commands that an author has in this language.
    fn unit_tests(&self, root: &Path, tools: &Tools) -> Result<Vec<Command>> {
        let Self { source, app, .. } = self;
        let sdk = root.join("guest-sdk").join(self.language.as_str());
        Ok(match (self.language, tools) {
            (Language::JavaScript, Tools::JavaScript(js)) => {
                vec![npm_test(&js.programs(), &sdk)?, npm_test(&js.programs(), app)?]
            }
            // The SDK is that of JavaScript.
            (_, Tools::JavaScript(js)) => vec![npm_test(&js.programs(), app)?],
            // The file by its name: what a folder means here changed between versions of Node.
            (_, Tools::AssemblyScript(asc)) => {
                vec![called(asc.node(), app, &["--test", "tests/task.test.mjs"])]
            }
            // These two know where the SDK is in the repository.
            (_, Tools::Python(python)) => {
                [&sdk, source].map(|folder| unittest(python.python(), folder, &sdk)).into()
            }
            (_, Tools::Go(go)) => {
                [&sdk, source].map(|folder| called(go.go(), folder, &["test", "./..."])).into()
            }
            (Language::Zig, Tools::Zig(zig)) => {
                let mut tests = vec![
                    called(zig.zig(), &sdk, &["test", "src/bugle.zig"]),
                    called(zig.zig(), app, &ZIG_TEST),
                ];
                for test in &mut tests {
                    test.env("ZIG_LOCAL_CACHE_DIR", app.join(MADE).join("build/zig"));
                }
                tests
            }
            // Any compiler of the machine will do: the tests are for the machine, too.
            (Language::C, Tools::Zig(_)) => [sdk.join("tests"), app.clone()]
                .map(|folder| called(Command::new("make"), &folder, &["--silent", "test"]))
                .into(),
            // The SDK is that of C.
            (_, Tools::Zig(_)) => vec![called(Command::new("make"), app, &["--silent", "test"])],
            (language, _) => bail!("there are no unit tests of {}", language.name()),
        })
    }
}

/// The SDK is a module that the task imports.
const ZIG_TEST: [&str; 5] =
    ["test", "--dep", "bugle", "-Mroot=src/task.zig", "-Mbugle=.bugle/guest-sdk/zig/src/bugle.zig"];

/// `npm test`, with the pinned packages as if they were installed in the project.
fn npm_test(programs: &Path, folder: &Path) -> Result<Command> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(programs.to_owned()).chain(env::split_paths(&path));
    let mut npm = called(Command::new("npm"), folder, &["--silent", "test"]);
    npm.env("PATH", env::join_paths(folders)?);
    Ok(npm)
}

fn unittest(python: Command, folder: &Path, sdk: &Path) -> Command {
    let mut python = called(python, folder, &["-m", "unittest", "discover", "--quiet"]);
    // The repository stays as it is.
    python.env("PYTHONPATH", sdk).env("PYTHONDONTWRITEBYTECODE", "1");
    if folder.join("tests").is_dir() {
        python.args(["--start-directory", "tests"]);
    }
    python
}

fn called(mut command: Command, folder: &Path, args: &[&str]) -> Command {
    command.current_dir(folder).args(args);
    command
}

/// Copies a folder, but not what was made in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == MADE {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target)
                .with_context(|| format!("cannot copy {}", source.display()))?;
        }
    }
    Ok(())
}

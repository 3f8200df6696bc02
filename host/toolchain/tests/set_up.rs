//! Finding and setting up, on machines that are made up: folders with programs that say what real
//! ones would. That real ones work is shown by `cargo xtask guests`, which builds with them.
// The programs are scripts, and what is to be installed is named as in Debian.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use bugle_toolchain::{Error, Language, RustSource, Toolchains, Tools};
use tempfile::TempDir;

/// What `node -p` and `python3 -c` say when they are asked for version and place.
const NODE: &str = "printf '22.1.0\\n/usr/bin/node\\n'";
const PYTHON: &str = "case \"$1\" in -c) printf '3.11.2\\n%s\\n' \"$0\";; esac";

/// Lays down what the real client would, and notes that it was called.
const NPM: &str = "mkdir -p node_modules/componentize-qjs && cp package-lock.json seen.json && \
     : > node_modules/componentize-qjs/cli.mjs && echo call >> \"${0%/*}/calls\"";

/// A machine with a folder for its programs, and one for tools.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new(programs: &[(&str, &str)]) -> Self {
        let machine =
            Self { folder: TempDir::new().expect("there is a folder for temporary files") };
        fs::create_dir(machine.programs()).expect("the folder is new");
        for (name, script) in programs {
            machine.install(name, script);
        }
        machine
    }

    fn install(&self, name: &str, script: &str) {
        let path = self.programs().join(name);
        let text = path.with_extension("text");
        fs::write(&text, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n"))
            .expect("the folder is there");
        // A program that is open for writing cannot be started, and what this process has open is
        // open in each child too, of other tests as well, until that is another program.
        let mut copy = Command::new("install");
        let done = copy.arg("--mode=755").args([&text, &path]).status().expect("it is in Debian");
        assert!(done.success(), "{}", path.display());
        fs::remove_file(text).expect("the file is ours");
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }

    fn tools(&self) -> PathBuf {
        self.folder.path().join("tools")
    }

    fn toolchains(&self) -> Toolchains {
        Toolchains::new(self.tools()).with_path(self.programs())
    }

    fn set_up(&self, language: Language) -> Result<Tools, Error> {
        self.toolchains().set_up(language, &mut |_| {})
    }

    /// How often the fetching client was called.
    fn calls(&self) -> usize {
        fs::read_to_string(self.programs().join("calls")).unwrap_or_default().lines().count()
    }

    /// Everything of a text that differs between two runs, taken out.
    fn plain(&self, text: &str) -> String {
        text.replace(&*self.folder.path().to_string_lossy(), "<machine>")
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.expect("the folder can be read").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_empty_machine_lacks_every_language_and_says_what() {
    let machine = Machine::new(&[]);
    let said: Vec<String> = Language::ALL
        .iter()
        .map(|&language| {
            let found = machine.toolchains().find(language);
            let error = found.expect_err("there is nothing");
            assert_eq!(error.code(), "tools-missing");
            error.to_string()
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    Rust: there is no `cargo` in PATH; run `sudo apt-get install rustup`
    JavaScript: there is no Node 20 or newer in PATH; run `sudo apt-get install nodejs npm`
    TypeScript: there is no Node 20 or newer in PATH; run `sudo apt-get install nodejs npm`
    Python: there is no Python 3.9 or newer in PATH; run `sudo apt-get install python3 python3-pip`
    C: needs Zig 0.17.1, which is not set up; run `bugle build --setup`
    C++: needs Zig 0.17.1, which is not set up; run `bugle build --setup`
    Go: needs Go 1.27.3, which is not set up; run `bugle build --setup`
    Zig: needs Zig 0.17.1, which is not set up; run `bugle build --setup`
    AssemblyScript: there is no Node 20 or newer in PATH; run `sudo apt-get install nodejs npm`
    ");
    assert!(!machine.tools().exists(), "finding makes nothing");
}

#[test]
fn a_machine_with_the_interpreters_lacks_the_pinned_packages() {
    let machine = Machine::new(&[("node", NODE), ("python3", PYTHON)]);
    let said = [Language::TypeScript, Language::Python, Language::AssemblyScript]
        .map(|language| machine.toolchains().find(language).expect_err("only these").to_string());
    insta::assert_snapshot!(said.join("\n"), @"
    TypeScript: needs componentize-qjs 0.4.5 with esbuild 0.28.2, which is not set up; run `bugle build --setup`
    Python: needs componentize-py 0.25.1, which is not set up; run `bugle build --setup`
    AssemblyScript: needs AssemblyScript 0.28.20, which is not set up; run `bugle build --setup`
    ");
}

#[test]
fn what_is_too_old_is_not_there() {
    let node = NODE.replace("22.1.0", "18.19.0");
    let machine = Machine::new(&[
        ("node", &node),
        ("zig", "echo 0.13.0"),
        ("go", "echo go version go1.19.8 linux/amd64"),
    ]);
    let said = [Language::AssemblyScript, Language::Zig, Language::Go]
        .map(|language| machine.toolchains().find(language).expect_err("it is old").to_string());
    insta::assert_snapshot!(said.join("\n"), @"
    AssemblyScript: there is no Node 20 or newer in PATH; run `sudo apt-get install nodejs npm`
    Zig: needs Zig 0.17.1, which is not set up; run `bugle build --setup`
    Go: needs Go 1.27.3, which is not set up; run `bugle build --setup`
    ");
}

#[test]
fn what_the_machine_has_of_the_pinned_series_is_used() {
    let machine =
        Machine::new(&[("zig", "echo 0.17.3"), ("go", "echo go version go1.27.9 linux/amd64")]);
    let found =
        [Language::C, Language::Go].map(|language| machine.set_up(language).unwrap().describe());
    assert_eq!(found, ["Zig 0.17.3", "Go 1.27.9"]);
    assert!(!machine.tools().exists(), "nothing was fetched");
}

#[test]
fn what_was_set_up_is_found_and_not_fetched_again() {
    let machine = Machine::new(&[("node", NODE), ("npm", NPM)]);
    let mut said = Vec::new();
    let set_up = machine.toolchains().set_up(Language::TypeScript, &mut |line| {
        said.push(line.to_owned());
    });
    assert_eq!(set_up.unwrap().describe(), "componentize-qjs 0.4.5 with esbuild 0.28.2");
    assert!(said.concat().starts_with("fetching componentize-qjs"), "{said:?}");
    machine.toolchains().find(Language::JavaScript).unwrap();
    machine.set_up(Language::JavaScript).unwrap();
    assert_eq!(machine.calls(), 1);
    assert_eq!(entries(&machine.tools()), ["javascript", "javascript.lock"]);
    let lock = fs::read_to_string(machine.tools().join("javascript/seen.json")).unwrap();
    assert!(lock.contains("\"integrity\": \"sha512-"), "npm gets the hashes");
}

#[test]
fn what_is_damaged_or_of_another_version_is_set_up_again() {
    let machine = Machine::new(&[("node", NODE), ("npm", NPM)]);
    let folder = machine.tools().join("javascript");
    machine.set_up(Language::JavaScript).unwrap();
    let lost = "node_modules/componentize-qjs/cli.mjs";
    for damage in [
        &|| fs::write(folder.join("stamp"), "another version").unwrap() as _,
        &|| fs::write(folder.join("stamp"), [0xff, 0xfe]).unwrap(),
        &|| fs::remove_file(folder.join("stamp")).unwrap(),
        &|| fs::remove_file(folder.join(lost)).unwrap(),
    ] as [&dyn Fn(); 4]
    {
        damage();
        let missing = machine.toolchains().find(Language::JavaScript);
        assert!(matches!(missing, Err(Error::Missing { .. })), "{missing:?}");
        machine.set_up(Language::JavaScript).unwrap();
    }
    assert_eq!(machine.calls(), 5);
}

#[test]
fn what_a_killed_program_left_is_not_taken_for_tools() {
    let machine = Machine::new(&[("node", NODE), ("npm", NPM)]);
    let half = machine.tools().join("javascript.new");
    fs::create_dir_all(half.join("node_modules/componentize-qjs")).unwrap();
    fs::write(half.join("old"), "").unwrap();
    machine.toolchains().find(Language::JavaScript).expect_err("half of it is nothing");
    machine.set_up(Language::JavaScript).unwrap();
    assert_eq!(entries(&machine.tools()), ["javascript", "javascript.lock"]);
    assert!(!machine.tools().join("javascript/old").exists());
}

#[test]
fn two_at_once_fetch_once() {
    let machine = Machine::new(&[("node", NODE), ("npm", NPM)]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| machine.set_up(Language::JavaScript).unwrap());
        }
    });
    assert_eq!(machine.calls(), 1);
}

#[test]
fn a_fetch_that_fails_leaves_nothing_and_tells_all_that_was_said() {
    let npm =
        "mkdir node_modules; echo 'half of it'; printf 'error one\\nerror two\\n' >&2; exit 7";
    let machine = Machine::new(&[("node", NODE), ("npm", npm)]);
    let error = machine.set_up(Language::JavaScript).unwrap_err();
    assert_eq!(error.code(), "tools-setup-failed");
    insta::assert_snapshot!(error, @"cannot fetch componentize-qjs 0.4.5 with esbuild 0.28.2: `npm ci --ignore-scripts --no-audit --no-fund --loglevel=error` ended with exit status: 7");
    assert_eq!(error.words(), Some("half of it\nerror one\nerror two"));
    assert_eq!(entries(&machine.tools()), ["javascript.lock"]);
    // And then the network is back.
    machine.install("npm", NPM);
    machine.set_up(Language::JavaScript).unwrap();
}

#[test]
fn a_fetch_that_brings_something_else_is_refused() {
    let machine = Machine::new(&[("node", NODE), ("npm", "exit 0")]);
    let error = machine.set_up(Language::JavaScript).unwrap_err();
    insta::assert_snapshot!(machine.plain(&error.to_string()), @"cannot set up componentize-qjs 0.4.5 with esbuild 0.28.2: there is no `<machine>/tools/javascript.new/node_modules/componentize-qjs/cli.mjs` in what was fetched");
    assert_eq!(entries(&machine.tools()), ["javascript.lock"]);
}

#[test]
fn python_without_pip_is_told_apart() {
    let python = format!("{PYTHON}\ncase \"$1\" in -m) exit 1;; esac");
    let machine = Machine::new(&[("python3", &python)]);
    let error = machine.set_up(Language::Zig).unwrap_err();
    insta::assert_snapshot!(machine.plain(&error.to_string()), @"Zig: `<machine>/programs/python3` has no pip; run `sudo apt-get install python3-pip`");
}

#[test]
fn the_folder_of_tools_may_be_something_else() {
    let machine = Machine::new(&[("node", NODE), ("npm", NPM)]);
    fs::write(machine.tools(), "a file").unwrap();
    let error = machine.set_up(Language::JavaScript).unwrap_err();
    assert_eq!(error.code(), "tools-io");
    insta::assert_snapshot!(machine.plain(&error.to_string()), @"cannot make the folder `<machine>/tools`: File exists (os error 17)");
}

/// A compiler whose sysroot is in the folder of programs; it has the linkers, and the target when
/// `target` is there.
const RUSTC: &str = "sysroot=\"${0%/*}/sysroot\"\n\
     case \"$*\" in\n\
     -vV) printf 'release: 1.95.0\\nhost: here\\n';;\n\
     *sysroot*) echo \"$sysroot\";;\n\
     *target-libdir*) echo \"$sysroot/target\";;\n\
     esac";

fn with_linkers(machine: &Machine) {
    let tools = machine.programs().join("sysroot/lib/rustlib/here/bin");
    fs::create_dir_all(tools.join("gcc-ld")).expect("the folder is ours");
    fs::write(tools.join("wasm-component-ld"), "").expect("the folder is ours");
    fs::write(tools.join("gcc-ld/wasm-ld"), "").expect("the folder is ours");
}

#[test]
fn rustup_adds_the_target_of_rust() {
    let rustup = "mkdir \"${0%/*}/sysroot/target\"; echo \"$*\" > \"${0%/*}/calls\"";
    let machine = Machine::new(&[("cargo", ""), ("rustc", RUSTC), ("rustup", rustup)]);
    let missing = machine.toolchains().find(Language::Rust).unwrap_err();
    insta::assert_snapshot!(missing, @"Rust: the compiler lacks the target wasm32-unknown-unknown; run `bugle build --setup`");
    with_linkers(&machine);
    let tools = machine.set_up(Language::Rust).unwrap();
    assert_eq!(tools.describe(), "Rust 1.95.0, which has the target");
    let calls = fs::read_to_string(machine.programs().join("calls")).unwrap();
    assert_eq!(calls, "target add wasm32-unknown-unknown\n");
    machine.toolchains().find(Language::Rust).unwrap();
}

#[test]
fn where_neither_rustup_nor_debian_can_help_both_are_told() {
    let rustup = "echo 'no network' >&2; exit 1";
    let machine = Machine::new(&[("cargo", ""), ("rustc", RUSTC), ("rustup", rustup)]);
    with_linkers(&machine);
    let mut said = String::new();
    let error = machine
        .toolchains()
        .set_up(Language::Rust, &mut |line| said.extend([line, "\n"]))
        .unwrap_err();
    insta::assert_snapshot!(format!("{said}{error}"), @"
    no target from rustup (cannot add the target: `rustup target add wasm32-unknown-unknown` ended with exit status: 1); bootstrapping a compiler
    bootstrapping a compiler, once: about 130 MB, and a minute or two
    cannot bootstrap a compiler: it takes packages of Debian 12 or newer, with `apt-get`
    ");
    assert_eq!(entries(&machine.tools()), ["rust.lock"]);
    let refused = machine.toolchains().rust(RustSource::Installed, &mut |_| {}).unwrap_err();
    assert_eq!(refused.code(), "tools-missing");
}

#[test]
fn a_rust_that_is_not_rustups_lacks_the_linkers() {
    let machine = Machine::new(&[("cargo", ""), ("rustc", RUSTC)]);
    fs::create_dir_all(machine.programs().join("sysroot/target")).unwrap();
    let error = machine.toolchains().find(Language::Rust).unwrap_err();
    insta::assert_snapshot!(machine.plain(&error.to_string()), @"Rust: `<machine>/programs/sysroot/lib/rustlib/here/bin/wasm-component-ld`, which is part of rustup's Rust, is missing; run `sudo apt-get install rustup`");
}

#[test]
fn languages_have_one_word_each() {
    for language in Language::ALL {
        assert_eq!(language.as_str().parse(), Ok(*language));
    }
    let unknown = "cobol".parse::<Language>().unwrap_err();
    insta::assert_snapshot!(unknown, @"there is no language `cobol`; there are rust, js, ts, python, c, cpp, go, zig and assemblyscript, and any other with `[build] command`");
}

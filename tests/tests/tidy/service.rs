//! The unit of the daemon: every line says why, it confines what it starts, its figures are those of the
//! code, and what it starts is a command that there is.

use std::process::Command;

use bugle_gateway::{
    APP_CONNECTIONS_MAX, COMMAND_CONNECTIONS_MAX, DRAIN_TIMEOUT, MANAGEMENT_CONNECTIONS_MAX,
    METRICS_CONNECTIONS_MAX, PUSH_CONNECTIONS_MAX, RETRY_AFTER, WAITING_MAX,
};
use bugle_sandbox::CompileLimits;
use bugle_sinks::ANSWER_TIMEOUT;
use bugle_task::{LimitName, Limits};
use bugle_tests::program;

use crate::assert_none;
use crate::tree;

/// The folder of what systemd reads.
const FOLDER: &str = "host/cli/systemd/";

/// The unit itself.
const UNIT: &str = "bugle.service";

/// What an operator adds to it for a door to the network.
const TLS: &str = "tls.conf";

/// Where OPERATING.md has the program installed.
const PROGRAM: &str = "/usr/local/bin/bugle";

/// What the unit must say, since SECURITY.md counts on it.
const WANTED: [&str; 35] = [
    "AmbientCapabilities=",
    "CapabilityBoundingSet=",
    "Group=bugle",
    "IPAddressAllow=localhost",
    "IPAddressDeny=any",
    "KeyringMode=private",
    "LimitCORE=0",
    "LockPersonality=yes",
    "NoExecPaths=/",
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateIPC=yes",
    "PrivateTmp=yes",
    "PrivateUsers=yes",
    "ProcSubset=pid",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHome=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
    "RemoveIPC=yes",
    "Restart=on-failure",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "StandardOutput=null",
    "StateDirectoryMode=0700",
    "SystemCallArchitectures=native",
    "UMask=0077",
    "User=bugle",
];

/// One line of a unit, joined if it goes on below.
#[derive(Debug, PartialEq)]
struct Directive {
    name: String,
    value: String,
    /// The comment right above it.
    why: Option<String>,
}

fn directives(unit: &str) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut why = None;
    for line in unit.replace("\\\n", " ").lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            why = Some(comment.to_owned());
            continue;
        }
        // In a unit only: what sysusers reads has words in place of names with values.
        if let Some((name, value)) = line.split_once('=') {
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            found.push(Directive { name: name.to_owned(), value, why: why.take() });
        } else if !line.is_empty() && !line.starts_with('[') {
            found.push(Directive { name: line.to_owned(), value: String::new(), why: why.take() });
        }
        why = None;
    }
    found
}

fn read(name: &str) -> Vec<Directive> {
    directives(&tree::text(&format!("{FOLDER}{name}")))
}

/// All values of a name, in their order.
fn values<'a>(unit: &'a [Directive], name: &str) -> Vec<&'a str> {
    unit.iter().filter(|line| line.name == name).map(|line| line.value.as_str()).collect()
}

/// A figure of the unit that is said once, with its ending taken as systemd takes it.
fn figure(unit: &[Directive], name: &str) -> u64 {
    let values = values(unit, name);
    assert_eq!(values.len(), 1, "{name} is said once");
    let digits = values[0].trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = &values[0][digits.len()..];
    assert!(["", "s", "G"].contains(&ending), "{name} has an ending that is not read here");
    let scale = if ending == "G" { 1 << 30 } else { 1 };
    digits.parse::<u64>().expect("it is a number") * scale
}

/// A number of the tables in LIMITS.md, which are generated.
fn limit(name: &str) -> u64 {
    let page = tree::text("host/docs/LIMITS.md");
    let row = page.split(&format!("| `{name}` | ")).nth(1).expect("the limit is in the tables");
    let number = row.split(' ').next().unwrap_or(row).replace(',', "");
    number.parse().expect("it is a number")
}

#[test]
fn every_line_of_a_unit_says_why_it_is_there() {
    let mut broken = Vec::new();
    let files: Vec<String> = tree::files()
        .into_iter()
        .filter_map(|file| file.path.strip_prefix(FOLDER).map(str::to_owned))
        .collect();
    assert!(files.iter().any(|file| file == UNIT), "the unit is among {files:?}");
    for file in files {
        for line in read(&file) {
            // A sentence, or a part of one that the next line ends.
            if line.why.is_none_or(|why| !why.ends_with(['.', ','])) {
                broken.push(format!("{file}: {}={}", line.name, line.value));
            }
        }
        let text = tree::text(&format!("{FOLDER}{file}"));
        let long = (1..).zip(text.lines()).filter(|(_, line)| line.chars().count() > 110);
        broken.extend(long.map(|(number, _)| format!("{file}:{number} is too long")));
    }
    assert_none("a line of a unit stands without its reason, or is too long", &broken);
}

#[test]
fn the_unit_confines_what_it_starts() {
    let unit = read(UNIT);
    let said: Vec<String> =
        unit.iter().map(|line| format!("{}={}", line.name, line.value)).collect();
    let is_said = |wanted: &str| said.iter().filter(|said| *said == wanted).count() == 1;
    let mut broken: Vec<String> =
        WANTED.into_iter().filter(|wanted| !is_said(wanted)).map(str::to_owned).collect();
    // Said twice, the later one is what holds.
    let names: Vec<&str> = WANTED.iter().filter_map(|wanted| wanted.split('=').next()).collect();
    let twice = names.into_iter().filter(|name| values(&unit, name).len() > 1);
    broken.extend(twice.map(|name| format!("{name} once only")));
    // The sandbox makes memory executable, so this one must not be on: see SECURITY.md.
    assert_eq!(values(&unit, "MemoryDenyWriteExecute"), ["no"]);
    let filter = values(&unit, "SystemCallFilter");
    assert_eq!(filter.len(), 2, "a list, and what is taken off: {filter:?}");
    let (allowed, refused) = (filter[0], filter[1]);
    assert_eq!(allowed, "@system-service");
    for group in ["@privileged", "@setuid", "@keyring", "@memlock", "@aio"] {
        let is_refused = refused.trim_start_matches('~').split(' ').any(|word| word == group);
        if !is_refused || !refused.starts_with('~') {
            broken.push(format!("SystemCallFilter allows {group}"));
        }
    }
    // `setpriority` and `setrlimit` are in it: without, guests do not stand back.
    assert!(!refused.contains("@resources"), "{refused}");
    assert_none("the unit does not say", &broken);
}

#[test]
fn the_figures_of_the_unit_are_those_of_the_code() {
    let unit = read(UNIT);
    let threads = limit("THREADS_MAX");
    let runs = threads * Limits::default().get(LimitName::MemoryBytes);
    let host = 2 << 30;
    assert_eq!(figure(&unit, "MemoryMax"), runs + CompileLimits::default().memory_bytes + host);
    let doors = [
        PUSH_CONNECTIONS_MAX,
        WAITING_MAX,
        COMMAND_CONNECTIONS_MAX,
        APP_CONNECTIONS_MAX,
        MANAGEMENT_CONNECTIONS_MAX,
        METRICS_CONNECTIONS_MAX,
    ];
    let doors: usize = doors.into_iter().sum();
    let why = tree::text(&format!("{FOLDER}{UNIT}"));
    assert!(why.contains("2,280 connections") && doors == 2_280, "the doors have {doors}");
    // An image for each part of a component that has data: a language runtime has a handful.
    let images = 16 * limit("LOADED_MAX");
    assert!(figure(&unit, "LimitNOFILE") >= doors as u64 + images);
    // A command has a thread, and to compile four more.
    assert!(figure(&unit, "TasksMax") >= threads + 5 * COMMAND_CONNECTIONS_MAX as u64);
    let grace = LimitName::GraceMs.ceiling().div_ceil(1_000);
    // A webhook under way; then telemetry under way, the last traces, and the last numbers.
    let answers = 4 * ANSWER_TIMEOUT.as_secs();
    assert!(figure(&unit, "TimeoutStopSec") > DRAIN_TIMEOUT.as_secs() + grace + answers);
    let pause = figure(&unit, "RestartSec");
    assert!(pause > 0 && pause < RETRY_AFTER.as_secs(), "senders come again after {RETRY_AFTER:?}");
}

#[test]
fn what_the_units_start_is_a_command_of_the_program() {
    let mut broken = Vec::new();
    let page = tree::text("host/docs/OPERATING.md");
    assert!(page.contains(PROGRAM), "OPERATING.md has the program installed elsewhere");
    for (file, other) in [(UNIT, None), (TLS, Some("--no-such-option"))] {
        let unit = read(file);
        let starts = values(&unit, "ExecStart");
        let start = starts.last().expect("a unit starts something");
        let mut words = start.split(' ');
        assert_eq!(words.next(), Some(PROGRAM), "{file}");
        let words: Vec<&str> = words.collect();
        assert_eq!(words.first(), Some(&"serve"), "{file}");
        // With `--help` at its end, everything before is read, and nothing is started.
        let accepts = |more: Option<&str>| {
            let mut command = Command::new(program::path().expect("the program is built"));
            command.args(&words).args(more).arg("--help");
            command.output().expect("the program starts").status.success()
        };
        if !accepts(None) {
            broken.push(format!("{file}: {start}"));
        }
        assert!(!other.is_some_and(|other| accepts(Some(other))), "any option would do");
    }
    assert_none("the program does not take what a unit starts it with", &broken);
}

#[test]
fn units_are_read() {
    let unit = "# All of it.\n\n[Service]\n# Why.\nUser=a\nGroup=b\n# A list\nExec=x \\\n   y=z\n";
    let line = |name: &str, value: &str, why: Option<&str>| Directive {
        name: name.to_owned(),
        value: value.to_owned(),
        why: why.map(str::to_owned),
    };
    assert_eq!(
        directives(unit),
        [
            line("User", "a", Some("Why.")),
            line("Group", "b", None),
            line("Exec", "x y=z", Some("A list"))
        ]
    );
}

//! `bugle logs`, `bugle toasts -f` and `bugle list --watch`: what happens, as it happens.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Daemon, Place, path};
use bugle_tests::{AppSource, fixtures, puppet};
use serde_json::Value;

use crate::{INBOX, MAIL, address, app_of, filters, mail, place_with_mail};

const CHAT: &str = "com.example.chat";
const CHAT_INBOX: &str = "com.example.chat/inbox";
/// By its name it comes before the other.
const FAULTY: &str = "com.example.faulty";
const FAULTY_INBOX: &str = "com.example.faulty/inbox";

/// A command that goes on until it is killed, and the lines that it says.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn start(place: &Place, args: &[&str]) -> Result<Self> {
        let mut child = place.command(args)?.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().context("standard output is a pipe")?;
        Ok(Self { child, lines: BufReader::new(out).lines() })
    }

    fn line(&mut self) -> Result<String> {
        Ok(self.lines.next().context("it has ended")??)
    }

    fn json(&mut self) -> Result<Value> {
        Ok(serde_json::from_str(&self.line()?)?)
    }

    /// Reads pages of so many lines until one is as it should be.
    fn until(&mut self, lines: usize, is_so: impl Fn(&[String]) -> bool) -> Result<()> {
        let mut looks = 0..20;
        loop {
            let page: Vec<String> = (0..lines).map(|_| self.line()).collect::<Result<_>>()?;
            if is_so(&page) {
                return Ok(());
            }
            ensure!(looks.next().is_some(), "it stays so: {page:#?}");
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn logs_say_what_tasks_said_and_how_they_ended() -> Result<()> {
    let _filters = filters();
    let place = place_with_mail()?;
    insta::assert_snapshot!(place.bugle(["logs"])?.good()?, @"no runs");
    place.bugle(["push", INBOX, &mail("1"), "--wait"])?.good()?;
    place.bugle(["push", INBOX, "no mail", "--ttl", "0", "--wait"])?;
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d+(\.\d)? (µs|ms|s), [\d,]+ fuel", "[used]");
    settings.add_filter(r"not a JSON list of mails: .* \[used\]", "no list  [used]");
    let _filters = settings.bind_to_scope();
    insta::assert_snapshot!(place.bugle(["logs"])?.good()?, @r"
    [moment]  com.example.mail  new-mail  run-1.1  info   new mails: 1, unread: 1
    [moment]  com.example.mail  new-mail  run-1.1  completed  [used]
    [moment]  com.example.mail  new-mail  run-2.1  rejected: the push is no list  [used]
    ");
    let failed = place.bugle(["logs", "--failed"])?.good()?;
    ensure!(failed.lines().count() == 1 && failed.contains("run-2.1"), "{failed}");
    let latest = place.bugle(["logs", "--limit", "1"])?.good()?;
    ensure!(latest.lines().count() == 1 && latest.contains("run-2.1"), "{latest}");
    let json = place.bugle(["logs", "--app", MAIL, "--json"])?.good()?;
    let outcomes: Vec<Value> = json.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(outcomes[0]["outcome"] == "completed" && outcomes[1]["outcome"] == "rejected");
    let said = place.bugle(["logs", "--app", "com.example.none"])?;
    ensure!(said.code == 2 && said.err.contains("com.example.none"), "{said:?}");
    Ok(())
}

#[test]
fn logs_go_on_with_runs_as_they_are_committed() -> Result<()> {
    let place = place_with_mail()?;
    let _daemon = place.serve()?;
    let mut all = Following::start(&place, &["logs", "-f", "--json"])?;
    let mut failed = Following::start(&place, &["logs", "-f", "--json", "--failed"])?;
    for (id, content) in [(1, mail("1")), (2, "no mail".to_owned()), (3, mail("3"))] {
        place.bugle(["push", INBOX, &content, "--ttl", "0", "--wait"])?;
        let run = all.json()?;
        ensure!(run["run"] == format!("run-{id}.1"), "{run}");
    }
    let run = failed.json()?;
    ensure!(run["run"] == "run-2.1" && run["outcome"] == "rejected", "{run}");
    // The runs that were followed go.
    place.bugle(["remove", MAIL])?.good()?;
    place.bugle(["install", "mail"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    place.bugle(["push", INBOX, &mail("4"), "--wait"])?.good()?;
    let run = all.json()?;
    ensure!(run["outcome"] == "completed" && run["app"] == MAIL, "{run}");
    Ok(())
}

#[test]
fn toasts_are_followed() -> Result<()> {
    let place = place_with_mail()?;
    let _daemon = place.serve()?;
    place.bugle(["push", INBOX, &mail("1"), "--wait"])?.good()?;
    let mut toasts = Following::start(&place, &["toasts", "-f"])?;
    let mut other = Following::start(&place, &["toasts", "-f", "--json", "--app", MAIL])?;
    ensure!(toasts.line()?.ends_with("  com.example.mail"), "what is shown comes first");
    ensure!(other.json()?[0]["toast"]["title"] == "Ada", "the same in JSON");
    let mut line = String::new();
    place.bugle(["push", INBOX, &mail("2"), "--wait"])?.good()?;
    while !line.contains("] toast: Ada") {
        line = toasts.line()?;
    }
    let event = other.json()?;
    ensure!(event["change"]["toast"]["title"] == "Ada", "{event}");
    Ok(())
}

/// Installs a second app beside the mail example, and opens its channel.
fn place_with_two(name: &str, app: &AppSource, inbox: &str) -> Result<Place> {
    let place = place_with_mail()?;
    place.app(name, app)?;
    place.bugle(["install", name])?.good()?;
    place.bugle(["channel", "open", inbox])?.good()?;
    Ok(place)
}

#[test]
fn of_one_app_nothing_is_shown_that_is_of_another() -> Result<()> {
    let place = place_with_two("chat", &AppSource::example("chat")?, CHAT_INBOX)?;
    let _daemon = place.serve()?;
    let push = |id: &str| -> Result<()> {
        place.bugle(["push", CHAT_INBOX, "Grace: Ships?", "--wait"])?.good()?;
        place.bugle(["push", INBOX, &mail(id), "--wait"])?.good()?;
        Ok(())
    };
    push("1")?;
    let mut followed = Vec::new();
    for (app, other) in [(CHAT, MAIL), (MAIL, CHAT)] {
        for command in ["logs", "toasts"] {
            let shown = place.bugle([command, "--app", app])?.good()?;
            ensure!(shown.contains(app) && !shown.contains(other), "{command} of {app}: {shown}");
        }
        let logs = Following::start(&place, &["logs", "-f", "--json", "--app", app])?;
        let mut toasts = Following::start(&place, &["toasts", "-f", "--json", "--app", app])?;
        let shown = toasts.json()?;
        let is_one = shown.as_array().is_some_and(|toasts| toasts.len() == 1);
        ensure!(is_one && shown[0]["app-id"] == app, "{shown}");
        followed.push((app, logs, toasts));
    }
    // Twice, so that something of the other app is between what is of either.
    push("2")?;
    push("3")?;
    for (app, mut logs, mut toasts) in followed {
        for _ in 0..3 {
            let run = logs.json()?;
            ensure!(run["app"] == app, "{run}");
        }
        let mut shown = 0;
        while shown < 2 {
            let event = toasts.json()?;
            ensure!(event["app-id"] == app, "{event}");
            shown += u32::from(event["change"]["kind"] == "show");
        }
    }
    Ok(())
}

/// A place where the mail example has just run five times, and another app has one push that fails, fewer
/// times than that, and waits for its next attempt; and the fuel of the five.
fn busy_and_faulty() -> Result<(Place, Daemon, u64)> {
    let place = place_with_two("faulty", &puppet(FAULTY), FAULTY_INBOX)?;
    let daemon = place.serve()?;
    let path = address(&place, INBOX)?;
    let mut sender = daemon.connect()?;
    place.bugle(["push", FAULTY_INBOX, "fno luck"])?.good()?;
    // Without a program for each: all of them have to be of the last ten seconds when they are looked at.
    for id in ["1", "2", "3", "4"] {
        ensure!(sender.push(&path, mail(id).as_bytes())?.status == 201);
    }
    // It ends after what was accepted before it.
    place.bugle(["push", INBOX, &mail("5"), "--wait"])?.good()?;
    let runs = place.bugle(["logs", "--app", MAIL, "--json"])?.good()?;
    let runs: Vec<Value> = runs.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let fuel: u64 = runs.iter().filter_map(|run| run["usage"]["fuel"].as_u64()).sum();
    ensure!(runs.len() == 5 && fuel > 10_000, "{runs:?}");
    Ok((place, daemon, fuel))
}

#[test]
fn a_watched_list_begins_with_the_busier_app_and_says_what_each_does() -> Result<()> {
    let (place, _daemon, fuel) = busy_and_faulty()?;
    let mut watched = Following::start(&place, &["list", "--watch", "--json"])?;
    watched.until(1, |line| {
        let Ok(apps) = serde_json::from_str::<Value>(&line[0]) else { return false };
        let numbers = |app: &Value| {
            ["runs", "waiting", "fuel", "failures", "dead"].map(|name| app[name].as_u64())
        };
        let [runs, waiting, used, failures, dead] = numbers(&apps[1]);
        apps[0]["app"] == MAIL
            && numbers(&apps[0]) == [5, 0, fuel, 0, 0].map(Some)
            && apps[1]["app"] == FAULTY
            && (waiting, dead) == (Some(1), Some(0))
            && used > Some(0)
            && failures > Some(0)
            && failures == runs
    })
}

#[test]
fn the_columns_of_a_watched_list_are_rates_queues_and_failures() -> Result<()> {
    let (place, _daemon, fuel) = busy_and_faulty()?;
    let mut watched = Following::start(&place, &["list", "--watch"])?;
    // Of ten seconds.
    let busier = format!("{MAIL} 0.5 0 {} 0 0", fuel / 10);
    watched.until(5, |page| {
        let words = |row: &str| -> Vec<String> {
            row.replace(',', "").split_whitespace().map(str::to_owned).collect()
        };
        let other = words(&page[2]);
        let is_faulty = match &other[..] {
            [app, runs, waiting, _, failed, dead] => {
                let fails = failed != "0" && *runs == format!("0.{failed}");
                app == FAULTY && waiting == "1" && dead == "0" && fails
            }
            _ => false,
        };
        is_faulty && words(&page[1]).join(" ") == busier && page[3].starts_with("2 apps, ")
    })
}

#[test]
fn a_list_is_watched_plainly_where_there_is_no_terminal() -> Result<()> {
    let place = place_with_mail()?;
    place.bugle(["push", INBOX, &mail("1"), "--wait"])?.good()?;
    let mut watched = Following::start(&place, &["list", "--watch"])?;
    for _ in 0..2 {
        let heading = watched.line()?;
        let words: Vec<&str> = heading.split_whitespace().collect();
        let expected = ["app", "runs/s", "waiting", "fuel/s", "failed", "dead", "paused"];
        ensure!(words == expected, "{heading:?}");
        let row = watched.line()?;
        ensure!(row.starts_with("com.example.mail  "), "{row:?}");
        ensure!(!row.contains('\x1b'), "{row:?}");
        let sum = watched.line()?;
        ensure!(sum.starts_with("1 apps, "), "{sum:?}");
        ensure!(watched.line()?.is_empty());
    }
    let mut json = Following::start(&place, &["list", "--watch", "--json"])?;
    let apps = json.json()?;
    ensure!(apps[0]["app"] == MAIL && apps[0]["failures"] == 0, "{apps}");
    Ok(())
}

/// A screen of `tmux`, of 24 rows and 80 columns.
struct Screen<'a> {
    place: &'a Place,
    /// Names its server: one that ends is in the way of the next.
    command: &'a str,
}

impl<'a> Screen<'a> {
    fn start(place: &'a Place, args: &[&'a str]) -> Result<Self> {
        let screen = Self { place, command: args.first().context("there is a command")? };
        let program = path()?.display().to_string();
        let data = format!("BUGLE_DATA={}", place.data().display());
        let mut command = vec!["new-session", "-d", "-x", "80", "-y", "24", "-e", &data, &program];
        command.extend(args);
        screen.tmux(&command)?;
        Ok(screen)
    }

    fn tmux(&self, args: &[&str]) -> Result<String> {
        let socket = self.place.folder().join(format!("tmux-{}", self.command));
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(socket).args(["-f", "/dev/null"]).args(args).env("LC_ALL", "C.UTF-8");
        let output = tmux.output().context("these tests need the program `tmux`")?;
        ensure!(output.status.success(), "tmux {args:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Looks until the screen is as it should be; how it is then.
    fn until(&self, is_so: impl Fn(&str) -> bool) -> Result<String> {
        let start = Instant::now();
        loop {
            let shown = self.tmux(&["capture-pane", "-p"])?;
            if is_so(&shown) {
                return Ok(shown);
            }
            ensure!(start.elapsed() < Duration::from_secs(20), "the screen stays so:\n{shown}");
        }
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.tmux(&["kill-server"]);
    }
}

#[test]
fn a_watched_list_is_drawn_again_in_its_place() -> Result<()> {
    let place = place_with_mail()?;
    let _daemon = place.serve()?;
    let screen = Screen::start(&place, &["list", "--watch"])?;
    screen.until(|shown| shown.contains("com.example.mail"))?;
    place.bugle(["push", INBOX, "no mail", "--ttl", "0", "--wait"])?;
    let is_seen = |shown: &str| shown.contains(" 0.1 ") && shown.contains("rates of the last");
    let shown = screen.until(is_seen)?;
    ensure!(shown.matches("com.example.mail").count() == 1, "one page is shown:\n{shown}");
    ensure!(shown.starts_with("app  "), "at the top:\n{shown}");
    Ok(())
}

#[test]
fn what_is_followed_on_a_terminal_is_shown_and_not_obeyed() -> Result<()> {
    let place = Place::new()?;
    place.app("loud", &app_of(Path::new(fixtures::LOUD))?)?;
    place.bugle(["install", "loud"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    let _daemon = place.serve()?;
    let logs = Screen::start(&place, &["logs", "-f"])?;
    place.bugle(["push", INBOX, "x", "--wait"])?.good()?;
    let shown = logs.until(|shown| shown.contains("completed"))?;
    ensure!(shown.contains("evil") && shown.contains("\\u{1b}"), "it is shown:\n{shown}");
    drop(logs);
    let toasts = Screen::start(&place, &["toasts", "-f"])?;
    // It tells of what comes after it has begun: with those that are shown.
    toasts.until(|shown| shown.contains(MAIL))?;
    place.bugle(["push", INBOX, "x", "--wait"])?.good()?;
    let shown = toasts.until(|shown| shown.contains("] toast: "))?;
    ensure!(shown.contains("evil") && shown.contains("\\u{1b}"), "it is shown:\n{shown}");
    Ok(())
}

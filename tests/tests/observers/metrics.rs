//! The metrics door.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Answer, Connection, Daemon, Place};

use crate::{MAIL, place_with_mail, push};

/// A host that tells numbers, and where.
pub(crate) fn serve(place: &Place) -> Result<(Daemon, SocketAddr)> {
    serve_with(place, "terminal")
}

/// The same with another sink.
pub(crate) fn serve_with(place: &Place, sink: &str) -> Result<(Daemon, SocketAddr)> {
    let daemon = place.serve_with(&["--sink", sink, "--metrics-door", "127.0.0.1:0"])?;
    let door = door_of(&daemon)?;
    Ok((daemon, door))
}

/// Where a host that has just started tells numbers.
pub(crate) fn door_of(daemon: &Daemon) -> Result<SocketAddr> {
    let said = daemon.line()?;
    let url = said.strip_prefix("numbers are at http://").context("it says where")?;
    Ok(url.strip_suffix("/metrics").context("it is a page")?.parse()?)
}

fn ask(door: SocketAddr, path: &str, host: &str) -> Result<Answer> {
    let mut connection = Connection::to(door)?;
    connection.send(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n"))?;
    connection.answer()
}

pub(crate) fn text(door: SocketAddr) -> Result<String> {
    let answer = ask(door, "/metrics", &door.to_string())?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(answer.body)
}

#[test]
fn numbers_are_of_what_the_host_did() -> Result<()> {
    let place = place_with_mail()?;
    let (_daemon, door) = serve(&place)?;
    for content in [MAIL, MAIL, "no mail"] {
        push(&place, content)?;
    }
    let text = text(door)?;
    for line in [
        "bugle_triggers_accepted_total{kind=\"raw-notification\"} 3",
        "bugle_triggers_accepted_total{kind=\"timer\"} 0",
        "bugle_runs_total{outcome=\"completed\"} 2",
        "bugle_runs_total{outcome=\"rejected\"} 1",
        "bugle_run_time_seconds_count 3",
        "bugle_run_time_seconds_bucket{le=\"+Inf\"} 3",
        "bugle_wait_time_seconds_count 3",
        "bugle_triggers{state=\"waiting\"} 0",
        "bugle_triggers{state=\"dead\"} 1",
        "bugle_apps 1",
        "bugle_kept_runs 3",
        "bugle_delivery_failures_total{sink=\"terminal\"} 0",
        "# EOF",
    ] {
        ensure!(text.lines().any(|said| said == line), "`{line}` is not in\n{text}");
    }
    let fuel = text.lines().find_map(|line| line.strip_prefix("bugle_fuel_total "));
    ensure!(fuel.context("there is fuel")?.parse::<u64>()? > 1_000, "{text}");
    Ok(())
}

#[test]
fn numbers_name_nobody() -> Result<()> {
    let place = place_with_mail()?;
    let (_daemon, door) = serve(&place)?;
    push(&place, MAIL)?;
    let text = text(door)?;
    for name in ["example", "mail", "inbox", "Ada", "Lunch"] {
        ensure!(!text.contains(name), "`{name}` is in\n{text}");
    }
    Ok(())
}

#[test]
fn a_page_of_another_name_gets_no_numbers() -> Result<()> {
    let place = place_with_mail()?;
    let (_daemon, door) = serve(&place)?;
    for host in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example"] {
        let answer = ask(door, "/metrics", host)?;
        ensure!(answer.status == 421, "{host}: {answer:?}");
    }
    let localhost = format!("localhost:{}", door.port());
    ensure!(ask(door, "/metrics", &localhost)?.status == 200);
    ensure!(ask(door, "/", &localhost)?.status == 404);
    Ok(())
}

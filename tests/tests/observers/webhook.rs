//! Toasts go to a webhook, whatever its receiver does.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Daemon, Place, target};
use serde_json::{Value, json};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::receiver::{Came, Receiver, Say};
use crate::{MAIL, metrics, place_with_mail, push};

/// 32 bytes that nobody else has.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A host, and its log as it is written.
struct Host {
    daemon: Daemon,
    log: mpsc::Receiver<String>,
}

impl Host {
    /// Starts one that posts to a URL.
    fn start(place: &Place, url: &str, more: &[&str], trusted: Option<&Path>) -> Result<Self> {
        let secret = place.file("secret", SECRET)?;
        let mut command = place.command(["serve", "--listen", "127.0.0.1:0"])?;
        command.arg("--sink").arg(format!("webhook={url}")).arg("--webhook-secret").arg(secret);
        command.args(more).envs(trusted.map(|certificate| ("SSL_CERT_FILE", certificate)));
        let (tell, log) = mpsc::channel();
        let daemon = Daemon::start(command, move |line| {
            // The test may have heard enough.
            let _ = tell.send(line.clone());
            line
        })?;
        Ok(Self { daemon, log })
    }

    /// One that posts to a receiver of this machine.
    fn posts_to(place: &Place, door: SocketAddr, more: &[&str]) -> Result<Self> {
        let url = format!("http://{door}/toasts?of=me");
        Self::start(place, &url, &[&["--webhook-private"], more].concat(), None)
    }

    /// The next line of the log that has some words.
    fn says(&self, words: &str) -> Result<String> {
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(30));
            let line = line.with_context(|| format!("it does not say `{words}`"))?;
            if line.contains(words) {
                return Ok(line);
            }
        }
    }
}

/// What the library of receivers gives back for a request that it finds good.
fn verified(came: &Came, secret: &str) -> Result<Value> {
    let packages = target().join("clients/node");
    ensure!(packages.is_dir(), "node's packages are not there; `cargo xtask test` sets them up");
    let script = include_str!("../../clients/node/verify-webhook.mjs");
    let mut node = Command::new("node")
        .args(["--no-warnings", "--input-type=module", "--eval", script])
        .current_dir(packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let asked = json!({ "secret": secret, "headers": came.headers, "body": came.body });
    node.stdin.take().context("it is a pipe")?.write_all(asked.to_string().as_bytes())?;
    let said = node.wait_with_output()?;
    let why = String::from_utf8_lossy(&said.stderr);
    ensure!(said.status.success(), "it is not good: {why}");
    Ok(serde_json::from_slice(&said.stdout)?)
}

#[test]
fn a_toast_is_posted_and_its_signature_is_good() -> Result<()> {
    let place = place_with_mail()?;
    let receiver = Receiver::start([])?;
    let _host = Host::posts_to(&place, receiver.door, &[])?;
    push(&place, MAIL)?;
    let came = receiver.next()?;
    assert_eq!(came.path, "/toasts?of=me");
    assert_eq!(came.header("content-type"), "application/json");
    let id = came.header("webhook-id");
    ensure!(id.starts_with("evt_") && id.len() == 36, "{came:?}");
    assert_eq!(came.header("idempotency-key"), format!("\"{id}\""));
    let message = verified(&came, SECRET)?;
    assert_eq!(message["type"], "toast.shown");
    assert_eq!(message["data"]["app-id"], "com.example.mail");
    assert_eq!(message["data"]["change"]["toast"]["title"], "Ada");
    let another = SECRET.replace("AAEC", "AAED");
    let error = verified(&came, &another).expect_err("it is signed with another secret");
    ensure!(error.to_string().contains("No matching signature"), "{error}");
    let badge = verified(&receiver.next()?, SECRET)?;
    assert_eq!(badge["type"], "badge.changed");
    Ok(())
}

#[test]
fn what_a_receiver_did_not_take_comes_again_under_its_id() -> Result<()> {
    let place = place_with_mail()?;
    let receiver = Receiver::start([Say::Status(500, ""), Say::Nonsense])?;
    let host = Host::posts_to(&place, receiver.door, &[])?;
    push(&place, MAIL)?;
    let tries = [receiver.next()?, receiver.next()?, receiver.next()?];
    let ids: Vec<&str> = tries.iter().map(|came| came.header("webhook-id")).collect();
    ensure!(ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
    let pauses = [tries[1].at - tries[0].at, tries[2].at - tries[1].at];
    let least = [Duration::from_secs(1), Duration::from_secs(2)];
    ensure!(pauses[0] >= least[0] && pauses[1] >= least[1], "{pauses:?}");
    let next = receiver.next()?;
    ensure!(next.header("webhook-id") != ids[0], "what comes after it comes then");
    let (_, _, log) = host.daemon.terminate()?;
    let failures = log.matches("a toast was not delivered").count();
    ensure!(failures == 2 && log.contains("500"), "a line for each:\n{log}");
    ensure!(!log.contains('\x1b'), "{log:?}");
    Ok(())
}

#[test]
fn a_receiver_that_answers_nothing_holds_up_nobody() -> Result<()> {
    let place = place_with_mail()?;
    let receiver = Receiver::start([Say::Nothing])?;
    let lines = place.folder().join("toasts.jsonl");
    let beside = format!("json={}", lines.display());
    let host = Host::posts_to(&place, receiver.door, &["--sink", &beside])?;
    push(&place, MAIL)?;
    let first = receiver.next()?;
    // It waits for its answer now.
    for id in ["2", "3", "4"] {
        push(&place, &MAIL.replace("1", id))?;
    }
    // A toast and a badge for each mail.
    let written = || -> Result<usize> { Ok(std::fs::read_to_string(&lines)?.lines().count()) };
    let start = Instant::now();
    while written()? < 8 {
        ensure!(start.elapsed() < Duration::from_secs(30), "the other sink is held up");
        std::thread::yield_now();
    }
    // However long that took: it may have been sent again meanwhile.
    let again = receiver.next().context("the same, again")?;
    let ids = [first.header("webhook-id"), again.header("webhook-id")];
    ensure!(ids[0] == ids[1], "nothing overtakes what is not taken: {ids:?}");
    host.daemon.terminate().map(drop)
}

#[test]
fn nothing_is_lost_while_a_receiver_is_away_and_the_host_starts_again() -> Result<()> {
    let place = place_with_mail()?;
    // Nobody listens there any more.
    let door = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let host = Host::posts_to(&place, door, &[])?;
    push(&place, MAIL)?;
    host.says("a toast was not delivered")?;
    host.daemon.terminate()?;
    let receiver = Receiver::at(door)?;
    let _host = Host::posts_to(&place, door, &[])?;
    let shown = verified(&receiver.next()?, SECRET)?;
    assert_eq!(shown["data"]["change"]["toast"]["title"], "Ada");
    Ok(())
}

#[test]
fn a_receiver_may_ask_to_be_left_alone() -> Result<()> {
    let place = place_with_mail()?;
    let receiver = Receiver::start([Say::Status(429, "retry-after: 3600\r\n")])?;
    let host = Host::posts_to(&place, receiver.door, &[])?;
    push(&place, MAIL)?;
    receiver.next()?;
    host.says("429")?;
    host.says("asked to be left alone")?;
    ensure!(!receiver.has_more(), "it was asked again");
    Ok(())
}

#[test]
fn a_private_address_is_refused_unless_it_is_allowed() -> Result<()> {
    let place = place_with_mail()?;
    let receiver = Receiver::start([])?;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("https://{host}:{}/", receiver.door.port());
        let host = Host::start(&place, &url, &[], None)?;
        push(&place, MAIL)?;
        let line = host.says("a toast was not delivered")?;
        ensure!(line.contains("it is at a private address"), "{url}: {line}");
        ensure!(!receiver.has_more(), "{url} was posted to");
    }
    let secret = place.file("secret", SECRET)?.display().to_string();
    let plain = format!("webhook=http://{}/hidden-path", receiver.door);
    let said = place.bugle(["serve", "--sink", &plain, "--webhook-secret", &secret])?;
    ensure!(said.code == 2 && said.err.contains("must begin with `https://`"), "{said:?}");
    ensure!(!said.err.contains("hidden"), "{said:?}");
    Ok(())
}

#[test]
fn a_webhook_is_posted_by_tls_that_this_machine_trusts() -> Result<()> {
    let place = place_with_mail()?;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let certificate = place.file("trusted.pem", made.cert.pem())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let receiver = Receiver::by_tls(config)?;
    let url = format!("https://localhost:{}/", receiver.door.port());
    let untrusted = Host::start(&place, &url, &["--webhook-private"], None)?;
    push(&place, MAIL)?;
    let line = untrusted.says("a toast was not delivered")?;
    ensure!(line.to_lowercase().contains("certificate"), "it says why: {line}");
    untrusted.daemon.terminate()?;
    let _trusted = Host::start(&place, &url, &["--webhook-private"], Some(&certificate))?;
    assert_eq!(verified(&receiver.next()?, SECRET)?["type"], "toast.shown");
    Ok(())
}

#[test]
fn what_is_no_webhook_is_refused_with_what_to_do() -> Result<()> {
    let place = place_with_mail()?;
    let secret = place.file("secret", SECRET)?.display().to_string();
    let short = place.file("short", "whsec_AAEC")?.display().to_string();
    let url = "webhook=https://hooks.example.org/a";
    for (args, code, hint) in [
        (vec![url], "webhook-secret", "--webhook-secret FILE"),
        (vec![url, "--webhook-secret", &short], "webhook-secret", "24 to 64 bytes"),
        (vec![url, "--webhook-secret", "none"], "sink-file", "`none` cannot be used"),
        (vec!["webhook=ftp://a", "--webhook-secret", &secret], "receiver-url", "https://"),
        (
            vec!["webhook=https://u:pw@a/", "--webhook-secret", &secret],
            "receiver-url",
            "no password",
        ),
        (vec!["json=/nowhere/at/all"], "sink-file", "cannot be used"),
        (vec!["terminal", "--sink", "json"], "sink-twice", "json=FILE"),
        (vec!["json=a.jsonl", "--sink", "json=./a.jsonl"], "sink-twice", "once"),
        (vec!["terminal", "--sink", "terminal"], "sink-twice", "once"),
    ] {
        let said = place.bugle(["serve", "-v", "--sink"].iter().chain(&args))?;
        ensure!(said.code == 2, "{args:?}: {said:?}");
        ensure!(said.err.contains(&format!("code {code}")), "{args:?}: {}", said.err);
        ensure!(said.err.contains(hint) && !said.err.contains("pw"), "{args:?}: {}", said.err);
    }
    Ok(())
}

#[test]
fn what_nobody_took_in_a_week_is_said_and_counted_once() -> Result<()> {
    let place = place_with_mail()?;
    // Where nobody listens.
    let door = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let host = Host::posts_to(&place, door, &[])?;
    push(&place, MAIL)?;
    host.daemon.terminate()?;
    let store = rusqlite::Connection::open(place.data().join("bugle.db"))?;
    let older = format!("UPDATE toast_events SET at = at - {}", 8 * 24 * 60 * 60 * 1_000);
    ensure!(store.execute(&older, [])? == 2, "a toast and a badge wait");
    drop(store);
    let host = Host::posts_to(&place, door, &["--metrics-door", "127.0.0.1:0"])?;
    let said = host.says("they are gone")?;
    ensure!(said.contains("webhook"), "it says whose: {said}");
    let numbers = metrics::text(metrics::door_of(&host.daemon)?)?;
    let is_lost = |line: &str| line.starts_with("bugle_events_lost_total{sink=\"webhook");
    let lost: Vec<&str> = numbers.lines().filter(|line| is_lost(line)).collect();
    ensure!(lost.len() == 1 && lost[0].ends_with(" 2"), "{numbers}");
    let (_, _, log) = host.daemon.terminate()?;
    ensure!(log.matches("they are gone").count() == 1, "{log}");
    Ok(())
}

//! Prometheus, as Debian has it, watches a host.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use bugle_tests::program::{Connection, Place, tools};
use serde_json::Value;

use crate::metrics::serve;
use crate::{MAIL, place_with_mail, push};

/// Longer than Prometheus takes to start and to look twice.
const PATIENCE: Duration = Duration::from_secs(60);

struct Prometheus {
    child: Child,
    door: SocketAddr,
}

impl Prometheus {
    fn watch(place: &Place, metrics: SocketAddr) -> Result<Self> {
        let program = tools().join("prometheus/files/usr/bin/prometheus");
        ensure!(program.is_file(), "Prometheus is not there; `cargo xtask test` unpacks it");
        let config = format!(
            "global: {{scrape_interval: 200ms}}\n\
             scrape_configs: [{{job_name: bugle, static_configs: [{{targets: ['{metrics}']}}]}}]\n"
        );
        let config = place.file("prometheus.yml", config)?;
        // It cannot say which port it was given.
        let door = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", place.folder().join("tsdb").display()))
            .arg(format!("--web.listen-address={door}"))
            .current_dir(place.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, door })
    }

    /// The value of a query, if it has one yet.
    fn value(&self, query: &str) -> Result<Option<String>> {
        let Ok(mut connection) = Connection::to(self.door) else { return Ok(None) };
        let request = format!(
            "GET /api/v1/query?query={query} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.door
        );
        connection.send(request)?;
        let text = String::from_utf8(connection.rest()?)?;
        let Some((_, body)) = text.split_once("\r\n\r\n") else { bail!("{text}") };
        let Some(json) = body.find('{').zip(body.rfind('}')) else { return Ok(None) };
        let Ok(answer) = serde_json::from_str::<Value>(&body[json.0..=json.1]) else {
            return Ok(None);
        };
        Ok(answer["data"]["result"][0]["value"][1].as_str().map(str::to_owned))
    }

    fn until(&mut self, query: &str, wanted: &str) -> Result<()> {
        self.until_it(query, |value| value == wanted)
    }

    /// A look that took longer than the time between two leaves no value, until the next.
    fn until_it(&mut self, query: &str, is_so: impl Fn(&str) -> bool) -> Result<()> {
        let start = Instant::now();
        loop {
            let value = self.value(query)?;
            if value.as_deref().is_some_and(&is_so) {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            ensure!(ended.is_none(), "Prometheus ended: {ended:?}");
            ensure!(start.elapsed() < PATIENCE, "`{query}` stays {value:?}");
            thread::yield_now();
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn prometheus_scrapes_a_host_and_answers() -> Result<()> {
    let place = place_with_mail()?;
    let (daemon, door) = serve(&place)?;
    for content in [MAIL, MAIL, "no mail"] {
        push(&place, content)?;
    }
    let mut prometheus = Prometheus::watch(&place, door)?;
    prometheus.until("bugle_runs_total%7Boutcome%3D%22completed%22%7D", "2")?;
    prometheus.until("sum(bugle_runs_total)", "3")?;
    prometheus.until("bugle_run_time_seconds_count", "3")?;
    push(&place, MAIL)?;
    prometheus.until("sum(bugle_runs_total)", "4")?;
    let quantile = "histogram_quantile(0.5,bugle_run_time_seconds_bucket)";
    prometheus.until_it(quantile, |median| {
        median.parse().is_ok_and(|median: f64| median > 0.0 && median < 30.0)
    })?;
    prometheus.until("up", "1")?;
    daemon.terminate()?;
    prometheus.until("up", "0")
}

//! A run is a pure function: `result` depends on the run's inputs and on nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bugle_sandbox::{Allocation, Prepared, RunControl, Sandbox};
use bugle_task::{
    CancellationReason, LimitName, Limits, Mark, Outcome, RunInput, RunReport, Seed, Settings,
    Value,
};
use bugle_tests::{AppSource, Compiled, World, input, probes_folder, puppet};

/// A sandbox and one task in it.
struct Stage {
    sandbox: Sandbox,
    task: Prepared,
}

impl Stage {
    fn new(allocation: Allocation, component: &[u8]) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new(allocation)?;
        let task = Compiled::new(&sandbox, component)?.load(&sandbox)?;
        Ok(Self { sandbox, task })
    }

    fn of_probe(name: &str) -> anyhow::Result<Self> {
        Self::new(Allocation::Pooling, &probe(name)?)
    }

    fn of_puppet() -> anyhow::Result<Self> {
        Self::new(Allocation::Pooling, &component(&puppet("com.example.puppet")))
    }

    fn run(&self, input: &RunInput) -> RunReport {
        self.sandbox.run(&self.task, input, &RunControl::new())
    }

    fn result(&self, input: &RunInput) -> String {
        serde_json::to_string(&self.run(input).result).expect("a result is written")
    }
}

fn probe(name: &str) -> anyhow::Result<Vec<u8>> {
    World::load()?.encode_file(&probes_folder().join(name).with_extension("wat"))
}

/// What a report says beside a limit.
fn used(report: &RunReport, limit: LimitName) -> u64 {
    let row = report.beside_limits().into_iter().find(|row| row.limit == limit);
    row.expect("every limit has a row").used
}

fn component(app: &AppSource) -> Vec<u8> {
    app.files.first().expect("the app has a component").1.clone()
}

/// Limits under which a looping guest goes on for far longer than a test waits.
fn limits_of(text: &str) -> Limits {
    let mut limits = Limits::default();
    limits.set_from_text(text).expect("the test's limits can be");
    limits
}

const ENDLESS: &str = "fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000";

#[test]
fn equal_inputs_give_equal_bytes() -> anyhow::Result<()> {
    let mail = component(&AppSource::example("mail")?);
    let mut input = input(r#"[{"id":"1","from":"Ada","subject":"Notes"}]"#);
    let unread = ("inbox/unread".to_owned(), Value::Integer(2));
    input.snapshot.settings = Arc::new(Settings::new(1, [unread].into()));
    input.snapshot.badge = Some(Mark::Number(2));
    let pooling = Stage::new(Allocation::Pooling, &mail)?;
    let first = pooling.result(&input);
    assert!(pooling.run(&input).result.outcome.is_completed());

    assert_eq!(pooling.result(&input), first, "again in the same sandbox");
    pooling.run(&different_input());
    assert_eq!(pooling.result(&input), first, "after a run that was different");
    let other = Stage::new(Allocation::Pooling, &mail)?;
    assert_eq!(other.result(&input), first, "in another sandbox");
    let on_demand = Stage::new(Allocation::OnDemand, &mail)?;
    assert_eq!(on_demand.result(&input), first, "with another way to get memory");
    Ok(())
}

/// A run that fails after it has done a lot.
fn different_input() -> RunInput {
    input(&format!("[{}", r#"{"id":"9","from":"","subject":"x"},"#.repeat(100)))
}

#[test]
fn runs_at_the_same_time_do_not_see_one_another() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let expected = stage.result(&input("tHello"));
    thread::scope(|scope| {
        let same = || (0..50).all(|_| stage.result(&input("tHello")) == expected);
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(same)).collect();
        assert!(threads.into_iter().all(|thread| thread.join().is_ok_and(|same| same)));
    });
    Ok(())
}

#[test]
fn fuel_is_the_same_to_the_unit_when_it_runs_out() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let mut input = input("l");
    input.limits.fuel = 1_234_567;
    let report = stage.run(&input);
    assert_eq!(report.result.outcome, Outcome::OutOfFuel);
    assert_eq!(stage.run(&input).result.usage, report.result.usage);
    Ok(())
}

#[test]
fn the_seed_decides_what_is_random() -> anyhow::Result<()> {
    let stage = Stage::of_probe("random-seeded")?;
    let (one, mut two) = (input("x"), input("x"));
    two.seed = Seed([8; 32]);
    let line = |input: &RunInput| stage.run(input).result.log.lines[0].message.clone();
    assert_eq!(line(&one).len(), 16);
    assert_eq!(line(&one), line(&one));
    assert_ne!(line(&one), line(&two));
    Ok(())
}

#[test]
fn the_start_decides_what_time_it_is() -> anyhow::Result<()> {
    let stage = Stage::new(Allocation::Pooling, &clock_reader()?)?;
    let at = |started_at| {
        let mut input = input("x");
        input.started_at = started_at;
        let effects = stage.run(&input).result.effects;
        effects.settings.get("now").cloned().flatten()
    };
    assert_eq!(at(1_700_000_000_000), Some(Value::Timestamp(1_700_000_000_000)));
    assert_eq!(at(5), Some(Value::Timestamp(5)));
    Ok(())
}

/// A task that sets `now` to the run's own time.
fn clock_reader() -> anyhow::Result<Vec<u8>> {
    let module = r#"(module
      (import "bugle:task/local-settings@0.1.0" "set"
        (func $set (param i32 i32 i32 i64 i32 i32)))
      (import "bugle:task/task-context@0.1.0" "now" (func $now (result i64)))
      (memory (export "memory") 1)
      (data (i32.const 64) "now")
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
      (func (export "bugle:task/entry@0.1.0#run")
        (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
        (call $set (i32.const 64) (i32.const 3) (i32.const 5) (call $now) (i32.const 0)
          (i32.const 16))
        (i32.load8_u (i32.const 16))))"#;
    World::load()?.encode(wat::parse_str(module)?)
}

#[test]
fn the_largest_of_each_is_beside_its_limit() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let report = stage.run(&input(&format!("o{}", "x".repeat(300))));
    assert_eq!(report.result.outcome, Outcome::Completed);
    let used = |limit| used(&report, limit);
    // The content is logged, and left with the key `n` but for its first letter.
    assert_eq!(used(LimitName::LogLineBytes), 301);
    assert_eq!(used(LimitName::ResumeWorkBytes), 300);
    assert_eq!(used(LimitName::HostCallBytes), 301);
    assert_eq!(used(LimitName::SettingValueBytes), 8);
    // The module itself, and two that hand it its imports.
    assert_eq!((used(LimitName::Instances), used(LimitName::Memories)), (3, 1));
    Ok(())
}

#[test]
fn computing_ends_at_the_runs_own_time() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let mut input = input("l");
    input.limits = limits_of("time-ms=20,grace-ms=10");
    let report = stage.run(&input);
    assert_eq!(report.result.outcome, Outcome::TimedOut);
    assert!(report.is_replayable());
    assert_eq!((report.result.usage.time_ms, report.result.usage.grace_ms), (20, 10));
    assert_eq!(stage.result(&input), serde_json::to_string(&report.result)?);
    Ok(())
}

#[test]
fn in_its_grace_period_a_task_is_told_to_end() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let mut input = input("k");
    input.limits = limits_of("time-ms=20,grace-ms=1000,fuel=2_000_000_000");
    let report = stage.run(&input);
    assert_eq!(report.result.outcome, Outcome::Completed);
    assert_eq!(report.result.usage.time_ms, 20);
    assert!(report.result.usage.grace_ms < 1_000, "{:?}", report.result.usage);
    assert!(report.is_replayable(), "the run's own time is no outside reason");
    Ok(())
}

#[test]
fn sleeping_takes_the_runs_time_and_none_of_the_hosts() -> anyhow::Result<()> {
    let stage = Stage::of_probe("sleep-3s")?;
    let started = Instant::now();
    let report = stage.run(&input("x"));
    assert_eq!(report.result.outcome, Outcome::Completed);
    assert!((3_000..3_100).contains(&report.result.usage.time_ms), "{:?}", report.result.usage);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    Ok(())
}

#[test]
fn a_sleep_over_the_limit_ends_at_once() -> anyhow::Result<()> {
    let stage = Stage::of_probe("sleep-1h")?;
    let started = Instant::now();
    let report = stage.run(&input("x"));
    assert_eq!(report.result.outcome, Outcome::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    Ok(())
}

#[test]
fn memory_is_fresh_for_every_run() -> anyhow::Result<()> {
    for allocation in [Allocation::Pooling, Allocation::OnDemand] {
        let stage = Stage::new(allocation, &probe("fresh-memory")?)?;
        // More than the pool has places for.
        for run in 0..300 {
            let outcome = stage.run(&input("x")).result.outcome;
            assert_eq!(outcome, Outcome::Completed, "run {run}, {allocation:?}");
        }
    }
    Ok(())
}

#[test]
fn a_run_that_does_not_complete_has_no_effects_but_its_log() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    for (content, outcome) in [("f", "failed"), ("r", "rejected"), ("w", "retry"), ("x", "trapped")]
    {
        let result = stage.run(&input(content)).result;
        assert_eq!(result.outcome.code(), outcome);
        assert!(result.effects.is_empty(), "{:?}", result.effects);
        assert_eq!(result.log.lines.len(), 1);
        assert!(result.usage.settings_delta_bytes > 0, "what it did is counted all the same");
    }
    Ok(())
}

#[test]
fn the_watchdog_cuts_what_real_time_has_run_out_for() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let mut input = input("l");
    input.limits = limits_of(&format!("{ENDLESS},watchdog-ms=50"));
    let started = Instant::now();
    let report = stage.run(&input);
    assert_eq!(report.result.outcome, Outcome::Cut);
    assert!(!report.is_replayable());
    assert!(used(&report, LimitName::WatchdogMs) >= 50, "{:?}", report.measured);
    assert!(started.elapsed() >= Duration::from_millis(50));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    Ok(())
}

/// Runs on a thread, and cancels once the run goes on.
fn cancelled(stage: &Stage, input: &RunInput, reason: CancellationReason) -> RunReport {
    let (started, hear_start) = mpsc::channel();
    let control = RunControl::new().on_long(Duration::from_millis(1), move || {
        started.send(()).expect("the test waits for it");
    });
    thread::scope(|scope| {
        let run = scope.spawn(|| stage.sandbox.run(&stage.task, input, &control));
        hear_start.recv().expect("the run goes on");
        control.cancel(reason);
        control.cancel(CancellationReason::Requested);
        run.join().expect("the run ends")
    })
}

#[test]
fn a_task_that_does_not_hear_is_cancelled_after_its_grace_time() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let mut input = input("l");
    input.limits = limits_of(&format!("{ENDLESS},grace-ms=20"));
    let report = cancelled(&stage, &input, CancellationReason::Terminating);
    let reason = CancellationReason::Terminating;
    assert_eq!(report.result.outcome, Outcome::Cancelled { reason }, "the first reason stays");
    assert!(!report.is_replayable());
    assert!(report.result.effects.is_empty());
    assert!(used(&report, LimitName::GraceMs) >= 20, "{:?}", report.measured);
    assert_eq!(report.result.usage.grace_ms, 0, "real time is no part of the result");
    Ok(())
}

#[test]
fn a_task_that_hears_ends_well_and_is_not_replayable() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let mut input = input("k");
    input.limits = limits_of(&format!("{ENDLESS},grace-ms=10_000,host-calls=10_000_000"));
    let report = cancelled(&stage, &input, CancellationReason::Update);
    assert_eq!(report.result.outcome, Outcome::Completed);
    assert_eq!(report.measured.cancellation_seen, Some(CancellationReason::Update));
    assert!(!report.is_replayable());
    Ok(())
}

#[test]
fn a_run_that_was_cancelled_before_it_began_is_asked_at_once() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let control = RunControl::new();
    control.cancel(CancellationReason::Uninstall);
    let report = stage.sandbox.run(&stage.task, &input("k"), &control);
    assert_eq!(report.result.outcome, Outcome::Completed);
    assert_eq!(report.measured.cancellation_seen, Some(CancellationReason::Uninstall));
    Ok(())
}

#[test]
fn a_long_run_is_told_of_once_and_a_short_one_never() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let told = Arc::new(AtomicU32::new(0));
    let control = || {
        let told = Arc::clone(&told);
        RunControl::new().on_long(Duration::from_millis(20), move || {
            told.fetch_add(1, Ordering::SeqCst);
        })
    };
    let short = stage.sandbox.run(&stage.task, &input("t"), &control());
    assert!(short.result.outcome.is_completed());
    assert_eq!(told.load(Ordering::SeqCst), 0);
    let mut long = input("l");
    long.limits = limits_of(&format!("{ENDLESS},watchdog-ms=100"));
    let report = stage.sandbox.run(&stage.task, &long, &control());
    assert_eq!(report.result.outcome, Outcome::Cut);
    assert_eq!(told.load(Ordering::SeqCst), 1);
    Ok(())
}

#[test]
fn progress_is_heard_while_the_task_runs_and_kept() -> anyhow::Result<()> {
    let stage = Stage::of_puppet()?;
    let heard = Arc::new(AtomicU32::new(0));
    let hear = Arc::clone(&heard);
    let control =
        RunControl::new().on_progress(move |percent| hear.store(percent, Ordering::SeqCst));
    let report = stage.sandbox.run(&stage.task, &input("p"), &control);
    assert_eq!(heard.load(Ordering::SeqCst), 50);
    assert_eq!(report.result.progress, Some(50));
    Ok(())
}

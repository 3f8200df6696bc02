//! A traced run is the run, and its trace tells of all of it.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

use bugle::TracedComponent;
use bugle_sandbox::{Allocation, FunctionId, Prepared, Probes, RunControl, Sandbox, Trace, admit};
use bugle_task::{Limits, RunInput, RunReport};
use bugle_tests::{AppSource, Compiled, World, input, probe, probes_folder, puppet};
use bugle_trace::{Coverage, Profile, Symbols};

/// Deeper than what any of these guests calls.
const FRAMES: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");

/// A task twice: as it is in production, and with probes in the engine for tracing.
struct Twin {
    plain: (Sandbox, Prepared),
    traced: (Sandbox, Prepared),
    probes: Arc<Probes>,
}

impl Twin {
    fn of(component: &[u8]) -> anyhow::Result<Self> {
        let probes = Arc::new(Probes::put_into(component)?);
        admit(probes.component(), &Limits::default())?;
        let ready = |sandbox: Sandbox, component: &[u8]| -> anyhow::Result<_> {
            let prepared = Compiled::new(&sandbox, component)?.load(&sandbox)?;
            Ok((sandbox, prepared))
        };
        Ok(Self {
            plain: ready(Sandbox::new(Allocation::OnDemand)?, component)?,
            traced: ready(Sandbox::for_tracing(FRAMES)?, probes.component())?,
            probes,
        })
    }

    /// Runs it both ways; both must come to the same, and the trace must tell of all fuel.
    fn run(&self, input: &RunInput) -> (RunReport, Trace) {
        let control = RunControl::new();
        let plain = self.plain.0.run(&self.plain.1, input, &control);
        let (sandbox, prepared) = &self.traced;
        let (report, trace) = sandbox.run_traced(prepared, &self.probes, input, &control);
        let json = |report: &RunReport| serde_json::to_string_pretty(&report.result);
        assert_eq!(json(&plain).ok(), json(&report).ok());
        assert_eq!(trace.stacks.values().sum::<u64>(), report.result.usage.fuel);
        assert!(trace.is_whole);
        (report, trace)
    }

    fn traced(&self, component: &[u8], trace: Trace) -> TracedComponent {
        TracedComponent {
            path: "task.wasm".into(),
            component: component.into(),
            digest: String::new(),
            probes: Arc::clone(&self.probes),
            trace,
        }
    }

    fn profile(&self, component: &[u8], whole: Option<&[u8]>, trace: Trace) -> Profile {
        Profile::of(&self.traced(component, trace), &Symbols::read(component, whole))
    }

    fn coverage(&self, component: &[u8], trace: &Trace) -> Coverage {
        let traced = self.traced(component, trace.clone());
        Coverage::of(&traced, &Symbols::read(component, None))
    }

    /// How often a function was called, and how many of its blocks were entered, of how many.
    fn calls(&self, trace: &Trace, function: FunctionId) -> (u64, usize, usize) {
        let blocks = self.probes.blocks().iter().zip(&trace.counts);
        let counts: Vec<u64> = blocks
            .filter(|(block, _)| block.function == function)
            .map(|(_, count)| *count)
            .collect();
        let entered = counts.iter().filter(|count| **count > 0).count();
        (counts.first().copied().unwrap_or_default(), entered, counts.len())
    }
}

/// A line a stack, functions as `module.index`, with its fuel.
fn stacks(trace: &Trace) -> String {
    let name = |at: &FunctionId| format!("{}.{}", at.module, at.function);
    let line = |(stack, fuel): (&Vec<FunctionId>, &u64)| {
        let stack: Vec<String> = stack.iter().map(name).collect();
        format!("{} {fuel}", stack.join(";"))
    };
    trace.stacks.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn task(body: &str) -> anyhow::Result<Vec<u8>> {
    let text = format!(
        r#"(module
          (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
          {body})"#
    );
    World::load()?.encode(wat::parse_str(text)?)
}

const ENTRY: &str = r#"(func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)"#;

#[test]
fn a_trace_tells_which_code_ran_and_how_often() -> anyhow::Result<()> {
    // Function 0 is the import, 1 `cabi_realloc`.
    let component = task(&format!(
        r#"(func $square (param i32) (result i32)
            (if (i32.gt_s (local.get 0) (i32.const 100)) (then (unreachable)))
            (i32.mul (local.get 0) (local.get 0)))
          (func $never (nop))
          {ENTRY} (local $i i32)
            (loop $again
              (drop (call $square (local.get $i)))
              (br_if $again
                (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
            (if (i32.eqz (local.get $i)) (then (call $never)))
            (call $log (i32.const 2) (i32.const 0) (i32.const 0))
            (i32.const 0))"#
    ))?;
    let twin = Twin::of(&component)?;
    let (report, trace) = twin.run(&input("x"));
    assert!(report.result.outcome.is_completed(), "{report:#?}");
    let main = |function| FunctionId { module: 0, function };
    assert_eq!(twin.calls(&trace, main(2)), (10, 2, 3));
    assert_eq!(twin.calls(&trace, main(3)), (0, 0, 1));
    // Module 1 is what the call of the host goes through: its fuel is the host's.
    insta::assert_snapshot!(stacks(&trace), @r"
     1
    0.1 8
    0.4 99
    0.4;0.2 80
    0.4;1.0 206
    ");
    Ok(())
}

/// What nobody can foresee is found: for every attack of the suite a trace changes nothing.
#[test]
fn a_traced_run_is_the_run_for_every_hostile_guest() -> anyhow::Result<()> {
    let mut traced = 0;
    for probe in probe::load_all()? {
        let mut input = input("x");
        if let Some(limits) = &probe.limits {
            input.limits.set_from_text(limits)?;
        }
        if admit(&probe.component, &input.limits).is_err() {
            continue;
        }
        // Enough for each to do its worst, and little enough for a look at every loop.
        input.limits.fuel = input.limits.fuel.min(3_000_000);
        // Where a guest's stack ends depends on the size of its frames: the one thing that probes
        // change.
        if probe.name != "recurse" {
            Twin::of(&probe.component)?.run(&input);
        }
        traced += 1;
    }
    assert!(traced > 30, "{traced}");
    Ok(())
}

#[test]
fn a_real_task_costs_the_same_traced() -> anyhow::Result<()> {
    let mail = AppSource::example("mail")?;
    let component = &mail.files.first().expect("the app has a component").1;
    let twin = Twin::of(component)?;
    let mails = r#"[{"id":"a1","from":"Ada","subject":"Notes"}]"#;
    let (report, trace) = twin.run(&input(mails));
    assert!(report.result.outcome.is_completed() && trace.looks > 100, "{}", trace.looks);
    assert!(twin.probes.is_complete());
    twin.run(&input("no json"));
    Ok(())
}

#[test]
fn the_puppet_too() -> anyhow::Result<()> {
    let app = puppet("com.example.puppet");
    let twin = Twin::of(&app.files.first().expect("the app has a component").1)?;
    twin.run(&input("x"));
    Ok(())
}

/// A component within the component that calls another with a text as soon as it begins.
const TALKING: &str = r#"(component
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func $length (export "length") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "length") (param "text" string) (result u32)
      (canon lift (core func $i "length") (memory $i "memory") (realloc (func $i "realloc")))))
  (component $caller
    (import "length" (func $length (param "text" string) (result u32)))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $lowered (canon lower (func $length) (memory $libc "memory")))
    (core module $m
      (import "callee" "length" (func $length (param i32 i32) (result i32)))
      (func $begin (drop (call $length (i32.const 0) (i32.const 5))))
      (start $begin))
    (core instance (instantiate $m
      (with "callee" (instance (export "length" (func $lowered)))))))
  (instance $callee (instantiate $callee))
  (instance (instantiate $caller (with "length" (func $callee "length")))))"#;

#[test]
fn a_frame_is_told_by_its_module_among_many() -> anyhow::Result<()> {
    let good = World::load()?.encode_file(&probes_folder().join("good.wat"))?;
    let component = probe::beside(good, &wat::parse_str(TALKING)?)?;
    let twin = Twin::of(&component)?;
    let (report, trace) = twin.run(&input("x"));
    assert!(report.result.outcome.is_completed(), "{report:#?}");
    let profile = twin.profile(&component, None, trace);
    let stacks = profile.stacks.keys().map(|stack| stack.join(" > "));
    let stacks: Vec<String> = stacks.filter(|stack| stack.starts_with("begin")).collect();
    insta::assert_snapshot!(stacks.join("\n"), @"");
    Ok(())
}

#[test]
fn a_stripped_component_has_its_names_from_the_whole_one() -> anyhow::Result<()> {
    let text = fs::read(probes_folder().join("good.wat"))?;
    let module = wat::parse_bytes(&text)?.into_owned();
    let whole = World::load()?.encode(module.clone())?;
    let stripped = World::load()?.encode(without_names(&module))?;
    assert!(stripped.len() < whole.len());
    let twin = Twin::of(&stripped)?;
    let names = |symbols| {
        let (_, trace) = twin.run(&input("x"));
        let functions = twin.profile(&stripped, symbols, trace).functions;
        functions.into_iter().map(|function| function.name).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(names(None), @"");
    insta::assert_snapshot!(names(Some(&whole)), @"");
    // Another build's symbols would give other functions' names.
    let other = World::load()?.encode_file(&probes_folder().join("loop.wat"))?;
    assert_eq!(names(Some(&other)), names(None));
    Ok(())
}

#[test]
fn coverage_names_the_function_that_was_not_reached() -> anyhow::Result<()> {
    let app = puppet("com.example.puppet");
    let component = &app.files.first().expect("the app has a component").1;
    let twin = Twin::of(component)?;
    let mut all = twin.run(&input("-")).1;
    let reached = |trace: &Trace| {
        let coverage = twin.coverage(component, trace);
        let function = |name: &str| {
            let found = coverage.functions.iter().find(|function| function.name == name);
            let found = found.unwrap_or_else(|| panic!("there is no `{name}`"));
            (found.calls, found.blocks_reached, found.blocks)
        };
        (function("count"), function("err"))
    };
    assert_eq!(reached(&all), ((1, 5, 7), (0, 0, 1)));
    all.add(&twin.run(&input("fno")).1);
    assert_eq!(reached(&all), ((2, 5, 7), (1, 1, 1)));
    let lcov = twin.coverage(component, &all).lcov();
    assert!(lcov.contains("FNDA:2,count [0."), "{lcov}");
    assert!(lcov.contains("FNDA:0,wait_to_be_asked [0."), "{lcov}");
    Ok(())
}

/// A core module without its custom sections.
fn without_names(module: &[u8]) -> Vec<u8> {
    let mut stripped = module.get(..8).unwrap_or_default().to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.expect("the module is sound");
        let Some((id, range)) = payload.as_section().filter(|(id, _)| *id != 0) else { continue };
        let content = &module[range];
        stripped.push(id);
        // Five bytes for the size, however small it is.
        let size = u32::try_from(content.len()).expect("it is small");
        stripped.extend((0..4).map(|at| ((size >> (7 * at)) & 0x7f) as u8 | 0x80));
        stripped.push((size >> 28) as u8);
        stripped.extend_from_slice(content);
    }
    stripped
}

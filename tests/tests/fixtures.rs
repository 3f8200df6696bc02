//! One test for each guest and each example: that it is what the other tests take it for. One
//! without a test of its name here does not compile.
//!
//! The hostile guests need no names here: each file of `probes/` is a trial of `tests/probes/`.
//! Examples in other languages than Rust are tested by the cases that they share.

/// Fails to compile where there is no function of the name.
macro_rules! assert_test_exists {
    ($name:ident) => {
        #[expect(unused_imports, reason = "imported to fail where it is missing")]
        use self::$name as _;
    };
}

mod guests {
    use std::path::Path;

    use bugle_sandbox::{Allocation, RunControl, Sandbox};
    use bugle_task::{LogLine, RunResult, ToastEffect};
    use bugle_tests::{Compiled, World, fixtures, input, tally};

    bugle_tests::for_each_guest!(assert_test_exists);

    fn run(guest: &str, content: &str) -> anyhow::Result<RunResult> {
        let component = World::load()?.encode_file(Path::new(guest))?;
        let sandbox = Sandbox::new(Allocation::OnDemand)?;
        let task = Compiled::new(&sandbox, &component)?.load(&sandbox)?;
        Ok(sandbox.run(&task, &input(content), &RunControl::new()).result)
    }

    #[test]
    fn by_hand() -> anyhow::Result<()> {
        let result = run(fixtures::BY_HAND, "hello")?;
        assert_eq!(result.outcome.code(), "completed");
        assert!(result.effects.settings.contains_key("unread"));
        let [ToastEffect::Show { toast }] = result.effects.toasts.as_slice() else {
            anyhow::bail!("it shows one toast: {:?}", result.effects)
        };
        assert_eq!((toast.title.as_str(), toast.body.as_str()), ("New message", "hello"));
        Ok(())
    }

    #[test]
    fn loud() -> anyhow::Result<()> {
        let result = run(fixtures::LOUD, "hello")?;
        let [LogLine { message, .. }] = result.log.lines.as_slice() else {
            anyhow::bail!("it logs one line: {:?}", result.log)
        };
        for obeyed in ["\x1b[2J", "\x1b]0;owned\x07", "\u{202e}", "\u{2066}", "\r", "\u{9b}31m"] {
            assert!(message.contains(obeyed), "{obeyed:?} is not in {message:?}");
        }
        assert!(result.effects.settings.contains_key("text"));
        assert_eq!(result.effects.toasts.len(), 1);
        assert_eq!(run(fixtures::LOUD, "fail")?.outcome.code(), "failed");
        Ok(())
    }

    #[test]
    fn puppet() -> anyhow::Result<()> {
        let outcomes = [
            ("-", "completed"),
            ("f", "failed"),
            ("r", "rejected"),
            ("x", "trapped"),
            ("w", "retry"),
            ("W", "retry"),
            ("a", "failed"),
            ("l", "out-of-fuel"),
        ];
        for (content, outcome) in outcomes {
            assert_eq!(run(fixtures::PUPPET, content)?.outcome.code(), outcome, "{content}");
        }
        assert_eq!(run(fixtures::PUPPET, "tTitle")?.effects.toasts.len(), 1);
        assert_eq!(run(fixtures::PUPPET, "p")?.progress, Some(50));
        assert_eq!(run(fixtures::PUPPET, "oWork")?.effects.resume_work.len(), 1);
        Ok(())
    }

    #[test]
    fn tally() -> anyhow::Result<()> {
        let push = tally::push("settings", 7, "seven");
        let result = run(fixtures::TALLY, std::str::from_utf8(&push)?)?;
        assert_eq!(result.outcome.code(), "completed");
        let settings: Vec<&str> = result.effects.settings.keys().map(String::as_str).collect();
        assert_eq!(settings, ["count", "settings"]);
        let [ToastEffect::Show { toast }] = result.effects.toasts.as_slice() else {
            anyhow::bail!("it shows one toast: {:?}", result.effects)
        };
        assert_eq!(toast.title, "seven");
        Ok(())
    }
}

mod examples {
    use std::process::Command;

    use bugle::{ToastChoice, Value};
    use bugle_tests::{AppSource, Scene, program};

    bugle_tests::for_each_example!(assert_test_exists);

    #[test]
    fn chat() -> anyhow::Result<()> {
        let scene = Scene::builder().app(AppSource::example("chat")?).start()?;
        scene.push("inbox", "Ada: Lunch?")?;
        scene.settle();
        let [live] = &scene.reader().toasts(None)?[..] else { anyhow::bail!("it shows a toast") };
        let inputs = vec![("reply".to_owned(), "At noon.".to_owned())];
        let choice = ToastChoice { action: Some(0), inputs };
        scene.host().choose_toast(live.id, choice).wait()?;
        scene.settle();
        let answer = scene.setting("messages/last-answer");
        assert_eq!(answer, Some(Value::Text("At noon.".to_owned())));
        assert_eq!(scene.reader().toasts(None)?.len(), 0);
        Ok(())
    }

    #[test]
    fn embed() -> anyhow::Result<()> {
        let said = Command::new(program::path_of("embed")?).output()?;
        let out = String::from_utf8(said.stdout)?;
        assert!(said.status.success(), "{out}{}", String::from_utf8_lossy(&said.stderr));
        for line in ["  toast: Ada | Notes on the engine", "  badge: 1", "  seen first: "] {
            assert!(out.contains(line), "no `{line}` in:\n{out}");
        }
        Ok(())
    }

    #[test]
    fn mail() -> anyhow::Result<()> {
        let scene = Scene::builder().app(AppSource::example("mail")?).start()?;
        scene.push("inbox", r#"[{"id":"a1","from":"Ada","subject":"Notes"}]"#)?;
        scene.settle();
        scene.assert_toasts(&["Ada: Notes"]);
        Ok(())
    }

    #[test]
    fn raw_notification() -> anyhow::Result<()> {
        let scene = Scene::builder().app(AppSource::example("raw-notification")?).start()?;
        scene.push("inbox", "hello")?;
        scene.settle();
        assert_eq!(scene.setting("sample-task"), Some(Value::Text("hello".to_owned())));
        Ok(())
    }
}

use super::*;

const GOOD: &str = r#"
[app]
id = "com.example.mail"
name = "Mail"
version = "1.0.0"

[[task]]
name = "new-mail"
component = "mail.wasm"
triggers = ["raw-notification"]
limits.fuel = 1_000_000

[[channel]]
name = "inbox"
task = "new-mail"
"#;

fn read(text: &str) -> Result<Manifest, String> {
    let manifest = Manifest::parse("bugle.toml", text, &Limits::default());
    manifest.map_err(|error| error.to_string())
}

#[test]
fn a_manifest_is_read() {
    let manifest = read(GOOD).expect("it is good");
    assert_eq!(manifest.tasks[0].limits.fuel, 1_000_000);
    assert_eq!(manifest.tasks[0].limits.time_ms, Limits::default().time_ms);
    assert_eq!(manifest.channels[0].task, manifest.tasks[0].name);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let wrong = |from: &str, to: &str| read(&GOOD.replace(from, to)).expect_err(to);
    assert_eq!(
        wrong("\"raw-notification\"", "\"timer\""),
        "bugle.toml:10: `timer` is not there yet; this version raises `raw-notification`, \
         `toast-activated`, `toast-dismissed`, `application`, `channel-expiring`, `custom`"
    );
    assert_eq!(
        wrong("limits.fuel = 1_000_000", "conditions = [\"internet-available\"]"),
        "bugle.toml:11: conditions are not there yet; remove the key, and the task runs without \
         them"
    );
    assert_eq!(
        wrong("1_000_000", "900_000_000_000"),
        "bugle.toml:11: the limit `fuel` is 900000000000, and this host allows 1 to 500000000 \
         units"
    );
    assert!(
        wrong("limits.fuel", "limits.speed")
            .starts_with("bugle.toml:11: there is no limit `speed`")
    );
    assert!(
        wrong("name = \"Mail\"", "nam = \"Mail\"").starts_with("bugle.toml:4: unknown field `nam`")
    );
    assert!(wrong("\"1.0.0\"", "1").starts_with("bugle.toml:5: invalid type: integer `1`"));
    assert!(wrong("mail.wasm", "../mail.wasm").starts_with("bugle.toml:9: a component is a path"));
    assert!(
        wrong("task = \"new-mail\"", "task = \"old\"")
            .starts_with("bugle.toml:15: there is no task")
    );
    assert!(wrong("com.example.mail", "mail").starts_with("bugle.toml:3: `mail` is not an app id"));
    assert!(wrong("[app]", "[app").starts_with("bugle.toml:2: "));
}

#[test]
fn a_build_is_a_language_or_a_command() {
    let build = |table: &str| read(&format!("{GOOD}\n[build]\n{table}\n"));
    let entry = |table: &str| build(table).expect(table).build;
    assert_eq!(entry("language = \"js\"\nsource = \"a.js\""), {
        let source = Some(PathBuf::from("a.js"));
        Some(BuildEntry::Language { language: "js".to_owned(), source })
    });
    assert_eq!(entry("command = [\"make\"]\nmodule = \"a.wasm\""), {
        let command = Some(vec!["make".to_owned()]);
        Some(BuildEntry::Command { command, module: "a.wasm".into() })
    });
    let wrong = |table: &str| build(table).expect_err(table);
    assert_eq!(
        wrong("language = \"cobol\""),
        "bugle.toml:18: `cobol` is not a language that bugle can build; choose one of `rust`, `js`, \
         `ts`, `python`, `c`, `cpp`, `go`, `zig`, `assemblyscript`, or set `command` and `module` for \
         any other"
    );
    assert!(wrong("lang = \"js\"").starts_with("bugle.toml:18: unknown field `lang`"));
    assert!(wrong("").starts_with("bugle.toml:17: `[build]` has a `language`, like"));
    assert!(wrong("command = [\"make\"]").starts_with("bugle.toml:18: `[build]` has a"));
    assert!(wrong("command = []\nmodule = \"a\"").starts_with("bugle.toml:18: a command is"));
    let both = "language = \"c\"\nmodule = \"a.wasm\"";
    assert!(wrong(both).starts_with("bugle.toml:18: `[build]` has a `language`, or"));
    assert!(wrong("language = \"c\"\nsource = \"/a.c\"").starts_with("bugle.toml:19: a source is"));
    let rust = "language = \"rust\"\nsource = \"src/a.rs\"";
    assert!(wrong(rust).starts_with("bugle.toml:19: Cargo.toml says where"));
    let source = "module = \"a\"\nsource = \"a.c\"";
    assert!(wrong(source).starts_with("bugle.toml:19: a `source` needs a `language`"));
}

#[test]
fn an_app_that_is_built_has_one_component() {
    let text = format!(
        "{GOOD}\n[[task]]\nname = \"b\"\ncomponent = \"b.wasm\"\ntriggers = [\"custom\"]\n\n\
         [build]\nlanguage = \"c\"\n"
    );
    let message = read(&text).expect_err("there are two components");
    assert!(message.starts_with("bugle.toml:19: an app with `[build]` has one component"));
}

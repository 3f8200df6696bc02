use super::*;

#[test]
fn commands_are_json_of_their_name_and_fields() {
    let command = Command::Push {
        channel: "com.example.mail/inbox".parse().expect("it is a channel"),
        content: Bytes::from("hi"),
        content_type: None,
        headers: Vec::new(),
        ttl_seconds: Some(60),
        wait: true,
    };
    let json = serde_json::to_string(&command).expect("it has text keys");
    insta::assert_snapshot!(
        json,
        @r#"{"command":"push","channel":"com.example.mail/inbox","content":"aGk=","content-type":null,"headers":[],"ttl-seconds":60,"wait":true}"#
    );
    let read: Command = serde_json::from_str(&json).expect("it reads what it writes");
    assert_eq!(read, command);
}

#[test]
fn what_is_no_command_is_refused() {
    let broken = [
        r#"{"command":"explode"}"#,
        r#"{"command":"status","x":1}"#,
        r#"{"command":"remove","app":"../x"}"#,
        r#"{"command":"push","channel":"com.example.mail/inbox"}"#,
        "[]",
    ];
    for text in broken {
        assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
    }
}

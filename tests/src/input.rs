use bugle_task::{
    Identity, Limits, RawNotification, RunId, RunInput, Seed, Snapshot, Trigger, TriggerId,
};

/// The input of a run that a push of this content starts, with everything else at its first value.
///
/// # Panics
///
/// Never: the names in it are names.
#[must_use]
pub fn input(content: &str) -> RunInput {
    let trigger_id = TriggerId(1);
    RunInput {
        trigger: Trigger::RawNotification(RawNotification {
            channel: "inbox".parse().expect("a name"),
            content: content.into(),
            content_type: Some("text/plain".to_owned()),
            headers: Vec::new(),
            received_at: 1_700_000_000_000,
        }),
        identity: Identity {
            app: "com.example.test".parse().expect("an app id"),
            app_version: "1.0.0".to_owned(),
            task: "act".parse().expect("a name"),
            trigger_id,
            run_id: RunId { trigger: trigger_id, claim: 1 },
            attempt: 1,
            attempts_max: 5,
        },
        snapshot: Snapshot::default(),
        started_at: 1_700_000_000_000,
        seed: Seed([7; 32]),
        limits: Limits::default(),
    }
}

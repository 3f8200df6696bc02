use bugle_store::{DeadReason, End};
use bugle_task::{CancellationReason, Outcome, Timestamp};

/// How often a trigger is tried, as in the contract's `attempts-max`: a fault that five attempts over
/// a quarter of a minute do not get past is seldom a passing one.
pub(crate) const ATTEMPTS_MAX: u32 = 5;

/// The pause before the second attempt.
const PAUSE_MS_MIN: u64 = 1_000;
/// No pause is longer, except one that the task asks for.
const PAUSE_MS_MAX: u64 = 60 * 60 * 1_000;

/// What becomes of a trigger after a run; `is_last` if it may not be tried again. `jitter` is a random
/// byte.
pub(crate) fn end_of(
    outcome: &Outcome,
    attempt: u32,
    is_last: bool,
    now: Timestamp,
    jitter: u8,
) -> End {
    let again = |pause_ms: u64| {
        if is_last {
            // What its last attempt came to is what there is to say about it.
            End::Dead { reason: DeadReason::AttemptsUsed, message: outcome.to_string() }
        } else {
            End::RetryAt(now.saturating_add(pause_ms))
        }
    };
    match outcome {
        Outcome::Completed => End::Completed,
        Outcome::Rejected { message } => {
            End::Dead { reason: DeadReason::Rejected, message: message.clone() }
        }
        Outcome::Retry { after_ms: Some(after_ms) } => again(u64::from(*after_ms)),
        // The host's doing, not the task's: the attempt is given back.
        Outcome::Cancelled {
            reason:
                CancellationReason::Terminating
                | CancellationReason::Update
                | CancellationReason::Quota
                | CancellationReason::ConditionLost
                | CancellationReason::Uninstall,
        } => End::Released,
        Outcome::Retry { after_ms: None }
        | Outcome::Failed { .. }
        | Outcome::Trapped { .. }
        | Outcome::OutOfFuel
        | Outcome::TimedOut
        | Outcome::OutOfMemory
        | Outcome::LimitExceeded { .. }
        | Outcome::Cut
        | Outcome::HostPanicked { .. }
        | Outcome::Cancelled {
            reason: CancellationReason::Requested | CancellationReason::TimeLimit,
        } => again(pause_ms(attempt, jitter)),
    }
}

/// Doubles with each attempt, and is spread by a quarter either way, so that what failed together
/// does not come back together.
fn pause_ms(attempt: u32, jitter: u8) -> u64 {
    let doublings = attempt.saturating_sub(1).min(32);
    let spread = |pause_ms: u64| pause_ms * (192 + u64::from(jitter) / 2) / 256;
    spread(PAUSE_MS_MIN).saturating_mul(1 << doublings).min(spread(PAUSE_MS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_spread() {
        for jitter in [0, 128, 255] {
            let pauses: Vec<u64> = (1..=5).map(|attempt| pause_ms(attempt, jitter)).collect();
            assert!(pauses.windows(2).all(|pair| pair[1] == 2 * pair[0]), "{pauses:?}");
            assert!((750..1_250).contains(&pauses[0]), "{pauses:?}");
        }
        assert!(pause_ms(u32::MAX, 255) <= PAUSE_MS_MAX * 5 / 4);
    }

    #[test]
    fn the_hosts_own_doing_costs_no_attempt() {
        let end = |reason| end_of(&Outcome::Cancelled { reason }, 1, false, 0, 0);
        assert!(matches!(end(CancellationReason::Terminating), End::Released));
        assert!(matches!(end(CancellationReason::Requested), End::RetryAt(_)));
    }
}

use bugle_store::*;

use crate::scene::Scene;

#[test]
fn a_clean_stop_gives_claims_back_and_suspects_nobody() {
    let scene = Scene::in_a_folder();
    let claim = scene.claim();
    let scene = scene.restart(true);
    assert_eq!((scene.recovery.unclean, scene.recovery.requeued), (false, 1));
    assert_eq!(scene.recovery.suspects, []);
    let again = scene.claim_due(8).claims;
    assert_eq!((again[0].attempt, again[0].run.claim), (1, 2), "the attempt was given back");
    assert_eq!(scene.end(claim.run, End::Taken).stale, [claim.run], "of an earlier incarnation");
    scene.check();
}

#[test]
fn what_an_unclean_stop_interrupted_runs_alone() {
    let scene = Scene::in_a_folder();
    let (first, second) = (scene.claim(), scene.claim());
    let scene = scene.restart(false);
    assert!(scene.recovery.unclean);
    assert_eq!(scene.recovery.suspects, [first.run.trigger, second.run.trigger]);
    assert!(scene.accept().claim.is_none(), "nothing rides while there are suspects");
    assert_eq!(scene.claim_due(8).claims, []);

    let alone = scene.claim_suspect().claims.pop().expect("the first suspect");
    assert_eq!((alone.run.trigger, alone.suspect), (first.run.trigger, true));
    assert_eq!(scene.claim_suspect().claims, [], "one at a time");
    scene.check();
    assert_eq!(scene.end(alone.run, End::RetryAt(scene.now)).suspects, 1);
    let alone = scene.claim_suspect().claims.pop().expect("the second suspect");
    assert_eq!(scene.end(alone.run, End::Taken).suspects, 0);
    assert_eq!(scene.claim_due(8).claims.len(), 2, "the retry, and the one that did not ride");
    scene.check();
}

#[test]
fn a_trigger_that_kills_the_host_three_times_alone_is_dead() {
    let mut scene = Scene::in_a_folder();
    let poison = scene.claim().run.trigger;
    for crashes in 0..3 {
        scene = scene.restart(false);
        assert_eq!(scene.recovery.dead, [], "after {crashes} crashes of its own");
        assert_eq!(scene.claim_suspect().claims[0].attempt, 1, "a crash is no attempt");
    }
    let scene = scene.restart(false);
    assert_eq!((&scene.recovery.dead[..], &scene.recovery.suspects[..]), (&[poison][..], &[][..]));
    let dead = scene.store.reader().dead(None, None).expect("readable");
    assert_eq!((dead[0].reason, dead[0].crashes), (DeadReason::HostCrashed, 3));
    scene.check();

    wait(|reply| scene.store.retry_dead(poison, reply)).expect("a dead letter");
    let again = wait(|reply| scene.store.retry_dead(poison, reply));
    assert_eq!(again.expect_err("waits already").code(), "not-dead");
    assert_eq!(scene.claim_due(1).claims[0].attempt, 1);
    scene.check();
}

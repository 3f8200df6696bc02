//! The seat in the foreground is the app's own.

use anyhow::{Context as _, Result};
use bugle::{Ending, ForegroundEvent, Protocol};

use crate::doors::Open;
use crate::script::Script;
use crate::{ONE, TWO, app, two};

fn hello() -> Script {
    Script::of("log", &["hello"])
}

#[test]
fn a_push_is_offered_to_its_own_app() -> Result<()> {
    let scene = two().start()?;
    let mut one = app(&scene, ONE)?.enter_foreground();
    let ending = scene.push(&format!("{TWO}/inbox"), hello())?.ending().wait()?;
    assert!(matches!(ending, Ending::Completed(_)), "nobody was asked: {ending:?}");
    let mut two = app(&scene, TWO)?.enter_foreground();
    let receipt = scene.push(&format!("{TWO}/inbox"), hello())?;
    let Some(ForegroundEvent::Push(offer)) = two.next_blocking() else {
        anyhow::bail!("it is offered")
    };
    assert_eq!(offer.id(), receipt.id());
    assert!(offer.take().wait()?);
    // The first thing that the other sees is its own push.
    let receipt = scene.push(&format!("{ONE}/inbox"), hello())?;
    let Some(ForegroundEvent::Push(offer)) = one.next_blocking() else {
        anyhow::bail!("it is offered")
    };
    assert_eq!(offer.id(), receipt.id());
    offer.pass();
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    Ok(())
}

#[test]
fn nobody_takes_the_seat_of_another_app() -> Result<()> {
    let scene = two().start()?;
    let mut one = app(&scene, ONE)?.enter_foreground();
    let two = app(&scene, TWO)?.enter_foreground();
    // New credentials end the seat of those who had the ones of before, of their own app.
    app(&scene, TWO)?.renew_credentials().wait()?;
    drop(two);
    let receipt = scene.push(&format!("{ONE}/inbox"), hello())?;
    let Some(ForegroundEvent::Push(offer)) = one.next_blocking() else {
        anyhow::bail!("it is still in the foreground")
    };
    assert!(offer.take().wait()?);
    assert_eq!(receipt.ending().wait()?, Ending::Taken);
    Ok(())
}

#[test]
fn by_its_door_an_app_answers_for_itself_only() -> Result<()> {
    let open = Open::new()?;
    open.inbox(TWO, Protocol::Plain)?;
    let stream = format!("GET /foreground HTTP/1.1\r\nhost: t\r\n{}\r\n", open.proof(TWO)?);
    let mut listening = bugle_tests::program::Connection::to(open.app_door)?;
    listening.send(stream)?;
    listening.first_byte()?.context("the stream begins")?;
    let trigger = open.scene.push(&format!("{TWO}/inbox"), hello())?.id();
    // The offer may not have come to the door yet; whoever is not meant never finds it there.
    for answer in ["take", "pass"] {
        let asked = open.post_as(ONE, &format!("/foreground/{trigger}/{answer}"))?;
        assert_eq!((asked.status, asked.error().as_str()), (409, "too-late"));
    }
    open.scene.settle();
    let runs = open.scene.runs();
    assert_eq!(runs.len(), 1, "it was not taken: {runs:?}");
    for id in [ONE, TWO] {
        let left = Script::of("work", &["sync", id]);
        app(&open.scene, id)?.request(None, left).wait()?.ending().wait()?;
    }
    let taken = open.post_as(ONE, "/resume-work")?;
    let taken: serde_json::Value = serde_json::from_str(&taken.body)?;
    assert_eq!(taken["resume-work"].as_array().map(Vec::len), Some(1), "{taken}");
    assert_eq!(open.scene.reader().resume_work(&TWO.parse()?)?.len(), 1);
    Ok(())
}

//! What is shown on a desktop longer than its host runs, or shorter.

use anyhow::{Result, ensure};

use crate::desktop::{place, push, serve, served, setting, until};
use crate::screen::shown_by;

#[test]
fn what_an_earlier_host_has_shown_can_be_chosen() -> Result<()> {
    let place = place()?;
    // Dunst tells nobody but who has shown it; this tells all.
    let (desktop, screen, daemon) = shown_by(&place, &["actions", "body"])?;
    push(&place, "Ada: Lunch?")?;
    let number = screen.next()?.number;
    ensure!(daemon.terminate()?.0.success());
    let _again = serve(&place, &desktop)?;
    until("the task runs", || {
        // Soon after its start the host listens.
        screen.say("ActionInvoked", &(number, "1"))?;
        Ok(setting(&place)?.contains("\u{1f44d}"))
    })?;
    ensure!(!place.bugle(["toasts"])?.good()?.contains("Ada"), "it was chosen");
    Ok(())
}

#[test]
fn what_a_removed_app_shows_goes_from_the_screen() -> Result<()> {
    let (place, desktop, daemon) = served()?;
    push(&place, "Ada: Lunch?")?;
    until("it is shown", || Ok(desktop.displayed()? == 1))?;
    push(&place, "Grace: Ships?")?;
    until("both are", || Ok(desktop.displayed()? == 2))?;
    place.bugle(["remove", "com.example.chat"])?.good()?;
    until("they go", || Ok(desktop.displayed()? == 0))?;
    ensure!(daemon.terminate()?.0.success());
    Ok(())
}

#[test]
fn what_an_app_shows_that_is_removed_while_no_host_runs_goes_when_one_does() -> Result<()> {
    let (place, desktop, daemon) = served()?;
    push(&place, "Ada: Lunch?")?;
    until("it is shown", || Ok(desktop.displayed()? == 1))?;
    ensure!(daemon.terminate()?.0.success());
    place.bugle(["remove", "com.example.chat"])?.good()?;
    let _again = serve(&place, &desktop)?;
    until("it goes", || Ok(desktop.displayed()? == 0))
}

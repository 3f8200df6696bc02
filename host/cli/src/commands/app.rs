//! `bugle app`.

use bugle::AppId;
use bugle_gateway::{Answer, Command};

use crate::access::{self, After};
use crate::args::{AppAction, AppArgs, Global};
use crate::failure::{Ended, Failure};
use crate::output::Output;

pub(crate) fn app(args: AppArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    match args.action {
        AppAction::Credentials { app, anew } => credentials(app, anew, global, output),
        AppAction::Resume { app } => resume(app, global, output),
    }?;
    Ok(Ended::Well)
}

fn credentials(app: AppId, anew: bool, global: &Global, output: &Output) -> Result<(), Failure> {
    let answer = access::send(global, Command::Credentials { app, anew }, After::Close)?;
    let Answer::Credentials { credentials, .. } = &answer else {
        return Err(access::unexpected());
    };
    output.say(&answer, || {
        let bugle::Credentials { client_id, client_secret } = credentials;
        format!("client_id      {client_id}\nclient_secret  {client_secret}\n")
    })?;
    output.note(
        "whoever knows the secret may push for the app; tokens are given at `/accesstoken.srf`",
    );
    Ok(())
}

fn resume(app: AppId, global: &Global, output: &Output) -> Result<(), Failure> {
    let after = After::Settle { show_toasts: !output.is_json };
    let answer = access::send(global, Command::Resume { app }, after)?;
    output.say(&answer, || match &answer {
        Answer::Resumed { app, tasks } if tasks.is_empty() => {
            format!("no task of {app} is paused\n")
        }
        Answer::Resumed { tasks, .. } => {
            tasks.iter().map(|task| format!("{task} goes on\n")).collect()
        }
        _ => String::new(),
    })
}

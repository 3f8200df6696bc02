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

//! The command socket: `POST /command` with a [`Command`] as JSON, answered with an
//! [`Answer`](crate::Answer), or with a [`Refusal`] and a status of 400 and above.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bugle::Host;
use serde::Serialize;
use tokio::net::UnixListener;

use crate::connections::{self, Door};
use crate::management::Links;
use crate::{
    Answer, COMMAND_BYTES_MAX, COMMAND_CONNECTIONS_MAX, Command, GatewayError, PushDoor, Refusal,
    execute,
};

/// The most bytes the path of a socket may have: `sun_path` has 104 on macOS and the BSDs and 108 on
/// Linux, the closing zero included; the smaller one, so that a data folder can move.
const PATH_BYTES_MAX: usize = 103;

/// What commands are carried out with.
#[derive(Debug, Clone)]
struct Commands {
    host: Host,
    push_door: PushDoor,
    /// Where the dashboard is, if anywhere, and who is let in there.
    links: Option<(SocketAddr, Arc<Links>)>,
}

/// A socket that only its owner can reach, and that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct CommandSocket {
    listener: UnixListener,
    file: SocketFile,
}

/// The socket's name in its folder.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // One that stays is replaced at the next start.
        let _ = fs::remove_file(&self.0);
    }
}

impl CommandSocket {
    /// Makes the socket under another name and gives it its own only when its mode is right: at no
    /// moment can others connect, and a dead host's socket is replaced in one step.
    pub(crate) fn bind(path: PathBuf) -> Result<Self, GatewayError> {
        let fresh = path.with_extension("new");
        let too_long = path.as_os_str().len().max(fresh.as_os_str().len()) > PATH_BYTES_MAX;
        if too_long {
            return Err(GatewayError::SocketPathTooLong { path, bytes_max: PATH_BYTES_MAX });
        }
        match bind_and_name(&fresh, &path) {
            Ok(listener) => Ok(Self { listener, file: SocketFile(path) }),
            Err(source) => Err(GatewayError::Socket { path, source }),
        }
    }

    /// Carries out commands until `shutdown` is done.
    pub(crate) async fn serve(
        self,
        host: Host,
        push_door: PushDoor,
        links: Option<(SocketAddr, Arc<Links>)>,
        shutdown: impl Future<Output = ()>,
    ) {
        let Self { listener, file } = self;
        let routes = Router::new()
            .route("/command", post(command))
            .layer(DefaultBodyLimit::max(COMMAND_BYTES_MAX))
            .with_state(Commands { host, push_door, links });
        // Gone before open connections are waited for: the next program finds no door, not a
        // closed one.
        let shutdown = async move {
            shutdown.await;
            drop(file);
        };
        let door = Door::new(routes, COMMAND_CONNECTIONS_MAX);
        connections::serve(listener, door, shutdown).await;
    }
}

fn bind_and_name(fresh: &Path, path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(fresh)?;
    fs::set_permissions(fresh, Permissions::from_mode(0o600))?;
    fs::rename(fresh, path)?;
    Ok(listener)
}

async fn command(
    State(Commands { host, push_door, links }): State<Commands>,
    body: axum::body::Bytes,
) -> Response {
    let command: Command = match serde_json::from_slice(&body) {
        Ok(command) => command,
        Err(error) => return answer(StatusCode::BAD_REQUEST, &not_a_command(&error)),
    };
    if let (Command::Dashboard {}, Some((door, links))) = (&command, links) {
        return answer(StatusCode::OK, &Answer::Dashboard { url: links.url(door) });
    }
    match execute(&host, Some(&push_door), command).await {
        Ok(done) => answer(StatusCode::OK, &done),
        Err(refusal) if refusal.is_usage => answer(StatusCode::UNPROCESSABLE_ENTITY, &refusal),
        Err(refusal) => answer(StatusCode::INTERNAL_SERVER_ERROR, &refusal),
    }
}

fn not_a_command(error: &serde_json::Error) -> Refusal {
    Refusal::usage("not-a-command", format!("this host does not know the command: {error}"))
        .hint("use the same version of bugle for the command and for the host")
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let json = serde_json::to_vec(body).expect("answers have text keys and finite numbers");
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}

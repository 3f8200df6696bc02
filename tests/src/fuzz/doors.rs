//! The doors of a host, over TCP: whatever comes in, what goes out is HTTP, and a good push is taken.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle::{Channel, Protocol};
use bugle_gateway::{Gateway, Rates};
use bugle_protocols::plain::ChannelKey;
use bugle_protocols::web_push::{Encoding, SubscriptionKey, decrypt};
use bugle_protocols::wns::TokenKey;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Target;
use super::dice::Dice;
use super::http::{Answer, answers};
use super::mutate::{change_bytes, mutate};
use super::protocols::{WORDS as HEADER_WORDS, signed_token};
use super::requests::{SEEDS, WORDS};
use crate::program::Connection;
use crate::{AppSource, Scene, World};

/// Some times what a door reads at once.
const BYTES_MAX: usize = 96 * 1024;
/// The most bytes of an input once its words in braces are filled in.
const FILLED_BYTES_MAX: usize = 512 * 1024;

/// Cases after which a good push must be taken, and after which an hour passes, so that toasts may be
/// raised again.
const CASES_A_PUSH: usize = 16;
const CASES_AN_HOUR: usize = 64;
/// Cases after which all is opened anew: a channel ends after 30 days.
const CASES_A_HOST: usize = 64 * 24 * 20;

/// How long an answer may take: longer than a body may, so that only what hangs is found.
const PATIENCE: Duration = Duration::from_secs(20);

/// A task that completes, whatever comes.
const QUIET: &str = r#"(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32) (i32.const 0)))"#;

/// A host with its doors open, a channel for each protocol.
struct Stage {
    scene: Scene,
    door: SocketAddr,
    channels: Vec<(&'static str, Channel)>,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

/// The doors, with what is put for words in braces.
pub(super) struct Doors {
    stage: Stage,
    words: Vec<(String, Vec<u8>)>,
    cases: usize,
}

impl Stage {
    fn open() -> Result<Self> {
        let mut scene = Scene::builder().app(app()?).host(|host| host.workers(1)).start()?;
        // A sender may ask for a single attempt, whose end is told to nobody.
        scene.leaves_triggers();
        let doors = bugle_gateway::Doors {
            rates: Rates::none(),
            ..bugle_gateway::Doors::at("127.0.0.1:0".parse()?)
        };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build()?;
        let gateway = runtime.block_on(Gateway::bind(scene.host().clone(), doors))?;
        let door = gateway.push_door();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = runtime.spawn(gateway.serve(async move {
            let _ = stopped.await;
        }));
        let mut channels = Vec::new();
        for (name, protocol) in [
            ("plain", Protocol::Plain),
            ("bearer", Protocol::Bearer),
            ("signed", Protocol::Signed),
            ("wns", Protocol::Wns),
            ("web-push", Protocol::WebPush { sender_key: None }),
            ("topic-token", Protocol::Topic { topic: "news".parse()? }),
        ] {
            let id = scene.channel_id(name);
            scene.host().close_channel(&id).wait()?;
            channels.push((name, scene.host().open_channel_for(&id, protocol).wait()?));
        }
        Ok(Self { scene, door, channels, runtime, stop: Some(stop), served: Some(served) })
    }

    fn channel(&self, name: &str) -> Result<&Channel> {
        let found = self.channels.iter().find(|(found, _)| *found == name);
        Ok(&found.context("it was opened")?.1)
    }

    /// What senders of this host have, at this time.
    fn words(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let host = self.scene.host();
        let now = self.scene.now();
        let mut words: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, value: Vec<u8>| words.push((format!("{{{name}}}"), value));
        for (name, channel) in &self.channels {
            add(name, channel.address().as_str().into());
        }
        let keyed = self.channel("bearer")?;
        let key = host.secret(&format!("key of {}, {}", keyed.id(), keyed.generation()));
        add("bearer-key", ChannelKey::new(key).text().into());
        let app = self.scene.app_id();
        let credentials = self.scene.app().credentials().wait()?;
        let made = host.credentials_made(app)?;
        let key = host.secret(&format!("wns tokens of {app}, {made}"));
        add("wns-token", TokenKey::new(key).issue(app, now).0.into());
        let client = credentials.client_id.replace(':', "%3A").replace('/', "%2F");
        let secret = credentials.client_secret;
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope=notify.windows.com"
        );
        add("form-length", form.len().to_string().into());
        add("form", form.into());
        add("now", (now / 1_000).to_string().into());
        add("vapid", signed_token(&format!("http://{}", self.door), now / 1_000)?.into());
        let sealed = sealed(host, self.channel("web-push")?)?;
        add("sealed-length", sealed.len().to_string().into());
        add("sealed", sealed);
        let pushkey = self.channel("plain")?.address().as_str().to_owned();
        let matrix = serde_json::json!({ "notification": {
            "event_id": "$1", "type": "m.room.message", "content": { "body": "hello" },
            "devices": [{ "app_id": "a", "pushkey": pushkey }],
        }});
        let matrix = matrix.to_string();
        add("matrix-length", matrix.len().to_string().into());
        add("matrix", matrix.into());
        Ok(words)
    }

    /// Sends packets from an address of this machine, each by itself, and reads until the end.
    fn exchange(&self, from: Ipv4Addr, packets: &[&[u8]]) -> Result<(Vec<u8>, bool)> {
        let stream = self.runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
            socket.connect(self.door).await
        });
        let mut stream: TcpStream = stream.context("connect: nobody is there")?.into_std()?;
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut is_cut = false;
        for packet in packets {
            // Who has answered already may have gone.
            is_cut |= stream.write_all(packet).is_err();
        }
        is_cut |= stream.shutdown(Shutdown::Write).is_err();
        let mut received = Vec::new();
        match stream.read_to_end(&mut received) {
            Ok(_) => Ok((received, is_cut)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                bail!("hang: nothing more came for {PATIENCE:?}, after {}", received.escape_ascii())
            }
            Err(_) => Ok((received, true)),
        }
    }

    /// What every sender may count on.
    fn push(&self) -> Result<()> {
        let mut connection = Connection::to(self.door)?;
        let address = self.channel("plain")?.address().as_str();
        let answer = connection.push(&format!("/push/{address}"), b"good")?;
        ensure!(answer.status == 201, "good push: {answer:?}");
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(served) = self.served.take() {
            // The host's last clones go with it.
            let _ = self.runtime.block_on(served);
        }
    }
}

/// The app, which has a channel for each protocol and may show whatever WNS brings.
fn app() -> Result<AppSource> {
    let mut manifest = "[app]\nid = \"com.example.quiet\"\nname = \"Quiet\"\nversion = \"1.0.0\"\n\
        [[task]]\nname = \"act\"\ncomponent = \"quiet.wasm\"\ntriggers = [\"raw-notification\"]\n\
        [permissions]\ntoasts = true\n"
        .to_owned();
    for channel in ["plain", "bearer", "signed", "wns", "web-push", "topic-token"] {
        manifest += &format!("[[channel]]\nname = \"{channel}\"\ntask = \"act\"\n");
    }
    let component = World::load()?.encode(wat::parse_str(QUIET)?)?;
    Ok(AppSource { manifest, files: vec![("quiet.wasm".to_owned(), component)] })
}

fn sealed(host: &bugle::Host, channel: &Channel) -> Result<Vec<u8>> {
    let secret = format!("web push to {}, {}", channel.id(), channel.generation());
    let key = SubscriptionKey::derive(&host.secret(&secret));
    // Sets the cryptography up, which is one for all of a process.
    let _ = decrypt(&key, &Encoding::Aes128Gcm, &[]);
    let auth = URL_SAFE_NO_PAD.decode(key.auth())?;
    Ok(ece::encrypt(&key.public_key(), &auth, b"hello")?)
}

impl Doors {
    pub(super) fn open() -> Result<Self> {
        let stage = Stage::open()?;
        let words = stage.words()?;
        let mut doors = Self { stage, words, cases: 0 };
        // Seeds that are not taken would lead nowhere.
        for (expected, seed) in SEEDS {
            let answers = doors.ask(seed.as_bytes())?;
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            ensure!(statuses == expected, "{seed}\n{answers:?}");
        }
        Ok(doors)
    }

    /// Sends an input from an address of its own: a sender who asks for much that is not there waits.
    fn ask(&mut self, input: &[u8]) -> Result<Vec<Answer>> {
        self.cases += 1;
        let [.., high, middle, low] = (self.cases % 0xff_0000).to_be_bytes();
        let from = Ipv4Addr::new(127, high.saturating_add(1), middle, low.clamp(1, 254));
        let filled = self.filled(input);
        let packets = split(&filled, b"{pause}");
        let (received, is_cut) = self.stage.exchange(from, &packets)?;
        if packets.concat().starts_with(b"PRI ") {
            // Frames of HTTP/2, which are not looked into.
            return Ok(Vec::new());
        }
        answers(&received, is_cut)
    }

    /// The input with what is put for words in braces.
    fn filled(&self, input: &[u8]) -> Vec<u8> {
        let mut filled = Vec::with_capacity(input.len());
        let mut rest = input;
        while let Some((first, after)) = rest.split_first() {
            let word = self.words.iter().find(|(name, _)| rest.starts_with(name.as_bytes()));
            match word {
                Some((name, value)) if filled.len() < FILLED_BYTES_MAX => {
                    filled.extend_from_slice(value);
                    rest = &rest[name.len()..];
                }
                _ => {
                    filled.push(*first);
                    rest = after;
                }
            }
        }
        filled
    }

    fn look_after(&mut self) -> Result<()> {
        if self.cases.is_multiple_of(CASES_A_PUSH) {
            self.stage.push()?;
        }
        if self.cases.is_multiple_of(CASES_AN_HOUR) {
            self.stage.scene.pass(Duration::from_secs(60 * 60));
            self.words = self.stage.words()?;
        }
        if self.cases.is_multiple_of(CASES_A_HOST) {
            self.check_store()?;
            self.stage = Stage::open()?;
            self.words = self.stage.words()?;
        }
        Ok(())
    }

    /// All that was taken came to an end.
    fn check_store(&self) -> Result<()> {
        self.stage.scene.settle();
        let broken = self.stage.scene.reader().check()?;
        ensure!(broken.is_empty(), "store: {broken:?}");
        let totals = self.stage.scene.reader().totals()?;
        let left = (totals.waiting, totals.claimed, totals.dead);
        ensure!(left == (0, 0, 0), "left: waiting, claimed and dead {left:?}");
        Ok(())
    }
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(found) = rest.windows(at.len()).position(|window| window == at) {
        parts.push(&rest[..found]);
        rest = &rest[found + at.len()..];
    }
    parts.push(rest);
    parts
}

impl Target for Doors {
    fn time_max(&self) -> Duration {
        2 * PATIENCE
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        SEEDS.iter().map(|(_, seed)| seed.as_bytes().to_vec()).collect()
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        let words = if dice.once_in(2) { WORDS } else { HEADER_WORDS };
        let mut input = mutate(corpus, words, dice, BYTES_MAX);
        match dice.below(8) {
            0 => {
                let other = dice.input(corpus);
                change_bytes(&mut input, other, dice);
            }
            1 => input.extend_from_slice(dice.input(corpus)),
            2 => {
                let at = dice.below(input.len() + 1);
                drop(input.splice(at..at, *b"{pause}"));
            }
            _ => {}
        }
        input
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        let answers = self.ask(input)?;
        for answer in &answers {
            // No input fills a queue, so that nothing here is the host's own trouble.
            ensure!(answer.status < 500, "status {} {}: {answer}", answer.status, answer.code());
        }
        self.look_after()?;
        let behaviours: Vec<String> = answers.iter().take(4).map(Answer::behaviour).collect();
        Ok(behaviours.join(", "))
    }

    fn end(&mut self) -> Result<()> {
        self.stage.push()?;
        self.check_store()
    }
}

//! A desktop as people have it: a session's bus, an X server and a notification daemon (dunst), all Debian's.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bugle_build::toolchain;
use bugle_tests::AppSource;
use bugle_tests::program::{Daemon, Place, tools};
use zbus::export::ordered_stream::OrderedStreamExt as _;
use zbus::proxy::Proxy;
use zbus::wire::OwnedVariant;

use crate::place_with;

const CHAT: &str = "com.example.chat/inbox";

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the frame around notifications is drawn in, as a pixel has it: nothing else here is.
const FRAME: [u8; 3] = [0x9a, 0x2f, 0xd6];

/// What the picture of the example is filled with.
const BUBBLE: [u8; 3] = [0x2f, 0xd6, 0x9a];

const BUS: &str = r#"<busconfig><type>session</type><keep_umask/><listen>unix:path=BUS</listen>
<auth>EXTERNAL</auth><policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#;

const DUNST: &str = r##"[global]
    follow = none
    origin = top-right
    font = DejaVu Sans 12
    frame_width = 4
    frame_color = "#9a2fd6"
    markup = full
    format = "<b>%s</b>\n%b"
    icon_position = left
    idle_threshold = 0
    sticky_history = yes
    dmenu = CHOOSE
[urgency_low]
    timeout = 0
[urgency_normal]
    timeout = 0
[urgency_critical]
    timeout = 0
"##;

/// A process that ends when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the desktop is, or will be.
pub(crate) struct Desktop {
    folder: PathBuf,
    files: PathBuf,
    display: String,
    processes: Vec<Process>,
}

/// Icons that have got another number: whose, and what of it.
pub(crate) type Icons = mpsc::Receiver<(String, String)>;

impl Desktop {
    /// Nothing runs yet.
    pub(crate) fn at(place: &Place) -> Result<Self> {
        let files = tools().join("desktop/files");
        ensure!(files.is_dir(), "the desktop is not there; `cargo xtask test` unpacks it");
        let folder = place.folder().join("desktop");
        fs::create_dir(&folder)?;
        let files = fs::canonicalize(files)?;
        Ok(Self { folder, files, display: String::new(), processes: Vec::new() })
    }

    pub(crate) fn bus(&self) -> String {
        format!("unix:path={}", self.folder.join("bus").display())
    }

    fn command(&self, program: &Path) -> Result<Command> {
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", toolchain::libraries(&self.files)?);
        command.env("DBUS_SESSION_BUS_ADDRESS", self.bus());
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(name, &self.folder);
        }
        let fonts = self.folder.join("fonts.conf");
        let folder = self.files.join("usr/share/fonts").display().to_string();
        let config = format!(
            "<fontconfig><dir>{folder}</dir><cachedir>{}</cachedir></fontconfig>",
            self.folder.join("fonts").display()
        );
        fs::write(&fonts, config)?;
        command.env("FONTCONFIG_FILE", fonts).env_remove("WAYLAND_DISPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }

    /// Starts the bus alone.
    pub(crate) fn start_bus(&mut self) -> Result<()> {
        let config = self.folder.join("bus.conf");
        fs::write(&config, BUS.replace("BUS", &self.folder.join("bus").display().to_string()))?;
        let mut bus = self.command(&self.files.join("usr/bin/dbus-daemon"))?;
        bus.arg(format!("--config-file={}", config.display()));
        bus.args(["--nofork", "--nopidfile", "--nosyslog", "--print-address"]);
        self.wait_for_line(bus).map(drop)
    }

    /// Starts the bus, the X server and the daemon; `chosen` is what the person chooses in its menu.
    pub(crate) fn start(&mut self, chosen: &str) -> Result<()> {
        self.start_bus()?;
        self.display = self.start_x()?;
        let (choose, menu) = (self.folder.join("choose"), self.folder.join("menu"));
        let menu = menu.display();
        fs::write(&choose, format!("#!/bin/sh\ntee '{menu}' | grep -F '{chosen}' | head -n 1\n"))?;
        fs::set_permissions(&choose, fs::Permissions::from_mode(0o700))?;
        let config = self.folder.join("dunstrc");
        fs::write(&config, DUNST.replace("CHOOSE", &choose.display().to_string()))?;
        self.start_dunst()
    }

    fn start_dunst(&mut self) -> Result<()> {
        let mut dunst = self.command(&self.files.join("usr/bin/dunst"))?;
        dunst.env("DISPLAY", &self.display).args(["-print", "-conf"]);
        let record = File::options().create(true).append(true).open(self.record())?;
        dunst.arg(self.folder.join("dunstrc")).stdout(record);
        self.processes.push(Process(dunst.spawn()?));
        until("dunst answers", || Ok(self.displayed().is_ok()))
    }

    /// Kills the daemon, with all that it showed, and starts another.
    fn start_dunst_again(&mut self) -> Result<()> {
        drop(self.processes.pop());
        until("dunst is gone", || Ok(self.displayed().is_err()))?;
        self.start_dunst()
    }

    /// Listens as the docks of desktops do for the numbers on icons.
    pub(crate) fn icons(&self) -> Result<Icons> {
        let address: zbus::Address = self.bus().as_str().try_into()?;
        let (told, numbers) = mpsc::channel();
        let (is_ready, ready) = mpsc::channel();
        let listen = async move || -> zbus::Result<()> {
            let connection = zbus::connection::Builder::address(address).build().await?;
            let rule = zbus::MatchRule::builder().msg_type(zbus::message::Type::Signal);
            let rule = rule.interface("com.canonical.Unity.LauncherEntry").build()?;
            let mut signals = zbus::MessageStream::for_match_rule(rule, &connection, None).await?;
            let _ = is_ready.send(());
            while let Some(signal) = signals.next().await {
                type Update = (String, HashMap<String, OwnedVariant>);
                let (app, hints): Update = signal?.body().deserialize()?;
                if told.send((app, format!("{hints:?}"))).is_err() {
                    break;
                }
            }
            Ok(())
        };
        thread::spawn(move || zbus::block_on(listen()));
        ready.recv_timeout(PATIENCE).context("nobody listens for icons")?;
        Ok(numbers)
    }

    /// Starts a process and waits for its first line.
    fn wait_for_line(&mut self, mut command: Command) -> Result<String> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().context("it is a pipe")?;
        self.processes.push(Process(child));
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        ensure!(!line.is_empty(), "{command:?} ended");
        Ok(line.trim().to_owned())
    }

    /// The X server has where its helper is as a path of its own: here it is below the folder that it is
    /// started in.
    fn start_x(&mut self) -> Result<String> {
        let program = fs::read(self.files.join("usr/bin/Xvfb"))?;
        let (from, to): (&[u8], &[u8]) = (b"\0/usr/bin\0", b"\0usr/bin/\0");
        let places = program.windows(from.len()).enumerate().filter(|(_, part)| *part == from);
        let places: Vec<usize> = places.map(|(at, _)| at).collect();
        let [at] = places[..] else { bail!("the X server has its path {} times", places.len()) };
        let mut moved = program;
        moved[at..at + to.len()].copy_from_slice(to);
        let path = self.folder.join("Xvfb");
        fs::write(&path, moved)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        let mut x = self.command(&path)?;
        x.current_dir(&self.files).args(["-displayfd", "1", "-screen", "0", "640x480x24"]);
        x.args(["-nolisten", "tcp", "-noreset", "-fp", "built-ins"]);
        x.arg("-xkbdir").arg(self.files.join("usr/share/X11/xkb")).arg("-fbdir").arg(&self.folder);
        Ok(format!(":{}", self.wait_for_line(x)?))
    }

    /// Asks dunst itself, by its own interface.
    fn dunst<T>(&self, ask: impl AsyncFnOnce(Proxy<'static>) -> zbus::Result<T>) -> Result<T> {
        let address: zbus::Address = self.bus().as_str().try_into()?;
        Ok(zbus::block_on(async {
            let connection = zbus::connection::Builder::address(address).build().await?;
            let (service, path) =
                ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
            ask(Proxy::new_owned(connection, service, path, "org.dunstproject.cmd0").await?).await
        })?)
    }

    /// Does to dunst what its own commands do.
    pub(crate) fn tell(&self, what: &str) -> Result<()> {
        self.dunst(async |dunst| dunst.call::<_, _, ()>(what, &()).await)
    }

    /// The person chooses in dunst's menu.
    pub(crate) fn choose(&self) -> Result<()> {
        self.tell("ContextMenuCall")
    }

    /// What was in that menu the last time.
    pub(crate) fn menu(&self) -> String {
        fs::read_to_string(self.folder.join("menu")).unwrap_or_default()
    }

    /// How many notifications are on the screen.
    pub(crate) fn displayed(&self) -> Result<u32> {
        self.dunst(async |dunst| dunst.get_property("displayedLength").await)
    }

    /// What dunst writes down of each as it comes, with its actions.
    fn record(&self) -> PathBuf {
        self.folder.join("record")
    }

    /// What dunst remembers of those that are not on the screen any more: no actions, which are over.
    pub(crate) fn history(&self) -> Result<String> {
        self.dunst(async |dunst| {
            let message = dunst.call_method("NotificationListHistory", &()).await?;
            type Notice = HashMap<String, OwnedVariant>;
            let all: Vec<Notice> = message.body().deserialize()?;
            Ok(format!("{all:?}"))
        })
    }

    /// How many pixels of the screen are of the frame around notifications.
    fn framed(&self) -> Result<usize> {
        self.pixels(FRAME)
    }

    /// How many pixels of the screen have a colour.
    fn pixels(&self, colour: [u8; 3]) -> Result<usize> {
        let file = fs::read(self.folder.join("Xvfb_screen0"))?;
        let number = |at: usize| -> Result<usize> {
            let bytes = file.get(4 * at..4 * at + 4).context("it has a header")?;
            Ok(usize::try_from(u32::from_be_bytes(bytes.try_into()?))?)
        };
        // The X Window Dump format: the header's size first, the number of colours is its 20th field.
        let pixels = &file[number(0)? + 12 * number(19)?..];
        let [red, green, blue] = colour;
        Ok(pixels.chunks_exact(4).filter(|pixel| pixel[..3] == [blue, green, red]).count())
    }
}

pub(crate) fn until(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        ensure!(start.elapsed() < PATIENCE, "{what}: not in time");
        thread::yield_now();
    }
    Ok(())
}

pub(crate) fn place() -> Result<Place> {
    place_with(&AppSource::example("chat")?, CHAT)
}

pub(crate) fn serve(place: &Place, desktop: &Desktop) -> Result<Daemon> {
    serve_on(place, &desktop.bus(), &[])
}

/// A host whose session has this bus.
pub(crate) fn serve_on(place: &Place, bus: &str, more: &[&str]) -> Result<Daemon> {
    let mut command = place.command(["serve", "--listen", "127.0.0.1:0", "--sink", "desktop"])?;
    command.args(more).env("DBUS_SESSION_BUS_ADDRESS", bus);
    Daemon::start(command, |log| log)
}

pub(crate) fn push(place: &Place, content: &str) -> Result<()> {
    place.bugle(["push", CHAT, content, "--wait"])?.good().map(drop)
}

pub(crate) fn setting(place: &Place) -> Result<String> {
    place.bugle(["settings", "list", "com.example.chat"])?.good()
}

/// A desktop on which a person likes what is shown, and a host that shows it there.
pub(crate) fn served() -> Result<(Place, Desktop, Daemon)> {
    let place = place()?;
    let mut desktop = Desktop::at(&place)?;
    desktop.start("Like")?;
    let daemon = serve(&place, &desktop)?;
    Ok((place, desktop, daemon))
}

#[test]
fn a_toast_is_on_the_screen_and_its_action_wakes_the_task() -> Result<()> {
    let (place, desktop, _daemon) = served()?;
    ensure!(desktop.framed()? == 0, "nothing is shown yet");
    push(&place, "Ada: <b>Lunch?</b> & more")?;
    until("it is on the screen", || Ok(desktop.displayed()? == 1 && desktop.framed()? > 1_000))?;
    until("its picture is", || Ok(desktop.pixels(BUBBLE)? > 100))?;
    desktop.choose()?;
    until("the task runs", || Ok(setting(&place)?.contains("\u{1f44d}")))?;
    let menu = desktop.menu();
    ensure!(["#Open (Ada)", "#Send (Ada)", "#Like (Ada)"].iter().all(|line| menu.contains(line)));
    until("it goes from the screen", || Ok(desktop.displayed()? == 0 && desktop.framed()? == 0))?;
    let (history, record) = (desktop.history()?, fs::read_to_string(desktop.record())?);
    for seen in ["Ada", "&lt;b&gt;Lunch?&lt;/b&gt; &amp; more", "com.example.chat"] {
        ensure!(history.contains(seen) && record.contains(seen), "`{seen}`: {history}{record}");
    }
    for action in [r#""default": "Open""#, r#""0": "Send""#, r#""1": "Like""#] {
        ensure!(record.contains(action), "`{action}` is not in {record}");
    }
    Ok(())
}

#[test]
fn a_toast_that_is_put_away_wakes_the_task() -> Result<()> {
    let (place, desktop, _daemon) = served()?;
    push(&place, "Ada: Lunch?")?;
    until("it is shown", || Ok(desktop.displayed()? == 1))?;
    desktop.tell("NotificationCloseLast")?;
    until("the task hears it", || Ok(setting(&place)?.contains("messages/open  integer  0")))?;
    ensure!(place.bugle(["runs"])?.good()?.contains("toast-dismissed"));
    push(&place, "Grace: Ships?")?;
    until("the next is shown", || Ok(desktop.displayed()? == 1))?;
    Ok(())
}

#[test]
fn what_shows_notifications_may_be_started_again() -> Result<()> {
    let (place, mut desktop, _daemon) = served()?;
    push(&place, "Ada: Lunch?")?;
    until("it is shown", || Ok(desktop.displayed()? == 1))?;
    desktop.start_dunst_again()?;
    push(&place, "Grace: Ships?")?;
    until("the next is shown", || Ok(desktop.displayed()? == 1))?;
    // Its number is that of the one before, whose choice it must not be.
    desktop.choose()?;
    until("the task runs", || Ok(setting(&place)?.contains("\u{1f44d}")))?;
    let left = place.bugle(["toasts"])?.good()?;
    ensure!(left.contains("Ada") && !left.contains("Grace"), "it goes with the trigger: {left}");
    Ok(())
}

#[test]
fn the_number_on_an_icon_is_that_of_the_badge() -> Result<()> {
    let place = place()?;
    let mut desktop = Desktop::at(&place)?;
    desktop.start("Like")?;
    let icons = desktop.icons()?;
    let _daemon = serve(&place, &desktop)?;
    push(&place, "Ada: Lunch?")?;
    let (app, hints) = icons.recv_timeout(PATIENCE)?;
    ensure!(app == "application://com.example.chat.desktop", "{app}");
    let has = |hints: &str, parts: [&str; 2]| parts.iter().all(|part| hints.contains(part));
    ensure!(has(&hints, ["I64(1)", "true"]), "{hints}");
    desktop.tell("NotificationCloseLast")?;
    let (_, hints) = icons.recv_timeout(PATIENCE)?;
    ensure!(has(&hints, ["I64(0)", "false"]), "{hints}");
    Ok(())
}

#[test]
fn without_a_desktop_pushes_go_on_and_toasts_are_shown_when_there_is_one() -> Result<()> {
    let place = place()?;
    let mut desktop = Desktop::at(&place)?;
    let daemon = serve(&place, &desktop)?;
    push(&place, "Ada: Lunch?")?;
    push(&place, "Grace: Ships?")?;
    desktop.start("Like")?;
    until("both are shown", || Ok(desktop.displayed()? == 2))?;
    let (status, _, log) = daemon.terminate()?;
    ensure!(status.success(), "{log}");
    let lines = log.lines().filter(|line| line.contains("a toast was not delivered"));
    let lines: Vec<&str> = lines.collect();
    ensure!(!lines.is_empty(), "{log}");
    ensure!(lines.iter().all(|line| line.contains("the desktop cannot show it")), "{log}");
    Ok(())
}

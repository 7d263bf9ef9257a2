//! A container engine, and both generations of Compose, for the commands and suites that need them: found, or set up by
//! apt on Debian and Ubuntu, or said to be missing. What was started here is stopped here; nothing else is.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};

use crate::{
    clock::Stopwatch,
    say, signals,
    tools::{self, Tool},
    workspace::{output_of, root},
};

/// What the engine is made of.
const ENGINE: &[Tool] = &[
    Tool { program: "docker", package: "docker.io" },
    Tool { program: "dockerd", package: "docker.io" },
    Tool { program: "iptables", package: "iptables" },
    Tool { program: "ip", package: "iproute2" },
];
const COMPOSE_1: Tool = Tool { program: "docker-compose", package: "docker-compose" };

/// How long a daemon may take to answer, and how long to end.
const PATIENCE: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_millis(250);

/// The Debian release that packages the plugins of today's `docker`: Compose 2 and Buildx.
const PLUGINS_FROM: &str = "trixie";

/// An engine that answers. One that was started for this ends with it.
pub(crate) struct Engine {
    started: Option<Child>,
}

/// Finds the engine, or installs and starts it.
///
/// # Errors
/// Why there is none, with what would mend it.
pub(crate) fn ensure_engine() -> Result<Engine, String> {
    if answers() {
        return Ok(Engine { started: None });
    }
    tools::ensure(ENGINE)?;
    if answers() {
        return Ok(Engine { started: None });
    }
    if !rustix::process::geteuid().is_root() {
        return Err("no container engine answers, and only root can start one: sudo systemctl start docker"
            .to_owned());
    }
    start().map(|daemon| Engine { started: Some(daemon) }).map_err(|error| format!("{error:#}"))
}

fn answers() -> bool {
    let asked = Command::new("docker").arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn start() -> anyhow::Result<Child> {
    let log = root().join("target/dockerd.log");
    fs::create_dir_all(root().join("target")).context("cannot make the target folder")?;
    let file = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    // An MTU that also fits machines whose own network is a tunnel.
    let mut command = Command::new("dockerd");
    command.args(["--mtu", "1400"]).stdin(Stdio::null());
    command.stderr(file.try_clone().context("cannot share the daemon's log")?).stdout(file);
    // A group of its own: Ctrl-C is for us, and we end it when we are done.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    say::line("    starting dockerd --mtu 1400, until this command ends");
    // Or Ctrl-C would end us, and leave it behind.
    signals::take_over();
    let mut daemon = command.spawn().context("cannot start dockerd")?;
    let watch = Stopwatch::start();
    while !answers() {
        if let Some(status) = daemon.try_wait().context("cannot watch dockerd")? {
            bail!("dockerd ended with {status}; {} tells why", log.display());
        }
        if watch.elapsed() > PATIENCE {
            end(&mut daemon);
            bail!("dockerd does not answer; {} may tell why", log.display());
        }
        thread::sleep(INTERVAL);
    }
    Ok(daemon)
}

/// Asks it to end and waits; one that does not is killed.
fn end(daemon: &mut Child) {
    if let Some(pid) = rustix::process::Pid::from_raw(daemon.id().cast_signed()) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let watch = Stopwatch::start();
    while watch.elapsed() < PATIENCE {
        if !matches!(daemon.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(INTERVAL);
    }
    let _ = daemon.kill();
    let _ = daemon.wait();
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.started {
            say::line("    stopping the dockerd that was started for this");
            end(daemon);
        }
    }
}

/// Compose as it is called: `docker-compose` (1.29), `docker compose` (2).
pub(crate) struct Compose {
    /// The first generation, where it is still around.
    pub(crate) first: Option<String>,
    /// The second.
    pub(crate) second: String,
}

/// Finds both generations of Compose and Buildx, or sets them up.
///
/// # Errors
/// Why one is missing, with what would mend it. The first generation may be missing where it cannot be installed.
pub(crate) fn ensure_compose() -> Result<Compose, String> {
    if !speaks(&["compose", "version"]) || !speaks(&["buildx", "version"]) {
        install_plugins().map_err(|error| format!("{error:#}"))?;
    }
    let first = match tools::ensure(&[COMPOSE_1]) {
        Ok(()) if is_first() => Some("docker-compose".to_owned()),
        Ok(()) => None,
        Err(why) => {
            say::line(format!("    Compose 1.29 is left out: {why}"));
            None
        }
    };
    Ok(Compose { first, second: "docker compose".to_owned() })
}

/// Whether builds go through Buildx. Without it, the classic builder is asked for by name: a client that has none would
/// refuse.
pub(crate) fn has_buildx() -> bool {
    speaks(&["buildx", "version"])
}

fn speaks(words: &[&str]) -> bool {
    let asked = Command::new("docker").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Newer distributions call the second generation `docker-compose`, too.
fn is_first() -> bool {
    let version = output_of(Command::new("docker-compose").args(["version", "--short"]));
    version.is_ok_and(|version| version.trim().trim_start_matches('v').starts_with("1."))
}

/// Unpacks the plugins of a later Debian into `~/.docker/cli-plugins`, where every `docker` finds them. They are static
/// programs; neither the lists of packages nor the packages of this machine change.
fn install_plugins() -> anyhow::Result<()> {
    let by_hand = "https://docs.docker.com/compose/install/linux tells how to install `docker compose` and `docker buildx`";
    ensure!(
        Path::new("/etc/debian_version").exists(),
        "`docker compose` or `docker buildx` is missing; {by_hand}"
    );
    let home = std::env::home_dir().context("there is no home folder for the plugins of docker")?;
    let plugins = home.join(".docker/cli-plugins");
    say::line(format!(
        "    setting up: docker compose and docker buildx of Debian {PLUGINS_FROM}, in {}",
        plugins.display()
    ));
    let view = AptView::new()?;
    view.run(&["update"])?;
    view.run(&["download", "docker-compose", "docker-buildx"])?;
    for package in fs::read_dir(view.folder.path()).context("cannot read what apt has downloaded")?.flatten()
    {
        let path = package.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            let unpacked = view.folder.path().join("unpacked");
            output_of(Command::new("dpkg-deb").arg("-x").args([&path, &unpacked]))?;
        }
    }
    fs::create_dir_all(&plugins).with_context(|| format!("cannot make {}", plugins.display()))?;
    let from = view.folder.path().join("unpacked/usr/libexec/docker/cli-plugins");
    for plugin in fs::read_dir(&from).context("the packages hold no plugins")?.flatten() {
        let to = plugins.join(plugin.file_name());
        fs::copy(plugin.path(), &to).with_context(|| format!("cannot write {}", to.display()))?;
    }
    ensure!(speaks(&["compose", "version"]), "`docker compose` still does not work; {by_hand}");
    Ok(())
}

/// Apt with sources and lists of its own.
struct AptView {
    folder: tempfile::TempDir,
}

impl AptView {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for apt")?;
        let path = |name: &str| folder.path().join(name);
        for name in ["lists/partial", "cache/archives/partial", "parts"] {
            fs::create_dir_all(path(name)).context("cannot make a folder for apt")?;
        }
        let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let source = format!("deb [signed-by={keys}] http://deb.debian.org/debian {PLUGINS_FROM} main\n");
        fs::write(path("sources.list"), source).context("cannot write the sources of apt")?;
        Ok(Self { folder })
    }

    fn run(&self, words: &[&str]) -> anyhow::Result<()> {
        let option = |name: &str, file: &str| -> String {
            let path: PathBuf = self.folder.path().join(file);
            format!("{name}={}", path.display())
        };
        let options = [
            option("Dir::Etc::SourceList", "sources.list"),
            option("Dir::Etc::SourceParts", "parts"),
            option("Dir::State::Lists", "lists"),
            option("Dir::Cache", "cache"),
            "Acquire::Languages=none".to_owned(),
            // The folder is ours alone, and apt's own user cannot write there.
            "APT::Sandbox::User=root".to_owned(),
        ];
        let mut command = Command::new("apt-get");
        command.current_dir(self.folder.path()).arg("-qq");
        for option in &options {
            command.args(["-o", option]);
        }
        output_of(command.args(words)).map(|_| ())
    }
}

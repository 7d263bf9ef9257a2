//! `cargo xtask images`: builds the images, on a machine that can pull nothing as well, and holds them to their limits.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use flate2::{Compression, write::GzEncoder};

use crate::{
    clock::Stopwatch,
    docker_setup, say,
    tools::{self, Tool},
    workspace::{cargo, must, output_of, root},
};

/// Needed to make what cannot be pulled.
const MMDEBSTRAP: Tool = Tool { program: "mmdebstrap", package: "mmdebstrap" };

/// What to build.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask images\n  cargo xtask images loadgen --dist")]
pub(crate) struct Arguments {
    /// Only this one; none = both
    #[arg(value_enum)]
    image: Vec<Image>,
    /// Compile as for what is published: faster programs, in twice the time
    #[arg(long)]
    dist: bool,
}

/// An image of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Image {
    /// The load generator.
    Loadgen,
    /// The control plane.
    Control,
}

impl Image {
    const ALL: [Self; 2] = [Self::Loadgen, Self::Control];

    fn name(self) -> &'static str {
        match self {
            Self::Loadgen => "trafficinator/loadgen",
            Self::Control => "trafficinator/control",
        }
    }

    fn dockerfile(self) -> &'static str {
        match self {
            Self::Loadgen => "deploy/docker/loadgen.Dockerfile",
            Self::Control => "deploy/docker/control.Dockerfile",
        }
    }

    /// The most that it may weigh in a registry, in bytes.
    fn limit(self) -> u64 {
        match self {
            Self::Loadgen => 30_000_000,
            Self::Control => 40_000_000,
        }
    }
}

/// How the programs in it are compiled: a profile of the workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile {
    /// What is published.
    Dist,
    /// What Compose builds, too, so that each finds the other's work done.
    Release,
}

/// Builds them.
///
/// # Errors
/// When there is no engine, when a build fails, and when an image weighs too much.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let _engine = docker_setup::ensure_engine().map_err(anyhow::Error::msg)?;
    if let Err(why) = docker_setup::ensure_compose() {
        say::line(format!("    building without Buildx: {why}"));
    }
    let profile = if arguments.dist { Profile::Dist } else { Profile::Release };
    build(if arguments.image.is_empty() { &Image::ALL } else { &arguments.image }, profile)?;
    remember_group()
}

/// Builds images on an engine that answers.
///
/// # Errors
/// When a build fails, and when an image weighs too much.
pub(crate) fn build(images: &[Image], profile: Profile) -> anyhow::Result<()> {
    base_image(&format!("rust:{}-bookworm", rust_channel()?), "rust")?;
    if images.contains(&Image::Control) {
        base_image(&format!("node:{}-bookworm-slim", node_version()?), "node")?;
    }
    for image in images {
        say::heading(image.name());
        let watch = Stopwatch::start();
        must(&mut build_command(*image, profile)?)?;
        let took = say::duration(watch.elapsed());
        let weight = weight(&format!("{}:latest", image.name()))?;
        say::line(format!("    {}: {} MB compressed, built in {took}", image.name(), megabytes(weight)));
        if weight >= image.limit() {
            bail!("{} weighs {weight} bytes compressed; its limit is {}", image.name(), image.limit());
        }
    }
    Ok(())
}

fn build_command(image: Image, profile: Profile) -> anyhow::Result<Command> {
    let version = env!("CARGO_PKG_VERSION");
    let mut command = Command::new("docker");
    command.current_dir(root()).args(["build", "--file", image.dockerfile()]);
    command.args([
        "--tag",
        &format!("{}:{version}", image.name()),
        "--tag",
        &format!("{}:latest", image.name()),
    ]);
    let commit = Commit::read();
    for (name, value) in [
        ("RUST_VERSION", rust_channel()?.as_str()),
        (
            "PROFILE",
            match profile {
                Profile::Dist => "dist",
                Profile::Release => "release",
            },
        ),
        ("VERSION", version),
        ("REVISION", &commit.revision),
        ("CREATED", &commit.created),
    ] {
        command.args(["--build-arg", &format!("{name}={value}")]);
    }
    command.env("DOCKER_BUILDKIT", if docker_setup::has_buildx() { "1" } else { "0" });
    command.arg(".");
    Ok(command)
}

/// What the labels say of the sources; a copy without history has no more than the defaults of the Dockerfile.
struct Commit {
    revision: String,
    created: String,
}

impl Commit {
    fn read() -> Self {
        let git = |words: &[&str]| output_of(Command::new("git").current_dir(root()).args(words)).ok();
        let line =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            revision: line(git(&["rev-parse", "HEAD"])).unwrap_or_else(|| "unknown".to_owned()),
            created: line(git(&["show", "--no-patch", "--format=%cI", "HEAD"]))
                .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
        }
    }
}

/// The compiler's version, as `rust-toolchain.toml` names it.
fn rust_channel() -> anyhow::Result<String> {
    let text =
        fs::read_to_string(root().join("rust-toolchain.toml")).context("cannot read rust-toolchain.toml")?;
    channel_in(&text).context("rust-toolchain.toml names no channel")
}

fn channel_in(text: &str) -> Option<String> {
    let (_, value) =
        text.lines().find_map(|line| line.split_once('=').filter(|(key, _)| key.trim() == "channel"))?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// The version of Node.js that the page is built with, as the Dockerfile of the control plane names it.
fn node_version() -> anyhow::Result<String> {
    let path = root().join(Image::Control.dockerfile());
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let version = text.lines().find_map(|line| line.strip_prefix("ARG NODE_VERSION="));
    version.map(ToOwned::to_owned).with_context(|| format!("{} names no NODE_VERSION", path.display()))
}

/// An image that ours are built in: there already, pulled, or made from this machine's Debian and tools by the recipe.
fn base_image(name: &str, recipe: &str) -> anyhow::Result<()> {
    say::heading(name);
    let watch = Stopwatch::start();
    let how = if pulled(name) {
        "there"
    } else {
        say::line("    it cannot be pulled: making it from this machine's Debian packages and tools");
        tools::ensure(&[MMDEBSTRAP]).map_err(anyhow::Error::msg)?;
        must(Command::new(root().join("deploy/docker/base-images.sh")).arg(recipe))?;
        "made"
    };
    say::line(format!("    {name}: {how} ({})", say::duration(watch.elapsed())));
    Ok(())
}

/// Whether a public image is there, or could be pulled just now.
fn pulled(name: &str) -> bool {
    let quietly = |words: &[&str]| {
        let status = Command::new("docker").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    quietly(&["image", "inspect", name]) || quietly(&["pull", "--quiet", name])
}

/// What an image weighs on its way: the bytes of `docker save IMAGE | gzip`.
fn weight(image: &str) -> anyhow::Result<u64> {
    let mut save = Command::new("docker")
        .args(["save", image])
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `docker save {image}`"))?;
    let mut tar = save.stdout.take().context("`docker save` has an output")?;
    let mut gzip = GzEncoder::new(Counter(0), Compression::default());
    io::copy(&mut tar, &mut gzip).with_context(|| format!("cannot read {image}"))?;
    let Counter(bytes) = gzip.finish().with_context(|| format!("cannot compress {image}"))?;
    let status = save.wait().context("cannot wait for `docker save`")?;
    ensure!(status.success(), "`docker save {image}` ended with {status}");
    Ok(bytes)
}

/// Counts what is written to it, and forgets it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// The group of the engine's socket differs from machine to machine. Compose learns it from `.env`; what stands there is
/// left alone.
fn remember_group() -> anyhow::Result<()> {
    let Ok(socket) = fs::metadata("/var/run/docker.sock") else { return Ok(()) };
    let group = std::os::unix::fs::MetadataExt::gid(&socket);
    let path = root().join(".env");
    let found = read_or_empty(&path)?;
    if found.lines().any(|line| line.trim_start().starts_with("DOCKER_GID=")) {
        return Ok(());
    }
    let gap = if found.is_empty() || found.ends_with('\n') { "" } else { "\n" };
    fs::write(&path, format!("{found}{gap}DOCKER_GID={group}\n")).context("cannot write .env")?;
    say::line(format!("\nwritten to .env: DOCKER_GID={group}, the group that may use the engine's socket"));
    Ok(())
}

fn read_or_empty(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other.with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The suite `containers`: both images, then what `tests/docker` says of them and of the Compose files.
///
/// # Errors
/// When something does not hold.
pub(crate) fn suite() -> anyhow::Result<()> {
    let compose = docker_setup::ensure_compose().map_err(anyhow::Error::msg)?;
    build(&Image::ALL, Profile::Release)?;
    if !["haproxy:2.6", "caddy:2"].into_iter().all(pulled) {
        tools::ensure(&[MMDEBSTRAP]).map_err(anyhow::Error::msg)?;
    }
    // It leaves public ones alone, and makes its own anew when they would come out differently.
    must(Command::new(root().join("deploy/docker/base-images.sh")).args(["haproxy", "caddy"]))?;
    for script in [
        "images.sh",
        "compose.sh",
        "compose-filter.sh",
        "compose-stack.sh",
        "compose-page.sh",
        "api-session.sh",
    ] {
        say::heading(&format!("tests/docker/{script}"));
        let mut command = Command::new(root().join("tests/docker").join(script));
        command.env("COMPOSE_1", compose.first.as_deref().unwrap_or_default());
        must(command.env("COMPOSE_2", &compose.second))?;
    }
    say::heading("tests/docker/engine");
    // One after the other: each counts what is left on the engine.
    let tests = [
        "--workspace",
        "--features",
        "control/real-engine",
        "--test",
        "docker_engine",
        "--",
        "--test-threads",
        "1",
    ];
    must(cargo(&["test"]).args(tests))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        fs::read_to_string(root().join(path)).unwrap()
    }

    #[test]
    fn every_setting_is_passed_on_to_the_container() {
        let service = text("deploy/docker/matomo-loadgen.yml");
        for definition in settings::definitions() {
            let name = definition.name;
            assert!(
                service.contains(&format!("      {name}: ${{{name}:-")),
                "deploy/docker/matomo-loadgen.yml does not pass {name} on: add `{name}: ${{{name}:-}}`"
            );
        }
    }

    #[test]
    fn both_dockerfiles_build_with_the_compiler_of_the_workspace() {
        let line = format!("ARG RUST_VERSION={}\n", rust_channel().unwrap());
        for image in Image::ALL {
            assert!(text(image.dockerfile()).contains(&line), "{} lacks {line:?}", image.dockerfile());
        }
    }

    #[test]
    fn the_channel_is_read() {
        assert_eq!(channel_in("[toolchain]\nchannel = \"1.95.0\"\n").as_deref(), Some("1.95.0"));
        assert_eq!(channel_in("[toolchain]\n"), None);
    }

    #[test]
    fn no_file_for_containers_asks_for_what_older_tools_lack() {
        for image in Image::ALL {
            let dockerfile = text(image.dockerfile());
            assert!(!dockerfile.contains("# syntax"), "a syntax line pulls a front end");
            assert!(!dockerfile.contains("--mount"), "the classic builder has no mounts");
        }
        for file in ["docker-compose.yml", "docker-compose.webui.yml", "docker-compose.prod.yml"] {
            assert!(!text(file).lines().any(|line| line.starts_with("version:")), "{file}");
        }
    }
}

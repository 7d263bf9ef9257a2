//! The web page: built into `web/dist`, checked, and tried in a real browser. Only this file runs Node.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{
    say,
    tools::{self, Tool},
    workspace::{self, must, output_of, root},
};

/// How to run it.
#[derive(Debug, Args)]
#[command(
    after_help = "A control plane built afterwards holds the page; one built for debugging reads web/dist from disk.\n\n\
                  Examples:\n  cargo xtask web\n  cargo xtask web --pictures"
)]
pub(crate) struct Arguments {
    /// Then take the pictures of the documentation anew, in a real browser; takes some minutes
    #[arg(long)]
    pictures: bool,
}

/// What runs the page's tools. Debian 12 has too old a one, so apt is not asked for it.
pub(crate) const NODE: Tool = Tool { program: "node", package: "nodejs" };
/// What installs them.
pub(crate) const NPM: Tool = Tool { program: "npm", package: "npm" };
/// The browser of the journeys.
pub(crate) const CHROMIUM: Tool = Tool { program: "chromium", package: "chromium" };
/// The other engines: Firefox, and that of Safari with a screen that nobody sees.
pub(crate) const FIREFOX: Tool = Tool { program: "firefox-esr", package: "firefox-esr" };
pub(crate) const WEBKIT: Tool = Tool { program: "WebKitWebDriver", package: "webkit2gtk-driver" };
pub(crate) const SCREEN: Tool = Tool { program: "Xvfb", package: "xvfb" };
/// What makes films of pictures.
const FFMPEG: Tool = Tool { program: "ffmpeg", package: "ffmpeg" };

/// The oldest Node that the page's tools run on.
const OLDEST_NODE: (u32, u32) = (20, 19);

fn folder() -> PathBuf {
    root().join("web")
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder()).args(arguments);
    command
}

/// A script of `web/package.json`.
fn script(name: &str) -> anyhow::Result<()> {
    must(&mut npm(&["run", "--silent", name]))
}

/// Builds the page, and takes the pictures where that is asked for.
///
/// # Errors
/// When Node is missing or too old, and when a step fails.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Err(why) = usable() {
        bail!("{why}");
    }
    build()?;
    if arguments.pictures {
        journeys("pictures", "none", &[])?;
    }
    say::line("    web/dist is built; `cargo build -p control` builds it in");
    Ok(())
}

/// Whether the page can be built here.
///
/// # Errors
/// The reason why not, and what would help.
pub(crate) fn usable() -> Result<(), String> {
    let wanted = format!("install Node.js {}.{} or newer", OLDEST_NODE.0, OLDEST_NODE.1);
    if !NODE.is_present() || !NPM.is_present() {
        return Err(format!("node and npm are missing; {wanted}"));
    }
    let text = output_of(Command::new("node").arg("--version")).map_err(|error| format!("{error:#}"))?;
    let mut parts =
        text.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST_NODE {
        return Err(format!("node is {}, which is too old; {wanted}", text.trim()));
    }
    Ok(())
}

/// Installs the page's tools, unless those of the lock file are there.
fn install() -> anyhow::Result<()> {
    let lock = fs::read(folder().join("package-lock.json")).context("cannot read web/package-lock.json")?;
    // npm has no file of its own that is the same as the lock file; so a copy of what was installed is kept.
    let installed = folder().join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    must(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&installed, lock).with_context(|| format!("cannot write {}", installed.display()))
}

/// Builds `web/dist`.
///
/// # Errors
/// When a tool cannot be installed, or the page does not build.
pub(crate) fn build() -> anyhow::Result<()> {
    install()?;
    script("build")
}

/// Types, lints, components' tests, the build, and how large the first view is.
///
/// # Errors
/// When one of them fails.
pub(crate) fn check() -> anyhow::Result<()> {
    install()?;
    for name in ["types", "lint", "test", "build", "size"] {
        script(name)?;
    }
    Ok(())
}

/// The journeys of `tests/browser` in a real browser, against the control plane with its local engine and the receiver.
///
/// # Errors
/// When something does not build, or a journey fails.
pub(crate) fn suite() -> anyhow::Result<()> {
    build()?;
    journeys("journeys", "none", &[])
}

/// Records the walkthroughs of `docs/tutorials` from the running page.
///
/// # Errors
/// When a program is missing, something does not build, or a walk does not come to its end.
pub(crate) fn tutorials() -> anyhow::Result<()> {
    if let Err(why) = usable().and_then(|()| tools::ensure(&[CHROMIUM, FFMPEG])) {
        bail!("{why}");
    }
    build()?;
    journeys("tutorials", "none", &[])?;
    say::line("    docs/tutorials is recorded anew");
    Ok(())
}

/// The way from the key to the first visits in another engine: `firefox` or `webkit`.
///
/// # Errors
/// When something does not build, or the journey fails.
pub(crate) fn engine(name: &str) -> anyhow::Result<()> {
    build()?;
    journeys("journeys", name, &["engines"])
}

fn journeys(which: &str, engine: &str, files: &[&str]) -> anyhow::Result<()> {
    let programs = workspace::programs()?;
    let mut journeys = npm(&["run", "--silent", which]);
    // What the user has set for a control plane or a Matomo of theirs must not leak into those of the tests.
    for definition in settings::definitions() {
        journeys.env_remove(definition.name);
    }
    if !files.is_empty() {
        journeys.arg("--").args(files);
    }
    must(journeys.env("PROGRAMS", programs).env("BROWSER_ENGINE", engine))
}

//! `cargo xtask demo --ui`: the web page over a receiver of ours, with everything filled in but the decision to start.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use serde_json::json;

use crate::{
    say, signals,
    target::{LOCAL_TOKEN, Sink},
    web,
    workspace::{cargo, metadata, must},
};

/// The key of the demo's control plane. It listens on loopback only, and all that it holds is gone with it.
const KEY: &str = "trafficinator-demo";
/// How often it is looked whether the demo is to end.
const LOOK: Duration = Duration::from_millis(200);

/// Builds the control plane, with its page where Node is there to build it.
///
/// # Errors
/// When it does not build.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    match web::usable() {
        Ok(()) => web::build()?,
        Err(why) => say::line(format!("    the page is not built: {why}")),
    }
    must(&mut cargo(&["build", "--release", "--package", "control", "--bins"]))?;
    Ok(metadata()?.target_directory.into_std_path_buf().join("release/control"))
}

/// Serves the page until Ctrl-C.
///
/// # Errors
/// When the control plane does not start or ends by itself.
pub(crate) fn serve(
    control: &Path,
    loadgen: &Path,
    sink: &Sink,
    folder: &Path,
    port: u16,
) -> anyhow::Result<()> {
    let mut page = Page::start(control, loadgen, &folder.join("data"), port)?;
    // What the demo cannot know is only how much the person wants: all else is in the form.
    let config =
        json!({ "MATOMO_URL": sink.tracker_url(), "MATOMO_TOKEN_AUTH": LOCAL_TOKEN, "STATS_INTERVAL": 5 });
    page.post("/api/config/apply", &json!({ "config": config }))?;
    say::heading("the web page is there");
    say::line(format!("    open   {}/ui", say::bold(&page.url)));
    say::line(format!("    key    {}", say::bold(KEY)));
    say::line("    then   pick a preset, test the connection, apply and start");
    say::line("    Ctrl-C ends the demo");
    while signals::check().is_ok() {
        if let Some(status) = page.child.try_wait().context("cannot ask for the control plane's end")? {
            return Err(anyhow!("the control plane ended with {status}"));
        }
        std::thread::sleep(LOOK);
    }
    say::line("\n    ending");
    Ok(())
}

/// A running control plane. It ends with this value, and what it runs with it.
struct Page {
    child: Child,
    url: String,
}

impl Page {
    fn start(control: &Path, loadgen: &Path, data: &Path, port: u16) -> anyhow::Result<Self> {
        signals::take_over();
        let mut child = Command::new(control)
            .env_clear()
            .env("CONTROL_UI_API_KEY", KEY)
            .env("CONTROL_UI_HOST", "127.0.0.1")
            .env("CONTROL_UI_PORT", port.to_string())
            .env("ENGINE", "process")
            .env("LOADGEN_BINARY", loadgen)
            .env("DATA_DIR", data)
            .env("LOG_LEVEL", "WARNING")
            .stdout(Stdio::piped())
            // In a process group of its own, Ctrl-C does not reach it: it must outlive the load generator, to end it.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", control.display()))?;
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let mut page = Self { child, url: String::new() };
        let mut lines = BufReader::new(stdout).lines();
        let listening = lines.find_map(|line| Some(line.ok()?.strip_prefix("listening on ")?.to_owned()));
        page.url = listening
            .ok_or_else(|| {
                anyhow!("the control plane does not listen; is port {port} taken? --ui-port takes another")
            })?
            .replace("127.0.0.1", "localhost");
        Ok(page)
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.url);
        ureq::post(&url)
            .header("X-API-Key", KEY)
            .send_json(body)
            .with_context(|| format!("no answer from {url}"))?;
        Ok(())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !self.url.is_empty() {
            // There is none when it was never started.
            let _ = self.post("/api/stop?timeout=3", &json!({}));
        }
        signals::ask_to_end(self.child.id());
        let _ = self.child.wait();
    }
}

//! An engine of this test's own, that may come and go, and a control plane that is killed.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;

use crate::bench::{Bench, config, docker_on, host, make_image};

/// An engine that nobody else uses.
pub(crate) struct PrivateEngine {
    dir: TempDir,
    daemon: Option<Child>,
}

impl PrivateEngine {
    /// A place for one; none runs.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), daemon: None }
    }

    pub(crate) fn host(&self) -> String {
        format!("unix://{}/docker.sock", self.dir.path().display())
    }

    pub(crate) fn start(&mut self) {
        let at = |name: &str| self.dir.path().join(name).into_os_string();
        let mut command = Command::new("dockerd");
        // It shares the bridge of the machine's engine: with `--bridge none` it would remove it.
        command
            .args(["--iptables=false", "--ip6tables=false", "--cgroup-parent", "/trafficinator-test"])
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .arg("--host")
            .arg(self.host())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(at("log")).unwrap());
        self.daemon = Some(command.spawn().expect("dockerd is installed"));
        for _ in 0..300 {
            let mut ping = Command::new("docker");
            ping.args(["--host", &self.host(), "version"]).stdout(Stdio::null()).stderr(Stdio::null());
            if ping.status().unwrap().success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no engine: {}", std::fs::read_to_string(self.dir.path().join("log")).unwrap());
    }

    fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let mut kill = Command::new("kill");
            kill.args(["-TERM", &daemon.id().to_string()]).status().unwrap();
            daemon.wait().unwrap();
        }
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        self.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_away_at_start_and_restarted_under_load_is_found_again() {
    host();
    let mut engine = PrivateEngine::new();
    // there is no engine, and not even its socket
    let bench = Bench::on(&engine.host(), "private").await;
    bench.until_state("error").await;
    let (status, health) = bench.get("/health").await;
    assert_eq!((status, health["docker"].as_str()), (200, Some("disconnected")));
    assert_eq!(bench.post("/api/start", json!({ "config": config(7) })).await.0, 503);

    engine.start();
    make_image(&engine.host());
    bench.until_state("not_found").await;
    let volume = format!("{}:/app/data", bench.data().display());
    let label = format!("org.trafficinator.name={}", bench.name);
    #[rustfmt::skip]
    bench.docker(&[
        "run", "--detach", "--name", &bench.name, "--label", &label, "--volume", &volume, "--network", "host",
        "--restart", "unless-stopped", "--env", "TARGET_VISITS_PER_DAY=1000", "--env", "MATOMO_URL=http://127.0.0.1:9/matomo.php",
        "--env", "RANDOMIZE_VISITOR_COUNTRIES=false", crate::bench::IMAGE,
    ]);
    bench.until_state("running").await;

    engine.stop();
    bench.until_state("error").await;
    assert_eq!(bench.get("/api/backfill/status").await.0, 503);
    engine.start();
    bench.until_state("running").await;
    assert_eq!(bench.really(), "running");
    // and its log is read again
    let (_, logs) = bench.get("/api/logs").await;
    let cursor = logs["cursor"].clone();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_ne!(bench.get("/api/logs").await.1["cursor"], cursor);
    bench.docker(&["rm", "--force", &bench.name]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_plane_that_is_killed_at_any_moment_loses_no_container() {
    let mut bench = Bench::new("killed").await;
    bench.start_with(7).await;
    bench.stop().await;
    for round in 0..12_u64 {
        // A runtime of its own is gone in the middle of what it does, as by kill -9.
        let (host, name, dir) = (bench.host.clone(), bench.name.clone(), bench.data());
        let killed = std::thread::spawn(move || apply_for(&host, &name, &dir, round));
        killed.join().unwrap();
        bench.start_again().await;
        bench.until_state("running").await;
        // putting things right takes a moment
        for _ in 0..200 {
            if bench.containers() == [bench.name.as_str()] && bench.really() == "running" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(bench.containers(), [bench.name.as_str()], "round {round}");
        assert_eq!(bench.really(), "running", "round {round}");
        bench.stop().await;
    }
    assert_eq!(std::fs::read_dir(bench.data().join("secrets")).unwrap().count(), 1);
    assert!(!docker_on(&bench.host, &["ps", "--all", "--format", "{{.Names}}"]).contains(".previous"));
}

/// Applies a configuration, for so many tenths of a second.
fn apply_for(host: &str, name: &str, dir: &Path, round: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let application = Bench::application(host, name, dir).await;
        let url = application.url();
        let serving = application.run(std::future::pending());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let applying = client
            .post(format!("{url}/api/config/apply"))
            .header("X-API-Key", "a-key-of-the-tests-0123456789")
            .json(&json!({ "config": config(20 + u32::try_from(round).unwrap()) }))
            .send();
        let time = tokio::time::sleep(Duration::from_millis(100 + round * 80));
        tokio::select! {
            _ = serving => {}
            _ = applying => {}
            () = time => {}
        }
    });
}

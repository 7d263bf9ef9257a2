//! A control plane on a real engine, and what is left on the engine when a test has ended: nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, OnceLock},
    time::Duration,
};

use control::{
    Application, Config, Store,
    engine::docker::{DockerEngine, DockerOptions},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// The image of the stand-in.
pub(crate) const IMAGE: &str = "trafficinator-test/unit:latest";
const KEY: &str = "a-key-of-the-tests-0123456789";
/// A token that must not be seen anywhere.
pub(crate) const TOKEN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

/// A control plane, its data folder, and the name of its unit.
pub(crate) struct Bench {
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) url: String,
    pub(crate) dir: TempDir,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    served: Option<Served>,
}

/// Runs `docker` on an engine, and returns what it said.
pub(crate) fn docker_on(host: &str, words: &[&str]) -> String {
    let output = run(host, words);
    assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn run(host: &str, words: &[&str]) -> Output {
    Command::new("docker").arg("--host").arg(host).args(words).output().expect("docker is installed")
}

/// The engine that these tests use.
pub(crate) fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        #[allow(clippy::disallowed_methods, reason = "a test is told by its environment which engine to use")]
        let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let version = run(&host, &["version"]);
        assert!(
            version.status.success(),
            "NO CONTAINER ENGINE answers at {host}, and these tests are about nothing else: start one (`dockerd &`), or run \
             them by `cargo xtask test containers`, which does. {}",
            String::from_utf8_lossy(&version.stderr)
        );
        make_image(&host);
        host
    })
}

/// Compiles the stand-in and makes an image that holds nothing else.
pub(crate) fn make_image(host: &str) {
    let dir = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/docker/engine/unit.rs");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-O", "-C", "target-feature=+crt-static", "-o"]);
    assert!(rustc.arg(dir.path().join("unit")).arg(source).status().unwrap().success());
    // The stand-in handles no signals: it is killed at once, and nobody waits for it.
    let recipe = "FROM scratch\nCOPY unit /unit\nVOLUME /scratch\nUSER 10001:10001\nSTOPSIGNAL SIGKILL\nENTRYPOINT [\"/unit\"]\n";
    fs::write(dir.path().join("Dockerfile"), recipe).unwrap();
    docker_on(host, &["build", "--quiet", "--tag", IMAGE, dir.path().to_str().unwrap()]);
}

impl Bench {
    /// A control plane on the engine of these tests.
    pub(crate) async fn new(name: &str) -> Self {
        Self::on(host(), name).await
    }

    /// A control plane on that engine. One that is not the machine's own has no networks but the machine's.
    pub(crate) async fn on(host: &str, name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(dir.path(), Some(10001), Some(10001)).ok();
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Self::start(host.to_owned(), format!("trafficinator-test-{name}"), dir).await
    }

    async fn start(host: String, name: String, dir: TempDir) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let application = Self::application(&host, &name, dir.path()).await;
        let url = application.url();
        let (stop, served) = serve(application);
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(2)).build().unwrap();
        Self { name, host, url, dir, client, stop: Some(stop), served: Some(served) }
    }

    /// What the program does, on port 0.
    pub(crate) async fn application(host: &str, name: &str, dir: &Path) -> Application {
        let vars = [
            ("CONTROL_UI_API_KEY", KEY),
            ("CONTROL_UI_HOST", "127.0.0.1"),
            ("CONTROL_UI_PORT", "0"),
            ("RATE_LIMITS", "off"),
            ("DATA_DIR", dir.to_str().unwrap()),
            ("DOCKER_HOST", host),
            ("LOADGEN_CONTAINER_NAME", name),
            ("LOADGEN_IMAGE", IMAGE),
            ("LOADGEN_NETWORK", if host == self::host() { "" } else { "host" }),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let config = Config::from_vars(&vars, &|_| Err("no files".to_owned())).unwrap();
        let store = Store::open(&config.db_path).unwrap();
        let options: DockerOptions = config.docker_options();
        control::build(config, Arc::new(DockerEngine::new(options)), store).await.unwrap()
    }

    /// Ends the control plane as SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).ok();
        self.served.take().unwrap().await.unwrap().unwrap();
    }

    /// Starts a control plane where another one has ended.
    pub(crate) async fn start_again(&mut self) {
        let application = Self::application(&self.host, &self.name, self.dir.path()).await;
        self.url = application.url();
        let (stop, served) = serve(application);
        (self.stop, self.served) = (Some(stop), Some(served));
    }

    pub(crate) fn docker(&self, words: &[&str]) -> String {
        docker_on(&self.host, words)
    }

    /// What the engine says of the unit, as JSON.
    pub(crate) fn inspect(&self) -> Value {
        let text = self.docker(&["container", "inspect", &self.name]);
        serde_json::from_str::<Value>(&text).unwrap()[0].clone()
    }

    /// What the engine says that the unit does, in the API's word.
    pub(crate) fn really(&self) -> String {
        let output = run(&self.host, &["container", "inspect", "--format", "{{.State.Status}}", &self.name]);
        if !output.status.success() {
            return "not_found".to_owned();
        }
        String::from_utf8(output.stdout).unwrap().trim().replace("exited", "stopped")
    }

    /// The names of all containers that belong to this unit.
    pub(crate) fn containers(&self) -> Vec<String> {
        let filter = format!("name={}", self.name);
        let names = self.docker(&["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"]);
        names.lines().map(str::to_owned).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.client.post(format!("{}{path}", self.url)).json(&body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.header("X-API-Key", KEY).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(!text.contains(TOKEN), "{text}");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Starts the unit with a configuration.
    pub(crate) async fn start_with(&self, concurrency: u32) {
        let answer = self
            .post("/api/start", json!({ "config": config(concurrency), "restart_if_running": true }))
            .await;
        assert_eq!(answer.0, 200, "{}", answer.1);
    }

    pub(crate) async fn state(&self) -> String {
        self.get("/api/status").await.1["container"]["state"].as_str().unwrap().to_owned()
    }

    /// Waits until the API says so.
    pub(crate) async fn until_state(&self, state: &str) {
        for _ in 0..600 {
            if self.state().await == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never {state}; it is {} and the engine says {}", self.state().await, self.really());
    }

    /// The key and address for a WebSocket.
    pub(crate) fn stream_request(&self) -> tokio_tungstenite::tungstenite::http::Request<()> {
        use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
        let url = format!("{}/api/logs/stream", self.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("X-API-Key", KEY.parse().unwrap());
        request
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().to_owned()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let filter = format!("name={}", self.name);
        let found = run(&self.host, &["ps", "--all", "--quiet", "--filter", &filter]);
        for id in String::from_utf8_lossy(&found.stdout).lines() {
            run(&self.host, &["rm", "--force", "--volumes", id]);
        }
    }
}

type Served = JoinHandle<std::io::Result<()>>;

fn serve(application: Application) -> (oneshot::Sender<()>, Served) {
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(application.run(async move {
        stopped.await.ok();
    }));
    (stop, served)
}

/// A configuration that can run, sends nothing, has a token and answers at its metrics port, by which it is known to be up.
pub(crate) fn config(concurrency: u32) -> Value {
    json!({
        "MATOMO_URL": "http://127.0.0.1:9/matomo.php",
        "MATOMO_TOKEN_AUTH": TOKEN,
        "CONCURRENCY": concurrency,
        "METRICS_PORT": 29464,
    })
}

//! The program from outside: its commands, what it prints, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod streams;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

const KEY: &str = "a-key-of-the-tests-0123456789";
const TOKEN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

/// The program, with nothing in its environment but what is given here.
fn control(dir: &Path, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_control"));
    command
        .env_clear()
        .env("DATA_DIR", dir)
        .env("CONTROL_UI_HOST", "127.0.0.1")
        .env("CONTROL_UI_PORT", "0")
        .env("ENGINE", "process")
        .env("LOADGEN_BINARY", "/bin/true")
        .envs(vars.iter().copied());
    command
}

/// A running program and all that it prints.
struct Running {
    child: Child,
    url: String,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Running {
    fn start(dir: &Path, vars: &[(&str, &str)]) -> Running {
        let mut child =
            control(dir, vars).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be run");
        let mut err = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        let out = child.stdout.take().unwrap();
        let (tell, told) = mpsc::channel();
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            for line in BufReader::new(out).lines() {
                let line = line.unwrap();
                if let Some(url) = line.strip_prefix("listening on ") {
                    tell.send(url.to_owned()).ok();
                }
                text += &line;
                text.push('\n');
            }
            text
        });
        match told.recv_timeout(Duration::from_mins(1)) {
            Ok(url) => Running { child, url, stdout, stderr },
            Err(gone) => panic!("it did not start: {gone}: {}", stderr.join().unwrap()),
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Ends it, and returns whether it ended well, and all that it printed.
    fn end(mut self, signal: Signal) -> (bool, String) {
        self.signal(signal);
        let status = self.child.wait().unwrap();
        (status.success(), self.stdout.join().unwrap() + &self.stderr.join().unwrap())
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Option<(StatusCode, String)> {
        let request = client().post(format!("{}{path}", self.url)).header("X-API-Key", key).json(body);
        let response = request.send().await.ok()?;
        Some((response.status(), response.text().await.ok()?))
    }
}

fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn output(mut command: Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn every_wrong_variable_is_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let vars = [
        ("CONTROL_UI_PORT", "99999"),
        ("CONTROL_UI_HOST", "here"),
        ("CORS_ORIGINS", "https://a.example, nonsense, https://b.example/path"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("RATE_LIMITS", "maybe"),
        ("ENGINE", "podman"),
        ("LOADGEN_CONTAINER_NAME", "-x; rm"),
        ("ALLOWED_TARGET_HOSTS", "http://x"),
        ("PRIVATE_TARGETS", "no"),
        ("LOG_LEVEL", "LOUD"),
        ("CONTROL_UI_API_KEY_FILE", "/nowhere/key"),
    ];
    let (ended_well, _, stderr) = output(control(dir.path(), &vars));
    assert!(!ended_well);
    insta::assert_snapshot!(stderr);
}

#[test]
fn a_key_that_everybody_knows_is_refused_unless_it_listens_on_loopback_only() {
    let dir = tempfile::tempdir().unwrap();
    for key in ["change-me-in-production", "Change-Me-In-Production", "test"] {
        let vars = [("CONTROL_UI_API_KEY", key), ("CONTROL_UI_HOST", "0.0.0.0")];
        let (ended_well, _, stderr) = output(control(dir.path(), &vars));
        assert!(
            !ended_well && stderr.contains("CONTROL_UI_API_KEY: is a key that everybody knows"),
            "{stderr}"
        );
        assert!(!stderr.contains(key), "{stderr}");
    }
    let running = Running::start(dir.path(), &[("CONTROL_UI_API_KEY", "change-me-in-production")]);
    let (ended_well, _) = running.end(Signal::SIGTERM);
    assert!(ended_well);
}

#[tokio::test]
async fn a_key_is_made_and_shown_once() {
    let dir = tempfile::tempdir().unwrap();
    // as a compose file passes on a variable that nobody set
    let first = Running::start(dir.path(), &[("CONTROL_UI_API_KEY", "")]);
    let key = std::fs::read_to_string(dir.path().join("control-api-key")).unwrap().trim().to_owned();
    let (status, _) = first.post("/api/validate", &key, &json!({ "config": {} })).await.unwrap();
    assert_eq!(status, 200);
    let (_, printed) = first.end(Signal::SIGTERM);
    assert_eq!(printed.matches(&key).count(), 1, "{printed}");
    let (_, printed) = Running::start(dir.path(), &[]).end(Signal::SIGTERM);
    assert!(!printed.contains(&key), "{printed}");
}

#[tokio::test]
async fn a_key_can_be_read_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let vars = [("CONTROL_UI_API_KEY_FILE", file.to_str().unwrap()), ("CONTROL_UI_API_KEY", "another")];
    let running = Running::start(dir.path(), &vars);
    let (status, _) = running.post("/api/validate", KEY, &json!({ "config": {} })).await.unwrap();
    assert_eq!(status, 200);
    running.end(Signal::SIGINT);
}

#[tokio::test]
async fn every_change_leaves_a_line_and_no_secret_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let vars = [("CONTROL_UI_API_KEY", KEY), ("LOG_LEVEL", "DEBUG"), ("LOG_FORMAT", "json")];
    let running = Running::start(dir.path(), &vars);
    let config =
        json!({ "MATOMO_TOKEN_AUTH": TOKEN, "MATOMO_URL": "http://me:pass-word@127.0.0.1:9/matomo.php" });
    running.post("/api/configs", KEY, &json!({ "name": "n", "config": config })).await.unwrap();
    running.post("/api/presets", KEY, &json!({ "name": "n", "config": config })).await.unwrap();
    running.post("/api/urls", KEY, &json!({ "content": "https://example.com/ Home" })).await.unwrap();
    running.post("/api/validate", KEY, &json!({ "config": config })).await.unwrap();
    running
        .post(
            "/api/test-connection",
            KEY,
            &json!({ "matomo_url": "http://127.0.0.1:9/matomo.php", "token_auth": TOKEN }),
        )
        .await
        .unwrap();
    running.post("/api/configs", "a-wrong-key-of-somebody", &json!({})).await.unwrap();
    let (ended_well, printed) = running.end(Signal::SIGTERM);
    assert!(ended_well);
    for secret in [KEY, TOKEN, "pass-word", "a-wrong-key-of-somebody"] {
        assert!(!printed.contains(secret), "{secret} was printed: {printed}");
    }
    let audit: Vec<Value> = printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["target"] == "audit" && line["fields"]["message"] == "changed")
        .collect();
    let actions: Vec<&str> = audit.iter().map(|line| line["fields"]["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["config.create", "preset.create", "urls.save"]);
    for line in audit {
        assert_eq!(line["fields"]["client"], "127.0.0.1");
        assert_eq!(line["fields"]["key"].as_str().unwrap().len(), 8);
    }
    assert!(printed.contains("a wrong key was sent"));
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let vars = [("CONTROL_UI_API_KEY", KEY), ("RATE_LIMITS", "off")];
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..5 {
        let running = Running::start(dir.path(), &vars);
        let (done, mut told) = tokio::sync::mpsc::unbounded_channel();
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (url, done) = (running.url.clone(), done.clone());
                tokio::spawn(async move {
                    let client = client();
                    for number in 0.. {
                        let name = format!("{round}-{writer}-{number}");
                        let body = json!({ "name": name, "config": { "MATOMO_TOKEN_AUTH": TOKEN } });
                        let request =
                            client.post(format!("{url}/api/configs")).header("X-API-Key", KEY).json(&body);
                        match request.send().await {
                            Ok(response) if response.status() == 201 => done.send(name).unwrap(),
                            _ => return,
                        }
                    }
                })
            })
            .collect();
        drop(done);
        for _ in 0..10 + round * 7 {
            acknowledged.push(told.recv().await.unwrap());
        }
        running.signal(Signal::SIGKILL);
        for writer in writers {
            writer.await.unwrap();
        }
        while let Some(name) = told.recv().await {
            acknowledged.push(name);
        }
        running.end(Signal::SIGCONT);
    }
    let running = Running::start(dir.path(), &vars);
    let list =
        client().get(format!("{}/api/configs", running.url)).header("X-API-Key", KEY).send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    let kept: std::collections::HashSet<&str> =
        list["configs"].as_array().unwrap().iter().map(|config| config["name"].as_str().unwrap()).collect();
    for name in &acknowledged {
        assert!(kept.contains(name.as_str()), "{name} was acknowledged and is lost");
    }
    assert!(acknowledged.len() > 50);
    let check: String = rusqlite::Connection::open(dir.path().join("control.db"))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    running.end(Signal::SIGTERM);
}

#[tokio::test]
async fn the_database_can_be_copied_while_it_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let vars = [("CONTROL_UI_API_KEY", KEY)];
    let running = Running::start(dir.path(), &vars);
    running.post("/api/configs", KEY, &json!({ "name": "n", "config": {} })).await.unwrap();
    let copy = dir.path().join("backup.db");
    let backup = |file: &Path| {
        let mut command = control(dir.path(), &vars);
        command.arg("backup").arg(file);
        output(command)
    };
    let (ended_well, _, stderr) = backup(&copy);
    assert!(ended_well, "{stderr}");
    let names: i64 = rusqlite::Connection::open(&copy)
        .unwrap()
        .query_row("SELECT count(*) FROM saved WHERE name = 'n'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(names, 1);
    let (ended_well, _, stderr) = backup(&copy);
    assert!(!ended_well && stderr.contains("backup.db cannot be written"), "{stderr}");
    let (ended_well, _, stderr) = backup(Path::new("/nowhere/backup.db"));
    assert!(!ended_well && stderr.contains("/nowhere/backup.db cannot be written"), "{stderr}");
    running.end(Signal::SIGTERM);
}

#[test]
fn it_can_say_whether_another_one_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path(), &[("CONTROL_UI_API_KEY", KEY)]);
    let port = running.url.rsplit(':').next().unwrap().to_owned();
    let healthcheck = || {
        let mut command = control(dir.path(), &[("CONTROL_UI_PORT", &port)]);
        command.arg("healthcheck");
        output(command)
    };
    let (ended_well, _, stderr) = healthcheck();
    assert!(ended_well, "{stderr}");
    running.end(Signal::SIGTERM);
    let (ended_well, _, stderr) = healthcheck();
    assert!(!ended_well && stderr.contains("does not answer"), "{stderr}");
}

#[test]
fn it_prints_its_description_and_its_help() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = control(dir.path(), &[]);
    command.arg("openapi");
    let (ended_well, stdout, _) = output(command);
    assert!(ended_well);
    assert_eq!(stdout, control::openapi::text());
    let mut command = control(dir.path(), &[]);
    command.arg("--help");
    let (_, stdout, _) = output(command);
    for variable in control::config::VARIABLES {
        assert!(stdout.contains(variable.name), "{}", variable.name);
    }
}

#[test]
fn what_cannot_be_used_is_told_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_, _, stderr) =
        output(control(dir.path(), &[("CONTROL_UI_API_KEY", KEY), ("CONTROL_UI_PORT", &port)]));
    assert!(stderr.contains("cannot listen on") && stderr.contains("CONTROL_UI_PORT"), "{stderr}");
    let (_, _, stderr) =
        output(control(dir.path(), &[("CONTROL_UI_API_KEY", KEY), ("CONFIG_DB_PATH", "/proc/x.db")]));
    assert!(stderr.contains("/proc/x.db") && stderr.contains("CONFIG_DB_PATH"), "{stderr}");
    std::fs::write(dir.path().join("no.db"), "this is no database at all").unwrap();
    let no_database = dir.path().join("no.db");
    let vars = [("CONTROL_UI_API_KEY", KEY), ("CONFIG_DB_PATH", no_database.to_str().unwrap())];
    let (ended_well, _, stderr) = output(control(dir.path(), &vars));
    assert!(!ended_well && stderr.contains("no.db"), "{stderr}");
}

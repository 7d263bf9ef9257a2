//! Runs the real binary against a receiver, and reads back what each of them says.
#![allow(dead_code, unreachable_pub, reason = "a module shared by test files, each of which uses its part")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// The token that the receiver knows.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A command for the binary with nothing but the given variables, and folders of its own.
pub struct Loadgen {
    pub command: Command,
    pub dir: tempfile::TempDir,
}

impl Loadgen {
    /// Against `url`, fast, small, without countries, with fixed seed.
    pub fn new(url: &str, vars: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
        let state = dir.path().join("state");
        let summary = dir.path().join("summary.json");
        command.env_clear().arg("run").arg("--summary-json").arg(&summary);
        let defaults = [
            ("MATOMO_URL", url),
            ("STATE_DIR", state.to_str().unwrap()),
            ("SEED", "1"),
            ("TARGET_VISITS_PER_DAY", "8640000"),
            ("PAUSE_BETWEEN_PVS_MIN", "0"),
            ("PAUSE_BETWEEN_PVS_MAX", "0.01"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "false"),
            ("GRACE_PERIOD", "1"),
        ];
        let all: BTreeMap<&str, &str> = defaults.into_iter().chain(vars.iter().copied()).collect();
        command.envs(all).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, dir }
    }

    pub fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    /// Runs to the end.
    pub fn run(mut self) -> Ran {
        let output = self.command.output().unwrap();
        Ran::new(output, self.dir)
    }

    /// Writes the log to a file in the run's folder, so that it can be read while the run goes on.
    pub fn log_to_file(mut self) -> (Self, PathBuf) {
        let path = self.dir.path().join("stderr.log");
        self.command.stderr(std::fs::File::create(&path).unwrap());
        (self, path)
    }

    /// Runs in the background.
    pub fn spawn(mut self) -> (Child, tempfile::TempDir) {
        (self.command.spawn().unwrap(), self.dir)
    }
}

/// What a run left.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub summary: Value,
    pub dir: tempfile::TempDir,
}

impl Ran {
    pub fn new(output: Output, dir: tempfile::TempDir) -> Self {
        let summary = std::fs::read(dir.path().join("summary.json")).unwrap_or_default();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            summary: serde_json::from_slice(&summary).unwrap_or(Value::Null),
            dir,
        }
    }

    pub fn count(&self, path: &str) -> u64 {
        self.summary
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("no {path} in {}\n{}", self.summary, self.stderr))
    }

    /// `planned = acknowledged + refused + failed + unknown + not yet sent`.
    pub fn assert_conserved(&self) {
        let parts = ["acknowledged", "refused", "failed", "unknown", "not_yet_sent"];
        let sum: u64 = parts.iter().map(|part| self.count(&format!("/hits/{part}"))).sum();
        assert_eq!(self.count("/hits/planned"), sum, "{:#}", self.summary["hits"]);
    }
}

/// The law of delivery: what was acknowledged is recorded, and what is recorded was acknowledged or may have been.
pub fn assert_law(acknowledged: u64, unknown: u64, recorded: u64, log: &str) {
    assert!(
        (acknowledged..=acknowledged + unknown).contains(&recorded),
        "{recorded} recorded, {acknowledged} acknowledged, {unknown} unknown\n{log}"
    );
}

/// What a running process says on its metrics port; `None` while it does not listen.
pub fn report(port: u16) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET /report HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ends a child as an operator would.
pub fn terminate(child: Child, dir: tempfile::TempDir) -> Ran {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    Ran::new(child.wait_with_output().unwrap(), dir)
}

/// The answer of a one-connection-at-a-time HTTP server to the n-th request: bytes to write, and whether to
/// close afterwards.
pub type Script = Box<dyn Fn(usize, &Received) -> Answer + Send>;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    pub line: String,
    pub headers: String,
    pub body: String,
}

pub enum Answer {
    /// These bytes; the connection stays open.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is closed.
    Last(Vec<u8>),
    /// The connection is reset without a byte.
    Reset,
    /// Nothing for so long, then closed.
    Silence(Duration),
}

/// The 43 bytes of a tracker's image, with a head.
pub fn gif() -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: 43\r\n\r\n".to_vec();
    bytes.extend_from_slice(
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x21\xf9\x04\x01\x00\x00\x00\x00",
    );
    bytes.extend_from_slice(b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b");
    bytes
}

/// An answer with a status and no body.
pub fn status(line: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n{headers}\r\n").into_bytes()
}

/// A server that does as it is told, byte by byte: what a real receiver cannot be made to do.
pub struct Scripted {
    pub url: String,
    pub received: Arc<Mutex<Vec<Received>>>,
}

impl Scripted {
    pub fn start(script: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/matomo.php", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&received), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                std::thread::spawn(move || serve(stream, &log, &*script));
            }
        });
        Self { url, received }
    }

    pub fn requests(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Received>>, script: &dyn Fn(usize, &Received) -> Answer) {
    while let Some(request) = read_request(&mut stream) {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        match script(number, &request) {
            Answer::Bytes(bytes) => {
                if stream.write_all(&bytes).is_err() {
                    return;
                }
            }
            Answer::Last(bytes) => {
                stream.write_all(&bytes).ok();
                return;
            }
            Answer::Reset => return,
            Answer::Silence(time) => {
                std::thread::sleep(time);
                return;
            }
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let (line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let length = headers
        .lines()
        .find_map(|header| header.strip_prefix("Content-Length: "))
        .map_or(0, |n| n.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            count => body.extend_from_slice(&buffer[..count]),
        }
    }
    Some(Received {
        line: line.to_owned(),
        headers: headers.to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// The monotonic clock, for waits that must not be shorter than asked for.
#[allow(clippy::disallowed_methods, reason = "the test's own edge")]
pub fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// A port on which nobody listens.
pub fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/matomo.php", listener.local_addr().unwrap())
}

/// A receiver in this process, on a runtime of its own.
pub struct Sink {
    pub url: String,
    config: sink::Config,
    handle: Option<sink::Handle>,
    runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

impl Sink {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut sink::Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut config = sink::Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            db: Some(dir.path().join("hits.sqlite")),
            token: Some(TOKEN.to_owned()),
            ..sink::Config::default()
        };
        change(&mut config);
        let handle = runtime.block_on(sink::start(config.clone())).unwrap();
        let url = format!("{}/matomo.php", handle.url());
        config.listen = handle.addr();
        Self { url, config, handle: Some(handle), runtime, _dir: dir }
    }

    fn handle(&self) -> &sink::Handle {
        self.handle.as_ref().expect("the receiver runs until it is stopped or dropped")
    }

    /// From now on this goes wrong: see `sink::GRAMMAR`. Empty = nothing.
    pub fn set_faults(&self, plan: &str) {
        self.handle().set_faults(plan).unwrap();
    }

    /// Ends it: its port refuses connections.
    pub fn stop(&mut self) {
        self.runtime.block_on(self.handle.take().expect("it runs").shutdown());
    }

    /// Starts it again where it was, with what it had recorded.
    pub fn start_again(&mut self) {
        assert!(self.handle.is_none(), "it runs");
        self.handle = Some(self.runtime.block_on(sink::start(self.config.clone())).unwrap());
    }

    /// A figure of what was recorded.
    pub fn count(&self, path: &str) -> u64 {
        let stats = self.stats();
        stats.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {path} in {stats}"))
    }

    /// Hits that were recorded.
    pub fn recorded(&self) -> u64 {
        self.count("/hits/recorded")
    }

    /// What was recorded.
    pub fn stats(&self) -> Value {
        serde_json::to_value(self.runtime.block_on(self.handle().stats())).unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.runtime.block_on(handle.shutdown());
        }
    }
}

/// Waits until `ready` holds, or fails after a while that no machine should need.
pub fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    for _ in 0..600 {
        if ready() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("waited in vain for {what}");
}

/// A file of a run.
pub fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(name)
}

//! The engine for machines without Docker: the load generator as a process of this machine.
//!
//! A unit is a folder with a record. Its process is a group of its own that writes its log straight into a file: it
//! outlives the control plane, which finds it again by its number and the moment it began.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use jiff::Timestamp;
use serde_json::json;
use tokio::{sync::watch, time::Instant};

use super::{Blueprint, Engine, EngineError, EngineKind, LogStart, State, Unit};
use crate::{clock, logs::RawLine};

mod child;
mod follow;
mod record;

use child::{Alive, Identity};
use record::{Record, Run};

/// How long a killed process may take to vanish.
const AFTER_KILL: Duration = Duration::from_secs(5);
/// Between two looks at a process that is to end.
const STEP: Duration = Duration::from_millis(20);

/// What the engine is told.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// The data folder: records, logs and the load generator's files are in it.
    pub data_dir: PathBuf,
    /// The program; a bare name is looked for beside this program, then in `PATH`.
    pub binary: PathBuf,
    /// Where the load generator looks for its start signal.
    pub start_signal_file: PathBuf,
}

/// The engine. Clones share it.
#[derive(Debug, Clone)]
pub struct ProcessEngine {
    options: ProcessOptions,
    units: PathBuf,
    exits: Arc<Exits>,
    /// Held while a record is read and written again: whoever only looks must not undo what a change writes meanwhile.
    records: Arc<Mutex<()>>,
}

/// What the processes of ours ended with, until it is in their records; `None` = they have not ended.
#[derive(Debug)]
struct Exits {
    codes: Mutex<HashMap<Identity, Option<(i64, Timestamp)>>>,
    news: watch::Sender<()>,
}

impl Exits {
    fn codes(&self) -> MutexGuard<'_, HashMap<Identity, Option<(i64, Timestamp)>>> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProcessEngine {
    /// An engine whose units are in the data folder.
    ///
    /// # Errors
    /// When that folder cannot be made.
    pub fn new(options: &ProcessOptions) -> io::Result<Self> {
        // The process gets another working folder, so that relative paths would lead it elsewhere.
        let data_dir = std::path::absolute(&options.data_dir)?;
        let start_signal_file = std::path::absolute(&options.start_signal_file)?;
        let binary = child::resolve(&options.binary)?;
        let units = data_dir.join("engine");
        record::make_private_folder(&units)?;
        let exits = Exits { codes: Mutex::default(), news: watch::Sender::new(()) };
        let options = ProcessOptions { data_dir, binary, start_signal_file };
        Ok(Self { options, units, exits: Arc::new(exits), records: Arc::default() })
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.units.join(name)
    }

    fn hold_records(&self) -> MutexGuard<'_, ()> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record, with what is known about its process by now.
    fn read(&self, name: &str) -> Result<Option<(Record, Alive)>, EngineError> {
        self.read_held(name, &self.hold_records())
    }

    fn read_held(
        &self,
        name: &str,
        _held: &MutexGuard<'_, ()>,
    ) -> Result<Option<(Record, Alive)>, EngineError> {
        let folder = self.folder(name);
        let Some(mut record) = Record::read(&folder).map_err(refused("its record cannot be read"))? else {
            return Ok(None);
        };
        let mut changed = false;
        let mut awaited = false;
        let mut told = None;
        if let Some(run) = &mut record.run {
            if run.identity.is_none() && run.exit_code.is_none() {
                // This program was killed while it started the process: did it come to life?
                run.identity = child::find_marked(&run.marker);
                run.exit_code = run.identity.is_none().then_some(record::NEVER_STARTED);
                changed = true;
            }
            if let Some(identity) = run.identity.filter(|_| run.exit_code.is_none()) {
                match self.exits.codes().get(&identity) {
                    Some(Some((code, at))) => {
                        (run.exit_code, run.finished_at) = (Some(*code), Some(*at));
                        told = Some(identity);
                        changed = true;
                    }
                    waiting => awaited = waiting.is_some(),
                }
                // Nobody tells us of the end of one that an earlier process of ours has started.
                if run.finished_at.is_none() && !awaited && identity.look() == Alive::No {
                    run.finished_at = Some(clock::now());
                    changed = true;
                }
            }
        }
        if changed {
            record.write(&folder).map_err(refused("its record cannot be written"))?;
        }
        if let Some(identity) = told {
            self.exits.codes().remove(&identity);
        }
        let alive = match &record.run {
            Some(Run { identity: Some(identity), exit_code: None, .. }) => match identity.look() {
                // It has ended, and in a moment it is known how: until then it has not.
                Alive::No if awaited => Alive::Yes,
                alive => alive,
            },
            _ => Alive::No,
        };
        if alive != Alive::No
            && let Some(run) = &record.run
        {
            follow::keep_small(&folder.join(&run.log));
        }
        Ok(Some((record, alive)))
    }

    fn existing(&self, name: &str) -> Result<(Record, Alive), EngineError> {
        self.existing_held(name, &self.hold_records())
    }

    fn existing_held(&self, name: &str, held: &MutexGuard<'_, ()>) -> Result<(Record, Alive), EngineError> {
        self.read_held(name, held)?.ok_or_else(|| EngineError::Missing(name.to_owned()))
    }

    /// The identity of the process, when there is one.
    fn living(&self, name: &str) -> Result<Option<(Identity, Alive)>, EngineError> {
        let (record, alive) = self.existing(name)?;
        Ok(record
            .run
            .and_then(|run| run.identity)
            .filter(|_| alive != Alive::No)
            .map(|identity| (identity, alive)))
    }

    /// The environment of a process: its settings, with this machine's paths where they name none.
    fn environment(&self, blueprint: &Blueprint, run: &mut Run) -> io::Result<Vec<(String, String)>> {
        let mut env = blueprint.env.clone();
        let data = &self.options.data_dir;
        let mut default = |name: &str, path: &Path| {
            env.entry(name.to_owned()).or_insert_with(|| path.to_string_lossy().into_owned());
        };
        default("STATE_DIR", &data.join("state"));
        default("START_SIGNAL_FILE", &self.options.start_signal_file);
        for (name, file) in [
            ("URLS_FILE", "urls.txt"),
            ("EVENTS_FILE", "events.json"),
            ("FUNNEL_CONFIG_PATH", "funnels.json"),
        ] {
            // One that is named must be there.
            if data.join(file).exists() {
                default(name, &data.join(file));
            }
        }
        let port = match env.get("METRICS_PORT").map(|port| port.trim().parse()) {
            None => child::free_port()?,
            Some(port) => port.unwrap_or(0),
        };
        env.insert("METRICS_PORT".to_owned(), port.to_string());
        run.report_port = Some(port).filter(|port| *port != 0);
        Ok(env.into_iter().collect())
    }

    fn start_now(&self, name: &str) -> Result<(), EngineError> {
        let held = self.hold_records();
        let (mut record, alive) = self.existing_held(name, &held)?;
        if alive != Alive::No {
            return Ok(());
        }
        let folder = self.folder(name);
        let mut run = Run::new(&record, clock::now());
        let env = self.environment(&record.blueprint, &mut run).map_err(refused("no port is free"))?;
        let log = follow::open(&folder, &run.log).map_err(refused("its log cannot be written"))?;
        record.run = Some(run.clone());
        record.write(&folder).map_err(refused("its record cannot be written"))?;

        let args = record.args();
        let start = child::Start {
            program: &self.options.binary,
            args: &args,
            env: &env,
            folder: &self.options.data_dir,
            marker: &run.marker,
            log,
        };
        let (mut process, identity) = child::spawn(start).map_err(|error| {
            run.exit_code = Some(record::NEVER_STARTED);
            record.run = Some(run.clone());
            record.write(&folder).ok();
            EngineError::Refused(format!(
                "{} cannot be started: {error}; set LOADGEN_BINARY to the load generator's program",
                self.options.binary.display()
            ))
        })?;
        run.identity = Some(identity);
        record.run = Some(run);
        record.write(&folder).map_err(refused("its record cannot be written"))?;

        let exits = Arc::clone(&self.exits);
        exits.codes().insert(identity, None);
        // A thread and not a task: it must not keep the program from ending.
        std::thread::spawn(move || {
            let code = child::wait(&mut process);
            exits.codes().insert(identity, Some((code, clock::now())));
            exits.news.send_replace(());
        });
        self.exits.news.send_replace(());
        Ok(())
    }

    async fn end(&self, name: &str, timeout: Duration) -> Result<(), EngineError> {
        let Some((identity, alive)) = self.living(name)? else { return Ok(()) };
        identity.signal(nix::sys::signal::Signal::SIGTERM);
        if alive == Alive::Frozen {
            // The signal is only seen by a process that runs.
            identity.signal(nix::sys::signal::Signal::SIGCONT);
        }
        if !gone(identity, timeout).await {
            identity.signal(nix::sys::signal::Signal::SIGKILL);
            if !gone(identity, AFTER_KILL).await {
                return Err(EngineError::Refused(format!("{name} does not end, not even when it is killed")));
            }
        }
        while self.living(name)?.is_some() {
            tokio::time::sleep(STEP).await;
        }
        Ok(())
    }
}

/// Whether the process ends in this time.
async fn gone(identity: Identity, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while identity.look() != Alive::No {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(STEP).await;
    }
    true
}

fn refused(what: &'static str) -> impl Fn(io::Error) -> EngineError {
    move |error| EngineError::Refused(format!("{what}: {error}"))
}

#[async_trait]
impl Engine for ProcessEngine {
    fn kind(&self) -> EngineKind {
        EngineKind::Process
    }

    fn data_dir(&self) -> &Path {
        &self.options.data_dir
    }

    async fn find(&self, name: &str) -> Result<Option<Unit>, EngineError> {
        let Some((record, alive)) = self.read(name)? else { return Ok(None) };
        let run = record.run;
        let state = match (&run, alive) {
            (_, Alive::Yes) => State::Running,
            (_, Alive::Frozen) => State::Paused,
            (None, Alive::No) => State::Created,
            (Some(_), Alive::No) => State::Stopped,
        };
        let ended = run.as_ref().filter(|_| state == State::Stopped);
        Ok(Some(Unit {
            id: record.id,
            name: name.to_owned(),
            state,
            created: Some(record.created),
            started_at: run.as_ref().map(|run| run.started_at),
            finished_at: ended.and_then(|run| run.finished_at),
            exit_code: ended.and_then(|run| run.exit_code),
            restarts: 0,
            health: None,
            complaint: None,
            reports: run
                .and_then(|run| run.report_port)
                .filter(|_| alive != Alive::No)
                .map(|port| format!("127.0.0.1:{port}"))
                .into_iter()
                .collect(),
            user: None,
            blueprint: record.blueprint,
        }))
    }

    async fn blueprint(&self, _name: &str) -> Result<Blueprint, EngineError> {
        Ok(Blueprint { env: std::collections::BTreeMap::new(), rest: json!({ "args": ["run"] }) })
    }

    fn one_off(&self, like: &Blueprint, _name: &str, args: &[String]) -> Blueprint {
        let mut env = like.env.clone();
        // A port of its own, since the main one has this.
        env.remove("METRICS_PORT");
        Blueprint { env, rest: json!({ "args": args }) }
    }

    async fn create(&self, name: &str, blueprint: &Blueprint) -> Result<(), EngineError> {
        let folder = self.folder(name);
        let _held = self.hold_records();
        if folder.exists() {
            return Err(EngineError::Refused(format!("there is a {name} already")));
        }
        let record = Record::new(blueprint.clone(), clock::now());
        record.create(&folder).map_err(refused("its record cannot be written"))
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.start_now(name)
    }

    async fn stop(&self, name: &str, timeout: Duration) -> Result<(), EngineError> {
        self.end(name, timeout).await
    }

    async fn pause(&self, name: &str) -> Result<(), EngineError> {
        self.turn(name, nix::sys::signal::Signal::SIGSTOP, Alive::Frozen).await
    }

    async fn resume(&self, name: &str) -> Result<(), EngineError> {
        self.turn(name, nix::sys::signal::Signal::SIGCONT, Alive::Yes).await
    }

    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError> {
        let held = self.hold_records();
        self.existing_held(name, &held)?;
        if self.folder(to).exists() {
            return Err(EngineError::Refused(format!("there is a {to} already")));
        }
        std::fs::rename(self.folder(name), self.folder(to)).map_err(refused("it cannot be renamed"))
    }

    async fn remove(&self, name: &str) -> Result<(), EngineError> {
        if self.read(name)?.is_none() {
            return Ok(());
        }
        self.end(name, Duration::ZERO).await?;
        let _held = self.hold_records();
        std::fs::remove_dir_all(self.folder(name)).map_err(refused("its folder cannot be removed"))
    }

    fn changes(&self) -> BoxStream<'static, ()> {
        let news = self.exits.news.subscribe();
        futures_util::stream::unfold(news, |mut news| async move {
            news.changed().await.ok().map(|()| ((), news))
        })
        .boxed()
    }

    fn logs(&self, name: &str, from: LogStart) -> BoxStream<'static, Result<RawLine, EngineError>> {
        match self.existing(name) {
            Ok((record, _)) => follow::stream(&self.folder(name), record.run.as_ref(), from),
            Err(error) => futures_util::stream::once(async move { Err(error) }).boxed(),
        }
    }
}

impl ProcessEngine {
    /// Sends a signal that freezes or thaws, and waits for what it does.
    async fn turn(&self, name: &str, signal: nix::sys::signal::Signal, to: Alive) -> Result<(), EngineError> {
        let Some((identity, _)) = self.living(name)? else {
            return Err(EngineError::Refused(format!("{name} does not run")));
        };
        identity.signal(signal);
        let deadline = Instant::now() + Duration::from_secs(2);
        while identity.look() != to && Instant::now() < deadline {
            tokio::time::sleep(STEP).await;
        }
        Ok(())
    }
}

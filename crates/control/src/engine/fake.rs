//! An engine that is only remembered: for tests of what stands on top of engines, with every mishap at hand.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use serde_json::json;
use tokio::sync::watch;

use super::{Blueprint, Engine, EngineError, EngineKind, LogStart, State, Unit, configuration::Vars};
use crate::{
    clock,
    logs::{Position, RawLine},
};

/// Something that an engine can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the method of that name")]
pub enum Call {
    Find,
    Create,
    Start,
    Stop,
    Pause,
    Resume,
    Rename,
    Remove,
}

/// How long a process stays, and what it ends with.
pub type Fate = Arc<dyn Fn(&Vars) -> Option<i64> + Send + Sync>;

/// The engine. Clones share it, as clients of one engine do.
#[derive(Clone)]
pub struct FakeEngine {
    data_dir: PathBuf,
    world: Arc<Mutex<World>>,
    news: watch::Sender<u64>,
}

struct World {
    units: BTreeMap<String, FakeUnit>,
    next: u64,
    away: bool,
    foreign: BTreeSet<String>,
    faults: VecDeque<(Call, String)>,
    delays: BTreeMap<Call, Duration>,
    fate: Fate,
    calls: Vec<(Call, String)>,
}

#[derive(Clone)]
struct FakeUnit {
    unit: Unit,
    lines: Vec<RawLine>,
}

impl FakeEngine {
    /// An engine without units.
    pub fn new(data_dir: &Path) -> Self {
        let world = World {
            units: BTreeMap::new(),
            next: 1,
            away: false,
            foreign: BTreeSet::new(),
            faults: VecDeque::new(),
            delays: BTreeMap::new(),
            fate: Arc::new(|_| None),
            calls: Vec::new(),
        };
        Self {
            data_dir: data_dir.to_owned(),
            world: Arc::new(Mutex::new(world)),
            news: watch::Sender::new(0),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    /// The engine goes away, or comes back.
    pub fn set_away(&self, away: bool) {
        self.world().away = away;
        self.tell();
    }

    /// The next call of this kind is refused with this message.
    pub fn refuse_next(&self, call: Call, message: &str) {
        self.world().faults.push_back((call, message.to_owned()));
    }

    /// No call is refused any more.
    pub fn forgive(&self) {
        self.world().faults.clear();
    }

    /// Calls of this kind take so long from now on.
    pub fn slow(&self, call: Call, delay: Duration) {
        self.world().delays.insert(call, delay);
    }

    /// Says for an environment whether its process ends at once, and with what.
    pub fn set_fate(&self, fate: impl Fn(&Vars) -> Option<i64> + Send + Sync + 'static) {
        self.world().fate = Arc::new(fate);
    }

    /// There is somebody else's container of this name.
    pub fn put_foreign(&self, name: &str) {
        self.world().foreign.insert(name.to_owned());
        self.tell();
    }

    /// A process ends by itself, or is ended by somebody else.
    pub fn end(&self, name: &str, exit_code: i64) {
        if let Some(fake) =
            self.world().units.get_mut(name).filter(|fake| super::change::has_process(fake.unit.state))
        {
            fake.unit.state = State::Stopped;
            fake.unit.exit_code = Some(exit_code);
            fake.unit.finished_at = Some(clock::now());
        }
        self.tell();
    }

    /// Somebody else removes a unit.
    pub fn remove_behind_our_back(&self, name: &str) {
        self.world().units.remove(name);
        self.tell();
    }

    /// Somebody else freezes a unit.
    pub fn freeze(&self, name: &str) {
        if let Some(fake) = self.world().units.get_mut(name).filter(|fake| fake.unit.state == State::Running)
        {
            fake.unit.state = State::Paused;
        }
        self.tell();
    }

    /// The report of a unit may be asked for at this `host:port`.
    pub fn set_report_place(&self, name: &str, place: &str) {
        if let Some(fake) = self.world().units.get_mut(name) {
            fake.unit.reports = vec![place.to_owned()];
        }
        self.tell();
    }

    /// A process writes a line.
    pub fn write_line(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    /// A process writes a line that need not be text.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        let at = world.next;
        world.next += 1;
        if let Some(fake) = world.units.get_mut(name) {
            let line =
                RawLine { position: Position { run: 0, at, n: 0 }, ts: clock::now(), bytes: bytes.to_vec() };
            fake.lines.push(line);
        }
        drop(world);
        self.tell();
    }

    /// The engine forgets the oldest lines of a unit, as one does that rotates logs.
    pub fn forget_lines(&self, name: &str, keep: usize) {
        if let Some(fake) = self.world().units.get_mut(name) {
            let many = fake.lines.len().saturating_sub(keep);
            fake.lines.drain(..many);
        }
    }

    /// The names of all units.
    pub fn names(&self) -> Vec<String> {
        self.world().units.keys().cloned().collect()
    }

    /// What a unit really does.
    pub fn state(&self, name: &str) -> State {
        self.world().units.get(name).map_or(State::NotFound, |fake| fake.unit.state)
    }

    /// The environment of a unit.
    pub fn env(&self, name: &str) -> Option<Vars> {
        self.world().units.get(name).map(|fake| fake.unit.blueprint.env.clone())
    }

    /// What the program of a unit that runs once was called with.
    pub fn args(&self, name: &str) -> Vec<String> {
        let world = self.world();
        let args = world.units.get(name).map(|fake| fake.unit.blueprint.rest["args"].clone());
        args.and_then(|args| serde_json::from_value(args).ok()).unwrap_or_default()
    }

    /// All that was asked so far, except for looking.
    pub fn calls(&self) -> Vec<(Call, String)> {
        self.world().calls.clone()
    }

    /// What every call goes through.
    async fn enter(&self, call: Call, name: &str) -> Result<(), EngineError> {
        let delay = self.world().delays.get(&call).copied();
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        let mut world = self.world();
        if call != Call::Find {
            world.calls.push((call, name.to_owned()));
        }
        if world.away {
            return Err(EngineError::Away {
                engine: EngineKind::Docker,
                problem: "connection refused".to_owned(),
            });
        }
        if world.foreign.contains(name) {
            return Err(EngineError::NotOurs(name.to_owned()));
        }
        match world.faults.iter().position(|(fault, _)| *fault == call) {
            Some(index) => {
                let message = world.faults.remove(index).map(|(_, message)| message).unwrap_or_default();
                Err(EngineError::Refused(message))
            }
            None => Ok(()),
        }
    }

    /// Changes a unit that must be there.
    fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut FakeUnit) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let mut world = self.world();
        let fake = world.units.get_mut(name).ok_or_else(|| EngineError::Missing(name.to_owned()))?;
        let result = change(fake);
        drop(world);
        self.tell();
        result
    }
}

#[async_trait]
impl Engine for FakeEngine {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    async fn find(&self, name: &str) -> Result<Option<Unit>, EngineError> {
        self.enter(Call::Find, name).await?;
        Ok(self.world().units.get(name).map(|fake| fake.unit.clone()))
    }

    async fn blueprint(&self, _name: &str) -> Result<Blueprint, EngineError> {
        Ok(Blueprint {
            env: BTreeMap::from([("PATH".to_owned(), "/bin".to_owned())]),
            rest: json!({"image": "fake"}),
        })
    }

    fn one_off(&self, like: &Blueprint, _name: &str, args: &[String]) -> Blueprint {
        Blueprint { env: like.env.clone(), rest: json!({"image": "fake", "args": args}) }
    }

    async fn create(&self, name: &str, blueprint: &Blueprint) -> Result<(), EngineError> {
        self.enter(Call::Create, name).await?;
        let mut world = self.world();
        if world.units.contains_key(name) {
            return Err(EngineError::Refused(format!("the name {name} is in use")));
        }
        let unit = Unit {
            id: format!("id-{}", world.next),
            name: name.to_owned(),
            state: State::Created,
            created: Some(clock::now()),
            started_at: None,
            finished_at: None,
            exit_code: None,
            restarts: 0,
            health: None,
            complaint: None,
            reports: Vec::new(),
            user: None,
            blueprint: blueprint.clone(),
        };
        world.next += 1;
        world.units.insert(name.to_owned(), FakeUnit { unit, lines: Vec::new() });
        drop(world);
        self.tell();
        Ok(())
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.enter(Call::Start, name).await?;
        let fate = Arc::clone(&self.world().fate);
        self.change(name, |fake| {
            let exit_code = fate(&fake.unit.blueprint.env);
            fake.unit.state = if exit_code.is_some() { State::Stopped } else { State::Running };
            fake.unit.exit_code = exit_code;
            fake.unit.started_at = Some(clock::now());
            fake.unit.finished_at = exit_code.map(|_| clock::now());
            Ok(())
        })
    }

    async fn stop(&self, name: &str, _timeout: Duration) -> Result<(), EngineError> {
        self.enter(Call::Stop, name).await?;
        self.change(name, |fake| {
            if super::change::has_process(fake.unit.state) {
                fake.unit.state = State::Stopped;
                fake.unit.exit_code = Some(0);
                fake.unit.finished_at = Some(clock::now());
            }
            Ok(())
        })
    }

    async fn pause(&self, name: &str) -> Result<(), EngineError> {
        self.enter(Call::Pause, name).await?;
        self.change(name, |fake| match fake.unit.state {
            State::Running => {
                fake.unit.state = State::Paused;
                Ok(())
            }
            state => Err(EngineError::Refused(format!("it is {state}, not running"))),
        })
    }

    async fn resume(&self, name: &str) -> Result<(), EngineError> {
        self.enter(Call::Resume, name).await?;
        self.change(name, |fake| match fake.unit.state {
            State::Paused => {
                fake.unit.state = State::Running;
                Ok(())
            }
            state => Err(EngineError::Refused(format!("it is {state}, not paused"))),
        })
    }

    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError> {
        self.enter(Call::Rename, name).await?;
        let mut world = self.world();
        if world.units.contains_key(to) {
            return Err(EngineError::Refused(format!("the name {to} is in use")));
        }
        let mut fake = world.units.remove(name).ok_or_else(|| EngineError::Missing(name.to_owned()))?;
        to.clone_into(&mut fake.unit.name);
        world.units.insert(to.to_owned(), fake);
        drop(world);
        self.tell();
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), EngineError> {
        self.enter(Call::Remove, name).await?;
        self.world().units.remove(name);
        self.tell();
        Ok(())
    }

    fn changes(&self) -> BoxStream<'static, ()> {
        let (this, news) = (self.clone(), self.news.subscribe());
        futures_util::stream::unfold((this, news), |(this, mut news)| async move {
            news.changed().await.ok()?;
            let away = this.world().away;
            (!away).then_some(((), (this, news)))
        })
        .boxed()
    }

    fn logs(&self, name: &str, from: LogStart) -> BoxStream<'static, Result<RawLine, EngineError>> {
        let after = match from {
            LogStart::After(position) => Some(position),
            LogStart::Tail(count) => {
                let world = self.world();
                let lines = world.units.get(name).map(|fake| fake.lines.as_slice()).unwrap_or_default();
                let skipped = lines.len().checked_sub(count + 1);
                skipped.and_then(|index| lines.get(index)).map(|line| line.position)
            }
        };
        let state = (self.clone(), name.to_owned(), self.news.subscribe(), after);
        futures_util::stream::unfold(state, |(this, name, mut news, after)| async move {
            loop {
                news.borrow_and_update();
                let next = {
                    let world = this.world();
                    let fake = world.units.get(&name)?;
                    let known =
                        fake.lines.partition_point(|line| after.is_some_and(|after| line.position <= after));
                    let next = fake.lines.get(known);
                    if next.is_none() && !super::change::has_process(fake.unit.state) {
                        return None;
                    }
                    next.cloned()
                };
                match next {
                    Some(line) => {
                        let after = Some(line.position);
                        return Some((Ok(line), (this, name, news, after)));
                    }
                    None => news.changed().await.ok()?,
                }
            }
        })
        .boxed()
    }
}

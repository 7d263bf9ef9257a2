//! The load generator, wherever it runs: what it does at the moment, and all that can be done to it.
//!
//! One task keeps the view that every route reads, by the engine's events and by asking at least once a second, so that
//! no route waits for the engine to show a state. Changes go one at a time, and each runs to its end even when the client
//! that asked for it has gone.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt as _;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Blueprint, Engine, EngineError, EngineKind, State, Unit,
    configuration::{self, Folder},
};
use crate::{logs::Redactor, observe::Reports};

/// How often the engine is asked at least.
const INTERVAL: Duration = Duration::from_millis(700);
/// How long it may take to answer before the state is not known any more.
const PATIENCE: Duration = Duration::from_secs(5);

/// When, after our start, it is seen to that an earlier process has left nothing half done.
const REPAIRS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(30)];

/// Which load generator it is, and where it shares files with us.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its unit's name.
    pub name: String,
    /// The folder that both see, as we see it.
    pub data_dir: PathBuf,
    /// The file that tells a waiting one to begin, as we see it.
    pub start_signal_file: PathBuf,
    /// How long a process that cannot be asked must have run to count as up.
    pub settled: Duration,
}

impl Place {
    /// The place of a unit of that name whose data folder is this one.
    pub fn new(name: &str, data_dir: PathBuf, start_signal_file: PathBuf) -> Self {
        // The load generator checks its settings in its first moments, or ends.
        Self { name: name.to_owned(), data_dir, start_signal_file, settled: Duration::from_millis(1500) }
    }
}

/// What is known at a moment.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The unit; `None` when there is none, and when that cannot be known.
    pub unit: Option<Arc<Unit>>,
    /// Why the unit cannot be known.
    pub error: Option<EngineError>,
    /// The engine has been asked at least once.
    pub known: bool,
}

impl View {
    /// What the unit does.
    pub fn state(&self) -> State {
        match (&self.error, &self.unit) {
            (Some(_), _) => State::Error,
            (None, _) if !self.known => State::Error,
            (None, Some(unit)) => unit.state,
            (None, None) => State::NotFound,
        }
    }

    /// Whether the engine answers.
    pub fn connected(&self) -> bool {
        self.known && !matches!(self.error, Some(EngineError::Away { .. } | EngineError::Slow { .. }))
    }
}

/// The load generator. Cheap to share.
pub struct LoadGenerator {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) place: Place,
    pub(super) folder: Folder,
    pub(super) reports: Reports,
    pub(super) redactor: Arc<Redactor>,
    view: watch::Sender<View>,
    nudge: Notify,
    /// Held while the engine is asked: an older answer must not overwrite a newer one.
    looking: tokio::sync::Mutex<()>,
    /// Held while something is being changed. True once what an earlier process left behind has been repaired.
    changing: tokio::sync::Mutex<bool>,
    /// How the unit was made that was seen last: what to make again when it was removed behind our back.
    last: Mutex<Option<Blueprint>>,
    runtime: tokio::runtime::Handle,
}

impl LoadGenerator {
    /// The load generator of that place. [`watch`](Self::watch) must run for its state to be known.
    ///
    /// # Panics
    /// Outside a tokio runtime: changes go on in the one that this is called in.
    pub fn new(engine: Arc<dyn Engine>, place: Place, redactor: Arc<Redactor>) -> Arc<Self> {
        let folder = Folder { here: place.data_dir.clone(), there: engine.data_dir().to_owned() };
        Arc::new(Self {
            engine,
            folder,
            place,
            reports: Reports::new(),
            redactor,
            view: watch::Sender::new(View::default()),
            nudge: Notify::new(),
            looking: tokio::sync::Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            last: Mutex::default(),
            runtime: tokio::runtime::Handle::current(),
        })
    }

    /// Which kind of engine runs it.
    pub fn kind(&self) -> EngineKind {
        self.engine.kind()
    }

    /// The engine itself.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Which load generator it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The data folder from both sides.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The client for its reports.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// What keeps secrets out of what is shown.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// What is known now, at most a second old.
    pub fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// What is known, and every change of it.
    pub fn views(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// Keeps the view until the token is cancelled.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut changes = self.engine.changes();
        let mut listening = true;
        // What an earlier process has asked the engine for may happen after its end, and after our first look.
        let mut repairs = REPAIRS.iter().copied().peekable();
        let began = tokio::time::Instant::now();
        loop {
            let view = self.look().await;
            if view.connected() && repairs.next_if(|after| began.elapsed() >= *after).is_some() {
                // Nobody waits for it.
                tokio::spawn(Arc::clone(&self).repair_again());
            }
            if !listening && view.connected() {
                // The engine is back; what happened between is in the view already.
                changes = self.engine.changes();
                listening = true;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.nudge.notified() => {}
                () = tokio::time::sleep(INTERVAL) => {}
                change = changes.next(), if listening => listening = change.is_some(),
            }
        }
    }

    /// Asks the engine now, and returns what it said.
    pub async fn look(&self) -> View {
        let _in_order = self.looking.lock().await;
        let asked = tokio::time::timeout(PATIENCE, self.engine.find(&self.place.name));
        let found = asked.await.unwrap_or_else(|_| {
            let doing = format!("looking at {}", self.place.name);
            Err(EngineError::Slow { engine: self.kind(), doing, after: PATIENCE })
        });
        let view = match found {
            Ok(unit) => View { unit: unit.map(Arc::new), error: None, known: true },
            Err(error) => View { unit: None, error: Some(error), known: true },
        };
        self.note(&view);
        view
    }

    fn note(&self, view: &View) {
        if let Some(unit) = &view.unit {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.as_ref() != Some(&unit.blueprint) {
                for secret in configuration::secrets(&unit.blueprint.env, &self.folder) {
                    self.redactor.learn(&secret);
                }
                *last = Some(unit.blueprint.clone());
            }
        }
        self.view.send_if_modified(|present| {
            let same = present.known && present.error == view.error && present.unit == view.unit;
            if !same {
                if present.state() != view.state() {
                    tracing::info!(name = self.place.name, from = %present.state(), to = %view.state(), "load generator");
                }
                *present = view.clone();
            }
            !same
        });
    }

    /// How the unit was made that was seen last.
    pub(crate) fn last_blueprint(&self) -> Option<Blueprint> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs a change to its end, even when nobody waits for it any more, and brings the view up to date.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let this = Arc::clone(self);
        let task = self.runtime.spawn(async move {
            let mut repaired = this.changing.lock().await;
            if !*repaired {
                *repaired = this.repair_after_start().await;
            }
            let result = change.await;
            this.look().await;
            this.nudge.notify_one();
            result
        });
        match task.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being shut down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

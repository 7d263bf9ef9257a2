//! One-off backfills: each a unit of its own beside the main one, which goes on undisturbed.
//!
//! Every run is written down before its unit is made, so that whatever happens in between it is known afterwards; and its
//! end is told by its own final report, not by the fact that it is gone.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use settings::Finding;

use crate::{
    clock,
    engine::{
        Blueprint, EngineError, LoadGenerator,
        change::ChangeError,
        configuration::{self, TOKEN, TOKEN_FILE, Vars},
    },
    runs::folders,
    store::{Store, StoreError},
};

mod run;
mod track;

pub use run::{BackfillError, Progress, Run, RunState};

/// How many may run at once.
const MOST: usize = 4;
/// How long one is given to end when it is cancelled.
const STOP: Duration = Duration::from_secs(20);
/// What every setting of a backfill begins with.
const PREFIX: &str = "BACKFILL_";

/// Runs backfills and knows of those that ran.
pub struct Backfills {
    load: Arc<LoadGenerator>,
    store: Store,
    /// Held while a run is begun, cancelled, looked after or cleaned up.
    changing: tokio::sync::Mutex<()>,
    runtime: tokio::runtime::Handle,
}

/// What was removed, and what could not be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Units that are gone.
    pub removed: Vec<String>,
    /// Those of which something is still there, and why.
    pub left: Vec<(String, String)>,
}

impl Backfills {
    /// Backfills beside this load generator. [`watch`](Self::watch) must run for their ends to be noticed.
    ///
    /// # Panics
    /// Outside a tokio runtime: what is begun goes on in the one that this is called in.
    pub fn new(load: Arc<LoadGenerator>, store: Store) -> Arc<Self> {
        let runtime = tokio::runtime::Handle::current();
        Arc::new(Self { load, store, changing: tokio::sync::Mutex::default(), runtime })
    }

    /// Runs one with these `BACKFILL_*` settings; all others are those of the main load generator.
    ///
    /// # Errors
    /// When a setting is impossible, the name is taken, or the engine does not do it; then nothing is left of it.
    pub async fn run(
        self: &Arc<Self>,
        name: String,
        fields: Vars,
    ) -> Result<(Run, Vec<Finding>), BackfillError> {
        let this = Arc::clone(self);
        self.to_its_end(async move { this.run_now(name, fields).await }).await
    }

    /// Ends one that runs.
    ///
    /// # Errors
    /// When none of that name runs, or the engine does not do it.
    pub async fn cancel(self: &Arc<Self>, container_name: String) -> Result<Run, BackfillError> {
        let this = Arc::clone(self);
        self.to_its_end(async move { this.cancel_now(&container_name).await }).await
    }

    /// Removes the units, tokens and state files of all that are over. What is known about them stays, and so do their runs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clean_up(self: &Arc<Self>) -> Result<Cleaned, BackfillError> {
        let this = Arc::clone(self);
        self.to_its_end(async move { this.clean_up_now().await }).await
    }

    /// Does it to its end, also when the client has gone.
    async fn to_its_end<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.runtime.spawn(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being shut down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    async fn run_now(&self, name: String, fields: Vars) -> Result<(Run, Vec<Finding>), BackfillError> {
        let _one_at_a_time = self.changing.lock().await;
        let now = clock::now();
        let container_name = self.container_name(&name);
        let main = self.main().await?;
        let folder = self.load.folder();
        let vars = self.settings(&main, &fields, &container_name);
        let parsed = configuration::validate(&vars, folder, now).map_err(BackfillError::Invalid)?;
        let Some(window) = parsed.settings.backfill else { return Err(BackfillError::NoMain) };
        if self.store.active_backfills().await?.len() >= MOST {
            return Err(BackfillError::TooMany);
        }
        if self.load.engine().find(&container_name).await?.is_some() {
            return Err(BackfillError::NameTaken(name));
        }
        let days = u64::try_from((window.last_day - window.first_day).get_days() + 1).unwrap_or(0);
        let all = window.visits_per_day.saturating_mul(days);
        let mut run = Run {
            id: 0,
            name: name.clone(),
            container_name: container_name.clone(),
            state: RunState::Starting,
            config: configuration::shown(&vars, folder),
            first_day: window.first_day,
            last_day: window.last_day,
            started_at: now,
            finished_at: None,
            exit_code: None,
            error: None,
            cancel_requested: false,
            progress: Progress {
                day: None,
                days_done: 0,
                days,
                visits_sent: 0,
                visits_failed: 0,
                visits_planned: window.visits_total.map_or(all, |most| most.min(all)),
                estimated_end: None,
            },
        };
        run.id = match self.store.add_backfill(run.clone()).await {
            Err(StoreError::NameTaken { .. }) => return Err(BackfillError::NameTaken(name)),
            other => other?,
        };
        match self.begin(&main, vars, &container_name, now).await {
            Ok(()) => {
                run.state = RunState::Running;
                self.store.update_backfill(run.clone()).await?;
                Ok((run, parsed.warnings))
            }
            Err(problem) => {
                self.load.engine().remove(&container_name).await.ok();
                folder.sweep_tokens(&container_name, None);
                let ended = Run {
                    state: RunState::Failed,
                    error: Some(problem.to_string()),
                    finished_at: Some(clock::now()),
                    ..run
                };
                self.store.update_backfill(ended).await?;
                Err(problem.into())
            }
        }
    }

    /// Makes and starts the unit.
    async fn begin(
        &self,
        main: &Blueprint,
        vars: Vars,
        name: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let folder = self.load.folder();
        let user = self.load.view().unit.and_then(|unit| unit.user);
        let unwritable = |what: &str| {
            let what = format!("{what} in {}", folder.here.display());
            move |error: std::io::Error| ChangeError::File { what, problem: error.to_string() }
        };
        folder.make_folder(&state_dir_of(name), user).map_err(unwritable("the state folder"))?;
        let mut env = configuration::with_settings(&main.env, &vars);
        // A file of its own: that of the main one goes when another configuration is applied to it.
        if let Some(token) = folder.token(&vars) {
            env.remove(TOKEN);
            let path = folder.write_token(name, &token, user, now).map_err(unwritable("the token file"))?;
            env.insert(TOKEN_FILE.to_owned(), path);
        }
        let engine = self.load.engine();
        let like = Blueprint { env, rest: main.rest.clone() };
        let blueprint = engine.one_off(&like, name, &folder.to_unit(&summary_of(name)));
        engine.create(name, &blueprint).await?;
        engine.start(name).await?;
        Ok(())
    }

    /// The settings of a backfill: those of the main one, with a window and a place of its own.
    fn settings(&self, main: &Blueprint, fields: &Vars, container_name: &str) -> Vars {
        let mut vars = configuration::settings_of(&main.env);
        vars.retain(|name, _| !name.starts_with(PREFIX));
        let state_dir =
            self.load.folder().to_unit(&state_dir_of(container_name)).to_string_lossy().into_owned();
        vars.extend(
            [
                ("BACKFILL_ENABLED", "true"),
                ("BACKFILL_RUN_ONCE", "false"),
                ("AUTO_START", "true"),
                ("STATE_DIR", &state_dir),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        vars.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        // It must end when it is done, and it is one whether or not somebody says so.
        vars.insert("BACKFILL_ENABLED".to_owned(), "true".to_owned());
        vars.insert("BACKFILL_RUN_ONCE".to_owned(), "false".to_owned());
        vars
    }

    /// How the main one is made.
    async fn main(&self) -> Result<Blueprint, BackfillError> {
        match self.load.engine().find(&self.load.place().name).await? {
            Some(unit) => Ok(unit.blueprint.clone()),
            None => self.load.last_blueprint().ok_or(BackfillError::NoMain),
        }
    }

    /// The unit's name of a backfill.
    fn container_name(&self, name: &str) -> String {
        format!("{}-backfill-{name}", self.load.place().name)
    }

    async fn cancel_now(&self, container_name: &str) -> Result<Run, BackfillError> {
        let _one_at_a_time = self.changing.lock().await;
        let active = self.store.active_backfills().await?;
        let Some(mut run) = active.into_iter().find(|run| run.container_name == container_name) else {
            return Err(BackfillError::Missing(container_name.to_owned()));
        };
        // Known before it is done: if we are killed now, its end is still told for what it is.
        run.cancel_requested = true;
        self.store.update_backfill(run.clone()).await?;
        self.load.engine().stop(container_name, STOP).await?;
        Ok(self.look_after(run).await?)
    }

    async fn clean_up_now(&self) -> Result<Cleaned, BackfillError> {
        let _one_at_a_time = self.changing.lock().await;
        let runs = self.store.all_backfills().await?;
        let active: Vec<&str> =
            runs.iter().filter(|run| run.state.is_active()).map(|run| run.container_name.as_str()).collect();
        let mut over: Vec<&str> = runs.iter().map(|run| run.container_name.as_str()).collect();
        over.sort_unstable();
        over.dedup();
        over.retain(|name| !active.contains(name));
        let mut cleaned = Cleaned::default();
        for name in over {
            match self.remove(name).await {
                Ok((was_there, left)) => {
                    if was_there {
                        cleaned.removed.push(name.to_owned());
                    }
                    cleaned.left.extend(left.map(|problem| (name.to_owned(), problem)));
                }
                Err(problem @ EngineError::Away { .. }) => return Err(problem.into()),
                Err(problem) => cleaned.left.push((name.to_owned(), problem.to_string())),
            }
        }
        Ok(cleaned)
    }

    /// Removes a unit and its files, except for its runs: whether there was a unit, and what is left of it.
    async fn remove(&self, name: &str) -> Result<(bool, Option<String>), EngineError> {
        let engine = self.load.engine();
        let was_there = engine.find(name).await?.is_some();
        engine.remove(name).await?;
        let folder = self.load.folder();
        folder.sweep_tokens(name, None);
        let state_dir = folder.here.join(state_dir_of(name));
        let load = Arc::clone(&self.load);
        let removed = tokio::task::spawn_blocking(move || folders::remove(&state_dir, &load)).await;
        let left = removed.unwrap_or(Ok(())).err();
        if let Some(problem) = &left {
            tracing::warn!(name, problem, "something of a backfill is left behind");
        }
        Ok((was_there, left))
    }

    /// Those that run, as they are at the moment.
    ///
    /// # Errors
    /// When the engine cannot be asked, or the database fails: then nobody knows.
    pub async fn active(&self) -> Result<Vec<Run>, BackfillError> {
        if let Some(error) = self.load.view().error.filter(|_| !self.load.view().connected()) {
            return Err(error.into());
        }
        Ok(self.store.active_backfills().await?)
    }

    /// All that are known, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all(&self) -> Result<Vec<Run>, BackfillError> {
        Ok(self.store.all_backfills().await?)
    }

    /// The latest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last(&self) -> Result<Option<Run>, BackfillError> {
        Ok(self.store.last_backfill().await?)
    }
}

/// The state folder of a backfill, in the data folder.
fn state_dir_of(container_name: &str) -> String {
    format!("state/{container_name}")
}

/// The final report of a backfill, in the data folder.
fn summary_of(container_name: &str) -> String {
    format!("{}/summary.json", state_dir_of(container_name))
}

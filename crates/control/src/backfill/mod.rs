//! One-off backfills: each a unit of its own beside the main one, which goes on undisturbed.
//!
//! Every run is written down before its unit is made, so that whatever happens in between it is known afterwards; and its
//! end is told by its own final report, not by the fact that it is gone.

use std::sync::Arc;

use settings::Finding;

use crate::{
    clock,
    engine::{
        Blueprint, EngineError, LoadGenerator,
        configuration::{self, Vars},
    },
    one_off::{OneOffs, Plan},
    store::{Store, StoreError},
};

mod run;
mod track;

pub use run::{BackfillError, Progress, Run, RunState};

/// How many may run at once.
const MOST: usize = 4;
/// What its unit's name has in it.
const KIND: &str = "backfill";
/// The file that it writes its final report into.
const SUMMARY: &str = "summary.json";
/// What every setting of a backfill begins with.
const PREFIX: &str = "BACKFILL_";

/// Runs backfills and knows of those that ran.
pub struct Backfills {
    one_offs: OneOffs,
    store: Store,
    /// Held while a run is begun, cancelled, looked after or cleaned up.
    changing: tokio::sync::Mutex<()>,
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
        Arc::new(Self { one_offs: OneOffs::new(load), store, changing: tokio::sync::Mutex::default() })
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
        self.one_offs.to_its_end(async move { this.run_now(name, fields).await }).await
    }

    /// Ends one that runs.
    ///
    /// # Errors
    /// When none of that name runs, or the engine does not do it.
    pub async fn cancel(self: &Arc<Self>, container_name: String) -> Result<Run, BackfillError> {
        let this = Arc::clone(self);
        self.one_offs.to_its_end(async move { this.cancel_now(&container_name).await }).await
    }

    /// Removes the units, tokens and state files of all that are over. What is known about them stays, and so do their runs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clean_up(self: &Arc<Self>) -> Result<Cleaned, BackfillError> {
        let this = Arc::clone(self);
        self.one_offs.to_its_end(async move { this.clean_up_now().await }).await
    }

    async fn run_now(&self, name: String, fields: Vars) -> Result<(Run, Vec<Finding>), BackfillError> {
        let _one_at_a_time = self.changing.lock().await;
        let now = clock::now();
        let container_name = self.one_offs.unit_name(KIND, &name);
        let main = self.one_offs.main().await?.ok_or(BackfillError::NoMain)?;
        let folder = self.one_offs.load().folder();
        let vars = self.settings(&main, &fields, &container_name);
        let parsed = configuration::validate(&vars, folder, now).map_err(BackfillError::Invalid)?;
        let Some(window) = parsed.settings.backfill else { return Err(BackfillError::NoMain) };
        if self.store.active_one_offs::<Run>().await?.len() >= MOST {
            return Err(BackfillError::TooMany);
        }
        if self.one_offs.load().engine().find(&container_name).await?.is_some() {
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
        run.id = match self.store.add_one_off(run.clone()).await {
            Err(StoreError::NameTaken { .. }) => return Err(BackfillError::NameTaken(name)),
            other => other?,
        };
        let args = [
            "run".to_owned(),
            "--summary-json".to_owned(),
            self.one_offs.file_of_unit(&container_name, SUMMARY),
        ];
        let plan = Plan { name: &container_name, vars, args: args.into() };
        match self.one_offs.begin(&main, plan, now).await {
            Ok(()) => {
                run.state = RunState::Running;
                self.store.update_one_off(run.clone()).await?;
                Ok((run, parsed.warnings))
            }
            Err(problem) => {
                let ended = Run {
                    state: RunState::Failed,
                    error: Some(problem.to_string()),
                    finished_at: Some(clock::now()),
                    ..run
                };
                self.store.update_one_off(ended).await?;
                Err(problem.into())
            }
        }
    }

    /// The settings of a backfill: those of the main one, with a window and a place of its own.
    fn settings(&self, main: &Blueprint, fields: &Vars, container_name: &str) -> Vars {
        let mut vars = self.one_offs.settings(main, container_name, |name| name.starts_with(PREFIX));
        vars.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        // It must end when it is done, and it is one whether or not somebody says so.
        vars.insert("BACKFILL_ENABLED".to_owned(), "true".to_owned());
        vars.insert("BACKFILL_RUN_ONCE".to_owned(), "false".to_owned());
        vars
    }

    async fn cancel_now(&self, container_name: &str) -> Result<Run, BackfillError> {
        let _one_at_a_time = self.changing.lock().await;
        let active: Vec<Run> = self.store.active_one_offs().await?;
        let Some(mut run) = active.into_iter().find(|run| run.container_name == container_name) else {
            return Err(BackfillError::Missing(container_name.to_owned()));
        };
        // Known before it is done: if we are killed now, its end is still told for what it is.
        run.cancel_requested = true;
        self.store.update_one_off(run.clone()).await?;
        self.one_offs.stop(container_name).await?;
        Ok(self.look_after(run).await?)
    }

    async fn clean_up_now(&self) -> Result<Cleaned, BackfillError> {
        let _one_at_a_time = self.changing.lock().await;
        let runs: Vec<Run> = self.store.all_one_offs().await?;
        let active: Vec<&str> =
            runs.iter().filter(|run| run.state.is_active()).map(|run| run.container_name.as_str()).collect();
        let mut over: Vec<&str> = runs.iter().map(|run| run.container_name.as_str()).collect();
        over.sort_unstable();
        over.dedup();
        over.retain(|name| !active.contains(name));
        let mut cleaned = Cleaned::default();
        for name in over {
            match self.one_offs.remove(name).await {
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

    /// Those that run, as they are at the moment.
    ///
    /// # Errors
    /// When the engine cannot be asked, or the database fails: then nobody knows.
    pub async fn active(&self) -> Result<Vec<Run>, BackfillError> {
        let view = self.one_offs.load().view();
        if let Some(error) = view.error.clone().filter(|_| !view.connected()) {
            return Err(error.into());
        }
        Ok(self.store.active_one_offs().await?)
    }

    /// All that are known, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all(&self) -> Result<Vec<Run>, BackfillError> {
        Ok(self.store.all_one_offs().await?)
    }

    /// The latest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last(&self) -> Result<Option<Run>, BackfillError> {
        Ok(self.store.last_one_off().await?)
    }
}

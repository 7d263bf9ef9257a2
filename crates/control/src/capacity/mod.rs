//! Searches for the most visits a day that the target bears: each a unit of its own that runs `loadgen capacity` once.
//!
//! Only one runs at a time, since two would measure each other. What it has found so far it writes into a file after each
//! step; that file, its exit code and its log tell what became of it.

use std::{sync::Arc, time::Duration};

use report::{Findings, SearchState};
use settings::Rejected;
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    engine::{
        EngineError, LoadGenerator, State, Unit,
        change::{ChangeError, has_process},
        configuration::{self, Vars},
    },
    one_off::{OneOffs, Plan, STARTING},
    store::{Store, StoreError},
};

mod search;

pub use search::{CapacityError, CapacityPlan, CapacitySearch, CapacityState};

/// How often the one that runs is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// The file that it writes its findings into.
const FINDINGS: &str = "capacity.json";
/// What its unit's name has in it.
const KIND: &str = "capacity";
/// Of so many of the latest it is seen to at the start that nothing of them is left.
const SWEPT: usize = 10;

/// Settings of the main load generator that stand against a search, or would make its visitors those of the main one.
const DROPPED: [&str; 6] = [
    "MAX_TOTAL_VISITS",
    "MAX_REQUESTS_PER_SECOND",
    "SHARD",
    "SEED",
    "AUTO_STOP_AFTER_HOURS",
    "REPORT_PROBES",
];

/// Runs searches and knows of those that ran.
pub struct Capacity {
    one_offs: OneOffs,
    store: Store,
    /// Held while a search is begun, cancelled or looked after.
    changing: tokio::sync::Mutex<()>,
}

/// What is wished of a search. What is not said has the load generator's defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wish {
    /// The first rate; the main one's own when it is not given.
    pub from: Option<f64>,
    /// The lowest rate.
    pub least: f64,
    /// The highest rate.
    pub most: f64,
    /// The factor from step to step.
    pub step: f64,
    /// In percent.
    pub precision: f64,
    /// In seconds.
    pub warm_up: f64,
    /// In seconds.
    pub step_time: f64,
    /// In seconds.
    pub confirm: f64,
    /// As in `THRESHOLDS`; those of the main one when it is not given.
    pub thresholds: Option<String>,
}

impl Capacity {
    /// Searches beside this load generator. [`watch`](Self::watch) must run for their ends to be noticed.
    ///
    /// # Panics
    /// Outside a tokio runtime: what is begun goes on in the one that this is called in.
    pub fn new(load: Arc<LoadGenerator>, store: Store) -> Arc<Self> {
        Arc::new(Self { one_offs: OneOffs::new(load), store, changing: tokio::sync::Mutex::default() })
    }

    /// Begins a search, and tells what may be worth a thought.
    ///
    /// # Errors
    /// When one runs, a setting is impossible, or the engine does not do it; then nothing is left of it.
    pub async fn run(
        self: &Arc<Self>,
        name: String,
        wish: Wish,
    ) -> Result<(CapacitySearch, Vec<String>), CapacityError> {
        let this = Arc::clone(self);
        self.one_offs.to_its_end(async move { this.run_now(name, wish).await }).await
    }

    /// Ends the one that runs.
    ///
    /// # Errors
    /// When none of that name runs, or the engine does not do it.
    pub async fn cancel(self: &Arc<Self>, container_name: String) -> Result<CapacitySearch, CapacityError> {
        let this = Arc::clone(self);
        self.one_offs.to_its_end(async move { this.cancel_now(&container_name).await }).await
    }

    /// The one that runs.
    ///
    /// # Errors
    /// When the engine cannot be asked, or the database fails: then nobody knows.
    pub async fn active(&self) -> Result<Option<CapacitySearch>, CapacityError> {
        let view = self.one_offs.load().view();
        if let Some(error) = view.error.clone().filter(|_| !view.connected()) {
            return Err(error.into());
        }
        Ok(self.store.active_one_offs().await?.pop())
    }

    /// All that are over, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(&self) -> Result<Vec<CapacitySearch>, CapacityError> {
        let mut all: Vec<CapacitySearch> = self.store.all_one_offs().await?;
        all.retain(|search| !search.state.is_active());
        Ok(all)
    }

    async fn run_now(
        &self,
        name: String,
        wish: Wish,
    ) -> Result<(CapacitySearch, Vec<String>), CapacityError> {
        let _one_at_a_time = self.changing.lock().await;
        let now = clock::now();
        if !self.store.active_one_offs::<CapacitySearch>().await?.is_empty() {
            return Err(CapacityError::Active);
        }
        let container_name = self.one_offs.unit_name(KIND, &name);
        let main = self.one_offs.main().await?.ok_or(CapacityError::NoMain)?;
        let dropped = |name: &str| name.starts_with("BACKFILL_") || DROPPED.contains(&name);
        let mut vars = self.one_offs.settings(&main, &container_name, dropped);
        if let Some(thresholds) = &wish.thresholds {
            vars.insert("THRESHOLDS".to_owned(), thresholds.clone());
        }
        let parsed = configuration::validate(&vars, self.one_offs.load().folder(), now)
            .map_err(CapacityError::Invalid)?;
        if let Some(unit) = self.one_offs.load().engine().find(&container_name).await? {
            self.make_room(&unit, name.clone()).await?;
        }
        let request = plan(&wish, &vars, parsed.settings.arrivals.visits_per_day);
        let mut search = CapacitySearch {
            id: 0,
            name,
            container_name: container_name.clone(),
            state: CapacityState::Starting,
            started_at: now,
            finished_at: None,
            exit_code: None,
            error: None,
            cancel_requested: false,
            findings: None,
            request,
        };
        search.id = match self.store.add_one_off(search.clone()).await {
            Err(StoreError::NameTaken { .. }) => return Err(CapacityError::Active),
            other => other?,
        };
        let args = args(&search.request, self.one_offs.file_of_unit(&container_name, FINDINGS));
        match self.one_offs.begin(&main, Plan { name: &container_name, vars, args }, now).await {
            Ok(()) => {
                search.state = CapacityState::Searching;
                self.store.update_one_off(search.clone()).await?;
                Ok((search, self.warnings().await?))
            }
            Err(problem) => {
                let failed = ended(search, CapacityState::Failed, &problem.to_string());
                self.store.update_one_off(failed).await?;
                Err(problem.into())
            }
        }
    }

    /// Removes what an earlier search of that name has left; somebody else's container stays.
    async fn make_room(&self, unit: &Unit, name: String) -> Result<(), CapacityError> {
        let all: Vec<CapacitySearch> = self.store.all_one_offs().await?;
        let is_ours = all.iter().any(|search| search.container_name == unit.name);
        if !is_ours || has_process(unit.state) {
            return Err(CapacityError::NameTaken(name));
        }
        self.one_offs.remove(&unit.name).await?;
        Ok(())
    }

    /// What else sends hits to the target: it counts, too.
    async fn warnings(&self) -> Result<Vec<String>, CapacityError> {
        let mut warnings = Vec::new();
        let load = self.one_offs.load();
        if load.view().state() == State::Running {
            warnings.push(format!(
                "{} runs, and the target bears its traffic, too: stop it to learn what the target bears alone",
                load.place().name
            ));
        }
        for backfill in self.store.active_one_offs::<crate::backfill::Run>().await? {
            warnings.push(format!("{} runs, and the target bears its traffic, too", backfill.container_name));
        }
        Ok(warnings)
    }

    async fn cancel_now(&self, container_name: &str) -> Result<CapacitySearch, CapacityError> {
        let _one_at_a_time = self.changing.lock().await;
        let active: Vec<CapacitySearch> = self.store.active_one_offs().await?;
        let Some(mut search) = active.into_iter().find(|search| search.container_name == container_name)
        else {
            return Err(CapacityError::Missing(container_name.to_owned()));
        };
        // Known before it is done: if we are killed now, its end is still told for what it is.
        search.cancel_requested = true;
        self.store.update_one_off(search.clone()).await?;
        self.one_offs.stop(container_name).await?;
        self.look_after(search).await
    }

    /// Looks after the one that runs until the token is cancelled.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        self.sweep().await;
        while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            let _one_at_a_time = self.changing.lock().await;
            let active: Vec<CapacitySearch> = match self.store.active_one_offs().await {
                Ok(active) => active,
                Err(problem) => {
                    tracing::warn!(%problem, "the searches cannot be looked up");
                    continue;
                }
            };
            for search in active {
                let name = search.container_name.clone();
                match self.look_after(search).await {
                    Ok(_)
                    | Err(CapacityError::Change(ChangeError::Engine(
                        EngineError::Away { .. } | EngineError::Slow { .. },
                    ))) => {}
                    Err(problem) => tracing::warn!(name, %problem, "a search cannot be looked after"),
                }
            }
        }
    }

    /// Removes what earlier searches have left, should we have been killed before we could.
    async fn sweep(&self) {
        let _one_at_a_time = self.changing.lock().await;
        let history = self.history().await.unwrap_or_default();
        for search in history.into_iter().take(SWEPT) {
            let left = self.one_offs.load().engine().find(&search.container_name).await;
            if matches!(left, Ok(Some(unit)) if !has_process(unit.state)) {
                self.one_offs.remove(&search.container_name).await.ok();
            }
        }
    }

    /// Brings what is known about one up to date, and writes it down when it has changed. When it is over, its unit goes.
    async fn look_after(&self, search: CapacitySearch) -> Result<CapacitySearch, CapacityError> {
        let unit = self.one_offs.load().engine().find(&search.container_name).await?;
        let findings = self.findings(&search).await.or_else(|| search.findings.clone());
        let known = CapacitySearch { findings, ..search.clone() };
        let is_young = clock::now().duration_since(search.started_at) < STARTING;
        let now = match &unit {
            None if search.state == CapacityState::Starting && is_young => known,
            None => judged(known, None, "its container was removed before it was done"),
            Some(unit) => match unit.state {
                State::Running | State::Paused | State::Restarting => {
                    CapacitySearch { state: CapacityState::Searching, ..known }
                }
                State::Created if is_young && !search.cancel_requested => known,
                State::Created => judged(known, None, "its process was never started"),
                State::Stopped | State::Error | State::NotFound => self.at_its_end(known, unit).await,
            },
        };
        if now != search {
            self.store.update_one_off(now.clone()).await?;
        }
        if !now.state.is_active() {
            tracing::info!(name = now.container_name, state = ?now.state, error = now.error, "a search is over");
            if let Err(problem) = self.one_offs.remove(&now.container_name).await {
                tracing::warn!(name = now.container_name, %problem, "the unit of a search is left behind");
            }
        }
        Ok(now)
    }

    async fn at_its_end(&self, search: CapacitySearch, unit: &Unit) -> CapacitySearch {
        let error = "it ended before it was done, and left no word of why";
        let mut search = judged(search, unit.exit_code, error);
        search.finished_at = unit.finished_at.or(search.finished_at);
        if search.state == CapacityState::Failed {
            let error = search.error.take().unwrap_or_default();
            search.error = Some(self.one_offs.with_last_words(error, unit).await);
        }
        search
    }

    /// What it has written down so far.
    async fn findings(&self, search: &CapacitySearch) -> Option<Findings> {
        let path = self.one_offs.file_here(&search.container_name, FINDINGS);
        let read = move || serde_json::from_slice::<Findings>(&std::fs::read(path).ok()?).ok();
        let findings = tokio::task::spawn_blocking(read).await.ok().flatten()?;
        // Those of an earlier search of that name are not this one's.
        (findings.started_at + jiff::SignedDuration::from_secs(5) >= search.started_at).then_some(findings)
    }
}

/// The plan of a search, whole.
fn plan(wish: &Wish, vars: &Vars, own_rate: f64) -> CapacityPlan {
    CapacityPlan {
        from: wish.from.unwrap_or(own_rate).clamp(wish.least, wish.most),
        least: wish.least,
        most: wish.most,
        step: wish.step,
        precision: wish.precision,
        warm_up: wish.warm_up,
        step_time: wish.step_time,
        confirm: wish.confirm,
        thresholds: vars.get("THRESHOLDS").cloned(),
    }
}

/// What the load generator is called with.
fn args(plan: &CapacityPlan, findings: String) -> Vec<String> {
    let mut args = vec![KIND.to_owned(), "--json-file".to_owned(), findings];
    for (flag, value) in [
        ("--from", plan.from),
        ("--least", plan.least),
        ("--most", plan.most),
        ("--step", plan.step),
        ("--precision", plan.precision),
        ("--warm-up", plan.warm_up),
        ("--step-time", plan.step_time),
        ("--confirm", plan.confirm),
    ] {
        args.extend([flag.to_owned(), value.to_string()]);
    }
    args
}

fn ended(search: CapacitySearch, state: CapacityState, error: &str) -> CapacitySearch {
    let now = clock::now();
    let mut search = search;
    if let Some(findings) =
        search.findings.as_mut().filter(|findings| findings.state == SearchState::Searching)
    {
        // It was killed, and could not say so itself.
        findings.end(SearchState::Stopped, now);
    }
    let error = (!error.is_empty()).then(|| error.to_owned());
    CapacitySearch { state, error, finished_at: Some(now), ..search }
}

/// What became of one that has ended.
fn judged(search: CapacitySearch, exit_code: Option<i64>, otherwise: &str) -> CapacitySearch {
    let search = CapacitySearch { exit_code, ..search };
    let findings = search.findings.as_ref().map(|findings| findings.state);
    match (findings, exit_code) {
        // 1 says that no rate was confirmed, which is a finding.
        (Some(SearchState::Done), None | Some(0 | 1)) => ended(search, CapacityState::Done, ""),
        _ if search.cancel_requested => ended(search, CapacityState::Cancelled, ""),
        (Some(SearchState::Stopped), _) => {
            ended(search, CapacityState::Interrupted, "it was stopped before it was done")
        }
        (_, Some(code)) if code != 0 => {
            ended(search, CapacityState::Failed, &format!("it ended with {code}"))
        }
        _ => ended(search, CapacityState::Interrupted, otherwise),
    }
}

/// What is wrong with the settings of a search, as fields of the request that asks for it.
pub(crate) fn faults(rejected: Rejected) -> Vec<crate::error::FieldError> {
    let fault = |finding: settings::Finding| {
        let field = if finding.field == "THRESHOLDS" { "thresholds".to_owned() } else { finding.field };
        crate::error::FieldError::new(field, finding.message)
    };
    rejected.errors.into_iter().map(fault).collect()
}

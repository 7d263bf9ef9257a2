//! Units that run once beside the main load generator, which goes on undisturbed: backfills and searches for the limit of
//! the target. What they have in common is here: the settings that they take from the main one, the making, the last
//! words, and the removal.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{
        Blueprint, EngineError, LoadGenerator, LogStart, Unit,
        change::ChangeError,
        configuration::{self, TOKEN, TOKEN_FILE, Vars},
    },
    logs,
    runs::folders,
};

/// How long one may be about to run that has no unit: longer than making one takes.
pub(crate) const STARTING: SignedDuration = SignedDuration::from_mins(5);
/// How long one is given to end when it is cancelled.
const STOP: Duration = Duration::from_secs(20);
/// How many lines at the end of its log are looked through for its progress or last words.
const LAST_LINES: usize = 50;
/// How many of them are told.
const LAST_WORDS: usize = 5;

/// Makes units that run once, and removes them.
pub(crate) struct OneOffs {
    load: Arc<LoadGenerator>,
    runtime: tokio::runtime::Handle,
}

/// What is to run.
pub(crate) struct Plan<'a> {
    /// The unit's name.
    pub(crate) name: &'a str,
    /// All its settings.
    pub(crate) vars: Vars,
    /// What the program is called with.
    pub(crate) args: Vec<String>,
}

impl OneOffs {
    /// Beside this load generator.
    pub(crate) fn new(load: Arc<LoadGenerator>) -> Self {
        Self { load, runtime: tokio::runtime::Handle::current() }
    }

    /// The load generator that they run beside.
    pub(crate) fn load(&self) -> &LoadGenerator {
        &self.load
    }

    /// The unit's name of one of that kind.
    pub(crate) fn unit_name(&self, kind: &str, name: &str) -> String {
        format!("{}-{kind}-{name}", self.load.place().name)
    }

    /// How the main one is made; `None` when there never was one.
    pub(crate) async fn main(&self) -> Result<Option<Blueprint>, EngineError> {
        match self.load.engine().find(&self.load.place().name).await? {
            Some(unit) => Ok(Some(unit.blueprint.clone())),
            None => Ok(self.load.last_blueprint()),
        }
    }

    /// The settings of the main one but for those that are `dropped`, with a place of its own. It does not wait for a
    /// signal.
    pub(crate) fn settings(&self, main: &Blueprint, name: &str, dropped: impl Fn(&str) -> bool) -> Vars {
        let mut vars = configuration::settings_of(&main.env);
        vars.retain(|name, _| !dropped(name));
        let state_dir = self.load.folder().to_unit(&state_dir_of(name)).to_string_lossy().into_owned();
        vars.insert("AUTO_START".to_owned(), "true".to_owned());
        vars.insert("STATE_DIR".to_owned(), state_dir);
        vars
    }

    /// Where a unit leaves a file in its state folder, as it sees it.
    pub(crate) fn file_of_unit(&self, name: &str, file: &str) -> String {
        let path = self.load.folder().to_unit(&format!("{}/{file}", state_dir_of(name)));
        path.to_string_lossy().into_owned()
    }

    /// The same file as we see it.
    pub(crate) fn file_here(&self, name: &str, file: &str) -> PathBuf {
        self.load.folder().here.join(state_dir_of(name)).join(file)
    }

    /// Makes and starts the unit. When that fails, nothing is left of it.
    pub(crate) async fn begin(
        &self,
        main: &Blueprint,
        plan: Plan<'_>,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let name = plan.name;
        let begun = self.try_begin(main, plan, now).await;
        if begun.is_err() {
            self.load.engine().remove(name).await.ok();
            self.sweep_tokens(name);
        }
        begun
    }

    async fn try_begin(&self, main: &Blueprint, plan: Plan<'_>, now: Timestamp) -> Result<(), ChangeError> {
        let Plan { name, vars, args } = plan;
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
        engine.create(name, &engine.one_off(&like, name, &args)).await?;
        engine.start(name).await?;
        Ok(())
    }

    /// Ends the process of a unit, by its signal at first.
    pub(crate) async fn stop(&self, name: &str) -> Result<(), EngineError> {
        self.load.engine().stop(name, STOP).await
    }

    /// Removes the token files of a unit.
    pub(crate) fn sweep_tokens(&self, name: &str) {
        self.load.folder().sweep_tokens(name, None);
    }

    /// Removes a unit and its files, except for its runs: whether there was a unit, and what is left of it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(bool, Option<String>), EngineError> {
        let engine = self.load.engine();
        let was_there = engine.find(name).await?.is_some();
        engine.remove(name).await?;
        self.sweep_tokens(name);
        let state_dir = self.load.folder().here.join(state_dir_of(name));
        let load = Arc::clone(&self.load);
        let removed = tokio::task::spawn_blocking(move || folders::remove(&state_dir, &load)).await;
        let left = removed.unwrap_or(Ok(())).err();
        if let Some(problem) = &left {
            tracing::warn!(name, problem, "something of a unit that ran once is left behind");
        }
        Ok((was_there, left))
    }

    /// The last lines that a unit wrote.
    pub(crate) async fn last_lines(&self, unit: &Unit) -> Vec<String> {
        let mut lines = self.load.engine().logs(&unit.name, LogStart::Tail(LAST_LINES));
        let mut texts = Vec::new();
        // The log of one that runs has an open end.
        while let Ok(Some(Ok(line))) = tokio::time::timeout(Duration::from_millis(200), lines.next()).await {
            texts.push(self.load.redactor().clean(logs::readable(&line.bytes)).chars().take(500).collect());
            if texts.len() == LAST_LINES {
                break;
            }
        }
        texts
    }

    /// An error with the last words of a unit that ended with it.
    pub(crate) async fn with_last_words(&self, error: String, unit: &Unit) -> String {
        let lines = self.last_lines(unit).await;
        let words: Vec<&str> = lines.iter().rev().take(LAST_WORDS).rev().map(String::as_str).collect();
        if words.is_empty() { error } else { format!("{error}. Its last words: {}", words.join(" | ")) }
    }

    /// Does it to its end, also when the client has gone.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.runtime.spawn(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being shut down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// The state folder of such a unit, in the data folder.
fn state_dir_of(name: &str) -> String {
    format!("state/{name}")
}

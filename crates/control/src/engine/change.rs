//! Start, stop, restart and apply: what they mean in each state, and what is said about them afterwards.

use std::{sync::Arc, time::Duration};

use report::RunState;
use settings::Finding;

use super::{
    Blueprint, EngineError, State, Unit,
    come_up::needs_signal,
    configuration::{self, Vars},
    generator::LoadGenerator,
};

pub use super::outcome::{Aftermath, ChangeError, Done, Fall};

/// How long a unit is given to end when nobody says how long, at the least.
const DEFAULT_STOP: Duration = Duration::from_secs(10);
/// The longest that a unit may ask for.
const LONGEST_STOP: Duration = Duration::from_mins(1);

/// What a unit did before it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// It had no process.
    Still,
    /// It had one; `producing`: that was known to start visits, and not to wait for the signal.
    Active {
        /// It started visits.
        producing: bool,
    },
    /// Its process was frozen.
    Frozen,
}

type Change = Result<Done, ChangeError>;

impl LoadGenerator {
    /// Starts it; with a configuration, one that has it. It is created when it is missing.
    ///
    /// # Errors
    /// When it cannot be done; when it runs and has another configuration, unless `restart_if_running`.
    pub async fn start(self: &Arc<Self>, config: Option<Vars>, restart_if_running: bool) -> Change {
        let this = Arc::clone(self);
        self.run(async move { this.start_now(config, restart_if_running).await }).await
    }

    /// Ends its process; nothing happens when it has none. Without a timeout it has the time that its settings ask for.
    ///
    /// # Errors
    /// When there is no unit, and when the engine does not do it.
    pub async fn stop(self: &Arc<Self>, timeout: Option<Duration>) -> Change {
        let this = Arc::clone(self);
        self.run(async move { this.stop_now(timeout).await }).await
    }

    /// Ends its process when it has one, and starts it; with a configuration, one that has it.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn restart(self: &Arc<Self>, config: Option<Vars>, timeout: Option<Duration>) -> Change {
        let this = Arc::clone(self);
        self.run(async move { this.restart_now(config, timeout).await }).await
    }

    /// Re-creates it with a configuration, and leaves it doing what it did before.
    ///
    /// # Errors
    /// When it cannot be done; then the old one is there as it was.
    pub async fn apply(self: &Arc<Self>, config: Vars) -> Change {
        let this = Arc::clone(self);
        self.run(async move { this.apply_now(config).await }).await
    }

    async fn start_now(&self, config: Option<Vars>, restart_if_running: bool) -> Change {
        let Some(unit) = self.find().await? else {
            return self.create_and_start(config).await;
        };
        let active = matches!(unit.state, State::Running | State::Restarting | State::Paused);
        match config {
            Some(_) if active && !restart_if_running => {
                Err(ChangeError::Active(self.place.name.clone(), unit.state))
            }
            Some(config) => {
                self.replace(&unit, &config, Some(Before::Active { producing: true }), None).await
            }
            None if active && restart_if_running => self.restart_unit(&unit, None).await,
            None => self.start_unit(&unit).await,
        }
    }

    async fn stop_now(&self, timeout: Option<Duration>) -> Change {
        let unit = self.existing().await?;
        self.withdraw_signal();
        let name = &self.place.name;
        if !has_process(unit.state) {
            return Ok(self.done(format!("{name} does not run"), unit.state, false));
        }
        self.engine.stop(name, timeout.unwrap_or_else(|| patience(&unit))).await?;
        let state = self.state_now().await?;
        Ok(self.done(format!("{name} is {state}"), state, false))
    }

    async fn restart_now(&self, config: Option<Vars>, timeout: Option<Duration>) -> Change {
        match (self.find().await?, config) {
            (None, config) => self.create_and_start(config).await,
            (Some(unit), Some(config)) => {
                self.replace(&unit, &config, Some(Before::Active { producing: true }), timeout).await
            }
            (Some(unit), None) => self.restart_unit(&unit, timeout).await,
        }
    }

    async fn apply_now(&self, config: Vars) -> Change {
        if let Some(unit) = self.find().await? {
            return self.replace(&unit, &config, None, None).await;
        }
        let blueprint = self.blueprint().await?;
        let warnings = self.create(&blueprint, &config).await?;
        let state = self.state_now().await?;
        let message = format!("{} is created with the configuration, and not started", self.place.name);
        Ok(Done { warnings, ..self.done(message, state, false) })
    }

    /// Starts a unit that has its configuration already.
    async fn start_unit(&self, unit: &Unit) -> Change {
        let name = &self.place.name;
        match unit.state {
            State::Running => {
                let waits = self.waits(unit).await;
                if waits {
                    self.give_signal(unit).await?;
                }
                let how = if waits { "got its start signal" } else { "runs already" };
                return Ok(self.done(format!("{name} {how}"), self.state_now().await?, false));
            }
            State::Paused => {
                self.engine.resume(name).await?;
                let state = self.state_now().await?;
                return Ok(self.done(format!("{name} was paused and goes on; it is {state}"), state, false));
            }
            State::Error => {
                let complaint = unit.complaint.clone().unwrap_or_else(|| "no reason is given".to_owned());
                return Err(EngineError::Refused(format!(
                    "{name} is broken: {complaint}; apply a configuration to re-create it"
                ))
                .into());
            }
            State::Stopped | State::Created | State::Restarting | State::NotFound => {}
        }
        configuration::validate(&unit.blueprint.env, &self.folder, crate::clock::now())?;
        self.withdraw_signal();
        if unit.state != State::Restarting {
            self.engine.start(name).await?;
        }
        self.see_it_up(true).await
    }

    async fn restart_unit(&self, unit: &Unit, timeout: Option<Duration>) -> Change {
        configuration::validate(&unit.blueprint.env, &self.folder, crate::clock::now())?;
        let producing = match self.before(unit).await {
            Before::Active { producing } => producing,
            // Somebody asks for it to run: that is as good as asking for its traffic.
            Before::Still => true,
            Before::Frozen => false,
        };
        if has_process(unit.state) {
            self.engine.stop(&self.place.name, timeout.unwrap_or_else(|| patience(unit))).await?;
        }
        self.withdraw_signal();
        self.engine.start(&self.place.name).await?;
        self.see_it_up(producing).await
    }

    async fn create_and_start(&self, config: Option<Vars>) -> Change {
        let blueprint = self.blueprint().await?;
        let config = match config {
            Some(config) => config,
            None if self.last_blueprint().is_some() => {
                let mut vars = configuration::settings_of(&blueprint.env);
                vars.remove(configuration::TOKEN_FILE);
                vars.extend(
                    self.folder.token(&blueprint.env).map(|token| (configuration::TOKEN.to_owned(), token)),
                );
                vars
            }
            None => return Err(ChangeError::Missing(self.place.name.clone())),
        };
        let warnings = self.create(&blueprint, &config).await?;
        self.withdraw_signal();
        self.engine.start(&self.place.name).await?;
        Ok(Done { warnings, ..self.see_it_up(true).await? })
    }

    /// Creates a unit under the place's name, and returns what an operator may want to think about.
    async fn create(&self, blueprint: &Blueprint, config: &Vars) -> Result<Vec<Finding>, ChangeError> {
        let (blueprint, warnings) = self.configured(blueprint, config, None)?;
        if let Err(error) = self.engine.create(&self.place.name, &blueprint).await {
            self.folder.remove_token(&blueprint.env);
            return Err(error.into());
        }
        // As whom it runs is in its image, so that it is known only now.
        let user = self.find().await?.and_then(|unit| unit.user);
        self.folder.give_token(&blueprint.env, user).map_err(|error| self.token_file(&error))?;
        Ok(warnings)
    }

    pub(super) fn token_file(&self, error: &std::io::Error) -> ChangeError {
        let what = format!("the token file in {}", self.folder.here.display());
        ChangeError::File { what, problem: error.to_string() }
    }

    /// The blueprint with another configuration. Its token file is written.
    pub(super) fn configured(
        &self,
        blueprint: &Blueprint,
        config: &Vars,
        user: Option<(u32, u32)>,
    ) -> Result<(Blueprint, Vec<Finding>), ChangeError> {
        let now = crate::clock::now();
        let resolved = configuration::resolve(config, Some(&blueprint.env), &self.folder, now)?;
        let mut env = configuration::with_settings(&blueprint.env, &resolved.vars);
        if let Some(token) = &resolved.token {
            self.redactor.learn(token);
            let written = self.folder.write_token(&self.place.name, token, user, now);
            let path = written.map_err(|error| self.token_file(&error))?;
            env.insert(configuration::TOKEN_FILE.to_owned(), path);
        }
        Ok((Blueprint { env, rest: blueprint.rest.clone() }, resolved.parsed.warnings))
    }

    /// How to make a unit when there is none: like the last one, or as the engine would.
    async fn blueprint(&self) -> Result<Blueprint, ChangeError> {
        match self.last_blueprint() {
            Some(blueprint) => Ok(blueprint),
            None => Ok(self.engine.blueprint(&self.place.name).await?),
        }
    }

    /// Waits until it is up, gives the start signal if it waits for one and `produce` says so, and says how it is.
    pub(super) async fn see_it_up(&self, produce: bool) -> Change {
        let unit = self.come_up().await?;
        let name = &self.place.name;
        let mut message = format!("{name} is {}", unit.state);
        if unit.state == State::Stopped {
            message = format!("{name} came up, did its work and ended");
        } else if needs_signal(&unit) {
            if produce {
                self.give_signal(&unit).await?;
                message.push_str(" and got its start signal");
            } else {
                message.push_str(" and waits for its start signal (AUTO_START=false)");
            }
        }
        Ok(self.done(message, unit.state, true))
    }

    /// What the unit does, in view of doing it again after a change.
    pub(super) async fn before(&self, unit: &Unit) -> Before {
        match unit.state {
            State::Paused => Before::Frozen,
            State::Running => Before::Active { producing: !self.waits(unit).await },
            State::Restarting => Before::Active { producing: true },
            State::Stopped | State::Created | State::NotFound | State::Error => Before::Still,
        }
    }

    /// Whether it is known to wait for the start signal.
    async fn waits(&self, unit: &Unit) -> bool {
        if !needs_signal(unit) {
            return false;
        }
        // Where it cannot be asked: it waits, as it does after every start until somebody gives the signal.
        self.reports.of(unit).await.is_none_or(|report| report.run.state == RunState::Waiting)
    }

    pub(super) async fn find(&self) -> Result<Option<Unit>, ChangeError> {
        Ok(self.engine.find(&self.place.name).await?)
    }

    async fn existing(&self) -> Result<Unit, ChangeError> {
        self.find().await?.ok_or_else(|| ChangeError::Missing(self.place.name.clone()))
    }

    pub(super) async fn state_now(&self) -> Result<State, ChangeError> {
        Ok(self.find().await?.map_or(State::NotFound, |unit| unit.state))
    }

    pub(super) fn done(&self, message: String, state: State, restarted: bool) -> Done {
        tracing::info!(name = self.place.name, %state, "{message}");
        Done { message, state, restarted, warnings: Vec::new() }
    }
}

/// How long a unit is given to end when nobody says how long: what it needs for the visits under way, and a little more.
pub(super) fn patience(unit: &Unit) -> Duration {
    let grace =
        unit.blueprint.env.get("GRACE_PERIOD").and_then(|text| text.trim().parse().ok()).unwrap_or(10.0);
    let grace = Duration::try_from_secs_f64(grace).unwrap_or_default() + Duration::from_secs(5);
    grace.clamp(DEFAULT_STOP, LONGEST_STOP)
}

/// Whether there is a process to end.
pub(crate) fn has_process(state: State) -> bool {
    matches!(state, State::Running | State::Restarting | State::Paused)
}

//! Re-creation with a way back.
//!
//! The new unit is made beside the old one, under another name, while the old one still works. Only then is the old one
//! ended and put aside, not removed, until the new one has come up. At every moment one of the two can be had again; and
//! when this program is killed half-way, the names alone tell it at its next start how to go on.

use std::{sync::Arc, time::Duration};

use report::RunState;

use super::{
    EngineError, State, Unit,
    change::{Aftermath, Before, ChangeError, Done, has_process, patience},
    configuration::Vars,
    generator::LoadGenerator,
};

/// How long an engine that is away is waited for when something must be put back.
const AWAY: Duration = Duration::from_mins(1);
/// How often an engine that is there and refuses is asked again, when something must be put back.
const INSISTS: u32 = 3;

/// What the old unit did. It stands in the names of the two, `NAME.next-...` and `NAME.previous-...`.
const EACH: [Before; 3] = [Before::Still, Before::Active { producing: true }, Before::Frozen];

fn word(before: Before) -> &'static str {
    match before {
        Before::Still => "still",
        Before::Active { .. } => "active",
        Before::Frozen => "frozen",
    }
}

impl LoadGenerator {
    fn next_name(&self, before: Before) -> String {
        format!("{}.next-{}", self.place.name, word(before))
    }

    fn aside_name(&self, before: Before) -> String {
        format!("{}.previous-{}", self.place.name, word(before))
    }

    /// Puts a unit with another configuration in the place of `old`, and lets it do what `then` says; else what the old
    /// one did.
    pub(super) async fn replace(
        &self,
        old: &Unit,
        config: &Vars,
        then: Option<Before>,
        timeout: Option<Duration>,
    ) -> Result<Done, ChangeError> {
        let (blueprint, warnings) = self.configured(&old.blueprint, config, old.user)?;
        let timeout = timeout.unwrap_or_else(|| patience(old));
        let before = self.before(old).await;
        let next = self.next_name(before);
        let untouched = |cause: EngineError| ChangeError::RolledBack {
            cause: Box::new(cause.into()),
            after: Aftermath::Untouched,
        };
        let created = async {
            self.engine.remove(&next).await?;
            self.engine.create(&next, &blueprint).await
        };
        if let Err(error) = created.await {
            self.folder.remove_token(&blueprint.env);
            return Err(untouched(error));
        }
        match self.exchange(old, before, then.unwrap_or(before), timeout).await {
            Ok(done) => {
                self.remove_quietly(&self.aside_name(before)).await;
                self.folder.remove_token(&old.blueprint.env);
                Ok(Done { warnings, ..done })
            }
            Err(cause) => {
                tracing::error!(name = self.place.name, %cause, "the new one failed; the one before is put back");
                let after = self.put_back(old, before).await;
                self.folder.remove_token(&blueprint.env);
                Err(ChangeError::RolledBack { cause: Box::new(cause), after })
            }
        }
    }

    async fn exchange(
        &self,
        old: &Unit,
        before: Before,
        then: Before,
        timeout: Duration,
    ) -> Result<Done, ChangeError> {
        let name = &self.place.name;
        if has_process(old.state) {
            self.engine.stop(name, timeout).await?;
        }
        self.withdraw_signal();
        match self.engine.rename(name, &self.aside_name(before)).await {
            // One that the engine removes by itself when it ends is gone by now.
            Ok(()) | Err(EngineError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
        self.engine.rename(&self.next_name(before), name).await?;
        if then == Before::Still {
            let state = self.state_now().await?;
            return Ok(self.done(
                format!("{name} has the new configuration, and is not started, as before"),
                state,
                false,
            ));
        }
        self.engine.start(name).await?;
        let producing = then == Before::Active { producing: true };
        let done = self.see_it_up(producing).await?;
        if then == Before::Frozen && done.state == State::Running {
            self.engine.pause(name).await?;
            let state = self.state_now().await?;
            return Ok(self.done(
                format!("{name} has the new configuration, and is {state} again, as before"),
                state,
                true,
            ));
        }
        let message = format!("{}, with the new configuration", done.message);
        Ok(Done { message, ..done })
    }

    /// Brings the old unit back to what it was. The engine may be away for a moment, or refuse what it does the next time.
    async fn put_back(&self, old: &Unit, before: Before) -> Aftermath {
        let deadline = tokio::time::Instant::now() + AWAY;
        let mut refusals = 0;
        loop {
            let problem = match self.try_to_put_back(old, before).await {
                Ok(state) => return Aftermath::Back(state),
                Err(problem) => problem,
            };
            let is_away =
                matches!(problem, ChangeError::Engine(EngineError::Away { .. } | EngineError::Slow { .. }));
            refusals += u32::from(!is_away);
            if refusals > INSISTS || tokio::time::Instant::now() >= deadline {
                tracing::error!(name = self.place.name, %problem, "the one before could not be put back");
                return Aftermath::Lost(problem.to_string());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn try_to_put_back(&self, old: &Unit, before: Before) -> Result<State, ChangeError> {
        let name = &self.place.name;
        let present = self.find().await?;
        if present.as_ref().is_none_or(|unit| unit.id != old.id) {
            if present.is_some() {
                self.engine.remove(name).await?;
            }
            match self.engine.rename(&self.aside_name(before), name).await {
                Err(EngineError::Missing(_)) => self.engine.create(name, &old.blueprint).await?,
                other => other?,
            }
        }
        self.engine.remove(&self.next_name(before)).await?;
        self.revive(before).await
    }

    /// Lets the unit under the place's name do what it did before.
    async fn revive(&self, before: Before) -> Result<State, ChangeError> {
        let name = &self.place.name;
        let state = self.state_now().await?;
        match (before, state) {
            (Before::Still, _)
            | (Before::Active { .. }, State::Running | State::Restarting)
            | (Before::Frozen, State::Paused) => {}
            (Before::Active { .. }, State::Paused) => self.engine.resume(name).await?,
            (Before::Active { producing }, _) => {
                self.engine.start(name).await?;
                // It ran before, well or not; what it does now is told, whatever it is.
                if let Err(problem) = self.see_it_up(producing).await {
                    tracing::warn!(name, %problem, "the one before is back");
                }
            }
            (Before::Frozen, _) => {
                if state != State::Running {
                    self.engine.start(name).await?;
                }
                self.engine.pause(name).await?;
            }
        }
        self.state_now().await
    }

    /// Finishes or undoes what an earlier process was killed in; false when it must be tried again.
    pub(super) async fn repair_after_start(&self) -> bool {
        match self.repair(true).await {
            Ok(()) => true,
            Err(ChangeError::Engine(EngineError::Away { .. } | EngineError::Slow { .. })) => false,
            Err(problem) => {
                tracing::error!(name = self.place.name, %problem, "what an earlier process left cannot be repaired");
                true
            }
        }
    }

    /// The same once more. Whatever is found now has come too late to tell what the unit did.
    pub(super) async fn repair_again(self: Arc<Self>) {
        let this = Arc::clone(&self);
        self.run(async move {
            if let Err(problem) = this.repair(false).await {
                tracing::warn!(name = this.place.name, %problem, "what an earlier process left is still there");
            }
        })
        .await;
    }

    async fn repair(&self, revive: bool) -> Result<(), ChangeError> {
        let main = self.find().await?;
        for before in EACH {
            let (aside, next) = (self.aside_name(before), self.next_name(before));
            if let Some(old) = self.engine.find(&aside).await? {
                let state = main.as_ref().map_or(State::NotFound, |unit| unit.state);
                let finished = match before {
                    Before::Still => main.is_some(),
                    Before::Active { .. } => matches!(state, State::Running | State::Paused),
                    Before::Frozen => state == State::Paused,
                };
                if finished {
                    tracing::warn!(name = self.place.name, "an interrupted re-creation was as good as done");
                    self.engine.remove(&aside).await?;
                    self.folder.remove_token(&old.blueprint.env);
                } else {
                    tracing::warn!(name = self.place.name, "an interrupted re-creation is undone");
                    self.try_to_put_back(&old, before).await?;
                }
                break;
            }
            if let Some(made) = self.engine.find(&next).await? {
                tracing::warn!(name = self.place.name, "a re-creation that had just begun is undone");
                if let Some(unit) = main.as_ref().filter(|_| revive) {
                    self.outlast_a_stop(unit).await?;
                    self.revive(before).await?;
                }
                // Last: as long as it is there, it tells what the old one did.
                self.engine.remove(&next).await?;
                self.folder.remove_token(&made.blueprint.env);
                break;
            }
        }
        let main = self.find().await?;
        self.folder.sweep_tokens(&self.place.name, main.as_ref().map(|unit| &unit.blueprint.env));
        Ok(())
    }

    /// The process that was killed may have asked the engine to stop the unit: waits until that has happened, or it is
    /// clear that it will not.
    async fn outlast_a_stop(&self, unit: &Unit) -> Result<(), ChangeError> {
        let deadline = tokio::time::Instant::now() + patience(unit);
        while self.state_now().await? == State::Running && tokio::time::Instant::now() < deadline {
            let report = self.reports.of(unit).await;
            if report.is_some_and(|report| report.run.state != RunState::Draining) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    }

    async fn remove_quietly(&self, name: &str) {
        if let Err(problem) = self.engine.remove(name).await {
            tracing::warn!(name, %problem, "is left behind, and is removed at the next start");
        }
    }
}

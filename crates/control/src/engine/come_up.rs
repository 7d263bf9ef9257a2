//! Whether a unit that was started stays up, and the signal that a waiting one begins by.
//!
//! A start signal must never lie about: found later, it would start traffic that nobody asked for. So it is written only
//! for a process that is known to wait, and taken back when that process does not take it.

use std::{fs, io, path::PathBuf, time::Duration};

use futures_util::StreamExt as _;
use jiff::Timestamp;
use report::RunState;
use tokio::time::{Instant, sleep};

use super::{
    LogStart, State, Unit,
    change::{ChangeError, Fall},
    generator::LoadGenerator,
};
use crate::logs;

/// How long a unit may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks.
const STEP: Duration = Duration::from_millis(100);
/// How long a waiting load generator may take to find the signal, beyond its own interval.
const NOTICE: Duration = Duration::from_secs(5);
/// What the load generator ends with when its settings, content files or flags are wrong.
const UNFIT: i64 = 64;
/// How many of its last lines are told when it falls.
const LAST_WORDS: usize = 5;

impl LoadGenerator {
    /// The unit, once it is clear that it is up, or has done its work already.
    pub(super) async fn come_up(&self) -> Result<Unit, ChangeError> {
        let began = Instant::now();
        let mut running_since: Option<(Instant, Option<Timestamp>)> = None;
        let mut restarts = None;
        loop {
            let unit = self.find().await?;
            let state = unit.as_ref().map_or(State::NotFound, |unit| unit.state);
            let unit = match (state, unit) {
                (State::Running, Some(unit)) => {
                    let since = match running_since {
                        Some((since, started)) if started == unit.started_at => since,
                        _ => {
                            running_since = Some((Instant::now(), unit.started_at));
                            Instant::now()
                        }
                    };
                    let first = *restarts.get_or_insert(unit.restarts);
                    if unit.restarts > first + 1 || unit.health == Some(super::Health::Unhealthy) {
                        return Err(self.fall(&unit).await);
                    }
                    if since.elapsed() >= self.place.settled || self.reports.of(&unit).await.is_some() {
                        return Ok(unit);
                    }
                    Some(unit)
                }
                (State::Stopped, Some(unit)) if unit.exit_code == Some(0) => return Ok(unit),
                (State::Stopped | State::Restarting | State::Error, Some(unit)) => {
                    return Err(self.fall(&unit).await);
                }
                (_, unit) => unit,
            };
            if began.elapsed() >= PATIENCE {
                return Err(match unit {
                    Some(unit) => self.fall(&unit).await,
                    None => ChangeError::Missing(self.place.name.clone()),
                });
            }
            sleep(STEP).await;
        }
    }

    /// How it fell, with its last words.
    async fn fall(&self, unit: &Unit) -> ChangeError {
        let fall = Fall {
            exit_code: unit.exit_code.filter(|_| unit.state != State::Running),
            complaint: unit.complaint.clone(),
            last_words: self.last_words(&unit.name).await,
        };
        let name = self.place.name.clone();
        if fall.exit_code == Some(UNFIT) {
            ChangeError::Unfit { name, fall }
        } else {
            ChangeError::Down { name, fall }
        }
    }

    async fn last_words(&self, name: &str) -> Vec<String> {
        let mut lines = self.engine.logs(name, LogStart::Tail(LAST_WORDS));
        let mut words = Vec::new();
        // A unit that falls again and again has an open end: what it has said so far is enough.
        while let Ok(Some(Ok(line))) = tokio::time::timeout(Duration::from_millis(300), lines.next()).await {
            let text = self.redactor.clean(logs::readable(&line.bytes));
            words.push(text.chars().take(300).collect());
            if words.len() == LAST_WORDS {
                break;
            }
        }
        words
    }

    /// Takes a start signal away that nobody has taken.
    pub(super) fn withdraw_signal(&self) {
        let unit = self.view().unit;
        let paths = unit.iter().filter_map(|unit| self.signal_path(unit));
        for path in paths.chain([self.place.start_signal_file.clone()]) {
            if fs::remove_file(&path).is_ok() {
                tracing::warn!(path = %path.display(), "a start signal that nobody took was discarded");
            }
        }
    }

    /// Where the unit looks for its signal, as we see it.
    fn signal_path(&self, unit: &Unit) -> Option<PathBuf> {
        let given = unit.blueprint.env.get("START_SIGNAL_FILE")?;
        self.folder.from_unit(given)
    }

    /// Gives the start signal and sees it taken.
    pub(super) async fn give_signal(&self, unit: &Unit) -> Result<(), ChangeError> {
        let path = self.signal_path(unit).unwrap_or_else(|| self.place.start_signal_file.clone());
        let interval =
            unit.blueprint.env.get("START_CHECK_INTERVAL").and_then(|text| text.trim().parse().ok());
        let interval = Duration::try_from_secs_f64(interval.unwrap_or(2.0)).unwrap_or_default();
        let deadline = Instant::now() + interval.min(Duration::from_mins(1)) + NOTICE;
        // What lies there before a process begins to wait is thrown away by it: so it must wait first.
        self.until(deadline, unit, RunState::Waiting, true).await;
        let unwritable = |error: io::Error| ChangeError::File {
            what: format!("START_SIGNAL_FILE, {}", path.display()),
            problem: error.to_string(),
        };
        fs::write(&path, crate::clock::now().to_string()).map_err(unwritable)?;
        while path.exists() {
            if Instant::now() >= deadline {
                fs::remove_file(&path).ok();
                let complaint = format!(
                    "it did not take its start signal, {}; is that folder the same in both?",
                    path.display()
                );
                let fall = Fall { exit_code: None, complaint: Some(complaint), last_words: Vec::new() };
                return Err(ChangeError::Down { name: self.place.name.clone(), fall });
            }
            sleep(STEP).await;
        }
        self.until(deadline, unit, RunState::Waiting, false).await;
        Ok(())
    }

    /// Waits until its report says that it is in this state, or is not; at once when there is no report.
    async fn until(&self, deadline: Instant, unit: &Unit, state: RunState, is: bool) {
        while Instant::now() < deadline
            && self.reports.of(unit).await.is_some_and(|report| (report.run.state == state) != is)
        {
            sleep(STEP).await;
        }
    }
}

/// Whether it begins by a signal only.
pub(super) fn needs_signal(unit: &Unit) -> bool {
    let value = unit.blueprint.env.get("AUTO_START").map(|value| value.trim().to_ascii_lowercase());
    matches!(value.as_deref(), Some("false" | "0" | "no" | "off"))
}

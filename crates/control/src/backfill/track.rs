//! Looks after the backfills that run: how far they are, and how they ended.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, civil::Date};
use report::RunReport;
use tokio_util::sync::CancellationToken;

use super::{Backfills, Progress, Run, RunState, SUMMARY};
use crate::{
    clock,
    engine::{EngineError, State, Unit, change::ChangeError},
    one_off::STARTING,
    store::StoreError,
};

/// How often each is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Why one could not be looked after.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Lost> for super::BackfillError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Engine(error) => Self::Change(ChangeError::Engine(error)),
            Lost::Store(error) => Self::Store(error),
        }
    }
}

impl Backfills {
    /// Looks after those that run until the token is cancelled.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            let runs = match self.store.active_one_offs::<Run>().await {
                Ok(runs) => runs,
                Err(problem) => {
                    tracing::warn!(%problem, "the backfills cannot be looked up");
                    continue;
                }
            };
            for run in runs {
                self.look_after_one(run.id).await;
            }
        }
    }

    async fn look_after_one(&self, id: i64) {
        let _one_at_a_time = self.changing.lock().await;
        // It may have been cancelled while we waited.
        let run = self
            .store
            .active_one_offs::<Run>()
            .await
            .ok()
            .and_then(|runs| runs.into_iter().find(|run| run.id == id));
        let Some(run) = run else { return };
        let name = run.container_name.clone();
        match self.look_after(run).await {
            Ok(_) | Err(Lost::Engine(EngineError::Away { .. } | EngineError::Slow { .. })) => {}
            Err(problem) => tracing::warn!(name, %problem, "a backfill cannot be looked after"),
        }
    }

    /// Brings what is known about one up to date, and writes it down when it has changed.
    pub(super) async fn look_after(&self, run: Run) -> Result<Run, Lost> {
        let unit = self.one_offs.load().engine().find(&run.container_name).await?;
        let now = match &unit {
            None => self.without_unit(run.clone()),
            Some(unit) => match unit.state {
                State::Running | State::Paused | State::Restarting => self.under_way(run.clone(), unit).await,
                State::Created
                    if clock::now().duration_since(run.started_at) < STARTING && !run.cancel_requested =>
                {
                    run.clone()
                }
                State::Created => ended(run.clone(), RunState::Interrupted, "its process was never started"),
                State::Stopped | State::Error | State::NotFound => self.at_its_end(run.clone(), unit).await,
            },
        };
        if now != run {
            self.store.update_one_off(now.clone()).await?;
            if !now.state.is_active() {
                tracing::info!(name = now.container_name, state = ?now.state, error = now.error, "a backfill is over");
                self.one_offs.sweep_tokens(&now.container_name);
            }
        }
        Ok(now)
    }

    fn without_unit(&self, run: Run) -> Run {
        if run.state == RunState::Starting && clock::now().duration_since(run.started_at) < STARTING {
            return run;
        }
        if run.cancel_requested {
            return ended(run, RunState::Cancelled, "");
        }
        match self.summary(&run) {
            Some(summary) => judged(run, Some(&summary), None),
            None => ended(run, RunState::Interrupted, "its container was removed before it was done"),
        }
    }

    async fn under_way(&self, run: Run, unit: &Unit) -> Run {
        let report = self.one_offs.load().reports().of(unit).await;
        let progress = match report {
            Some(report) => progress_in(&report),
            None => self
                .one_offs
                .last_lines(unit)
                .await
                .iter()
                .rev()
                .find_map(|line| progress_in_line(line, &run.progress)),
        };
        Run { state: RunState::Running, progress: progress.unwrap_or(run.progress), ..run }
    }

    async fn at_its_end(&self, run: Run, unit: &Unit) -> Run {
        let summary = self.summary(&run);
        let mut run = judged(run, summary.as_ref(), unit.exit_code);
        run.finished_at = unit.finished_at.or(run.finished_at);
        if run.state == RunState::Failed {
            let error = run.error.take().unwrap_or_default();
            run.error = Some(self.one_offs.with_last_words(error, unit).await);
        }
        run
    }

    /// The final report, when it has been written.
    fn summary(&self, run: &Run) -> Option<RunReport> {
        let path = self.one_offs.file_here(&run.container_name, SUMMARY);
        let report: RunReport = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        // One of an earlier run of that name is not this one's.
        (report.run.now + SignedDuration::from_secs(5) >= run.started_at).then_some(report)
    }
}

fn ended(run: Run, state: RunState, error: &str) -> Run {
    let error = (!error.is_empty()).then(|| error.to_owned());
    Run { state, error, finished_at: Some(clock::now()), ..run }
}

/// What became of one that has ended.
fn judged(run: Run, summary: Option<&RunReport>, exit_code: Option<i64>) -> Run {
    let progress = summary.and_then(progress_in).unwrap_or(run.progress);
    let run = Run { exit_code, progress, ..run };
    let done = summary.is_some() && progress.visits_sent + progress.visits_failed >= progress.visits_planned;
    let well = exit_code.is_none_or(|code| code == 0);
    match exit_code {
        _ if done && well && progress.visits_failed > 0 => {
            let fault =
                summary.and_then(|summary| summary.faults.first()).map(|fault| fault.message.as_str());
            let (failed, sent) = (progress.visits_failed, progress.visits_sent);
            let error =
                format!("{failed} of {} visits failed: {}", failed + sent, fault.unwrap_or("see its log"));
            ended(run, if sent == 0 { RunState::Failed } else { RunState::Finished }, &error)
        }
        _ if done && well => ended(run, RunState::Finished, ""),
        _ if run.cancel_requested => ended(run, RunState::Cancelled, ""),
        Some(code) if code != 0 => ended(run, RunState::Failed, &format!("it ended with {code}")),
        _ if summary.is_some() => ended(run, RunState::Interrupted, "it was stopped before it was done"),
        _ => ended(
            run,
            RunState::Interrupted,
            "it ended and left no final report, so that nobody knows whether it was done",
        ),
    }
}

fn progress_in(report: &RunReport) -> Option<Progress> {
    let backfill = report.backfill?;
    Some(Progress {
        day: backfill.day,
        days_done: backfill.days_done,
        days: backfill.days,
        visits_sent: backfill.visits_done.saturating_sub(report.visits.failed),
        visits_failed: report.visits.failed,
        visits_planned: backfill.visits_planned,
        estimated_end: backfill.estimated_end,
    })
}

/// The progress in a line of the log (`backfill progress day=... done=... planned=...`).
fn progress_in_line(line: &str, before: &Progress) -> Option<Progress> {
    if !line.contains("backfill progress") {
        return None;
    }
    let value = |name: &str| {
        line.split([' ', ',']).find_map(|pair| {
            let pair = pair.trim_start_matches(['{', '"']);
            let rest = pair.strip_prefix(name)?;
            let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix("\":"))?;
            Some(rest.trim_matches(['"', '}']))
        })
    };
    let day: Option<Date> = value("day").and_then(|day| day.parse().ok());
    Some(Progress {
        day,
        visits_sent: value("done")?.parse().ok()?,
        visits_planned: value("planned")?.parse().ok()?,
        estimated_end: value("estimated_end").and_then(|at| at.parse().ok()),
        ..*before
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Progress {
        Progress {
            day: None,
            days_done: 0,
            days: 7,
            visits_sent: 0,
            visits_failed: 0,
            visits_planned: 700,
            estimated_end: None,
        }
    }

    #[test]
    fn progress_is_read_from_the_log_as_text_and_as_json() {
        let text = "2026-01-05T08:00:00Z  INFO backfill progress day=2026-01-02 done=150 planned=700 estimated_end=2026-01-05T09:00:00Z";
        let json = r#"{"timestamp":"x","level":"INFO","message":"backfill progress","day":"2026-01-02","done":150,"planned":700,"estimated_end":"2026-01-05T09:00:00Z"}"#;
        for line in [text, json] {
            let progress = progress_in_line(line, &nothing()).unwrap();
            assert_eq!(
                (progress.visits_sent, progress.visits_planned, progress.days),
                (150, 700, 7),
                "{line}"
            );
            assert_eq!(progress.day, "2026-01-02".parse().ok(), "{line}");
            assert!(progress.estimated_end.is_some(), "{line}");
        }
        assert_eq!(progress_in_line("INFO traffic begins", &nothing()), None);
    }
}

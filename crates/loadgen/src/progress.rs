//! What is to be seen while a run goes on: a line on a terminal, or a line in the log at an interval.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use crate::engine::books::Figures;
use crate::figures::{self, Subject};

/// Shows the run until it is over.
pub async fn show(subject: Subject, figures: Arc<Figures>, over: CancellationToken) {
    let terminal = std::io::stderr().is_terminal();
    if terminal {
        tokio::join!(live(&subject, &figures, &over), log(&subject, &figures, &over));
    } else {
        log(&subject, &figures, &over).await;
    }
}

async fn live(subject: &Subject, figures: &Figures, over: &CancellationToken) {
    let style = ProgressStyle::with_template("{spinner} {wide_msg}").expect("the template is valid");
    let line = ProgressBar::new_spinner().with_style(style);
    let mut before = None;
    while pause(Duration::from_secs(1), over).await {
        let (report, _) = figures::report(subject, figures);
        line.set_message(report::live_line(&report, before.as_ref()));
        line.tick();
        before = Some(report);
    }
    line.finish_and_clear();
}

async fn log(subject: &Subject, figures: &Figures, over: &CancellationToken) {
    let interval = Duration::from_secs_f64(subject.settings.process.stats_interval_s);
    while pause(interval, over).await {
        let (report, _) = figures::report(subject, figures);
        let pairs = report::stats_line(&report);
        let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        tracing::info!("stats {}", text.join(" "));
        if let Some(backfill) = &report.backfill {
            let end = backfill.estimated_end.map_or_else(|| "not known yet".to_owned(), |at| at.to_string());
            let day = backfill.day.map_or_else(|| "done".to_owned(), |day| day.to_string());
            let (done, planned) = (backfill.visits_done, backfill.visits_planned);
            tracing::info!(%day, done, planned, estimated_end = %end, "backfill progress");
        }
    }
}

/// Waits; false when the run is over.
async fn pause(interval: Duration, over: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(interval) => true,
        () = over.cancelled() => false,
    }
}

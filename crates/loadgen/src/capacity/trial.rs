//! One rate, tried by the real engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use matomo::Encoder;
use report::{Step, Tally};
use settings::Settings;
use tokio_util::sync::CancellationToken;
use traffic::{Content, Model, Schedule};

use crate::clock::Clock;
use crate::encode::Timeline;
use crate::engine::books::Figures;
use crate::engine::{self, Plan};
use crate::figures::{self, Subject};
use crate::run;

/// Between two looks at the requests in flight.
const LOOK: Duration = Duration::from_millis(200);

/// What stays the same from trial to trial.
pub struct Bench {
    /// As [`prepared`](super::prepared).
    pub settings: Settings,
    /// The content.
    pub content: Arc<Content>,
    /// The program's clock.
    pub clock: Clock,
    /// The seed of the first trial; each has its own, and so its own visitors.
    pub seed: u64,
    /// Ends the search.
    pub stop: CancellationToken,
}

impl Bench {
    /// Tries a rate; `None` when the search was stopped meanwhile.
    ///
    /// # Errors
    /// When the engine cannot begin (TLS files).
    pub async fn trial(
        &self,
        number: u64,
        visits_per_day: f64,
        warm_up: Duration,
        measure: Duration,
    ) -> anyhow::Result<Option<Step>> {
        let mut settings = self.settings.clone();
        settings.arrivals.visits_per_day = visits_per_day;
        let figures = Arc::new(Figures::new(Tally::default()));
        let stop = self.stop.child_token();
        let (job, subject) = self.job(settings, self.seed.wrapping_add(number), &figures, &stop);
        let (done, ended) = tokio::sync::oneshot::channel();
        let engine = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
            done.send(engine::run(job)).ok();
        })?;
        let measured = self.measure(&subject, &figures, warm_up, measure).await;
        stop.cancel();
        let result = ended.await;
        if let Err(panic) = engine.join() {
            std::panic::resume_unwind(panic);
        }
        result.context("the engine ended without a word")??;
        Ok(measured)
    }

    fn job(
        &self,
        settings: Settings,
        seed: u64,
        figures: &Arc<Figures>,
        stop: &CancellationToken,
    ) -> (engine::Job, Subject) {
        let now_us = self.clock.now_us();
        let model = Model::new(&settings, Arc::clone(&self.content), seed);
        let schedule = Schedule::live(&settings.arrivals, seed, now_us);
        let plan = Plan {
            model,
            schedule: schedule.clone(),
            encoder: Encoder::new(&self.content, &settings, &run::run_tag(now_us)),
            timeline: Timeline::of(&settings),
            shard: settings.shard,
        };
        let subject = Subject {
            id: run::run_tag(now_us),
            settings: settings.clone(),
            seed,
            began_us: now_us,
            schedule: Some(schedule),
            visits: None,
            given: BTreeMap::new(),
            clock: self.clock,
        };
        let job = engine::Job {
            settings,
            plan,
            clock: self.clock,
            visits: None,
            cap: None,
            journal: None,
            record: None,
            state: None,
            figures: Arc::clone(figures),
            stop: stop.clone(),
        };
        (job, subject)
    }

    async fn measure(
        &self,
        subject: &Subject,
        figures: &Figures,
        warm_up: Duration,
        measure: Duration,
    ) -> Option<Step> {
        self.pause(warm_up).await?;
        let (before, began_us) = (figures.tally().clone(), self.clock.now_us());
        let until_us = began_us + i64::try_from(measure.as_micros()).unwrap_or(i64::MAX / 2);
        let mut in_flight = 0;
        while self.clock.now_us() < until_us {
            self.pause(LOOK).await?;
            in_flight = in_flight.max(figures.in_flight());
        }
        let window = figures.tally().since(&before);
        let seconds = (self.clock.now_us() - began_us) as f64 / 1e6;
        let report = figures::report_of(subject, figures, &window);
        let latency = &report.latency_ms;
        Some(Step {
            visits_per_day: subject.settings.arrivals.visits_per_day,
            confirmation: false,
            seconds,
            hits_per_second: report.hits.acknowledged as f64 / seconds,
            latency_ms: [latency.p50, latency.p95, latency.p99],
            response_p95_ms: report.response_ms.p95,
            lag_p99_ms: report.lag_ms.p99,
            success_rate: report.hits.success_rate,
            skipped: report.visits.skipped,
            in_flight,
            held: Step::judge(&report.judgements),
            judgements: report.judgements,
        })
    }

    /// Waits; `None` when the search is stopped.
    async fn pause(&self, time: Duration) -> Option<()> {
        tokio::select! {
            () = tokio::time::sleep(time) => Some(()),
            () = self.stop.cancelled() => None,
        }
    }
}

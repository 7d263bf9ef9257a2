//! `GET /metrics`: the control plane and what it watches, for Prometheus.
//!
//! Everything is made anew at each scrape from what is known already; nobody waits for the engine.

use std::fmt;

use actix_web::{HttpResponse, get};
use procfs::{WithCurrentSystemInfo as _, process::Process};
use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, NoLabelSet, text::encode,
    },
    metrics::MetricType,
    registry::Registry,
};
use report::{METRICS_CONTENT_TYPE, ProbeReport};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{State, blocking};
use crate::{
    auth::Caller,
    backfill,
    engine::{self, EngineKind},
    error::ApiError,
    observe::Figures,
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(metrics);
}

/// The control plane and what it watches, in the `OpenMetrics` text format.
#[utoipa::path(
    tag = "service",
    operation_id = "get_prometheus_metrics",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"))
)]
#[get("/metrics")]
async fn metrics(_: Caller, state: State) -> Result<HttpResponse, ApiError> {
    let view = state.load.view();
    let scrape = Scrape {
        engine: state.load.kind(),
        connected: view.connected(),
        name: state.load.place().name.clone(),
        state: view.state(),
        figures: view.unit.as_deref().and_then(|unit| state.observe.latest(unit)),
        backfills: state.store.active_one_offs().await?,
    };
    let text = blocking(move || {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(scrape));
        let mut text = String::new();
        encode(&mut text, &registry).map_err(ApiError::internal)?;
        Ok(text)
    })
    .await?;
    Ok(HttpResponse::Ok().content_type(METRICS_CONTENT_TYPE).body(text))
}

/// What is told at one scrape.
#[derive(Debug)]
struct Scrape {
    engine: EngineKind,
    connected: bool,
    name: String,
    state: engine::State,
    figures: Option<Figures>,
    backfills: Vec<backfill::Run>,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let mut page = Page(&mut encoder);
        self.own(&mut page)?;
        self.states(&mut page)?;
        if let Some(figures) = &self.figures {
            self.run(&mut page, figures)?;
        }
        self.backfills(&mut page)
    }
}

impl Scrape {
    /// The control plane itself.
    fn own(&self, page: &mut Page) -> fmt::Result {
        let labels = [("version", env!("CARGO_PKG_VERSION").to_owned()), ("engine", self.engine.to_string())];
        page.gauges("trafficinator_control_info", "The control plane", [(labels, 1_u64)])?;
        let connected = u64::from(self.connected);
        page.gauge("trafficinator_engine_connected", "Whether the engine answers", &connected)?;
        let Ok(process) = Process::myself() else { return Ok(()) };
        if let Ok(stat) = process.stat() {
            let resident = stat.rss_bytes().get();
            page.gauge("process_resident_memory_bytes", "Resident memory", &resident)?;
        }
        match process.fd_count() {
            Ok(open) => page.gauge("process_open_fds", "Open file descriptors", &(open as u64)),
            Err(_) => Ok(()),
        }
    }

    fn states(&self, page: &mut Page) -> fmt::Result {
        let row = |state: engine::State| {
            let labels = [("name", self.name.clone()), ("state", state.to_string())];
            (labels, u64::from(state == self.state))
        };
        page.gauges("trafficinator_load_generator_state", "1 for what it does", engine::State::ALL.map(row))
    }

    /// The load generator's present or last run.
    fn run(&self, page: &mut Page, figures: &Figures) -> fmt::Result {
        let name = || ("name", self.name.clone());
        let outcome = |outcome: &str, count: u64| ([name(), ("outcome", outcome.to_owned())], count);
        page.counters(
            "trafficinator_visits",
            "Visits of the run by what became of them",
            [outcome("started", figures.started), outcome("skipped", figures.visits_skipped)]
                .into_iter()
                .chain(figures.visits_failed.map(|failed| outcome("failed", failed))),
        )?;
        page.counters(
            "trafficinator_hits",
            "Hits of the run whose outcome is counted",
            [
                outcome("acknowledged", figures.acknowledged),
                outcome("refused", figures.refused),
                outcome("failed", figures.failed),
                outcome("unknown", figures.unknown),
            ],
        )?;
        page.gauges("trafficinator_in_flight", "HTTP requests in flight", [([name()], figures.in_flight)])?;
        if let Some(rate) = figures.success_rate {
            page.gauges(
                "trafficinator_success_ratio",
                "Acknowledged hits of those settled",
                [([name()], rate)],
            )?;
        }
        if let Some(latency) = figures.latency_ms {
            let quantiles = ["0.5", "0.95", "0.99"].into_iter().zip(latency);
            let row =
                |(quantile, ms): (&str, f64)| ([name(), ("quantile", quantile.to_owned())], ms / 1000.0);
            let help = "From a request to its answer, over the run";
            page.gauges("trafficinator_latency_quantile_seconds", help, quantiles.map(row))?;
        }
        if let Some(lag) = figures.lag_ms {
            let help = "99 of 100 visits did not start later than this";
            page.gauges("trafficinator_lag_p99_seconds", help, [([name()], lag / 1000.0)])?;
        }
        self.probes(page, figures)?;
        if let Some(cap) = figures.cap {
            page.gauges("trafficinator_cap_limit_visits", "MAX_TOTAL_VISITS", [([name()], cap.limit)])?;
            page.gauges(
                "trafficinator_cap_used_visits",
                "Visits in the cap's window",
                [([name()], cap.used)],
            )?;
        }
        Ok(())
    }

    /// The probed reports of the target.
    fn probes(&self, page: &mut Page, figures: &Figures) -> fmt::Result {
        let labels = |probe: &ProbeReport| [("name", self.name.clone()), ("probe", probe.name.clone())];
        let last = |probe: &ProbeReport| Some((labels(probe), probe.last_ms? / 1000.0));
        let help = "How long the probed reports took the last time";
        page.gauges("trafficinator_probe_last_seconds", help, figures.probes.iter().filter_map(last))?;
        let rows = figures.probes.iter().flat_map(|probe| {
            [("answered", probe.answered), ("failed", probe.failed)].map(|(outcome, count)| {
                let [name, probe] = labels(probe);
                ([name, probe, ("outcome", outcome.to_owned())], count)
            })
        });
        page.counters("trafficinator_probes", "Questions for the probed reports", rows)
    }

    /// The backfills that run.
    fn backfills(&self, page: &mut Page) -> fmt::Result {
        let rows = self.backfills.iter().flat_map(|run| {
            let row = |outcome: &str, visits: u64| {
                ([("name", run.container_name.clone()), ("outcome", outcome.to_owned())], visits)
            };
            let progress = &run.progress;
            [
                row("planned", progress.visits_planned),
                row("sent", progress.visits_sent),
                row("failed", progress.visits_failed),
            ]
        });
        page.gauges("trafficinator_backfill_visits", "Visits of the backfills that run", rows)
    }
}

/// The text that is being written.
struct Page<'a, 'e>(&'a mut DescriptorEncoder<'e>);

impl Page<'_, '_> {
    fn gauge(&mut self, name: &str, help: &str, value: &impl EncodeGaugeValue) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(value)
    }

    fn gauges<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in rows {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// The format adds `_total` to the name.
    fn counters<L: EncodeLabelSet, V: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in rows {
            metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
        }
        Ok(())
    }
}

//! The figures of a run in the `OpenMetrics` text format, for Prometheus to scrape.
//!
//! Everything is made anew from the merged tally at each scrape: there is no second set of counters to drift apart.

use std::{collections::HashMap, fmt};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, NoLabelSet, text::encode},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};

use crate::{Durations, HitCounts, HitKind, ProbeReport, RunReport, Tally};

/// The `Content-Type` of what [`prometheus`] returns.
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histograms' buckets in microseconds: 1-2-5 steps from half a millisecond to a minute.
const BUCKETS_US: [u64; 16] = [
    500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

type NoExemplars<'a> = Option<&'a HashMap<usize, Exemplar<NoLabelSet, f64>>>;

/// The metrics of a run. `report` must have been built from `tally`.
#[allow(clippy::missing_panics_doc, reason = "writing to a string does not fail")]
pub fn prometheus(report: &RunReport, tally: &Tally) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape { report: report.clone(), tally: tally.clone() }));
    let mut text = String::new();
    encode(&mut text, &registry).expect("writing to a string does not fail");
    text
}

#[derive(Debug)]
struct Scrape {
    report: RunReport,
    tally: Tally,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let encoder = &mut encoder;
        self.counters(encoder)?;
        self.gauges(encoder)?;
        histogram(
            encoder,
            "trafficinator_latency_seconds",
            "From a request's first byte to its answer",
            &self.tally.latency,
        )?;
        histogram(
            encoder,
            "trafficinator_response_seconds",
            "From the moment a request was due to its answer",
            &self.tally.response,
        )?;
        histogram(
            encoder,
            "trafficinator_lag_seconds",
            "From a visit's scheduled start to its first byte",
            &self.tally.lag,
        )
    }
}

impl Scrape {
    fn counters(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let visits = &self.tally.visits;
        counter(
            encoder,
            "trafficinator_visits",
            "Visits by what became of them",
            [
                ([("outcome", "started")], visits.started),
                ([("outcome", "completed")], visits.completed),
                ([("outcome", "failed")], visits.failed),
                ([("outcome", "skipped")], visits.skipped),
            ],
        )?;
        counter(
            encoder,
            "trafficinator_hits_planned",
            "Hits of the visits that were started",
            HitKind::ALL.map(|kind| ([("kind", kind.name())], self.tally.hits_of(kind).planned)),
        )?;
        counter(
            encoder,
            "trafficinator_hits",
            "Hits whose outcome is counted, by outcome and kind",
            HitKind::ALL.into_iter().flat_map(|kind| {
                outcomes(self.tally.hits_of(kind))
                    .map(|(outcome, count)| ([("outcome", outcome), ("kind", kind.name())], count))
            }),
        )?;
        let requests = &self.tally.requests;
        counter(
            encoder,
            "trafficinator_requests",
            "HTTP requests: sent, answered, and sent again",
            [
                ([("event", "sent")], requests.sent),
                ([("event", "answered")], requests.answered),
                ([("event", "retried")], requests.retried),
            ],
        )?;
        encoder
            .encode_descriptor(
                "trafficinator_faults",
                "Things that went wrong; the report says which",
                None,
                MetricType::Counter,
            )?
            .encode_counter::<NoLabelSet, _, f64>(&self.tally.faults.total(), None)
    }

    fn gauges(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let report = &self.report;
        gauge(encoder, "trafficinator_in_flight", "HTTP requests in flight", &report.in_flight)?;
        gauge(
            encoder,
            "trafficinator_visits_under_way",
            "Visits started and not over",
            &report.visits.under_way,
        )?;
        gauge(
            encoder,
            "trafficinator_hits_not_yet_sent",
            "Planned hits that wait or are in flight",
            &report.hits.not_yet_sent,
        )?;
        gauge(
            encoder,
            "trafficinator_visits_per_day",
            "Visits a day achieved",
            &report.visits.per_day_achieved,
        )?;
        gauge(
            encoder,
            "trafficinator_target_visits_per_day",
            "Visits a day asked for",
            &report.target_visits_per_day,
        )?;
        gauge(encoder, "trafficinator_uptime_seconds", "Since the run began", &report.run.uptime_s)?;
        if let Some(rate) = report.hits.success_rate {
            gauge(encoder, "trafficinator_success_ratio", "Acknowledged hits of those settled", &rate)?;
        }
        if let Some(cap) = report.cap {
            gauge(encoder, "trafficinator_cap_limit_visits", "MAX_TOTAL_VISITS", &cap.limit)?;
            gauge(encoder, "trafficinator_cap_used_visits", "Visits in the cap's window", &cap.used)?;
        }
        if let Some(backfill) = report.backfill {
            gauge(encoder, "trafficinator_backfill_days", "Days of the window", &backfill.days)?;
            gauge(
                encoder,
                "trafficinator_backfill_days_done",
                "Days of the window that are done",
                &backfill.days_done,
            )?;
        }
        self.probes(encoder)
    }

    fn probes(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        if self.report.probes.is_empty() {
            return Ok(());
        }
        let probes = || self.report.probes.iter();
        let label = |probe: &ProbeReport| [("probe", probe.name.clone())];
        let mut last = encoder.encode_descriptor(
            "trafficinator_report_probe_seconds",
            "How long the target's reports took the last time",
            None,
            MetricType::Gauge,
        )?;
        for (probe, ms) in probes().filter_map(|probe| Some((probe, probe.last_ms?))) {
            last.encode_family(&label(probe))?.encode_gauge(&(ms / 1000.0))?;
        }
        let mut failed = encoder.encode_descriptor(
            "trafficinator_report_probe_failures",
            "How often the target's reports did not come",
            None,
            MetricType::Counter,
        )?;
        for probe in probes() {
            failed.encode_family(&label(probe))?.encode_counter::<NoLabelSet, _, f64>(&probe.failed, None)?;
        }
        Ok(())
    }
}

fn outcomes(counts: HitCounts) -> [(&'static str, u64); 4] {
    [
        ("acknowledged", counts.acknowledged),
        ("refused", counts.refused),
        ("failed", counts.failed),
        ("unknown", counts.unknown),
    ]
}

/// The format adds `_total` to the name.
fn counter<const N: usize>(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    rows: impl IntoIterator<Item = ([(&'static str, &'static str); N], u64)>,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, count) in rows {
        metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
    }
    Ok(())
}

fn gauge(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: &impl EncodeGaugeValue,
) -> fmt::Result {
    encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(value)
}

fn histogram(encoder: &mut DescriptorEncoder, name: &str, help: &str, durations: &Durations) -> fmt::Result {
    let seconds = |us: u64| us as f64 / 1e6;
    // The encoder writes infinity as +Inf and adds the counts up by itself.
    let bounds = BUCKETS_US.into_iter().map(seconds).chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(durations.counts_by_bound_us(&BUCKETS_US)).collect();
    encoder.encode_descriptor(name, help, None, MetricType::Histogram)?.encode_histogram(
        seconds(durations.sum_us()),
        durations.count(),
        &buckets,
        None as NoExemplars,
    )
}

//! `REPORT_PROBES`: reports that are asked for and timed while the traffic flows.
//!
//! A probe is what a person looks at in one go: the reports of it are asked for one after the other, and their
//! times are added up, with the archiving that Matomo may do before it answers. Nothing here touches the hits:
//! the probes run beside the engine, on a connection of their own.

use std::sync::Arc;
use std::time::Duration;

use matomo::reporting::Client;
use settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::engine::books::Figures;
use crate::reporting;

/// A report that takes longer has failed: nobody waits so long for a page.
const PATIENCE: Duration = Duration::from_mins(2);

/// A method of the Reporting API and its own parameters.
type Query = (&'static str, &'static [(&'static str, &'static str)]);

/// The queries of a probe.
fn queries(probe: &str) -> &'static [Query] {
    match probe {
        "dashboard" => &[
            ("VisitsSummary.get", &[]),
            ("Actions.get", &[]),
            ("Referrers.getReferrerType", &[]),
            ("UserCountry.getCountry", &[]),
            ("VisitTime.getVisitInformationPerServerTime", &[]),
        ],
        "pages" => &[
            ("Actions.getPageUrls", &[("flat", "1"), ("filter_limit", "100")]),
            ("Actions.getPageTitles", &[("filter_limit", "100")]),
            ("Actions.getEntryPageUrls", &[("flat", "1"), ("filter_limit", "100")]),
        ],
        "visitors" => &[
            ("VisitFrequency.get", &[]),
            ("DevicesDetection.getType", &[]),
            ("Live.getLastVisitsDetails", &[("filter_limit", "20")]),
        ],
        "ecommerce" => &[
            ("Goals.get", &[("idGoal", "ecommerceOrder")]),
            ("Goals.getItemsSku", &[("filter_limit", "100")]),
        ],
        "segment" => &[
            ("VisitsSummary.get", &[("segment", "deviceType==smartphone")]),
            ("Actions.getPageUrls", &[("segment", "deviceType==smartphone"), ("filter_limit", "100")]),
        ],
        other => unreachable!("{other} is a choice of REPORT_PROBES without queries"),
    }
}

/// Asks for the reports at the interval until the run is over.
pub async fn watch(settings: Settings, figures: Arc<Figures>, clock: Clock, over: CancellationToken) {
    if settings.judgement.probes.is_empty() {
        return;
    }
    let client = match reporting::client(&settings, PATIENCE) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!("REPORT_PROBES: {error:#}; no reports are asked for");
            return;
        }
    };
    let site = settings.target.site_id.to_string();
    let mut rounds = tokio::time::interval(Duration::from_secs_f64(settings.judgement.probe_interval_s));
    // A round that takes longer than the interval is not made up for: reports are not to be flooded.
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let asking = async {
        loop {
            rounds.tick().await;
            for &probe in &settings.judgement.probes {
                ask(&client, &site, probe, &figures, clock).await;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = over.cancelled() => {}
    }
}

async fn ask(client: &Client, site: &str, probe: &'static str, figures: &Figures, clock: Clock) {
    let began_us = clock.now_us();
    let mut outcome = Ok(());
    for (method, own) in queries(probe) {
        let mut params = vec![("idSite", site), ("period", "day"), ("date", "today"), ("language", "en")];
        params.extend_from_slice(own);
        outcome = client.call(method, &params).await.map(drop).map_err(|error| format!("{method}: {error}"));
        if outcome.is_err() {
            break;
        }
    }
    let took_us = (clock.now_us() - began_us).unsigned_abs();
    match outcome {
        Ok(()) => {
            tracing::debug!(probe, ms = took_us / 1000, "reports came");
            figures.probe(probe, |figures| figures.answered(took_us));
        }
        Err(fault) => {
            tracing::warn!(probe, "{fault}");
            figures.probe(probe, |figures| figures.failed(fault));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_the_setting_has_queries() {
        let settings::Kind::Words(words) = settings::definition("REPORT_PROBES").unwrap().kind else {
            panic!("REPORT_PROBES takes words");
        };
        for word in words {
            assert!(!queries(word).is_empty(), "{word}");
        }
    }
}

//! Whether `loadgen capacity` finds the truth: on receivers whose limit is known, since they serve requests in so many
//! lanes, each request for so long.

use std::{fmt::Write as _, process::Command};

use anyhow::{Context as _, ensure};
use report::Findings;

use crate::{generator::Programs, say, target::Sink, workspace::output_of};

/// How far from the truth an answer may be.
const NEAR: f64 = 0.05;

/// A receiver with a limit, and how it is asked.
struct Case {
    service_ms: u32,
    lanes: u32,
    transport: &'static str,
    arrivals: &'static str,
    /// The first rate that is tried, in visits a day.
    from: &'static str,
}

const CASES: [Case; 5] = [
    Case { service_ms: 4, lanes: 1, transport: "single", arrivals: "even", from: "1000000" },
    Case { service_ms: 20, lanes: 4, transport: "single", arrivals: "even", from: "4000000" },
    Case { service_ms: 10, lanes: 1, transport: "single", arrivals: "even", from: "200000" },
    Case { service_ms: 4, lanes: 1, transport: "single", arrivals: "poisson", from: "1000000" },
    Case { service_ms: 100, lanes: 1, transport: "bulk", arrivals: "even", from: "2000000" },
];

/// Hits in a request of the bulk case: small, so that a stream is not a queue of its own.
const BULK_SIZE: u32 = 10;

impl Case {
    /// Hits a second that the receiver bears, and no more.
    fn truth(&self) -> f64 {
        let requests = 1000.0 / f64::from(self.service_ms) * f64::from(self.lanes);
        requests * if self.transport == "bulk" { f64::from(BULK_SIZE) } else { 1.0 }
    }

    fn find(&self, programs: &Programs) -> anyhow::Result<Findings> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let service = format!("service={}/{}@on=hits", self.service_ms, self.lanes);
        let database = folder.path().join("hits.sqlite");
        let sink = Sink::start_with(&programs.sink, 0, Some(&database), &["--fault", &service])?;
        let printed = output_of(
            Command::new(&programs.loadgen)
                .env("MATOMO_URL", sink.tracker_url())
                .env("RANDOMIZE_VISITOR_COUNTRIES", "false")
                .env("STATE_DIR", folder.path())
                .env("ARRIVALS", self.arrivals)
                .env("TRANSPORT", self.transport)
                .env("BULK_SIZE", BULK_SIZE.to_string())
                .env("CONCURRENCY", "200")
                .args(["capacity", "--json", "--from", self.from]),
        )?;
        serde_json::from_str(&printed).context("the search prints its findings")
    }
}

/// Tries every case.
///
/// # Errors
/// When an answer is farther from the truth than it may be.
pub(super) fn run(programs: &Programs) -> anyhow::Result<String> {
    let mut text =
        String::from("receiver                 asked                  bears   found   distance   trials\n");
    let mut far = Vec::new();
    for case in &CASES {
        let findings = case.find(programs)?;
        let held = findings.held.as_ref().map_or(0.0, |step| step.hits_per_second);
        let distance = held / case.truth() - 1.0;
        let receiver = format!("{} ms in {} lane(s)", case.service_ms, case.lanes);
        let asked = format!("{}, {}", case.transport, case.arrivals);
        let line = format!(
            "{receiver:<24} {asked:<18} {:>7.0}/s {held:>6.1}/s  {:>+7.1}%  {:>7}",
            case.truth(),
            distance * 100.0,
            findings.steps.len()
        );
        say::line(format!("    {line}"));
        writeln!(text, "{line}")?;
        if distance.abs() > NEAR {
            far.push(line);
        }
    }
    ensure!(
        far.is_empty(),
        "the search is farther than {:.0}% from the truth:\n{}",
        NEAR * 100.0,
        far.join("\n")
    );
    Ok(text)
}

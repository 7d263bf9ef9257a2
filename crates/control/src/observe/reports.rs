//! What a load generator says about itself, asked for at its metrics port.

use std::time::Duration;

use report::RunReport;

use crate::engine::Unit;

/// How long a load generator may take to answer. It answers in a millisecond, or is somewhere that cannot be reached.
const PATIENCE: Duration = Duration::from_millis(800);
/// The largest report that is read, in bytes; a real one has some three thousand.
const LARGEST: usize = 1 << 20;

/// Asks for reports.
#[derive(Debug, Clone)]
pub struct Reports {
    client: reqwest::Client,
}

impl Default for Reports {
    fn default() -> Self {
        Self::new()
    }
}

impl Reports {
    /// A client that goes straight to its peer, whatever proxy the environment names.
    ///
    /// # Panics
    /// When the TLS library cannot be set up, though no TLS is spoken.
    pub fn new() -> Self {
        // Only the first call of a process counts; the client does not build without one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .pool_max_idle_per_host(1)
            .build()
            .expect("no part of this client depends on the machine");
        Self { client }
    }

    /// The report of the unit's present run; `None` when it cannot be asked or does not answer with one.
    pub async fn of(&self, unit: &Unit) -> Option<RunReport> {
        for place in &unit.reports {
            if let Some(report) = self.at(place).await
                && is_of(&report, unit)
            {
                return Some(report);
            }
        }
        None
    }

    async fn at(&self, place: &str) -> Option<RunReport> {
        let mut response = self.client.get(format!("http://{place}/report")).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return None;
            }
        }
        serde_json::from_slice(&body).ok()
    }
}

/// Whether the report is of this unit's present run, and not of something else that took over its port. Some slack,
/// since the two clocks may belong to two machines.
fn is_of(report: &RunReport, unit: &Unit) -> bool {
    let slack = jiff::SignedDuration::from_secs(5);
    unit.started_at.is_none_or(|started| report.run.started_at + slack >= started)
}

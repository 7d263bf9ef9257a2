//! The hits that one run of a funnel would send, made by the load generator's own model and encoder. Nothing is sent.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use matomo::Encoder;
use serde::Serialize;
use serde_json::Value;
use traffic::{Kind, Model, Visit};
use utoipa::ToSchema;

use super::Definition;
use crate::error::ApiError;

/// The same funnel always shows the same run.
const SEED: u64 = 1;

/// One run of a funnel.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// From the first hit to the last, in seconds.
    pub duration_seconds: f64,
    /// The hits in the order they would be sent.
    pub hits: Vec<PreviewHit>,
}

/// A hit that would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewHit {
    /// Seconds after the first.
    pub offset_seconds: f64,
    /// What happens.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The page on which it happens.
    pub url: String,
    /// The parameters of the tracking request.
    pub params: BTreeMap<String, String>,
}

/// Runs a funnel that was [checked](super::checked) once, on paper.
///
/// # Errors
/// When it was not checked.
pub fn preview(mut definition: Definition, now: Timestamp) -> Result<Preview, ApiError> {
    let goes_on =
        definition.insert("exit_after_completion".to_owned(), true.into()) == Some(Value::Bool(false));
    definition.insert("enabled".to_owned(), true.into());
    let name = definition.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let content = Arc::new(super::load(std::iter::once(&definition)).map_err(super::invalid)?);

    // Without a referrer or a campaign, which are no part of the funnel.
    let vars = [
        ("MATOMO_URL", "http://localhost/matomo.php"),
        ("RANDOMIZE_VISITOR_COUNTRIES", "false"),
        ("DIRECT_TRAFFIC_PROBABILITY", "1"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let context = settings::Context { now, read_file: &|_| Err("no file is read for a preview".to_owned()) };
    let settings = settings::parse(&vars, &context).map_err(ApiError::internal)?.settings;
    let encoder = Encoder::new(&content, &settings, "preview");
    let model = Model::new(&settings, content, SEED).with_only_funnel(&name).map_err(ApiError::internal)?;

    let mut visit = Visit::default();
    model.visit(0, &mut visit);
    if goes_on && visit.hits.last().is_some_and(|hit| hit.kind == Kind::Ping) {
        // the visit does not end here, and so nothing closes it
        visit.hits.pop();
    }
    let hits: Vec<PreviewHit> = (0..visit.hits.len()).map(|seq| hit(&encoder, &visit, seq)).collect();
    Ok(Preview { duration_seconds: hits.last().map_or(0.0, |hit| hit.offset_seconds), hits })
}

fn hit(encoder: &Encoder, visit: &Visit, seq: usize) -> PreviewHit {
    let mut query = Vec::new();
    encoder.query(visit, seq, None, &mut query);
    let params: BTreeMap<String, String> = matomo::params(&query).into_iter().collect();
    PreviewHit {
        offset_seconds: f64::from(visit.hits[seq].offset_ms) / 1000.0,
        kind: match visit.hits[seq].kind {
            Kind::PageView { .. } => "pageview",
            Kind::Ping => "ping",
            Kind::Search { .. } => "site_search",
            Kind::Outlink(_) => "outlink",
            Kind::Download(_) => "download",
            Kind::Event(_) => "event",
            Kind::Cart(_) => "cart",
            Kind::Order(_) => "ecommerce",
        },
        url: params.get("url").cloned().unwrap_or_default(),
        params,
    }
}

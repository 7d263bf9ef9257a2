//! `GET /api/schema`: every setting, for whoever draws a form.

use actix_web::{get, web::Json};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{auth::Caller, error::ApiError};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(schema);
}

/// Every setting of the load generator.
#[derive(Debug, Serialize, ToSchema)]
struct Schema {
    /// Chapters, in the order to show them.
    groups: Vec<Group>,
    /// Settings, in the order to show them.
    settings: Vec<Setting>,
}

/// A chapter of the settings.
#[derive(Debug, Serialize, serde::Deserialize, ToSchema)]
struct Group {
    /// Its heading.
    name: String,
    /// One sentence under it.
    about: String,
}

/// One setting.
#[derive(Debug, Serialize, serde::Deserialize, ToSchema)]
struct Setting {
    /// The variable, in upper case.
    name: String,
    /// The name of its group.
    group: String,
    /// What its values look like: `url`, `integer`, `number`, `boolean`, `choice`, `path`, `secret`, `time_zone`, `date`,
    /// `currency`, `numbers`, `weights` or `shard`.
    #[serde(rename = "type")]
    kind: String,
    /// What it is when nobody sets it; `null` when there is no such thing.
    default: Value,
    /// There is no start without it.
    required: bool,
    /// Never shown or returned.
    secret: bool,
    /// What it does.
    help: String,
    /// What a number counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The least that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    min: Option<serde_json::Number>,
    /// The most that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    max: Option<serde_json::Number>,
    /// The words that it may be, or whose weights it gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<String>>,
    /// Above this there is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    warn_above: Option<serde_json::Number>,
    /// When a form should show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown_when: Option<Condition>,
}

/// When a setting matters.
#[derive(Debug, Serialize, serde::Deserialize, ToSchema)]
struct Condition {
    /// The setting that decides.
    name: String,
    /// It matters when that one has this value.
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    /// It matters when that one has another value than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_not: Option<String>,
}

/// Every setting with type, range, default, group and help.
#[utoipa::path(tag = "settings", responses((status = 200, body = Schema)))]
#[get("/api/schema")]
async fn schema(_: Caller) -> Result<Json<Schema>, ApiError> {
    let mut rendered = settings::render::json();
    let groups = serde_json::from_value(rendered["groups"].take()).map_err(ApiError::internal)?;
    let settings = serde_json::from_value(rendered["settings"].take()).map_err(ApiError::internal)?;
    Ok(Json(Schema { groups, settings }))
}

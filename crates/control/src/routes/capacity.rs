//! Searches for the most visits a day that the target bears.

use actix_web::{get, post, web::Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    State,
    backfill::{LONGEST_NAME, is_name},
};
use crate::{
    audit,
    auth::Caller,
    capacity::{self, CapacityError, CapacitySearch, CapacityState, Wish},
    clock,
    error::{ApiError, Code, ErrorBody, FieldError},
    request::Body,
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(begin);
    app.service(status);
    app.service(cancel);
}

/// How to search. All else is taken from the main load generator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default)]
struct CapacityRequest {
    /// What to call it: 1 to 40 letters, digits, _ . and -. Without one, the time.
    #[schema(min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    name: Option<String>,
    /// The first rate, in visits a day. Without one, the load generator's own.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    from: Option<f64>,
    /// The lowest rate that is tried, in visits a day.
    #[schema(minimum = 1, maximum = 1_000_000_000, default = 1000)]
    least: f64,
    /// The highest rate that is tried, in visits a day.
    #[schema(minimum = 1, maximum = 1_000_000_000, default = 1_000_000_000)]
    most: f64,
    /// The factor from step to step while everything holds.
    #[schema(minimum = 1.01, maximum = 100, default = 1.6)]
    step: f64,
    /// How near the answer must be, in percent.
    #[schema(minimum = 0.1, maximum = 50, default = 3)]
    precision: f64,
    /// Seconds before each measurement, so that as many visits end as begin.
    #[schema(minimum = 0.1, maximum = 3600, default = 4)]
    warm_up: f64,
    /// Seconds that each rate is measured.
    #[schema(minimum = 0.1, maximum = 3600, default = 20)]
    step_time: f64,
    /// Seconds that the answer must hold.
    #[schema(minimum = 0.1, maximum = 86_400, default = 60)]
    confirm: f64,
    /// What must hold, as in THRESHOLDS, for example `p95<300ms,success>99.9%`. Without it, the load generator's own, and
    /// else what a target that keeps up shows.
    #[schema(max_length = 1000)]
    thresholds: Option<String>,
}

impl Default for CapacityRequest {
    fn default() -> Self {
        Self {
            name: None,
            from: None,
            least: 1000.0,
            most: 1e9,
            step: 1.6,
            precision: 3.0,
            warm_up: 4.0,
            step_time: 20.0,
            confirm: 60.0,
            thresholds: None,
        }
    }
}

impl CapacityRequest {
    /// What is wished, and what it is to be called.
    fn checked(self) -> Result<(String, Wish), ApiError> {
        let mut faults = Vec::new();
        let name = self.name.unwrap_or_else(|| clock::now().strftime("%Y%m%d-%H%M%S").to_string());
        if !is_name(&name) {
            let message =
                format!("is no name for a container: give 1 to {LONGEST_NAME} letters, digits, _ . and -");
            faults.push(FieldError::new("name", message));
        }
        let rates = 1.0..=1e9;
        for (field, value, range) in [
            ("from", self.from, rates.clone()),
            ("least", Some(self.least), rates.clone()),
            ("most", Some(self.most), rates),
            ("step", Some(self.step), 1.01..=100.0),
            ("precision", Some(self.precision), 0.1..=50.0),
            ("warm_up", Some(self.warm_up), 0.1..=3600.0),
            ("step_time", Some(self.step_time), 0.1..=3600.0),
            ("confirm", Some(self.confirm), 0.1..=86_400.0),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let message = format!("{value} is out of range: give {} to {}", range.start(), range.end());
                faults.push(FieldError::new(field, message));
            }
        }
        if self.least > self.most {
            let message = format!("{} is above most, which is {}: swap them", self.least, self.most);
            faults.push(FieldError::new("least", message));
        }
        if !faults.is_empty() {
            return Err(ApiError::invalid(faults));
        }
        let wish = Wish {
            from: self.from,
            least: self.least,
            most: self.most,
            step: self.step,
            precision: self.precision,
            warm_up: self.warm_up,
            step_time: self.step_time,
            confirm: self.confirm,
            thresholds: self.thresholds.filter(|thresholds| !thresholds.trim().is_empty()),
        };
        Ok((name, wish))
    }
}

/// A search runs.
#[derive(Debug, Serialize, ToSchema)]
struct CapacityStarted {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done.
    message: String,
    /// Its container or process: it is cancelled by this name.
    container_name: String,
    /// The search.
    search: CapacitySearch,
    /// What may be worth a thought, for example that the main load generator's traffic counts, too.
    warnings: Vec<FieldError>,
}

/// Searches at the moment.
#[derive(Debug, Serialize, ToSchema)]
struct CapacityStatus {
    /// Whether one runs.
    running: bool,
    /// The one that runs, with what it has found so far.
    active: Option<CapacitySearch>,
    /// Those that ran, the latest first; a hundred at the most.
    history: Vec<CapacitySearch>,
}

/// Which search to cancel.
#[derive(Deserialize, ToSchema)]
struct CapacityCancelRequest {
    /// Its container or process.
    container_name: String,
}

/// A search was cancelled.
#[derive(Debug, Serialize, ToSchema)]
struct CapacityCancelled {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done.
    message: String,
    /// What has become of it: it may have come to its end in this very moment.
    state: CapacityState,
}

impl From<CapacityError> for ApiError {
    fn from(error: CapacityError) -> Self {
        let detail = error.to_string();
        match error {
            CapacityError::Invalid(rejected) => ApiError::invalid(capacity::faults(rejected)),
            CapacityError::NoMain | CapacityError::Missing(_) => ApiError::new(Code::NotFound, detail),
            CapacityError::Active => ApiError::new(Code::Conflict, detail),
            CapacityError::NameTaken(_) => ApiError::new(Code::NameTaken, detail),
            CapacityError::Change(error) => error.into(),
            CapacityError::Store(error) => error.into(),
        }
    }
}

/// Looks for the most visits a day that the target bears, in a container of its own. The visits are real ones, and are
/// recorded. The main load generator goes on undisturbed, and its traffic counts.
#[utoipa::path(
    tag = "capacity",
    operation_id = "run_capacity_search",
    request_body = Option<CapacityRequest>,
    responses(
        (status = 200, body = CapacityStarted),
        (status = 404, body = ErrorBody, description = "There is no load generator to take address and token from."),
        (status = 409, body = ErrorBody, description = "A search runs already, or the name is taken."),
        (status = 502, body = ErrorBody, description = "The engine refused."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/capacity/run")]
async fn begin(
    caller: Caller,
    state: State,
    Body(request): Body<CapacityRequest>,
) -> Result<Json<CapacityStarted>, ApiError> {
    let (name, wish) = request.checked()?;
    let (search, warnings) = state.capacity.run(name, wish).await?;
    audit::changed(&caller, "capacity.run", &search.container_name);
    Ok(Json(CapacityStarted {
        success: true,
        message: format!(
            "{} looks for the limit from {:.0} visits a day on",
            search.container_name, search.request.from
        ),
        container_name: search.container_name.clone(),
        search,
        warnings: warnings.into_iter().map(|warning| FieldError::new("", warning)).collect(),
    }))
}

/// The search that runs, with what it has found so far, and those that ran.
#[utoipa::path(
    tag = "capacity",
    operation_id = "capacity_status",
    responses(
        (status = 200, body = CapacityStatus),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached: nobody knows what runs."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[get("/api/capacity/status")]
async fn status(_: Caller, state: State) -> Result<Json<CapacityStatus>, ApiError> {
    let active = state.capacity.active().await?;
    let history = state.capacity.history().await?;
    Ok(Json(CapacityStatus { running: active.is_some(), active, history }))
}

/// Ends the search that runs.
#[utoipa::path(
    tag = "capacity",
    operation_id = "cancel_capacity_search",
    request_body = CapacityCancelRequest,
    responses(
        (status = 200, body = CapacityCancelled),
        (status = 404, body = ErrorBody, description = "None of that name runs."),
        (status = 409, body = ErrorBody, description = "The container is not ours."),
        (status = 502, body = ErrorBody, description = "The engine refused."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/capacity/cancel")]
async fn cancel(
    caller: Caller,
    state: State,
    Body(request): Body<CapacityCancelRequest>,
) -> Result<Json<CapacityCancelled>, ApiError> {
    let shown: String = request.container_name.chars().take(120).flat_map(char::escape_debug).collect();
    let search = state.capacity.cancel(shown).await?;
    audit::changed(&caller, "capacity.cancel", &search.container_name);
    Ok(Json(CapacityCancelled {
        success: true,
        message: format!(
            "{} is {}",
            search.container_name,
            serde_json::json!(search.state).as_str().unwrap_or_default()
        ),
        state: search.state,
    }))
}

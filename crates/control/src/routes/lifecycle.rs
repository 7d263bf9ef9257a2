//! Start, stop, restart and re-configure the load generator.

use std::time::Duration;

use actix_web::{post, web::Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    AppState, audit,
    auth::Caller,
    clock, configuration,
    engine::{
        self, EngineError,
        change::{ChangeError, Done},
        configuration::Vars,
    },
    error::{ApiError, Code, ErrorBody, FieldError},
    masked,
    request::{Body, Query, Settings},
};

/// The longest that a stop may be told to wait, in seconds.
const LONGEST_STOP: u64 = 60;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(start);
    app.service(stop);
    app.service(restart);
    app.service(apply);
}

/// How to start.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct StartRequest {
    /// A configuration: the container is re-created with it.
    #[schema(value_type = Option<crate::routes::SettingsSchema>)]
    config: Option<Settings>,
    /// The saved configuration that masked values are those of; else they are those of the load generator as it is.
    config_id: Option<i64>,
    /// Also when it runs.
    restart_if_running: bool,
}

/// How to restart.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct RestartRequest {
    /// A configuration: the container is re-created with it.
    #[schema(value_type = Option<crate::routes::SettingsSchema>)]
    config: Option<Settings>,
    /// The saved configuration that masked values are those of; else they are those of the load generator as it is.
    config_id: Option<i64>,
}

/// What to re-create it with.
#[derive(Deserialize, ToSchema)]
struct ApplyRequest {
    /// The whole configuration. What it does not name has its default, but for settings of the place (paths, ports), which
    /// stay. A masked secret stays what it is.
    #[schema(value_type = crate::routes::SettingsSchema)]
    config: Settings,
    /// The saved configuration that masked values are those of; else they are those of the load generator as it is.
    config_id: Option<i64>,
}

/// How long to wait for it to end.
#[derive(Deserialize, IntoParams)]
struct StopQuery {
    /// Seconds, 1 to 60, for the visits under way; then it is ended by force. By default 10, or what
    /// `GRACE_PERIOD` asks for.
    #[serde(default)]
    #[param(minimum = 1, maximum = 60)]
    timeout: Option<u64>,
}

impl StopQuery {
    fn duration(&self) -> Result<Option<Duration>, ApiError> {
        match self.timeout {
            Some(seconds) if !(1..=LONGEST_STOP).contains(&seconds) => {
                let message = format!("{seconds} is out of range: give 1 to {LONGEST_STOP} seconds");
                Err(ApiError::invalid(vec![FieldError::new("timeout", message)]))
            }
            timeout => Ok(timeout.map(Duration::from_secs)),
        }
    }
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
struct Changed {
    /// Always true: what fails is an error.
    success: bool,
    /// What happened, and what the load generator does now.
    message: String,
    /// What it does now.
    state: engine::State,
    /// Always null: what fails is an error.
    #[schema(value_type = Option<String>)]
    error: Option<()>,
    /// A process was started.
    container_restarted: bool,
    /// What may be worth a thought about the configuration.
    warnings: Vec<FieldError>,
}

impl From<Done> for Changed {
    fn from(done: Done) -> Self {
        Self {
            success: true,
            message: done.message,
            state: done.state,
            error: None,
            container_restarted: done.restarted,
            warnings: done.warnings.into_iter().map(FieldError::from).collect(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeError::Invalid(rejected) => {
                let field =
                    |error: FieldError| FieldError::new(format!("config.{}", error.field), error.message);
                ApiError::invalid(rejected.errors.into_iter().map(FieldError::from).map(field).collect())
            }
            other => ApiError::new(code(&other), detail),
        }
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        ChangeError::Engine(error).into()
    }
}

fn code(error: &ChangeError) -> Code {
    match error {
        ChangeError::Missing(_) => Code::NotFound,
        ChangeError::Invalid(_) | ChangeError::Unfit { .. } => Code::Invalid,
        ChangeError::Active(..) | ChangeError::Engine(EngineError::NotOurs(_)) => Code::Conflict,
        ChangeError::Engine(EngineError::Away { .. }) => Code::EngineUnavailable,
        ChangeError::Engine(EngineError::Slow { .. }) => Code::Timeout,
        ChangeError::Engine(EngineError::Missing(_) | EngineError::Refused(_))
        | ChangeError::File { .. }
        | ChangeError::Down { .. } => Code::Engine,
        ChangeError::RolledBack { cause, .. } => code(cause),
    }
}

/// A configuration as variables, if its target may be contacted from here.
async fn vars(state: &AppState, config: Settings, saved: Option<i64>) -> Result<Vars, ApiError> {
    let config = masked::with_saved(state, config, saved).await?;
    let targets = &state.config.targets;
    let permitted = configuration::target_of(&config).is_none_or(|url| targets.check(&url).is_ok());
    let mut findings = match settings::from_json(&config) {
        Ok(vars) if permitted => return Ok(vars),
        Ok(_) => Vec::new(),
        Err(findings) => findings,
    };
    // There is more to be said, perhaps, and all of it is said at once.
    let config = masked::unmask(state, config, None).await?;
    if let Err(rejected) = configuration::validate(&config, targets, clock::now()) {
        findings = rejected.errors;
    }
    Err(ApiError::invalid(configuration::fields(findings, "config.")))
}

/// Starts the load generator; with a configuration, one that has it. It is created when there is none.
#[utoipa::path(
    tag = "load generator",
    request_body = Option<StartRequest>,
    responses(
        (status = 200, body = Changed),
        (status = 404, body = ErrorBody, description = "There is none and no configuration to create it with, or no configuration of that id."),
        (status = 409, body = ErrorBody, description = "It runs and restart_if_running is false, or the container is not ours."),
        (status = 502, body = ErrorBody, description = "The engine refused, or it did not come up; the old one is back."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/start")]
async fn start(
    caller: Caller,
    state: State,
    Body(request): Body<StartRequest>,
) -> Result<Json<Changed>, ApiError> {
    let config = match request.config {
        Some(config) => Some(vars(&state, config, request.config_id).await?),
        None => None,
    };
    let done = state.load.start(config, request.restart_if_running).await?;
    audit::changed(&caller, "loadgen.start", &state.load.place().name);
    Ok(Json(done.into()))
}

/// Ends the load generator's process: visits under way are finished or accounted for.
#[utoipa::path(
    tag = "load generator",
    params(StopQuery),
    responses(
        (status = 200, body = Changed),
        (status = 404, body = ErrorBody, description = "There is none."),
        (status = 409, body = ErrorBody, description = "The container is not ours."),
        (status = 502, body = ErrorBody, description = "The engine refused."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/stop")]
async fn stop(
    caller: Caller,
    state: State,
    Query(query): Query<StopQuery>,
) -> Result<Json<Changed>, ApiError> {
    let done = state.load.stop(query.duration()?).await?;
    audit::changed(&caller, "loadgen.stop", &state.load.place().name);
    Ok(Json(done.into()))
}

/// Ends the load generator's process when it has one, and starts it; with a configuration, one that has it.
#[utoipa::path(
    tag = "load generator",
    params(StopQuery),
    request_body = Option<RestartRequest>,
    responses(
        (status = 200, body = Changed),
        (status = 404, body = ErrorBody, description = "There is none and no configuration to create it with, or no configuration of that id."),
        (status = 409, body = ErrorBody, description = "The container is not ours."),
        (status = 502, body = ErrorBody, description = "The engine refused, or it did not come up; the old one is back."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/restart")]
async fn restart(
    caller: Caller,
    state: State,
    Query(query): Query<StopQuery>,
    Body(request): Body<RestartRequest>,
) -> Result<Json<Changed>, ApiError> {
    let timeout = query.duration()?;
    let config = match request.config {
        Some(config) => Some(vars(&state, config, request.config_id).await?),
        None => None,
    };
    let done = state.load.restart(config, timeout).await?;
    audit::changed(&caller, "loadgen.restart", &state.load.place().name);
    Ok(Json(done.into()))
}

/// Re-creates the load generator with a configuration, and leaves it doing what it did before.
///
/// The new container is made before the old one is touched, and the old one is put back when the new one does not come up.
#[utoipa::path(
    tag = "load generator",
    request_body = ApplyRequest,
    responses(
        (status = 200, body = Changed),
        (status = 404, body = ErrorBody, description = "There is no configuration of that id."),
        (status = 409, body = ErrorBody, description = "The container is not ours."),
        (status = 502, body = ErrorBody, description = "The engine refused, or it did not come up; the old one is back."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/config/apply")]
async fn apply(
    caller: Caller,
    state: State,
    Body(request): Body<ApplyRequest>,
) -> Result<Json<Changed>, ApiError> {
    let config = vars(&state, request.config, request.config_id).await?;
    let done = state.load.apply(config).await?;
    audit::changed(&caller, "loadgen.apply", &state.load.place().name);
    Ok(Json(done.into()))
}

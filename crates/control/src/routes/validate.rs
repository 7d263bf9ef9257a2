//! `POST /api/validate`: everything that is wrong with a configuration, before anything is started with it.

use actix_web::{post, web::Json};
use serde::{Deserialize, Serialize};
use settings::Finding;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    auth::Caller,
    clock, configuration,
    error::ApiError,
    masked,
    request::{Body, Settings},
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(validate);
}

/// A configuration to look at.
#[derive(Deserialize, ToSchema)]
struct ValidateRequest {
    /// Settings by name, in lower or upper case.
    #[schema(value_type = Object)]
    config: Settings,
    /// The saved configuration that masked values are those of; else they are those of the load generator as it is.
    config_id: Option<i64>,
}

/// What there is to say about it.
#[derive(Debug, Serialize, ToSchema)]
struct Validation {
    /// Whether a load generator can start with it.
    valid: bool,
    /// What blocks a start: all of it.
    errors: Vec<Said>,
    /// What does not block a start, and may be worth a thought.
    warnings: Vec<Said>,
}

/// Something about one setting.
#[derive(Debug, Serialize, ToSchema)]
struct Said {
    /// The setting, in upper case, or an unknown name as it was given.
    field: String,
    /// What was given, what is wrong with it, and what would be right.
    message: String,
    /// `error` or `warning`.
    severity: &'static str,
}

fn said(findings: Vec<Finding>) -> Vec<Said> {
    let severity = |finding: &Finding| match finding.severity {
        settings::Severity::Error => "error",
        settings::Severity::Warning => "warning",
    };
    findings
        .into_iter()
        .map(|finding| Said { severity: severity(&finding), field: finding.field, message: finding.message })
        .collect()
}

/// Whether a load generator can start with a configuration, and everything that is wrong with it.
#[utoipa::path(
    tag = "settings",
    request_body = ValidateRequest,
    responses(
        (status = 200, body = Validation),
        (status = 404, description = "There is no configuration of that id.", body = crate::error::ErrorBody),
    )
)]
#[post("/api/validate")]
async fn validate(
    _: Caller,
    state: State,
    Body(request): Body<ValidateRequest>,
) -> Result<Json<Validation>, ApiError> {
    let config = masked::unmask(&state, request.config, request.config_id).await?;
    let result = configuration::validate(&config, &state.config.targets, clock::now());
    Ok(Json(match result {
        Ok(parsed) => Validation { valid: true, errors: Vec::new(), warnings: said(parsed.warnings) },
        Err(rejected) => {
            Validation { valid: false, errors: said(rejected.errors), warnings: said(rejected.warnings) }
        }
    }))
}

//! `POST /api/test-connection`: whether a Matomo would take our hits. It leaves no visit there.

use std::time::Duration;

use actix_web::{post, web::Json};
use matomo::reporting::{Client, ConnectionReport, Options, check_connection};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use settings::MASK;
use url::Url;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    AppState,
    auth::Caller,
    clock, configuration,
    error::{ApiError, Code, FieldError},
    masked,
    request::{Body, Faults, Settings},
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(test_connection);
}

/// A Matomo to try.
#[derive(Deserialize, ToSchema)]
struct ConnectionRequest {
    /// Where its tracker is; usually ends in `matomo.php`.
    #[schema(max_length = 2000, examples("https://matomo.example.com/matomo.php"))]
    matomo_url: String,
    /// The site that hits would be for.
    #[serde(default = "first_site")]
    #[schema(minimum = 1, maximum = 4_294_967_295_u64, default = 1)]
    site_id: u64,
    /// The token that hits would carry. `***MASKED***` is the one that is kept for the same address.
    #[schema(write_only, max_length = 1000)]
    token_auth: Option<String>,
    /// The saved configuration that masked values are those of; else they are those of the load generator as it is.
    config_id: Option<i64>,
    /// How long each request may take, in seconds.
    #[serde(default = "usual_timeout")]
    #[schema(minimum = 1, maximum = 60, default = 10)]
    timeout: f64,
}

/// The number of sites that a Matomo can have.
const MOST_SITES: u64 = u32::MAX as u64;

fn first_site() -> u64 {
    1
}

fn usual_timeout() -> f64 {
    10.0
}

/// What was found. Nothing in it repeats the token.
#[derive(Debug, Serialize, ToSchema)]
struct ConnectionResult {
    /// Whether hits would be recorded.
    success: bool,
    /// Whether anything answered.
    reachable: bool,
    /// HTTP status of the first answer.
    status_code: Option<u16>,
    /// From the first request to its answer, in milliseconds.
    response_time_ms: Option<f64>,
    /// Matomo's version; told only to a token that may read reports.
    version: Option<String>,
    /// Whether the token is good for something; `null` without a token, or when nothing could tell.
    token_valid: Option<bool>,
    /// The site's name; told only to a token that may read its reports.
    site_name: Option<String>,
    /// Whether hits may say where their visitor is; `null` when nothing could tell.
    may_override_country: Option<bool>,
    /// Whether hits may lie more than a day in the past, as those of a backfill do; `null` when nothing could tell.
    may_send_old_dates: Option<bool>,
    /// What makes the target unusable, with the remedy.
    error: Option<String>,
    /// What the operator should know.
    warnings: Vec<String>,
    /// The outcome in a sentence.
    message: String,
}

impl ConnectionResult {
    fn of(report: ConnectionReport, site_id: u64) -> Self {
        let success = report.success();
        let site = report
            .site_name()
            .map_or_else(|| format!("site {site_id}"), |name| format!("site {site_id}, {name}"));
        let message = match (success, report.reachable) {
            (true, _) => format!("Matomo takes hits for {site}"),
            (false, true) => {
                "something answers at this address, and hits would not be recorded as they should".to_owned()
            }
            (false, false) => "nothing answers at this address".to_owned(),
        };
        Self {
            success,
            reachable: report.reachable,
            status_code: report.status_code,
            response_time_ms: report.response_time.map(|time| (time.as_secs_f64() * 1e5).round() / 100.0),
            token_valid: report.token_valid,
            site_name: report.site_name().map(str::to_owned),
            may_override_country: report.may_override_country,
            may_send_old_dates: report.may_send_old_dates,
            version: report.version,
            error: (!report.errors.is_empty()).then(|| report.errors.join("; ")),
            warnings: report.warnings,
            message,
        }
    }

    fn failed(error: String) -> Self {
        let report = ConnectionReport { errors: vec![error], ..ConnectionReport::default() };
        Self { message: "the connection could not be tried".to_owned(), ..Self::of(report, 0) }
    }
}

/// Whether a Matomo would take our hits: reachable, of which version, whether the site exists, and what the token allows.
/// It leaves no visit in the site's reports.
#[utoipa::path(
    tag = "settings",
    request_body = ConnectionRequest,
    responses(
        (status = 200, body = ConnectionResult),
        (status = 404, description = "There is no configuration of that id.", body = crate::error::ErrorBody),
        (status = 403, description = "The key is wrong, or the target is not one that may be contacted from here.",
         body = crate::error::ErrorBody),
    )
)]
#[post("/api/test-connection")]
async fn test_connection(
    _: Caller,
    state: State,
    Body(request): Body<ConnectionRequest>,
) -> Result<Json<ConnectionResult>, ApiError> {
    let (matomo_url, token_auth) = unmasked(&state, &request).await?;
    let mut faults = Faults::default();
    let url = faults.keep(target(&matomo_url));
    let timeout = faults.keep(timeout(request.timeout));
    let token = faults.keep(token(token_auth));
    if !(1..=MOST_SITES).contains(&request.site_id) {
        let message = format!("{} is no site: give a number from 1 to {MOST_SITES}", request.site_id);
        faults.extend([FieldError::new("site_id", message)]);
    }
    faults.check()?;
    let (Some(url), Some(timeout), Some(token)) = (url, timeout, token) else {
        return Err(ApiError::internal("a fault was kept and not told"));
    };
    let targets = &state.config.targets;
    targets.check(&url).map_err(|why| ApiError::new(Code::TargetForbidden, why))?;

    let options =
        Options { timeout, ca_pem: None, insecure: false, permits: Some(targets.address_policy(&url)) };
    let client = match Client::new(&url, token, &options) {
        Ok(client) => client,
        Err(error) => return Ok(Json(ConnectionResult::failed(error.to_string()))),
    };
    let started = clock::instant();
    let elapsed = move || started.elapsed();
    let report = check_connection(&client, request.site_id, clock::now().as_second(), &elapsed).await;
    Ok(Json(ConnectionResult::of(report, request.site_id)))
}

/// The address and the token, masks resolved. A kept token goes nowhere but to the host that it is kept for.
async fn unmasked(
    state: &AppState,
    request: &ConnectionRequest,
) -> Result<(String, Option<String>), ApiError> {
    let given = (request.matomo_url.clone(), request.token_auth.clone());
    if !given.0.contains(MASK) && given.1.as_deref() != Some(MASK) {
        return Ok(given);
    }
    let stored = masked::stored(state, request.config_id).await?;
    let kept = |name: &str| {
        let (_, value) = stored.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        value.as_str().map(str::to_owned)
    };
    let shown = Settings::from_iter([("MATOMO_URL".to_owned(), Value::String(given.0.clone()))]);
    let url =
        configuration::keep_masked(&stored, shown)["MATOMO_URL"].as_str().unwrap_or_default().to_owned();
    let is_at_home =
        kept("MATOMO_URL").is_some_and(|home| origin(&home).is_some() && origin(&home) == origin(&url));
    let token = match given.1 {
        Some(token) if token == MASK && is_at_home => kept("MATOMO_TOKEN_AUTH"),
        token => token,
    };
    Ok((url, token))
}

fn origin(url: &str) -> Option<url::Origin> {
    Url::parse(url.trim()).ok().map(|url| url.origin())
}

fn target(given: &str) -> Result<Url, FieldError> {
    let wrong = |why: &str| {
        FieldError::new("matomo_url", format!("{why}: give a URL like https://matomo.example.com/matomo.php"))
    };
    let url = Url::parse(given.trim()).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => Ok(url),
        _ => Err(wrong("is not an http or https address with a host")),
    }
}

fn timeout(seconds: f64) -> Result<Duration, FieldError> {
    if (1.0..=60.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(FieldError::new("timeout", format!("{seconds} is out of range: give 1 to 60 seconds")))
    }
}

/// The token, when one was given. It is never repeated.
pub(super) fn token(given: Option<String>) -> Result<Option<SecretString>, FieldError> {
    let Some(token) = given.filter(|token| !token.trim().is_empty()) else { return Ok(None) };
    if token == MASK {
        return Err(FieldError::new(
            "token_auth",
            "is masked, and no token is kept for this address: give the token itself",
        ));
    }
    if token.len() > 1000 || !token.trim().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(FieldError::new(
            "token_auth",
            "is not a token: give the letters and digits that Matomo shows",
        ));
    }
    Ok(Some(token.trim().into()))
}

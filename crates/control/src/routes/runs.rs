//! The runs that load generators have written down: listed, shown, noted, verified, compared, taken away as a file.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, delete, dev, get,
    http::header::{self, HeaderValue},
    post, put,
    web::Json,
};
use serde::{Deserialize, Serialize};
use settings::MASK;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{State, blocking, refuse_other_methods, test_connection};
use crate::{
    audit,
    auth::Caller,
    error::{ApiError, Code, ErrorBody, FieldError},
    headers,
    request::{self, Body, Faults, Query},
    runs::{RunDetail, RunError, RunSummary, Verification, Whole},
};

/// The longest that a verification may be told to wait, in seconds.
const LONGEST_WAIT: u64 = 3600;
/// The most runs of one answer.
const MOST_LISTED: u64 = 200;
/// The longest note, in characters.
const LONGEST_NOTE: usize = 2000;
/// The longest name of a run.
const LONGEST_ID: usize = 100;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list);
    app.service(compare);
    refuse_other_methods(app, "/api/runs/compare");
    app.service(get_one);
    app.service(set_note);
    app.service(download);
    app.service(verify);
    app.service(stop_verifying);
    app.service(get_proof);
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        let detail = error.to_string();
        match error {
            RunError::Missing(_) | RunError::NoProof(_) | RunError::NotUnderWay(_) => {
                ApiError::new(Code::NotFound, detail)
            }
            RunError::UnderWay(_) | RunError::TooMany | RunError::Unusable(_) => {
                ApiError::new(Code::Conflict, detail)
            }
            RunError::TargetForbidden(_) => ApiError::new(Code::TargetForbidden, detail),
            RunError::Invalid(fault) => ApiError::invalid(vec![fault]),
            RunError::Folder(error) => ApiError::internal(error),
            RunError::Store(error) => error.into(),
        }
    }
}

/// The name in the route's `{id}`. What cannot be the name of a run is not there.
struct RunId(String);

impl FromRequest for RunId {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(run_id(request.match_info().query("id")).map(RunId))
    }
}

fn run_id(given: &str) -> Result<String, ApiError> {
    if is_id(given) { Ok(given.to_owned()) } else { Err(ApiError::not_found("such run")) }
}

fn is_id(given: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=LONGEST_ID).contains(&given.len()) && given.chars().all(plain) && !given.starts_with('.')
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// The most runs.
    #[serde(default = "usual_limit")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: u64,
    /// Only runs behind this one.
    #[param(max_length = 100)]
    before: Option<String>,
}

fn usual_limit() -> u64 {
    50
}

/// A part of the list of runs.
#[derive(Debug, Serialize, ToSchema)]
struct RunList {
    /// The runs, the latest first.
    runs: Vec<RunSummary>,
    /// How many there are at all.
    total: usize,
    /// Behind which run the next part begins (`before`); null when this was the last.
    next: Option<String>,
    /// Runs and folders that cannot be read, and why.
    warnings: Vec<String>,
}

/// The runs that the load generator and backfills have written down, the latest first.
#[utoipa::path(
    tag = "runs",
    operation_id = "list_runs",
    params(ListQuery),
    responses(
        (status = 200, body = RunList),
        (status = 404, body = ErrorBody, description = "There is no run of the name in before."),
    )
)]
#[get("/api/runs")]
async fn list(_: Caller, state: State, Query(query): Query<ListQuery>) -> Result<Json<RunList>, ApiError> {
    if !(1..=MOST_LISTED).contains(&query.limit) {
        let message = format!("{} is out of range: give 1 to {MOST_LISTED}", query.limit);
        return Err(ApiError::invalid(vec![FieldError::new("limit", message)]));
    }
    let before = query.before.as_deref().map(run_id).transpose()?;
    let page = state.runs.list(query.limit as usize, before.as_deref()).await?;
    let redactor = state.load.redactor();
    let warnings = page.warnings.into_iter().map(|warning| redactor.clean(warning)).collect();
    Ok(Json(RunList { runs: page.runs, total: page.total, next: page.next, warnings }))
}

/// A run: its settings, its report, what it did over time, and its last proof.
#[utoipa::path(
    tag = "runs",
    operation_id = "get_run",
    params(("id" = String, Path, description = "Which one.")),
    responses((status = 200, body = RunDetail))
)]
#[get("/api/runs/{id}")]
async fn get_one(_: Caller, state: State, id: RunId) -> Result<Json<RunDetail>, ApiError> {
    Ok(Json(state.runs.detail(&id.0).await?))
}

/// What is to be written about a run.
#[derive(Deserialize, ToSchema)]
struct NoteRequest {
    /// At most 2,000 characters; none removes the note.
    #[schema(max_length = 2000)]
    note: String,
}

/// Writes a note about a run.
#[utoipa::path(
    tag = "runs",
    operation_id = "note_run",
    params(("id" = String, Path, description = "Which one.")),
    request_body = NoteRequest,
    responses((status = 200, body = RunSummary))
)]
#[put("/api/runs/{id}")]
async fn set_note(
    caller: Caller,
    state: State,
    id: RunId,
    Body(request): Body<NoteRequest>,
) -> Result<Json<RunSummary>, ApiError> {
    let mut faults = Faults::default();
    let note = faults.keep(request::text("note", &request.note, 0, LONGEST_NOTE)).unwrap_or_default();
    faults.check()?;
    let summary = state.runs.set_note(&id.0, note).await?;
    audit::changed(&caller, "run.note", &id.0);
    Ok(Json(summary))
}

/// How to verify a run.
#[derive(Deserialize, ToSchema)]
struct VerifyRequest {
    /// Seconds to wait for the target to archive what it has recorded. It is no longer waited than needed.
    #[serde(default = "usual_wait")]
    #[schema(minimum = 0, maximum = 3600, default = 900)]
    wait_s: u64,
    /// A token that may view the site. Without one it is that of the load generator, if its target is that of the run.
    /// It is used for this verification and not kept.
    #[schema(write_only, max_length = 1000)]
    token_auth: Option<String>,
}

fn usual_wait() -> u64 {
    900
}

/// Begins to compare what a run should have left in the target's reports with what is there. The proof is part of the run
/// when the verification is done.
#[utoipa::path(
    tag = "runs",
    operation_id = "verify_run",
    params(("id" = String, Path, description = "Which one.")),
    request_body = Option<VerifyRequest>,
    responses(
        (status = 202, body = Verification),
        (status = 403, body = ErrorBody,
         description = "The key is wrong, or the target is not one that may be contacted from here."),
        (status = 409, body = ErrorBody,
         description = "It is being verified, four others are, or its address is not known."),
    )
)]
#[post("/api/runs/{id}/verify")]
async fn verify(
    caller: Caller,
    state: State,
    id: RunId,
    Body(request): Body<VerifyRequest>,
) -> Result<HttpResponse, ApiError> {
    let mut faults = Faults::default();
    // A mask stands for what is kept: the load generator's own.
    let given = request.token_auth.filter(|token| token != MASK);
    let token = faults.keep(test_connection::token(given)).flatten();
    if request.wait_s > LONGEST_WAIT {
        let message = format!("{} is out of range: give 0 to {LONGEST_WAIT} seconds", request.wait_s);
        faults.extend([FieldError::new("wait_s", message)]);
    }
    faults.check()?;
    let verification = state.runs.verify(&id.0, Duration::from_secs(request.wait_s), token).await?;
    audit::changed(&caller, "run.verify", &id.0);
    Ok(HttpResponse::Accepted().json(verification))
}

/// Stops a verification that is under way.
#[utoipa::path(
    tag = "runs",
    operation_id = "stop_verification",
    params(("id" = String, Path, description = "Which run.")),
    responses((status = 200, body = Verification))
)]
#[delete("/api/runs/{id}/verify")]
async fn stop_verifying(caller: Caller, state: State, id: RunId) -> Result<Json<Verification>, ApiError> {
    let verification = state.runs.stop_verifying(&id.0).await?;
    audit::changed(&caller, "run.verify.stop", &id.0);
    Ok(Json(verification))
}

/// How a proof is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ProofFormat {
    /// With every figure.
    #[default]
    Json,
    /// For a ticket or a page.
    Markdown,
}

/// How to write the proof.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProofQuery {
    /// With every figure, or for a ticket.
    #[serde(default)]
    #[param(inline)]
    format: ProofFormat,
}

/// The last proof of a run, all of it.
#[utoipa::path(
    tag = "runs",
    operation_id = "get_proof",
    params(("id" = String, Path, description = "Which run."), ProofQuery),
    responses(
        (status = 200, content(
            (serde_json::Value = "application/json"),
            (String = "text/markdown"),
        )),
        (status = 404, body = ErrorBody, description = "There is no such run, or it was never verified."),
    )
)]
#[get("/api/runs/{id}/proof")]
async fn get_proof(
    _: Caller,
    state: State,
    id: RunId,
    Query(query): Query<ProofQuery>,
) -> Result<HttpResponse, ApiError> {
    let proof = state.runs.proof(&id.0).await?;
    Ok(match query.format {
        ProofFormat::Json => HttpResponse::Ok().json(proof),
        ProofFormat::Markdown => {
            HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(::proof::markdown(&proof))
        }
    })
}

/// How a run is taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RunFormat {
    /// All that is known, for programs.
    #[default]
    Json,
    /// A page with graphs that needs nothing else.
    Html,
}

/// How to take it away.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DownloadQuery {
    /// For programs, or as a page.
    #[serde(default)]
    #[param(inline)]
    format: RunFormat,
}

/// All that is known of a run.
#[derive(Debug, Serialize, ToSchema)]
struct RunFile {
    /// `run.json` of its folder.
    #[schema(value_type = serde_json::Value)]
    record: ::proof::RunRecord,
    /// `series.json` of its folder; null when there is none.
    #[schema(value_type = Option<serde_json::Value>)]
    series: Option<report::Series>,
    /// Its last proof; null when there is none.
    #[schema(value_type = Option<serde_json::Value>)]
    proof: Option<::proof::Proof>,
}

/// A run as a file.
#[utoipa::path(
    tag = "runs",
    operation_id = "download_run",
    params(("id" = String, Path, description = "Which one."), DownloadQuery),
    responses((status = 200, content((RunFile = "application/json"), (String = "text/html"))))
)]
#[get("/api/runs/{id}/download")]
async fn download(
    _: Caller,
    state: State,
    id: RunId,
    Query(query): Query<DownloadQuery>,
) -> Result<HttpResponse, ApiError> {
    let Whole { record, series, proof, note } = state.runs.whole(&id.0).await?;
    let (end, kind) = match query.format {
        RunFormat::Json => ("json", "application/json"),
        RunFormat::Html => ("html", "text/html; charset=utf-8"),
    };
    let text = blocking(move || match query.format {
        RunFormat::Json => {
            serde_json::to_string_pretty(&RunFile { record, series, proof }).map_err(ApiError::internal)
        }
        RunFormat::Html => Ok(::proof::html(&::proof::Document {
            record: &record,
            series: series.as_ref(),
            proof: proof.as_ref(),
            note: &note,
        })),
    })
    .await?;
    let mut response = HttpResponse::Ok();
    // The name has nothing in it that a header could not hold: see `is_id`.
    response
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"run-{}.{end}\"", id.0)));
    response.content_type(kind);
    if query.format == RunFormat::Html {
        let policy = HeaderValue::from_str(&headers::policy_of_file(&text)).map_err(ApiError::internal)?;
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    }
    Ok(response.body(text))
}

/// Which runs to set side by side.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CompareQuery {
    /// The run before.
    #[param(min_length = 1, max_length = 100)]
    a: String,
    /// The run after.
    #[param(min_length = 1, max_length = 100)]
    b: String,
}

/// Two runs side by side: what changed, by how much, and what chance alone explains.
#[utoipa::path(
    tag = "runs",
    operation_id = "compare_runs",
    params(CompareQuery),
    responses(
        (status = 200, body = crate::openapi::ComparisonSchema),
        (status = 404, body = ErrorBody, description = "There is no run of one of these names."),
    )
)]
#[get("/api/runs/compare")]
async fn compare(
    _: Caller,
    state: State,
    Query(query): Query<CompareQuery>,
) -> Result<Json<report::Comparison>, ApiError> {
    let (a, b) = (run_id(&query.a)?, run_id(&query.b)?);
    Ok(Json(state.runs.compare(&a, &b).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_lead_elsewhere_is_no_run() {
        assert!(is_id("mwtkbvq4-1"));
        for wrong in ["", ".", "..", "../x", "a/b", "a b", "a\"b", "a\r\nb", &"x".repeat(101)] {
            assert!(!is_id(wrong), "{wrong:?}");
        }
    }
}

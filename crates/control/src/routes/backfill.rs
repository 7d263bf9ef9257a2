//! One-off backfills beside the main load generator.

use actix_web::{get, post, web::Json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    audit,
    auth::Caller,
    backfill::{BackfillError, Progress, Run, RunState},
    clock,
    error::{ApiError, Code, ErrorBody, FieldError},
    request::Body,
};

/// The longest name of a backfill: with what stands before it, it is the name of a container.
pub(super) const LONGEST_NAME: usize = 40;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(begin);
    app.service(status);
    app.service(last);
    app.service(cancel);
    app.service(clean_up);
}

/// A window of past days to replay: `BACKFILL_*` settings in lower or upper case, and a name.
struct RunRequest {
    name: Option<String>,
    fields: Map<String, Value>,
}

impl<'de> Deserialize<'de> for RunRequest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let name = match fields.remove("name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => {
                return Err(serde::de::Error::custom("name is no text: give letters, digits, _ . and -"));
            }
        };
        Ok(Self { name, fields })
    }
}

impl PartialSchema for RunRequest {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type};
        let text = |about: &str| {
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .description(Some(about.to_owned()))
        };
        let any = |about: String| {
            ObjectBuilder::new()
                .schema_type(SchemaType::Array(vec![Type::String, Type::Number, Type::Boolean, Type::Null]))
                .description(Some(about))
        };
        let name = text("What to call it: 1 to 40 letters, digits, _ . and -. Without one, the time.");
        let object = ObjectBuilder::new()
            .property(
                "name",
                name.min_length(Some(1))
                    .max_length(Some(LONGEST_NAME))
                    .pattern(Some("^[A-Za-z0-9][A-Za-z0-9_.-]*$")),
            )
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some(
                "A window of past days to replay. All else is taken from the main load generator.",
            ));
        settings::definitions()
            .iter()
            .filter(|definition| is_settable(definition.name))
            .flat_map(|definition| {
                [definition.name.to_owned(), definition.name.to_lowercase()]
                    .map(|name| (name, definition.help))
            })
            .fold(object, |object, (name, help)| object.property(name, any(help.to_owned())))
            .into()
    }
}

impl ToSchema for RunRequest {
    fn name() -> std::borrow::Cow<'static, str> {
        "BackfillRequest".into()
    }
}

/// Whether a caller may say it of a backfill.
fn is_settable(name: &str) -> bool {
    name.starts_with("BACKFILL_") && !matches!(name, "BACKFILL_ENABLED" | "BACKFILL_RUN_ONCE")
}

/// A backfill runs.
#[derive(Debug, Serialize, ToSchema)]
struct Started {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done.
    message: String,
    /// Its container or process: it is cancelled by this name.
    container_name: String,
    /// The backfill.
    run: Run,
    /// What may be worth a thought.
    warnings: Vec<FieldError>,
}

/// Backfills at the moment.
#[derive(Debug, Serialize, ToSchema)]
struct Backfills {
    /// Whether one runs.
    running: bool,
    /// Those that run, with their progress.
    active: Vec<Run>,
    /// Those that ran, the latest first; two hundred at the most.
    history: Vec<Run>,
}

/// The latest backfill.
#[derive(Debug, Serialize, ToSchema)]
struct Last {
    /// It, whether it runs or not; null when there never was one.
    run: Option<Run>,
}

/// Which backfill to cancel.
#[derive(Deserialize, ToSchema)]
struct CancelRequest {
    /// Its container or process.
    container_name: String,
}

/// A backfill was cancelled.
#[derive(Debug, Serialize, ToSchema)]
struct Cancelled {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done.
    message: String,
    /// What has become of it: it may have finished in this very moment.
    state: RunState,
    /// How far it came.
    progress: Progress,
}

/// What is left of backfills that are over was removed.
#[derive(Debug, Serialize, ToSchema)]
struct CleanedUp {
    /// Whether nothing is left.
    success: bool,
    /// What was done.
    message: String,
    /// Containers or processes that are gone now.
    removed: Vec<String>,
    /// What is still there, and why.
    left: Vec<FieldError>,
}

impl From<BackfillError> for ApiError {
    fn from(error: BackfillError) -> Self {
        let detail = error.to_string();
        match error {
            BackfillError::Invalid(rejected) => {
                ApiError::invalid(rejected.errors.into_iter().map(FieldError::from).collect())
            }
            BackfillError::NoMain | BackfillError::Missing(_) => ApiError::new(Code::NotFound, detail),
            BackfillError::NameTaken(_) => ApiError::new(Code::NameTaken, detail),
            BackfillError::TooMany => ApiError::new(Code::Conflict, detail),
            BackfillError::Change(error) => error.into(),
            BackfillError::Store(error) => error.into(),
        }
    }
}

/// Replays a window of past days once, in a container of its own. The main load generator goes on undisturbed.
#[utoipa::path(
    tag = "backfill",
    operation_id = "run_backfill",
    request_body = RunRequest,
    responses(
        (status = 200, body = Started),
        (status = 404, body = ErrorBody, description = "There is no load generator to take address and token from."),
        (status = 409, body = ErrorBody, description = "The name is taken, or four run already."),
        (status = 502, body = ErrorBody, description = "The engine refused."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/backfill/run")]
async fn begin(
    caller: Caller,
    state: State,
    Body(request): Body<RunRequest>,
) -> Result<Json<Started>, ApiError> {
    let mut faults = Vec::new();
    let name = request.name.unwrap_or_else(|| clock::now().strftime("%Y%m%d-%H%M%S").to_string());
    if !is_name(&name) {
        let message =
            format!("is no name for a container: give 1 to {LONGEST_NAME} letters, digits, _ . and -");
        faults.push(FieldError::new("name", message));
    }
    for field in request.fields.keys().filter(|field| !is_settable(&field.to_ascii_uppercase())) {
        let field: String = field.chars().take(80).flat_map(char::escape_debug).collect();
        faults.push(FieldError::new(
            field,
            "is not a field of this request: remove it, or apply it to the main one",
        ));
    }
    let vars = settings::from_json(&request.fields).unwrap_or_else(|findings| {
        let told: Vec<String> = faults.iter().map(|fault| fault.field.to_ascii_uppercase()).collect();
        let new = findings.into_iter().filter(|finding| !told.contains(&finding.field.to_ascii_uppercase()));
        faults.extend(new.map(FieldError::from));
        std::collections::BTreeMap::new()
    });
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let (run, warnings) = state.backfills.run(name, vars).await?;
    audit::changed(&caller, "backfill.run", &run.container_name);
    Ok(Json(Started {
        success: true,
        message: format!("{} replays {} to {}", run.container_name, run.first_day, run.last_day),
        container_name: run.container_name.clone(),
        run,
        warnings: warnings.into_iter().map(FieldError::from).collect(),
    }))
}

/// Whether a unit that runs once can be called so.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain)
}

/// The backfills that run, with their progress, and those that ran.
#[utoipa::path(
    tag = "backfill",
    operation_id = "backfill_status",
    responses(
        (status = 200, body = Backfills),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached: nobody knows what runs."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[get("/api/backfill/status")]
async fn status(_: Caller, state: State) -> Result<Json<Backfills>, ApiError> {
    let active = state.backfills.active().await?;
    let history = state.backfills.all().await?.into_iter().filter(|run| !run.state.is_active()).collect();
    Ok(Json(Backfills { running: !active.is_empty(), active, history }))
}

/// The latest backfill, whether it runs or not.
#[utoipa::path(tag = "backfill", operation_id = "last_backfill", responses((status = 200, body = Last)))]
#[get("/api/backfill/last")]
async fn last(_: Caller, state: State) -> Result<Json<Last>, ApiError> {
    Ok(Json(Last { run: state.backfills.last().await? }))
}

/// Ends a backfill that runs: visits under way are finished or accounted for.
#[utoipa::path(
    tag = "backfill",
    operation_id = "cancel_backfill",
    request_body = CancelRequest,
    responses(
        (status = 200, body = Cancelled),
        (status = 404, body = ErrorBody, description = "None of that name runs."),
        (status = 409, body = ErrorBody, description = "The container is not ours."),
        (status = 502, body = ErrorBody, description = "The engine refused."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/backfill/cancel")]
async fn cancel(
    caller: Caller,
    state: State,
    Body(request): Body<CancelRequest>,
) -> Result<Json<Cancelled>, ApiError> {
    let shown: String = request.container_name.chars().take(120).flat_map(char::escape_debug).collect();
    let run = state.backfills.cancel(shown).await?;
    audit::changed(&caller, "backfill.cancel", &run.container_name);
    Ok(Json(Cancelled {
        success: true,
        message: format!(
            "{} is {}",
            run.container_name,
            serde_json::json!(run.state).as_str().unwrap_or_default()
        ),
        state: run.state,
        progress: run.progress,
    }))
}

/// Removes the containers and state files of backfills that are over. What is known about them stays, and so do their runs.
#[utoipa::path(
    tag = "backfill",
    operation_id = "clean_up_backfills",
    responses(
        (status = 200, body = CleanedUp),
        (status = 502, body = ErrorBody, description = "The engine refused."),
        (status = 503, body = ErrorBody, description = "The engine cannot be reached."),
        (status = 504, body = ErrorBody, description = "The engine did not answer in time."),
    )
)]
#[post("/api/backfill/cleanup")]
async fn clean_up(caller: Caller, state: State) -> Result<Json<CleanedUp>, ApiError> {
    let cleaned = state.backfills.clean_up().await?;
    for name in &cleaned.removed {
        audit::changed(&caller, "backfill.cleanup", name);
    }
    let message = match cleaned.removed.len() {
        0 => "there was nothing to remove".to_owned(),
        1 => "1 backfill was removed".to_owned(),
        count => format!("{count} backfills were removed"),
    };
    let left: Vec<FieldError> =
        cleaned.left.into_iter().map(|(name, problem)| FieldError::new(name, problem)).collect();
    Ok(Json(CleanedUp { success: left.is_empty(), message, removed: cleaned.removed, left }))
}

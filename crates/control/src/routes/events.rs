//! Custom events: the built-in ones or the user's own.

use actix_web::{delete, get, post, web::Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use traffic::content::File;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{State, blocking, configs::Done};
use crate::{
    audit,
    auth::Caller,
    content::{self, EventCounts, LineFault, Source},
    error::{ApiError, FieldError},
    files,
    request::{Body, LARGE},
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(validate);
    app.service(get_all);
    app.service(save);
    app.service(reset);
}

/// The events in use.
#[derive(Debug, Serialize, ToSchema)]
struct Events {
    /// The file: JSON with `click_events`, `random_events` and their probabilities.
    content: String,
    /// Whether the events are the user's own.
    source: Source,
    /// How many there are; `null` when the file is wrong.
    counts: Option<EventCounts>,
    /// What is wrong with the file, should somebody have changed it by hand; normally empty.
    errors: Vec<LineFault>,
}

/// A file of events.
#[derive(Deserialize, ToSchema)]
struct EventFile {
    /// JSON with `click_events`, `random_events` and their probabilities: as a text, whose lines faults can name, or as an
    /// object.
    #[schema(value_type = EventContent)]
    content: Value,
}

/// A file of events, as a text or an object.
#[derive(ToSchema)]
#[schema(as = EventContent)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes a body that is read as it stands")]
enum EventContent {
    /// JSON as a text.
    Text(String),
    /// The object itself.
    Object(serde_json::Map<String, Value>),
}

impl EventFile {
    fn into_text(self) -> Result<String, ApiError> {
        match self.content {
            Value::String(text) => Ok(text),
            object @ Value::Object(_) => Ok(format!("{object:#}\n")),
            _ => Err(ApiError::invalid(vec![FieldError::new("content", "is neither a text nor an object")])),
        }
    }
}

/// What there is to say about a file.
#[derive(Debug, Serialize, ToSchema)]
struct EventCheck {
    /// Whether it can be saved.
    valid: bool,
    /// How many events there are; `null` when something is wrong.
    counts: Option<EventCounts>,
    /// What is wrong, by line.
    errors: Vec<LineFault>,
}

/// A file was saved.
#[derive(Debug, Serialize, ToSchema)]
struct EventsSaved {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done, and what is needed for it to have an effect.
    message: String,
    /// How many events there are.
    counts: EventCounts,
}

/// The events in use.
#[utoipa::path(tag = "content", operation_id = "get_events", responses((status = 200, body = Events)))]
#[get("/api/events")]
async fn get_all(_: Caller, state: State) -> Result<Json<Events>, ApiError> {
    blocking(move || {
        let (content, source) = content::current(&state.config, File::Events)?;
        let (counts, errors) = match content::count_events(&content) {
            Ok(counts) => (Some(counts), Vec::new()),
            Err(faults) => (None, content::line_faults(faults)),
        };
        Ok(Json(Events { content, source, counts, errors }))
    })
    .await
}

/// Saves events in the place of those in use.
#[utoipa::path(
    tag = "content",
    operation_id = "save_events",
    request_body = EventFile,
    responses((status = 200, body = EventsSaved))
)]
#[post("/api/events")]
async fn save(
    caller: Caller,
    state: State,
    Body(file): Body<EventFile, LARGE>,
) -> Result<Json<EventsSaved>, ApiError> {
    let counts = blocking(move || {
        let text = file.into_text()?;
        let counts = content::count_events(&text).map_err(content::refused)?;
        files::replace(&content::path(&state.config, File::Events), text.as_bytes())
            .map_err(ApiError::internal)?;
        Ok(counts)
    })
    .await?;
    let EventCounts { click_events, random_events } = counts;
    audit::changed(&caller, "events.save", &(click_events + random_events).to_string());
    let message = format!(
        "{click_events} click events and {random_events} random events were saved; the load generator uses them from its \
         next start on"
    );
    Ok(Json(EventsSaved { success: true, message, counts }))
}

/// Goes back to the built-in events.
#[utoipa::path(tag = "content", operation_id = "delete_events", responses((status = 200, body = Done)))]
#[delete("/api/events")]
async fn reset(caller: Caller, state: State) -> Result<Json<Done>, ApiError> {
    let removed = blocking(move || {
        files::remove(&content::path(&state.config, File::Events)).map_err(ApiError::internal)
    })
    .await?;
    if removed {
        audit::changed(&caller, "events.delete", "all");
    }
    Ok(Json(Done {
        success: true,
        message: "the built-in events are in use from the next start on".to_owned(),
    }))
}

/// What is wrong with a file of events. Nothing is saved.
#[utoipa::path(
    tag = "content",
    operation_id = "validate_events",
    request_body = EventFile,
    responses((status = 200, body = EventCheck))
)]
#[post("/api/events/validate")]
async fn validate(_: Caller, Body(file): Body<EventFile, LARGE>) -> Result<Json<EventCheck>, ApiError> {
    blocking(move || {
        let text = file.into_text()?;
        Ok(Json(match content::count_events(&text) {
            Ok(counts) => EventCheck { valid: true, counts: Some(counts), errors: Vec::new() },
            Err(faults) => EventCheck { valid: false, counts: None, errors: content::line_faults(faults) },
        }))
    })
    .await
}

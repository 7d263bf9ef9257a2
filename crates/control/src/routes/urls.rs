//! The pages that visitors view: the built-in list or the user's own.

use actix_web::{delete, get, post, web::Json};
use serde::{Deserialize, Serialize};
use traffic::content::File;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{State, blocking, configs::Done};
use crate::{
    audit,
    auth::Caller,
    content::{self, LineFault, Node, Source},
    error::ApiError,
    files,
    request::{Body, LARGE},
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(validate);
    app.service(get_all);
    app.service(save);
    app.service(reset);
}

/// The pages in use.
#[derive(Debug, Serialize, ToSchema)]
struct Urls {
    /// One URL a line, then optional white space and a title; `#` begins a comment line.
    content: String,
    /// Whether the list is the user's own.
    source: Source,
    /// How many pages there are.
    total: usize,
    /// The pages as a tree of hosts and path segments.
    structure: Vec<Node>,
    /// What is wrong with the list, should somebody have changed the file by hand; normally empty.
    errors: Vec<LineFault>,
}

/// A list of pages.
#[derive(Deserialize, ToSchema)]
struct UrlList {
    /// One URL a line, then optional white space and a title; `#` begins a comment line.
    #[schema(max_length = 4_000_000)]
    content: String,
}

/// What there is to say about a list.
#[derive(Debug, Serialize, ToSchema)]
struct UrlCheck {
    /// Whether it can be saved.
    valid: bool,
    /// How many pages it has.
    total: usize,
    /// The pages as a tree; empty when something is wrong.
    structure: Vec<Node>,
    /// What is wrong, by line.
    errors: Vec<LineFault>,
}

/// A list was saved.
#[derive(Debug, Serialize, ToSchema)]
struct UrlsSaved {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done, and what is needed for it to have an effect.
    message: String,
    /// How many pages there are.
    total: usize,
    /// The pages as a tree.
    structure: Vec<Node>,
}

/// The pages in use.
#[utoipa::path(tag = "content", operation_id = "get_urls", responses((status = 200, body = Urls)))]
#[get("/api/urls")]
async fn get_all(_: Caller, state: State) -> Result<Json<Urls>, ApiError> {
    blocking(move || {
        let (content, source) = content::current(&state.config, File::Urls)?;
        let (total, structure, errors) = match content::tree(&content) {
            Ok((total, structure)) => (total, structure, Vec::new()),
            Err(faults) => (0, Vec::new(), content::line_faults(faults)),
        };
        Ok(Json(Urls { content, source, total, structure, errors }))
    })
    .await
}

/// Saves a list of pages in the place of the one in use.
#[utoipa::path(
    tag = "content",
    operation_id = "save_urls",
    request_body = UrlList,
    responses((status = 200, body = UrlsSaved))
)]
#[post("/api/urls")]
async fn save(
    caller: Caller,
    state: State,
    Body(list): Body<UrlList, LARGE>,
) -> Result<Json<UrlsSaved>, ApiError> {
    let (total, structure) = blocking(move || {
        let (total, structure) = content::tree(&list.content).map_err(content::refused)?;
        files::replace(&content::path(&state.config, File::Urls), list.content.as_bytes())
            .map_err(ApiError::internal)?;
        Ok((total, structure))
    })
    .await?;
    audit::changed(&caller, "urls.save", &total.to_string());
    let message = format!("{total} pages were saved; the load generator uses them from its next start on");
    Ok(Json(UrlsSaved { success: true, message, total, structure }))
}

/// Goes back to the built-in list.
#[utoipa::path(tag = "content", operation_id = "delete_urls", responses((status = 200, body = Done)))]
#[delete("/api/urls")]
async fn reset(caller: Caller, state: State) -> Result<Json<Done>, ApiError> {
    let removed = blocking(move || {
        files::remove(&content::path(&state.config, File::Urls)).map_err(ApiError::internal)
    })
    .await?;
    if removed {
        audit::changed(&caller, "urls.delete", "all");
    }
    Ok(Json(Done { success: true, message: "the built-in list is in use from the next start on".to_owned() }))
}

/// What is wrong with a list of pages. Nothing is saved.
#[utoipa::path(
    tag = "content",
    operation_id = "validate_urls",
    request_body = UrlList,
    responses((status = 200, body = UrlCheck))
)]
#[post("/api/urls/validate")]
async fn validate(_: Caller, Body(list): Body<UrlList, LARGE>) -> Result<Json<UrlCheck>, ApiError> {
    blocking(move || {
        Ok(Json(match content::tree(&list.content) {
            Ok((total, structure)) => UrlCheck { valid: true, total, structure, errors: Vec::new() },
            Err(faults) => {
                let errors = content::line_faults(faults);
                UrlCheck { valid: false, total: 0, structure: Vec::new(), errors }
            }
        }))
    })
    .await
}

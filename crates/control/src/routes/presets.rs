//! Presets: the built-in ones, which are read only, and the user's own.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web::Json};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use settings::presets::{self, PRESETS};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    State,
    configs::{ConfigChange, Done, NewConfig},
};
use crate::{
    audit,
    auth::Caller,
    clock, configuration,
    error::{ApiError, Code},
    request::{self, Body, Settings},
    store::{Kind, Saved},
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list);
    app.service(create);
    app.service(get_one);
    app.service(update);
    app.service(remove);
}

/// A ready-made load.
#[derive(Debug, Serialize, ToSchema)]
struct Preset {
    /// `light`, `medium`, `heavy` or `extreme`, or a number.
    id: String,
    /// Its name as shown.
    name: String,
    /// What it is for.
    description: String,
    /// Settings to put on top of an address and a token, every secret masked.
    #[schema(value_type = crate::routes::ShownSettings)]
    config: Settings,
    /// Whether it is built in, and so cannot be changed.
    builtin: bool,
    /// When it was first saved; `null` for a built-in one.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// When it was last changed; `null` for a built-in one.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl From<Saved> for Preset {
    fn from(saved: Saved) -> Self {
        Self {
            id: saved.id.to_string(),
            name: saved.name,
            description: saved.description,
            config: saved.config,
            builtin: false,
            created_at: Some(saved.created_at),
            updated_at: Some(saved.updated_at),
        }
    }
}

impl From<&presets::Preset> for Preset {
    fn from(preset: &presets::Preset) -> Self {
        let typed = |(name, text): &(&str, &str)| ((*name).to_owned(), typed(text));
        Self {
            id: preset.name.to_owned(),
            name: preset.title.to_owned(),
            description: preset.description.to_owned(),
            config: preset.settings.iter().map(typed).collect(),
            builtin: true,
            created_at: None,
            updated_at: None,
        }
    }
}

/// A built-in preset's value as JSON of its type.
fn typed(text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        _ => serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| text.into(), Value::from),
    }
}

/// All presets, the built-in ones first.
#[derive(Debug, Serialize, ToSchema)]
struct Presets {
    /// The presets.
    presets: Vec<Preset>,
    /// How many there are.
    total: usize,
}

/// Which preset a path means.
enum Which {
    BuiltIn(&'static presets::Preset),
    Own(i64),
}

fn which(request: &HttpRequest) -> Result<Which, ApiError> {
    let id = request.match_info().query("id");
    match PRESETS.iter().find(|preset| preset.name == id) {
        Some(preset) => Ok(Which::BuiltIn(preset)),
        None if id.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Which::Own(request::id(id)?)),
        None => Err(ApiError::not_found("such preset")),
    }
}

/// The id of one that may be changed.
fn own(request: &HttpRequest) -> Result<i64, ApiError> {
    match which(request)? {
        Which::Own(id) => Ok(id),
        Which::BuiltIn(preset) => {
            let detail = format!("{} is built in: save a preset of your own instead", preset.title);
            Err(ApiError::new(Code::ReadOnly, detail))
        }
    }
}

/// A built-in name would be ambiguous to whoever reads the list.
fn not_built_in(name: &str) -> Result<(), ApiError> {
    match PRESETS.iter().find(|preset| preset.title.eq_ignore_ascii_case(name.trim())) {
        Some(preset) => {
            let detail = format!("there is a built-in preset called {:?}: choose another name", preset.title);
            Err(ApiError::new(Code::NameTaken, detail))
        }
        None => Ok(()),
    }
}

/// All presets.
#[utoipa::path(tag = "presets", operation_id = "list_presets", responses((status = 200, body = Presets)))]
#[get("/api/presets")]
async fn list(_: Caller, state: State) -> Result<Json<Presets>, ApiError> {
    let own = state.store.list_saved(Kind::Preset).await?;
    let presets: Vec<Preset> =
        PRESETS.iter().map(Preset::from).chain(own.into_iter().map(Preset::from)).collect();
    Ok(Json(Presets { total: presets.len(), presets }))
}

/// Saves a preset.
#[utoipa::path(
    tag = "presets",
    operation_id = "create_preset",
    request_body = NewConfig,
    responses(
        (status = 201, body = Preset),
        (status = 409, description = "The name is taken.", body = crate::error::ErrorBody),
    )
)]
#[post("/api/presets")]
async fn create(caller: Caller, state: State, Body(new): Body<NewConfig>) -> Result<HttpResponse, ApiError> {
    let now = clock::now();
    let draft = new.into_draft(now).map_err(ApiError::invalid)?;
    not_built_in(&draft.name)?;
    let saved = state.store.create_saved(Kind::Preset, draft, now).await?;
    audit::changed(&caller, "preset.create", &saved.id.to_string());
    Ok(HttpResponse::Created().json(Preset::from(saved)))
}

/// One preset.
#[utoipa::path(
    tag = "presets",
    operation_id = "get_preset",
    params(("id" = String, Path, description = "Which one: a built-in name or a number.")),
    responses((status = 200, body = Preset))
)]
#[get("/api/presets/{id}")]
async fn get_one(_: Caller, state: State, request: HttpRequest) -> Result<Json<Preset>, ApiError> {
    Ok(Json(match which(&request)? {
        Which::BuiltIn(preset) => preset.into(),
        Which::Own(id) => state.store.get_saved(Kind::Preset, id).await?.into(),
    }))
}

/// Changes a preset of the user's own.
#[utoipa::path(
    tag = "presets",
    operation_id = "update_preset",
    params(("id" = String, Path, description = "Which one: a number.")),
    request_body = ConfigChange,
    responses(
        (status = 200, body = Preset),
        (status = 403, description = "The key is wrong, or the preset is built in.", body = crate::error::ErrorBody),
        (status = 409, description = "The name is taken.", body = crate::error::ErrorBody),
    )
)]
#[put("/api/presets/{id}")]
async fn update(
    caller: Caller,
    state: State,
    request: HttpRequest,
    Body(change): Body<ConfigChange>,
) -> Result<Json<Preset>, ApiError> {
    let now = clock::now();
    let id = own(&request)?;
    let change = change.into_change()?;
    if let Some(name) = &change.name {
        not_built_in(name)?;
    }
    let check = move |config: &Settings| configuration::check_saved(config, now);
    let saved =
        state.store.update_saved(Kind::Preset, id, change, now, check).await?.map_err(ApiError::invalid)?;
    audit::changed(&caller, "preset.update", &saved.id.to_string());
    Ok(Json(saved.into()))
}

/// Removes a preset of the user's own.
#[utoipa::path(
    tag = "presets",
    operation_id = "delete_preset",
    params(("id" = String, Path, description = "Which one: a number.")),
    responses(
        (status = 200, body = Done),
        (status = 403, description = "The key is wrong, or the preset is built in.", body = crate::error::ErrorBody),
    )
)]
#[delete("/api/presets/{id}")]
async fn remove(caller: Caller, state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    let saved = state.store.delete_saved(Kind::Preset, own(&request)?).await?;
    audit::changed(&caller, "preset.delete", &saved.id.to_string());
    Ok(Json(Done { success: true, message: format!("the preset {:?} was removed", saved.name) }))
}

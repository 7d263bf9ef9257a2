//! Saved configurations: `GET, POST /api/configs`, `GET, PUT, DELETE /api/configs/{id}`, export and import.

use actix_web::{HttpResponse, delete, get, http::header, post, put, web::Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::{
    audit,
    auth::Caller,
    clock, configuration,
    error::{ApiError, Code, FieldError},
    masked,
    request::{self, Body, Faults, Id, LARGE, Query, Settings},
    store::{Change, Draft, Kind, Saved},
};

/// How many configurations one file may bring.
const MOST_IMPORTED: usize = 1000;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    // Before the routes with an id, which they would otherwise be.
    app.service(export);
    super::refuse_other_methods(app, "/api/configs/export");
    app.service(import);
    super::refuse_other_methods(app, "/api/configs/import");
    app.service(list);
    app.service(create);
    app.service(get_one);
    app.service(update);
    app.service(remove);
}

/// A saved configuration.
#[derive(Debug, Serialize, ToSchema)]
struct SavedConfig {
    /// Never used twice.
    id: i64,
    /// Unique among the configurations.
    name: String,
    /// What it is for.
    description: String,
    /// The settings as they were saved, every secret masked.
    #[schema(value_type = crate::routes::ShownSettings)]
    config: Settings,
    /// When it was first saved.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Saved> for SavedConfig {
    fn from(saved: Saved) -> Self {
        let Saved { id, name, description, config, created_at, updated_at, .. } = saved;
        Self { id, name, description, config, created_at, updated_at }
    }
}

/// All saved configurations, by name.
#[derive(Debug, Serialize, ToSchema)]
struct SavedConfigs {
    /// The configurations.
    configs: Vec<SavedConfig>,
    /// How many there are.
    total: usize,
}

/// A configuration to save.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewConfig {
    /// Unique: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    pub(super) name: String,
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(super) description: Option<String>,
    /// Settings by name; it need not be whole.
    #[schema(value_type = crate::routes::SettingsSchema)]
    pub(super) config: Settings,
}

/// A configuration to save, perhaps a copy of another one.
#[derive(Deserialize, ToSchema)]
struct NewSavedConfig {
    /// Unique: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    name: String,
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Settings by name; it need not be whole.
    #[schema(value_type = crate::routes::SettingsSchema)]
    config: Settings,
    /// The saved configuration that masked values are those of; else they are those of the load generator as it is.
    config_id: Option<i64>,
}

/// What is to change: at least one thing. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(min_properties = 1)]
pub(super) struct ConfigChange {
    /// A new name.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    pub(super) name: Option<String>,
    /// A new description.
    #[schema(max_length = 500)]
    pub(super) description: Option<String>,
    /// New settings in the place of all the old ones; `***MASKED***` keeps the stored secret.
    #[schema(value_type = Option<crate::routes::SettingsSchema>)]
    pub(super) config: Option<Settings>,
}

impl NewConfig {
    /// Checks it.
    pub(super) fn into_draft(self, now: Timestamp) -> Result<Draft, Vec<FieldError>> {
        let name = request::name(&self.name);
        let description = request::description(self.description.as_deref().unwrap_or_default());
        let checked = configuration::check_saved(&self.config, now);
        match (name, description, checked) {
            (Ok(name), Ok(description), Ok(())) => Ok(Draft { name, description, config: self.config }),
            (name, description, checked) => {
                let mut errors: Vec<FieldError> =
                    [name.err(), description.err()].into_iter().flatten().collect();
                errors.extend(checked.err().unwrap_or_default());
                Err(errors)
            }
        }
    }
}

impl ConfigChange {
    /// Checks what can be checked without knowing what is stored.
    pub(super) fn into_change(self) -> Result<Change, ApiError> {
        if self.name.is_none() && self.description.is_none() && self.config.is_none() {
            return Err(ApiError::new(
                Code::Invalid,
                "nothing is to change: give a name, a description or a config",
            ));
        }
        let mut faults = Faults::default();
        let name = self.name.map(|name| faults.keep(request::name(&name)));
        let description = self.description.map(|description| faults.keep(request::description(&description)));
        faults.check()?;
        Ok(Change { name: name.flatten(), description: description.flatten(), config: self.config })
    }
}

/// Something was done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    /// Always true: what fails is an error.
    pub(super) success: bool,
    /// What was done.
    pub(super) message: String,
}

/// All saved configurations.
#[utoipa::path(tag = "configurations", operation_id = "list_configs", responses((status = 200, body = SavedConfigs)))]
#[get("/api/configs")]
async fn list(_: Caller, state: State) -> Result<Json<SavedConfigs>, ApiError> {
    let configs: Vec<SavedConfig> =
        state.store.list_saved(Kind::Config).await?.into_iter().map(SavedConfig::from).collect();
    Ok(Json(SavedConfigs { total: configs.len(), configs }))
}

/// Saves a configuration.
#[utoipa::path(
    tag = "configurations",
    operation_id = "create_config",
    request_body = NewSavedConfig,
    responses(
        (status = 201, body = SavedConfig),
        (status = 404, description = "There is no configuration of that id.", body = crate::error::ErrorBody),
        (status = 409, description = "The name is taken.", body = crate::error::ErrorBody),
    )
)]
#[post("/api/configs")]
async fn create(
    caller: Caller,
    state: State,
    Body(new): Body<NewSavedConfig>,
) -> Result<HttpResponse, ApiError> {
    let now = clock::now();
    let NewSavedConfig { name, description, config, config_id } = new;
    let config = masked::unmask(&state, config, config_id).await?;
    let draft = NewConfig { name, description, config }.into_draft(now).map_err(ApiError::invalid)?;
    let saved = state.store.create_saved(Kind::Config, draft, now).await?;
    audit::changed(&caller, "config.create", &saved.id.to_string());
    Ok(HttpResponse::Created().json(SavedConfig::from(saved)))
}

/// One saved configuration.
#[utoipa::path(
    tag = "configurations",
    operation_id = "get_config",
    params(("id" = i64, Path, description = "Which one.")),
    responses((status = 200, body = SavedConfig))
)]
#[get("/api/configs/{id}")]
async fn get_one(_: Caller, state: State, id: Id) -> Result<Json<SavedConfig>, ApiError> {
    Ok(Json(state.store.get_saved(Kind::Config, id.0).await?.into()))
}

/// Changes a saved configuration.
#[utoipa::path(
    tag = "configurations",
    operation_id = "update_config",
    params(("id" = i64, Path, description = "Which one.")),
    request_body = ConfigChange,
    responses(
        (status = 200, body = SavedConfig),
        (status = 409, description = "The name is taken.", body = crate::error::ErrorBody),
    )
)]
#[put("/api/configs/{id}")]
async fn update(
    caller: Caller,
    state: State,
    id: Id,
    Body(change): Body<ConfigChange>,
) -> Result<Json<SavedConfig>, ApiError> {
    let now = clock::now();
    let change = change.into_change()?;
    let check = move |config: &Settings| configuration::check_saved(config, now);
    let saved =
        state.store.update_saved(Kind::Config, id.0, change, now, check).await?.map_err(ApiError::invalid)?;
    audit::changed(&caller, "config.update", &saved.id.to_string());
    Ok(Json(saved.into()))
}

/// Removes a saved configuration.
#[utoipa::path(
    tag = "configurations",
    operation_id = "delete_config",
    params(("id" = i64, Path, description = "Which one.")),
    responses((status = 200, body = Done))
)]
#[delete("/api/configs/{id}")]
async fn remove(caller: Caller, state: State, id: Id) -> Result<Json<Done>, ApiError> {
    let saved = state.store.delete_saved(Kind::Config, id.0).await?;
    audit::changed(&caller, "config.delete", &saved.id.to_string());
    Ok(Json(Done { success: true, message: format!("the configuration {:?} was removed", saved.name) }))
}

/// A file of configurations.
#[derive(Serialize, Deserialize, ToSchema)]
struct ConfigFile {
    /// The layout of this file: 1.
    #[schema(minimum = 1, maximum = 1)]
    version: u32,
    /// When it was written.
    #[serde(default)]
    exported_at: Option<String>,
    /// The configurations.
    #[schema(max_items = 1000)]
    configs: Vec<FiledConfig>,
}

/// A configuration in a file.
#[derive(Serialize, Deserialize, ToSchema)]
struct FiledConfig {
    /// Unique: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    name: String,
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Settings by name.
    #[schema(value_type = crate::routes::ShownSettings)]
    config: Settings,
}

/// How to export.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Whether tokens and passwords go into the file.
    #[serde(default)]
    #[param(default = false)]
    include_tokens: bool,
}

/// All saved configurations as one file, without tokens unless they are asked for.
#[utoipa::path(
    tag = "configurations",
    operation_id = "export_configs",
    params(ExportQuery),
    responses((status = 200, body = ConfigFile))
)]
#[get("/api/configs/export")]
async fn export(
    caller: Caller,
    state: State,
    Query(query): Query<ExportQuery>,
) -> Result<HttpResponse, ApiError> {
    let saved = state.store.list_saved(Kind::Config).await?;
    if query.include_tokens {
        // Not a change, and yet something that somebody may want to know of later.
        audit::changed(&caller, "config.export_with_tokens", &saved.len().to_string());
    }
    let filed = |saved: Saved| {
        let full = saved.full();
        FiledConfig {
            config: if query.include_tokens { full } else { configuration::without_secrets(&full) },
            name: saved.name,
            description: Some(saved.description),
        }
    };
    let file = ConfigFile {
        version: 1,
        exported_at: Some(clock::now().to_string()),
        configs: saved.into_iter().map(filed).collect(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"trafficinator-configs.json\""))
        .json(file))
}

/// How to import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Whether configurations of the same name are replaced; else they are an error.
    #[serde(default)]
    #[param(default = false)]
    replace: bool,
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
struct ImportDone {
    /// Always true: what fails is an error.
    success: bool,
    /// What was done.
    message: String,
    /// New configurations.
    created: usize,
    /// Configurations that took the place of one of the same name.
    replaced: usize,
}

/// Saves all configurations of an exported file, or none.
#[utoipa::path(
    tag = "configurations",
    operation_id = "import_configs",
    params(ImportQuery),
    request_body = ConfigFile,
    responses(
        (status = 200, body = ImportDone),
        (status = 409, description = "A name is taken.", body = crate::error::ErrorBody),
    )
)]
#[post("/api/configs/import")]
async fn import(
    caller: Caller,
    state: State,
    Query(query): Query<ImportQuery>,
    Body(file): Body<ConfigFile, LARGE>,
) -> Result<Json<ImportDone>, ApiError> {
    let now = clock::now();
    let drafts = drafts_in(file, now)?;
    let imported = state.store.import_saved(Kind::Config, drafts, query.replace, now).await?;
    audit::changed(&caller, "config.import", &(imported.created + imported.replaced).to_string());
    Ok(Json(ImportDone {
        success: true,
        message: format!("{} configurations were created, {} replaced", imported.created, imported.replaced),
        created: imported.created,
        replaced: imported.replaced,
    }))
}

fn drafts_in(file: ConfigFile, now: Timestamp) -> Result<Vec<Draft>, ApiError> {
    let mut faults = Faults::default();
    if file.version != 1 {
        faults.extend([FieldError::new(
            "version",
            format!("{} is not known here: give a file of version 1", file.version),
        )]);
    }
    if file.configs.len() > MOST_IMPORTED {
        faults.extend([FieldError::new(
            "configs",
            format!("holds more than {MOST_IMPORTED}: import them in parts"),
        )]);
        faults.check()?;
        return Ok(Vec::new());
    }
    let mut drafts: Vec<Draft> = Vec::with_capacity(file.configs.len());
    for (index, FiledConfig { name, description, config }) in file.configs.into_iter().enumerate() {
        match (NewConfig { name, description, config }).into_draft(now) {
            Ok(draft) if drafts.iter().any(|other| other.name == draft.name) => {
                let message = format!("{:?} stands in the file twice: name them differently", draft.name);
                faults.extend([FieldError::new(format!("configs[{index}].name"), message)]);
            }
            Ok(draft) => drafts.push(draft),
            Err(errors) => faults.extend(
                errors
                    .into_iter()
                    .map(|error| FieldError::new(format!("configs[{index}].{}", error.field), error.message)),
            ),
        }
    }
    faults.check()?;
    Ok(drafts)
}

//! Funnels: paths that a share of the visits follows, step by step. Every change is exported to the load generator's file.

use actix_web::{HttpResponse, delete, get, post, put, web::Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{State, configs::Done};
use crate::{
    audit,
    auth::Caller,
    clock,
    error::ApiError,
    files::Staged,
    funnels::{self, Definition, Preview},
    request::{Body, Id},
    store::StoredFunnel,
};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(preview);
    super::refuse_other_methods(app, "/api/funnels/preview");
    app.service(list);
    app.service(create);
    app.service(get_one);
    app.service(update);
    app.service(remove);
}

/// A funnel to save. This is what a client sends; it is checked by the load generator's own rules.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read as it stands")]
struct NewFunnel {
    /// Unique among the funnels.
    #[schema(min_length = 1, max_length = 1024)]
    name: String,
    /// What it stands for.
    #[schema(max_length = 10000)]
    description: Option<String>,
    /// How likely a visit that gets to it runs it.
    #[schema(minimum = 0, maximum = 1)]
    probability: f64,
    /// Lower ones are tried first. Left out: 0.
    #[schema(minimum = 0, maximum = 4_294_967_295_i64)]
    priority: Option<u32>,
    /// Left out: true.
    enabled: Option<bool>,
    /// True: the visit ends with the last step. False: browsing goes on in the same visit. Left out: true.
    exit_after_completion: Option<bool>,
    /// The first is a page view.
    #[schema(min_items = 1)]
    steps: Vec<Step>,
}

/// A step of a funnel. Which fields it needs follows from its type.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read as it stands")]
struct Step {
    /// What happens.
    #[serde(rename = "type")]
    kind: StepType,
    /// The page's title.
    title: Option<String>,
    /// The page; needed by `pageview`.
    url: Option<String>,
    /// The title that is reported; wins over `title`.
    action_name: Option<String>,
    /// Needed by `event`.
    event_category: Option<String>,
    /// Needed by `event`.
    event_action: Option<String>,
    /// Needed by `event`.
    event_name: Option<String>,
    /// Of `event`.
    event_value: Option<f64>,
    /// Needed by `site_search`.
    search_keyword: Option<String>,
    /// Of `site_search`.
    search_category: Option<String>,
    /// Of `site_search`.
    #[schema(minimum = 0)]
    search_results: Option<u32>,
    /// Needed by `outlink` and `download`.
    target_url: Option<String>,
    /// Of `ecommerce`: what is paid.
    #[schema(minimum = 0)]
    ecommerce_revenue: Option<f64>,
    /// Of `ecommerce`: objects with sku, name, category, price and quantity, or lists of these in this order.
    #[schema(max_items = 100)]
    ecommerce_items: Option<Vec<Value>>,
    /// Of `ecommerce`: what the items cost.
    #[schema(minimum = 0)]
    ecommerce_subtotal: Option<f64>,
    /// Of `ecommerce`.
    #[schema(minimum = 0)]
    ecommerce_tax: Option<f64>,
    /// Of `ecommerce`.
    #[schema(minimum = 0)]
    ecommerce_shipping: Option<f64>,
    /// Of `ecommerce`: ISO 4217.
    ecommerce_currency: Option<String>,
    /// The shortest pause after this step, in seconds. Left out: 0.
    #[schema(minimum = 0, maximum = 3600)]
    delay_seconds_min: Option<f64>,
    /// The longest pause after this step, in seconds. Left out: the shortest.
    #[schema(minimum = 0, maximum = 3600)]
    delay_seconds_max: Option<f64>,
}

/// What happens in a step.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
enum StepType {
    /// A page is viewed.
    #[serde(rename = "pageview")]
    PageView,
    /// A custom event.
    Event,
    /// A search on the site.
    SiteSearch,
    /// A click to another site.
    Outlink,
    /// A file.
    Download,
    /// An order.
    Ecommerce,
}

/// A saved funnel: the fields as they were sent, completed, with an id and times.
#[derive(Serialize, ToSchema)]
struct Funnel {
    /// Never used twice.
    id: i64,
    /// When it was first saved.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Its fields.
    #[serde(flatten)]
    #[schema(value_type = NewFunnel)]
    definition: Definition,
}

impl From<StoredFunnel> for Funnel {
    fn from(stored: StoredFunnel) -> Self {
        let StoredFunnel { id, definition, created_at, updated_at } = stored;
        Self { id, created_at, updated_at, definition }
    }
}

/// All funnels.
#[derive(Serialize, ToSchema)]
struct Funnels {
    /// The funnels, in the order they were made.
    funnels: Vec<Funnel>,
    /// How many there are.
    total: usize,
}

/// All funnels.
#[utoipa::path(tag = "funnels", operation_id = "list_funnels", responses((status = 200, body = Funnels)))]
#[get("/api/funnels")]
async fn list(_: Caller, state: State) -> Result<Json<Funnels>, ApiError> {
    let funnels: Vec<Funnel> = state.store.list_funnels().await?.into_iter().map(Funnel::from).collect();
    Ok(Json(Funnels { total: funnels.len(), funnels }))
}

/// Saves a funnel.
#[utoipa::path(
    tag = "funnels",
    operation_id = "create_funnel",
    request_body = NewFunnel,
    responses(
        (status = 201, body = Funnel),
        (status = 409, description = "The name is taken.", body = crate::error::ErrorBody),
    )
)]
#[post("/api/funnels")]
async fn create(
    caller: Caller,
    state: State,
    Body(given): Body<Definition>,
) -> Result<HttpResponse, ApiError> {
    let definition = checked(given).await?;
    let export = exporter(&state);
    let funnel = state.store.create_funnel(definition, clock::now(), export).await??;
    audit::changed(&caller, "funnel.create", &funnel.id.to_string());
    Ok(HttpResponse::Created().json(Funnel::from(funnel)))
}

/// One funnel.
#[utoipa::path(
    tag = "funnels",
    operation_id = "get_funnel",
    params(("id" = i64, Path, description = "Which one.")),
    responses((status = 200, body = Funnel))
)]
#[get("/api/funnels/{id}")]
async fn get_one(_: Caller, state: State, id: Id) -> Result<Json<Funnel>, ApiError> {
    Ok(Json(state.store.get_funnel(id.0).await?.into()))
}

/// Replaces a funnel.
#[utoipa::path(
    tag = "funnels",
    operation_id = "update_funnel",
    params(("id" = i64, Path, description = "Which one.")),
    request_body = NewFunnel,
    responses(
        (status = 200, body = Funnel),
        (status = 409, description = "The name is taken.", body = crate::error::ErrorBody),
    )
)]
#[put("/api/funnels/{id}")]
async fn update(
    caller: Caller,
    state: State,
    id: Id,
    Body(given): Body<Definition>,
) -> Result<Json<Funnel>, ApiError> {
    let definition = checked(given).await?;
    let export = exporter(&state);
    let funnel = state.store.replace_funnel(id.0, definition, clock::now(), export).await??;
    audit::changed(&caller, "funnel.update", &funnel.id.to_string());
    Ok(Json(funnel.into()))
}

/// Removes a funnel.
#[utoipa::path(
    tag = "funnels",
    operation_id = "delete_funnel",
    params(("id" = i64, Path, description = "Which one.")),
    responses((status = 200, body = Done))
)]
#[delete("/api/funnels/{id}")]
async fn remove(caller: Caller, state: State, id: Id) -> Result<Json<Done>, ApiError> {
    let export = exporter(&state);
    let funnel = state.store.delete_funnel(id.0, export).await??;
    audit::changed(&caller, "funnel.delete", &funnel.id.to_string());
    let name = funnel.definition.get("name").and_then(Value::as_str).unwrap_or_default();
    Ok(Json(Done { success: true, message: format!("the funnel {name:?} was removed") }))
}

/// The hits that one run of a funnel would send. Nothing is sent and nothing is saved.
#[utoipa::path(
    tag = "funnels",
    operation_id = "preview_funnel",
    request_body = NewFunnel,
    responses((status = 200, body = Preview))
)]
#[post("/api/funnels/preview")]
async fn preview(_: Caller, Body(given): Body<Definition>) -> Result<Json<Preview>, ApiError> {
    let now = clock::now();
    super::blocking(move || funnels::preview(funnels::checked(given)?, now)).await.map(Json)
}

/// Checks the list and prepares the load generator's file.
fn exporter(state: &State) -> impl FnOnce(&[StoredFunnel]) -> Result<Staged, ApiError> + Send + use<> {
    let path = state.config.data_file(funnels::FILE);
    move |all| funnels::stage(all, &path)
}

async fn checked(given: Definition) -> Result<Definition, ApiError> {
    super::blocking(move || funnels::checked(given)).await
}

//! The routes, one file for each thing that the API knows.

mod backfill;
mod capacity;
mod configs;
mod docs;
mod events;
mod funnels;
mod health;
mod lifecycle;
mod logs;
mod metrics;
mod presets;
mod prometheus;
mod root;
mod runs;
mod schema;
mod status;
mod test_connection;
mod ui;
mod urls;
mod validate;

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, http::header, web::Data};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    AppState,
    error::{ApiError, Code},
    openapi,
    store::StoreError,
};

/// The shared state, as handlers take it.
type State = Data<AppState>;

/// Registers every route.
pub(crate) fn all(app: &mut ServiceConfig<'_>) {
    root::configure(app);
    health::configure(app);
    docs::configure(app);
    ui::configure(app);
    schema::configure(app);
    validate::configure(app);
    test_connection::configure(app);
    configs::configure(app);
    presets::configure(app);
    funnels::configure(app);
    urls::configure(app);
    events::configure(app);
    status::configure(app);
    metrics::configure(app);
    prometheus::configure(app);
    logs::configure(app);
    lifecycle::configure(app);
    backfill::configure(app);
    runs::configure(app);
    capacity::configure(app);
}

/// Answers what no route takes: 404, or 405 with the methods that the route knows.
pub(crate) async fn unknown(request: HttpRequest) -> HttpResponse {
    let methods = request.match_pattern().map(|pattern| openapi::methods(&pattern)).unwrap_or_default();
    if methods.is_empty() {
        return ApiError::new(Code::NotFound, "there is nothing at this address; /docs shows what there is")
            .error_response();
    }
    let known = methods.join(", ");
    let error = ApiError::new(Code::MethodNotAllowed, format!("this route takes {known}"));
    let mut response = error.error_response();
    if let Ok(allow) = header::HeaderValue::from_str(&known) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NameTaken { .. } => ApiError::new(Code::NameTaken, error.to_string()),
            StoreError::Missing(_) => ApiError::new(Code::NotFound, error.to_string()),
            error => ApiError::internal(error),
        }
    }
}

/// Settings by name, as a configuration holds them. Described by the settings themselves.
pub(crate) struct SettingsSchema;

impl utoipa::PartialSchema for SettingsSchema {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::Ref::from_schema_name("Settings").into()
    }
}

impl utoipa::ToSchema for SettingsSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "Settings".into()
    }
}

/// Settings by name as an answer shows them: as they were saved, every secret masked.
pub(crate) struct ShownSettings;

impl utoipa::PartialSchema for ShownSettings {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::Ref::from_schema_name("ShownSettings").into()
    }
}

impl utoipa::ToSchema for ShownSettings {
    fn name() -> std::borrow::Cow<'static, str> {
        "ShownSettings".into()
    }
}

/// Answers the methods that a route does not know, where another route with an id in its place would take them.
fn refuse_other_methods(app: &mut ServiceConfig<'_>, path: &'static str) {
    app.map(|app| app.service(actix_web::web::resource(path).to(unknown)));
}

/// Runs what takes long or waits for a disk where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ApiError::internal(error)),
    }
}

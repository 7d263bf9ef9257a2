//! `GET /docs` and `GET /openapi.json`: the description, and a page to read and try it. All of it comes from the binary.

use std::sync::{Arc, LazyLock};

use actix_web::{HttpResponse, get, http::header, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::{
    error::{ApiError, Code},
    openapi,
};

/// A released file of the page does not change within a version of this program; a day is enough to be quick.
const KEPT: &str = "public, max-age=86400";

static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").use_base_layout().try_it_out_enabled(true)));

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(description);
    app.service(page);
    // Files of the page are no part of the API, and so not of its description.
    app.map(|app| app.service(asset));
}

/// The description of the API (OpenAPI 3.1).
#[utoipa::path(
    tag = "service",
    operation_id = "get_openapi",
    responses((status = 200, description = "An OpenAPI document.", body = Object, content_type = "application/json"))
)]
#[get("/openapi.json")]
async fn description() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi::text())
}

/// A page to read and try the API.
#[utoipa::path(
    tag = "service",
    operation_id = "get_docs",
    responses((status = 200, body = String, content_type = "text/html"))
)]
#[get("/docs")]
async fn page() -> Result<HttpResponse, ApiError> {
    let Some(file) = file("index.html")? else {
        return Err(ApiError::internal("the page of the API's description is not in the binary"));
    };
    // Its addresses are relative to a folder, and this page is not in one.
    let html = String::from_utf8_lossy(&file.bytes)
        .replace("=\"./", "=\"/docs/")
        .replace("=\"index.css", "=\"/docs/index.css");
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

#[get("/docs/{file}")]
async fn asset(name: Path<String>) -> Result<HttpResponse, ApiError> {
    match file(&name)? {
        Some(file) => Ok(HttpResponse::Ok()
            .content_type(file.content_type)
            .insert_header((header::CACHE_CONTROL, KEPT))
            .body(file.bytes.into_owned())),
        None => Err(ApiError::new(Code::NotFound, "there is no such file")),
    }
}

fn file(name: &str) -> Result<Option<SwaggerFile<'static>>, ApiError> {
    utoipa_swagger_ui::serve(name, CONFIG.clone()).map_err(ApiError::internal)
}

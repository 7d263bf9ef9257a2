//! `GET /ui`: the web page.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

/// What stands there as long as the page was not built into the binary.
const NOT_BUILT: &str = include_str!("ui.html");

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(page);
}

/// The web page.
#[utoipa::path(
    tag = "service",
    operation_id = "get_ui",
    responses((status = 200, body = String, content_type = "text/html"))
)]
#[get("/ui")]
async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(NOT_BUILT)
}

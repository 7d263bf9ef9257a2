//! `GET /`: who answers here.

use actix_web::{get, web::Json};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(root);
}

/// Who answers here.
#[derive(Debug, Serialize, ToSchema)]
struct Root {
    /// The program.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Always `running`.
    status: &'static str,
    /// Where the API is described.
    docs: &'static str,
    /// Where its health is told.
    health: &'static str,
    /// Where the web page is.
    ui: &'static str,
}

/// Who answers here, and where to go on.
#[utoipa::path(tag = "service", responses((status = 200, body = Root)))]
#[get("/")]
async fn root() -> Json<Root> {
    Json(Root {
        name: "Trafficinator control plane",
        version: env!("CARGO_PKG_VERSION"),
        status: "running",
        docs: "/docs",
        health: "/health",
        ui: "/ui",
    })
}

//! `GET /health`: whether the control plane works. It does also when the engine is away, and says so.

use actix_web::{get, web::Json};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use crate::engine::EngineKind;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(health);
}

/// How the control plane is.
#[derive(Debug, Serialize, ToSchema)]
struct ServiceHealth {
    /// Always `healthy`: when it is not, nobody answers.
    status: &'static str,
    /// The program.
    service: &'static str,
    /// Its version.
    version: &'static str,
    /// `connected` or `disconnected`: whether the engine answers.
    docker: &'static str,
    /// What the engine is.
    engine: EngineKind,
    /// Whether there is a load generator.
    container_found: bool,
    /// Always true: there is no way to run without a key.
    auth_enabled: bool,
}

/// How the control plane is. It answers without waiting for the engine.
#[utoipa::path(tag = "service", responses((status = 200, body = ServiceHealth)))]
#[get("/health")]
async fn health(state: State) -> Json<ServiceHealth> {
    let view = state.load.view();
    Json(ServiceHealth {
        status: "healthy",
        service: "trafficinator-control",
        version: env!("CARGO_PKG_VERSION"),
        docker: if view.connected() { "connected" } else { "disconnected" },
        engine: state.load.kind(),
        container_found: view.unit.is_some(),
        auth_enabled: true,
    })
}

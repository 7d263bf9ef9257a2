//! `GET /ui`: the web page, every view of it, and its files.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{self, EntityTag, Header as _, IfNoneMatch},
    web::Path,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    error::{ApiError, Code},
    page::{self, Asset, INDEX},
};

/// What stands there when the page was not built into the binary.
const NOT_BUILT: &str = include_str!("ui.html");

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(start);
    // Views and files are no part of the API, and so not of its description.
    app.map(|app| app.service(below));
}

/// The web page.
#[utoipa::path(
    tag = "service",
    operation_id = "get_ui",
    responses((status = 200, body = String, content_type = "text/html"))
)]
#[get("/ui")]
async fn start(request: HttpRequest) -> HttpResponse {
    index(&request)
}

/// A file of the page, or else a view: the page itself looks at its address to know which.
#[get("/ui/{name:.*}")]
async fn below(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, ApiError> {
    if let Some(asset) = page::asset(&name, request.headers()) {
        return Ok(answer(&request, asset));
    }
    // A file that is gone must not be answered with a page: a browser would take it for a script.
    if name.contains('.') || name.starts_with("assets/") {
        return Err(ApiError::new(Code::NotFound, "the page has no such file; load the page again"));
    }
    Ok(index(&request))
}

fn index(request: &HttpRequest) -> HttpResponse {
    match page::asset(INDEX, request.headers()) {
        Some(asset) => answer(request, asset),
        None => HttpResponse::Ok().content_type("text/html; charset=utf-8").body(NOT_BUILT),
    }
}

fn answer(request: &HttpRequest, asset: Asset) -> HttpResponse {
    let is_known = is_known(request, &asset.etag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, asset.etag))
        .insert_header((header::CACHE_CONTROL, asset.cache_control))
        .insert_header((header::VARY, "Accept-Encoding"));
    if is_known {
        return response.finish();
    }
    // What has an encoding already is not compressed again.
    if let Some(encoding) = asset.encoding {
        response.insert_header((header::CONTENT_ENCODING, encoding));
    }
    response.content_type(asset.content_type).body(asset.bytes.into_owned())
}

/// Whether the browser has the very file.
fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let Ok(own) = etag.parse::<EntityTag>() else { return false };
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|tag| tag.weak_eq(&own)),
        Ok(IfNoneMatch::Any) | Err(_) => false,
    }
}

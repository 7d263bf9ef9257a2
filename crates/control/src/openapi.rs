//! The description of the API (OpenAPI 3.1): made from the handlers, and completed with what all of them have in common.

use std::sync::LazyLock;

use actix_web::{App, http::Method};
use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;
use utoipa_actix_web::AppExt as _;

use crate::{error, limits, routes};

mod foreign;

pub use foreign::{ComparisonSchema, FindingsSchema, JudgementSchema, ProbeReportSchema, RunReportSchema};

/// The methods that an operation may have in a description.
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
/// Paths that want no key.
const OPEN: [&str; 5] = ["/", "/health", "/ui", "/docs", "/openapi.json"];

const ABOUT: &str = "Runs the load generator of Trafficinator: a crowd of believable visitors for a Matomo.\n\n\
                     Send your key as `X-API-Key`. Errors are one shape everywhere: `detail` for a person, `code` for a \
                     program, `errors` with every field that is wrong. Limits are per client and route; beyond them the \
                     answer is 429 with `Retry-After`. Unknown fields in a body are an error that names them. Secrets are \
                     never returned: `***MASKED***` stands for one, and sent back in an update it keeps the stored one.";

static DOCUMENT: LazyLock<Value> = LazyLock::new(complete);
static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", *DOCUMENT));

/// The description.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The description as JSON text, as it is served and committed.
pub fn text() -> &'static str {
    &TEXT
}

/// The methods that a route knows, for example `["GET", "POST"]`; empty when there is no such route.
pub fn methods(pattern: &str) -> Vec<&'static str> {
    let Some(item) = DOCUMENT["paths"].get(pattern) else { return Vec::new() };
    let known = |method: &&str| item.get(method.to_lowercase()).is_some();
    ["GET", "POST", "PUT", "DELETE"].into_iter().filter(known).collect()
}

/// Whether a path wants no key.
pub fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

fn complete() -> Value {
    let (_, described) = App::new().into_utoipa_app().configure(routes::all).split_for_parts();
    let mut document = serde_json::to_value(described).expect("a description has a JSON form");
    document["info"] = json!({
        "title": "Trafficinator control plane",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": { "name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later" },
    });
    document["security"] = json!([{ "ApiKey": [] }]);
    document["components"]["securitySchemes"] =
        json!({ "ApiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key" } });
    add_schemas(&mut document["components"]["schemas"]);
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get_mut(method.as_str().to_lowercase()) {
                    complete_operation(&method, path, operation);
                }
            }
        }
    }
    join_parts(&mut document["components"]["schemas"]);
    forbid_unknown_fields(&mut document);
    document
}

/// Makes one object of a schema that has all properties of another and some of its own: that the other, as a body, takes
/// no more than its own would else be said of the whole.
fn join_parts(schemas: &mut Value) {
    let Some(names) = schemas.as_object().map(|schemas| schemas.keys().cloned().collect::<Vec<_>>()) else {
        return;
    };
    for name in names {
        let Some(parts) = schemas[&name].as_object_mut().and_then(|schema| schema.remove("allOf")) else {
            continue;
        };
        let (mut required, mut properties) = (Vec::new(), Map::new());
        for part in parts.as_array().into_iter().flatten() {
            let part = match part.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
            {
                Some(other) => &schemas[other],
                None => part,
            };
            required.extend(part["required"].as_array().into_iter().flatten().cloned());
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        }
        schemas[&name]["type"] = "object".into();
        schemas[&name]["required"] = required.into();
        schemas[&name]["properties"] = properties.into();
    }
}

fn add_schemas(schemas: &mut Value) {
    for (name, schema) in [
        ("Code", serde_json::to_value(error::Code::schema())),
        ("FieldError", serde_json::to_value(error::FieldError::schema())),
        ("ErrorBody", serde_json::to_value(error::ErrorBody::schema())),
    ] {
        schemas[name] = schema.expect("a schema has a JSON form");
    }
    let mut settings = settings::render::json_schema();
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("$schema");
        // A saved configuration need not be whole.
        settings.remove("required");
        // What is refused says more than a format would.
        if let Some(target) = settings["properties"]["MATOMO_URL"].as_object_mut() {
            target.remove("format");
        }
        // A single rate may be a number.
        settings["properties"]["ECOMMERCE_SHIPPING_RATES"]["type"] = json!(["string", "number"]);
        settings.get_mut("properties").and_then(Value::as_object_mut).into_iter().for_each(allow_empty);
        settings
            .insert("description".to_owned(), "Settings by name. Names in lower case are taken, too.".into());
    }
    foreign::add(schemas);
    schemas["Settings"] = settings;
    schemas["ShownSettings"] = json!({
        "description": "Settings by name, as they were saved. ***MASKED*** stands for a secret.",
        "type": "object",
        "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
    });
}

/// Null is as good as none, and so is an empty text, as it is in an environment.
fn allow_empty(properties: &mut Map<String, Value>) {
    for property in properties.values_mut() {
        let kinds = match property["type"].take() {
            Value::Array(kinds) => kinds,
            kind => vec![kind],
        };
        let kinds = kinds.into_iter().filter(|kind| kind != "null").chain(["null".into()]);
        property["type"] = kinds.collect::<Vec<Value>>().into();
        if let Some(pattern) =
            property.get("pattern").and_then(Value::as_str).filter(|p| !p.starts_with("^$|"))
        {
            property["pattern"] = format!("^$|{pattern}").into();
        }
        if let Some(words) = property.get_mut("enum").and_then(Value::as_array_mut) {
            words.retain(|word| !word.is_null());
            words.extend(["".into(), Value::Null]);
        }
    }
}

fn complete_operation(method: &Method, path: &str, operation: &mut Value) {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ErrorBody" } } },
        })
    };
    let retry_after = |mut response: Value| {
        let header =
            json!({ "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } });
        response["headers"] = json!({ "Retry-After": header });
        response
    };
    let mut add = |status: &str, response: Value| {
        if operation["responses"].get(status).is_none() {
            operation["responses"][status] = response;
        }
    };
    let limit = limits::of(method, path);
    if is_open(path) {
        if limit.is_some() {
            add("429", retry_after(error("Too many requests.")));
        }
    } else {
        let mut missing = error("No key was sent.");
        missing["headers"] =
            json!({ "WWW-Authenticate": { "schema": { "type": "string", "const": "ApiKey" } } });
        add("401", missing);
        add("403", error("The key is wrong."));
        add("429", retry_after(error("Too many requests, or too many wrong keys.")));
        add("500", error("A fault of the control plane; its log says more."));
    }
    if path.contains('{') {
        add("404", error("There is no such thing."));
        add("422", error("The id is not one."));
    }
    let has_query = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["in"] == "query"));
    let has_body = operation.get("requestBody").is_some();
    let mut add = |status: &str, response: Value| {
        if operation["responses"].get(status).is_none() {
            operation["responses"][status] = response;
        }
    };
    if has_query || has_body {
        add("422", error("Something in the request is wrong; errors says what."));
    }
    if has_body {
        add("400", error("The body did not arrive as it should."));
        add("413", error("The body is too large."));
    }
    if is_open(path) {
        operation["security"] = json!([]);
    }
    if let Some(limit) = limit {
        operation["x-rate-limit-per-minute"] = limit.into();
    }
}

/// What a body may hold is known, and all else refused: the schemas of bodies say so.
fn forbid_unknown_fields(document: &mut Value) {
    let mut names = Vec::new();
    if let Some(paths) = document["paths"].as_object() {
        for operation in paths.values().filter_map(Value::as_object).flat_map(Map::values) {
            collect_references(&operation["requestBody"], &mut names);
        }
    }
    let mut next = 0;
    while let Some(name) = names.get(next).cloned() {
        next += 1;
        let schema = &mut document["components"]["schemas"][&name];
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = false.into();
        }
        collect_references(&schema.clone(), &mut names);
    }
}

fn collect_references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|path| path.strip_prefix("#/components/schemas/"))
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
            fields.values().for_each(|value| collect_references(value, names));
        }
        Value::Array(members) => members.iter().for_each(|value| collect_references(value, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limited_route_is_described() {
        for (pattern, ..) in limits::ROUTES {
            assert!(!methods(pattern).is_empty(), "{pattern} has a limit and is not described");
        }
    }

    #[test]
    fn every_route_of_the_api_has_a_limit_but_the_stream() {
        for path in DOCUMENT["paths"].as_object().unwrap().keys().filter(|path| path.starts_with("/api/")) {
            let limited = limits::of(&Method::GET, path).is_some();
            assert_eq!(limited, path != "/api/logs/stream", "{path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let mut names = Vec::new();
        collect_references(&DOCUMENT, &mut names);
        for name in names {
            assert!(DOCUMENT["components"]["schemas"].get(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_operation_has_an_id_a_summary_and_a_tag() {
        let mut ids = Vec::new();
        for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
            for method in methods(path) {
                let operation = &item[method.to_lowercase()];
                assert!(operation["summary"].is_string(), "{method} {path} has no summary");
                assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
                ids.push(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}

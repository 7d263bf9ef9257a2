//! Documents of the load generator in answers of ours: described by the crate that defines them, in the words of JSON
//! Schema, and put among the others here.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, schema::Schema},
};

/// Stands for [`report::RunReport`] in a description.
#[derive(Debug)]
pub struct RunReportSchema;

/// Stands for [`report::Comparison`] in a description.
#[derive(Debug)]
pub struct ComparisonSchema;

/// Stands for [`report::Findings`] in a description.
#[derive(Debug)]
pub struct FindingsSchema;

/// Stands for [`report::Judgement`], a part of the run's report.
#[derive(Debug)]
pub struct JudgementSchema;

/// Stands for [`report::ProbeReport`], a part of the run's report.
#[derive(Debug)]
pub struct ProbeReportSchema;

macro_rules! refer {
    ($($marker:ty => $name:literal),+) => {$(
        impl PartialSchema for $marker {
            fn schema() -> RefOr<Schema> {
                Ref::from_schema_name($name).into()
            }
        }

        impl ToSchema for $marker {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )+};
}

refer!(
    RunReportSchema => "RunReport",
    ComparisonSchema => "Comparison",
    FindingsSchema => "Findings",
    JudgementSchema => "Judgement",
    ProbeReportSchema => "ProbeReport"
);

/// Adds these documents and all parts of them.
pub(super) fn add(schemas: &mut Value) {
    for (name, document) in [
        ("RunReport", schemars::schema_for!(report::RunReport)),
        ("Comparison", schemars::schema_for!(report::Comparison)),
        ("Findings", schemars::schema_for!(report::Findings)),
    ] {
        add_document(schemas, name, document.to_value());
    }
}

fn add_document(schemas: &mut Value, name: &str, mut document: Value) {
    let fields = document.as_object_mut().expect("a document is described by an object");
    fields.remove("$schema");
    fields.remove("title");
    let parts = fields.remove("$defs").unwrap_or_else(|| json!({}));
    let parts: Vec<(String, Value)> = parts.as_object().cloned().unwrap_or_default().into_iter().collect();
    // Another thing may have that name already; what only refers to it by that name is no other.
    let renamed: Vec<(String, String)> = parts
        .iter()
        .map(|(part, schema)| {
            let known = schemas.get(part).filter(|known| *known != schema && known.get("$ref").is_none());
            (part.clone(), if known.is_some() { format!("{name}{part}") } else { part.clone() })
        })
        .collect();
    for (index, (_, mut schema)) in parts.into_iter().enumerate() {
        refer(&mut schema, &renamed);
        schemas[&renamed[index].1] = schema;
    }
    refer(&mut document, &renamed);
    schemas[name] = document;
}

/// Lets references lead to where the parts are now.
fn refer(value: &mut Value, renamed: &[(String, String)]) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(path)) = fields.get_mut("$ref")
                && let Some(part) = path.strip_prefix("#/$defs/")
                && let Some((_, now)) = renamed.iter().find(|(then, _)| then == part)
            {
                *path = format!("#/components/schemas/{now}");
            }
            fields.values_mut().for_each(|value| refer(value, renamed));
        }
        Value::Array(members) => members.iter_mut().for_each(|value| refer(value, renamed)),
        _ => {}
    }
}

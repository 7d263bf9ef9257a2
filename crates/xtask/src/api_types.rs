//! The API's description as TypeScript: what the page's client is checked against. Written from `docs/openapi.json`, so
//! that a route that changes breaks the page's build and not the page.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use anyhow::{Context as _, bail};
use serde_json::Value;

const HEAD: &str = "// Made by `cargo xtask generate` from docs/openapi.json.\n";
/// What a method may be; a path's other members are no operations.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The types of every schema, and of every operation by method and path.
///
/// # Errors
/// When the description is no JSON or holds something that this cannot say in TypeScript.
pub(crate) fn typescript(description: &str) -> anyhow::Result<String> {
    render(&serde_json::from_str(description).context("the description of the API is not JSON")?)
}

fn render(api: &Value) -> anyhow::Result<String> {
    let mut out = String::from(HEAD);
    for (name, schema) in object(&api["components"]["schemas"])? {
        out.push('\n');
        comment(&mut out, "", schema)?;
        match schema.get("properties") {
            Some(_) if is_plain(schema) => {
                writeln!(out, "export interface {name} {}", type_of(schema, "")?)?;
            }
            _ => writeln!(out, "export type {name} = {};", type_of(schema, "")?)?,
        }
    }
    out.push_str("\n/** What each operation takes and answers, by method and path. */\nexport interface Operations {\n");
    for (path, item) in object(&api["paths"])? {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            comment(&mut out, "  ", operation)?;
            write_operation(&mut out, &format!("{} {path}", method.to_uppercase()), operation)
                .with_context(|| format!("{method} {path}"))?;
        }
    }
    out.push_str("}\n");
    Ok(out)
}

fn write_operation(out: &mut String, name: &str, operation: &Value) -> anyhow::Result<()> {
    writeln!(out, "  {}: {{", Value::from(name))?;
    for place in ["path", "query"] {
        let mut members = String::new();
        let mut all_optional = true;
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != place {
                continue;
            }
            let required = parameter["required"] == true;
            all_optional &= !required;
            let name = parameter["name"].as_str().context("a parameter without a name")?;
            write!(
                members,
                " {name}{}: {};",
                if required { "" } else { "?" },
                type_of(&parameter["schema"], "    ")?
            )?;
        }
        if !members.is_empty() {
            writeln!(out, "    {place}{}: {{{members} }};", if all_optional { "?" } else { "" })?;
        }
    }
    let json = |holder: &Value| holder["content"]["application/json"].get("schema").cloned();
    if let Some(body) = json(&operation["requestBody"]) {
        let mark = if operation["requestBody"]["required"] == true { "" } else { "?" };
        writeln!(out, "    body{mark}: {};", type_of(&body, "    ")?)?;
    }
    let success = object(&operation["responses"])?.find(|(status, _)| status.starts_with('2'));
    let answer = success.and_then(|(_, response)| json(response));
    let answer = answer.map_or(Ok("unknown".to_owned()), |schema| type_of(&schema, "    "))?;
    writeln!(out, "    answer: {answer};\n  }};")?;
    Ok(())
}

/// Whether a schema is an object and nothing beside it.
fn is_plain(schema: &Value) -> bool {
    ["oneOf", "anyOf", "allOf", "enum"].iter().all(|word| schema.get(word).is_none())
}

/// A schema as a type; `indent` is where its own line begins.
fn type_of(schema: &Value, indent: &str) -> anyhow::Result<String> {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return Ok(target.rsplit('/').next().unwrap_or_default().to_owned());
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Ok(values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | "));
    }
    if let Some(value) = schema.get("const") {
        return Ok(value.to_string());
    }
    for (word, joint) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(parts) = schema.get(word).and_then(Value::as_array) {
            let parts: Vec<String> =
                parts.iter().map(|part| type_of(part, indent)).collect::<Result<_, _>>()?;
            return Ok(parts.join(joint));
        }
    }
    match schema.get("type") {
        None => Ok("unknown".to_owned()),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<String> = kinds
                .iter()
                .map(|kind| of_kind(kind.as_str().unwrap_or_default(), schema, indent))
                .collect::<Result<_, _>>()?;
            Ok(kinds.join(" | "))
        }
        Some(kind) => of_kind(kind.as_str().unwrap_or_default(), schema, indent),
    }
}

fn of_kind(kind: &str, schema: &Value, indent: &str) -> anyhow::Result<String> {
    Ok(match kind {
        "string" | "boolean" | "null" => kind.to_owned(),
        "integer" | "number" => "number".to_owned(),
        "array" => {
            let items =
                schema.get("items").map_or(Ok("unknown".to_owned()), |items| type_of(items, indent))?;
            if items.contains(' ') { format!("({items})[]") } else { format!("{items}[]") }
        }
        "object" => match (schema.get("properties"), schema.get("additionalProperties")) {
            (Some(properties), _) => members(properties, schema, indent)?,
            (None, Some(values)) if values.is_object() => {
                format!("Record<string, {}>", type_of(values, indent)?)
            }
            _ => "Record<string, unknown>".to_owned(),
        },
        other => bail!("a type that is not known here: {other:?} in {schema}"),
    })
}

fn members(properties: &Value, schema: &Value, indent: &str) -> anyhow::Result<String> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let inner = format!("{indent}  ");
    let mut out = String::from("{\n");
    for (name, property) in object(properties)? {
        comment(&mut out, &inner, property)?;
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        writeln!(out, "{inner}{name}{mark}: {};", type_of(property, &inner)?)?;
    }
    write!(out, "{indent}}}")?;
    Ok(out)
}

/// What a schema or an operation says about itself, on one line.
fn comment(out: &mut String, indent: &str, schema: &Value) -> fmt::Result {
    let of_part = schema["oneOf"].get(0).map(|part| &part["description"]);
    let said = [Some(&schema["description"]), of_part, Some(&schema["summary"])];
    let Some(text) = said.into_iter().flatten().find_map(Value::as_str) else { return Ok(()) };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /");
    writeln!(out, "{indent}/** {line} */")
}

/// The members of an object, in an order that does not change.
fn object(value: &Value) -> anyhow::Result<impl Iterator<Item = (&String, &Value)>> {
    let members = value.as_object().context("the description has something else where an object is due")?;
    Ok(members.iter().collect::<BTreeMap<_, _>>().into_iter())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_schema_has_its_type() {
        for (schema, expected) in [
            (json!({ "$ref": "#/components/schemas/Run" }), "Run"),
            (json!({ "type": ["integer", "null"] }), "number | null"),
            (json!({ "enum": ["a", null] }), "\"a\" | null"),
            (json!({ "type": "array", "items": { "type": ["string", "null"] } }), "(string | null)[]"),
            (json!({ "oneOf": [{ "$ref": "#/x/Run" }, { "type": "null" }] }), "Run | null"),
            (
                json!({ "type": "object", "additionalProperties": { "type": "string" } }),
                "Record<string, string>",
            ),
            (json!({}), "unknown"),
            (
                json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string" }, "b": {} } }),
                "{\n  a: string;\n  b?: unknown;\n}",
            ),
        ] {
            assert_eq!(type_of(&schema, "").unwrap(), expected, "{schema}");
        }
        assert!(type_of(&json!({ "type": "tuple" }), "").is_err());
    }

    #[test]
    fn an_operation_tells_what_it_takes_and_answers() {
        let operation = json!({
            "parameters": [
                { "in": "path", "name": "id", "required": true, "schema": { "type": "integer" } },
                { "in": "query", "name": "lines", "required": false, "schema": { "type": "integer" } },
            ],
            "requestBody": { "content": { "application/json": { "schema": { "type": "string" } } }, "required": true },
            "responses": { "201": { "content": { "application/json": { "schema": { "$ref": "#/x/Run" } } } } },
        });
        let mut out = String::new();
        write_operation(&mut out, "PUT /api/x/{id}", &operation).unwrap();
        let expected = "  \"PUT /api/x/{id}\": {\n    path: { id: number; };\n    query?: { lines?: number; };\n    \
                        body: string;\n    answer: Run;\n  };\n";
        assert_eq!(out, expected);
    }
}

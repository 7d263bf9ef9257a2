//! Funnels between the client, the store and the load generator: checked by the load generator's own rules, exported to
//! the file that it reads, and shown as the hits they would send.

mod preview;

use std::path::Path;

use serde_json::{Map, Value};
use traffic::content::{Content, Fault, File, Sources};

pub use preview::{Preview, preview};

use crate::{
    Config, Store, clock,
    error::{ApiError, FieldError},
    files::{self, Staged},
    store::{StoreError, StoredFunnel},
};

/// The file that the load generator reads, in the folder shared with it.
pub const FILE: &str = "funnels.json";

/// What is kept of a file that could not be read, beside it.
const ASIDE: &str = "funnels.json.unreadable";

/// A funnel as it is sent: an object as in the load generator's file.
pub type Definition = Map<String, Value>;

/// Checks one funnel by itself, and fills in what it leaves out.
///
/// # Errors
/// Everything that is wrong with it, by step and field.
pub fn checked(mut definition: Definition) -> Result<Definition, ApiError> {
    load(std::iter::once(&definition))
        .map_err(|faults| ApiError::invalid(faults.into_iter().map(own_field_error).collect()))?;
    for (field, default) in [
        ("description", Value::from("")),
        ("priority", 0.into()),
        ("enabled", true.into()),
        ("exit_after_completion", true.into()),
    ] {
        let value = definition.entry(field).or_insert(Value::Null);
        if value.is_null() {
            *value = default;
        }
    }
    if let Some(Value::String(name)) = definition.get_mut("name") {
        *name = name.trim().to_owned();
    }
    Ok(definition)
}

/// The content with these funnels.
fn load<'a>(definitions: impl Iterator<Item = &'a Definition>) -> Result<Content, Vec<Fault>> {
    let mut sources = Sources::default();
    sources.set(File::Funnels, FILE, to_text(definitions));
    Content::load(&sources)
}

fn to_text<'a>(definitions: impl Iterator<Item = &'a Definition>) -> String {
    let list: Vec<Value> = definitions.cloned().map(Value::Object).collect();
    format!("{:#}\n", Value::Array(list))
}

fn invalid(faults: Vec<Fault>) -> ApiError {
    ApiError::invalid(faults.into_iter().map(field_error).collect())
}

/// A fault without the file and line, which the client did not write.
fn field_error(fault: Fault) -> FieldError {
    FieldError::new(fault.place, format!("{}: {}", fault.given, fault.remedy))
}

/// A fault of a funnel that came alone, and so need not be named: `step 2, url`.
fn own_field_error(fault: Fault) -> FieldError {
    let FieldError { field, message } = field_error(fault);
    let within = match field.strip_prefix("funnel \"") {
        // a quote in the name is escaped
        Some(rest) => rest
            .match_indices("\", ")
            .find(|(at, _)| !rest[..*at].ends_with('\\'))
            .map(|(at, _)| &rest[at + 3..]),
        None => field.strip_prefix("funnel 1, "),
    };
    FieldError::new(within.unwrap_or(&field), message)
}

/// Checks the whole list and prepares the file.
///
/// # Errors
/// What is wrong with the list as a whole, for example a keyword with two numbers of results.
pub fn stage(list: &[StoredFunnel], path: &Path) -> Result<Staged, ApiError> {
    load(list.iter().map(|funnel| &funnel.definition)).map_err(invalid)?;
    let text = to_text(list.iter().map(|funnel| &funnel.definition));
    Staged::new(path, text.as_bytes()).map_err(ApiError::internal)
}

/// Brings the file up to date at the start: a change may have been committed just before the process ended. Funnels that
/// were written by hand before there was a database are taken over.
pub(crate) async fn export_at_start(store: &Store, config: &Config) {
    if let Err(error) = bring_up_to_date(store, config).await {
        tracing::error!(%error, "the funnels could not be exported; the next change tries again");
    }
}

async fn bring_up_to_date(store: &Store, config: &Config) -> Result<(), StoreError> {
    let path = config.data_file(FILE);
    if !store.funnels_are_adopted().await? {
        let Some(text) = files::read(&path)? else { return Ok(()) };
        match definitions_in(&text) {
            Ok(found) => {
                tracing::info!(count = found.len(), file = %path.display(), "took over the funnels of the file");
                store.adopt_funnels(found, clock::now()).await?;
            }
            Err(problem) => {
                let aside = config.data_file(ASIDE);
                files::replace(&aside, text.as_bytes())?;
                tracing::warn!(
                    %problem, file = %path.display(), kept = %aside.display(),
                    "the funnels of the file cannot be read; the first change replaces them"
                );
                return Ok(());
            }
        }
    }
    let exported = store.export_funnels(move |list| stage(list, &path)).await?;
    if let Err(error) = exported {
        tracing::error!(%error, "the stored funnels are not valid any more and were not exported");
    }
    Ok(())
}

/// The funnels of a file, checked.
fn definitions_in(text: &str) -> Result<Vec<Definition>, String> {
    let mut value: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
    if let Some(list) = value.get_mut("funnels") {
        value = list.take();
    }
    let definitions: Vec<Definition> = serde_json::from_value(value).map_err(|error| error.to_string())?;
    load(definitions.iter())
        .map_err(|faults| faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))?;
    definitions.into_iter().map(|definition| checked(definition).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn funnel(value: Value) -> Definition {
        let Value::Object(definition) = value else { panic!("not an object") };
        definition
    }

    #[test]
    fn a_funnel_is_completed() {
        let definition = checked(funnel(json!({
            "name": " Buy ", "probability": 0.1, "description": null,
            "steps": [{ "type": "pageview", "url": "https://example.com/" }],
        })))
        .unwrap();
        let text = Value::Object(definition).to_string();
        assert_eq!(
            text,
            r#"{"description":"","enabled":true,"exit_after_completion":true,"name":"Buy","priority":0,"probability":0.1,"steps":[{"type":"pageview","url":"https://example.com/"}]}"#
        );
    }

    #[test]
    fn a_wrong_one_is_told_by_step_and_field() {
        let error = checked(funnel(json!({
            "name": "Buy", "probability": 2, "colour": "red", "priority": 1e30,
            "steps": [{ "type": "event", "event_category": "c" }],
        })))
        .unwrap_err();
        let fields: Vec<&str> = error.body().errors.iter().map(|error| error.field.as_str()).collect();
        insta::assert_debug_snapshot!(fields);
    }

    #[test]
    fn a_file_is_a_list_or_an_object_with_one() {
        let list =
            r#"[{"name": "A", "probability": 1, "steps": [{"type": "pageview", "url": "https://e.com/"}]}]"#;
        assert_eq!(definitions_in(list).unwrap().len(), 1);
        assert_eq!(definitions_in(&format!("{{\"funnels\": {list}}}")).unwrap().len(), 1);
        assert!(definitions_in("[{}]").is_err() && definitions_in("{").is_err());
    }
}

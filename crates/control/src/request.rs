//! What a request brings, read so that nothing in it can do more than be refused: bodies, queries and ids.

use std::{future::Ready, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev, http::header, web};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{ApiError, Code, FieldError};

/// The largest body of a route that takes no lists, in bytes.
pub const SMALL: usize = 256 << 10;
/// The largest body of a route that takes a list of pages or an export, in bytes.
pub const LARGE: usize = 4 << 20;
/// How long a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many faults are told.
const MOST_FAULTS: usize = 100;

/// A JSON body of at most `LIMIT` bytes. None at all is as good as `{}`, and so is `null`.
///
/// Fields that `T` does not know are faults, however deep they lie; `T` itself need not forbid them.
#[derive(Debug)]
pub struct Body<T, const LIMIT: usize = SMALL>(pub T);

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for Body<T, LIMIT> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let declared = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if declared.is_some_and(|length| length > LIMIT) {
                return Err(too_large(LIMIT));
            }
            let payload =
                payload.await.map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))?;
            let bytes = match tokio::time::timeout(PATIENCE, payload.to_bytes_limited(LIMIT)).await {
                Ok(Ok(Ok(bytes))) => bytes,
                Ok(Ok(Err(error))) => {
                    return Err(ApiError::new(Code::BadRequest, format!("the body broke off: {error}")));
                }
                Ok(Err(_)) => return Err(too_large(LIMIT)),
                Err(_) => {
                    let detail = format!("the body did not arrive within {} s", PATIENCE.as_secs());
                    return Err(ApiError::new(Code::BadRequest, detail));
                }
            };
            read(&bytes).map(Body)
        })
    }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        Code::BodyTooLarge,
        format!("the body is larger than the {} KiB that this route takes", limit >> 10),
    )
}

/// Reads a body.
fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    let text = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes[..] };
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| ApiError::new(Code::NotJson, format!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(_) => from_value(&value),
        Value::Null => from_value(&Value::Object(Map::new())),
        _ => Err(ApiError::new(Code::Invalid, "the body is not a JSON object: send one in { }")),
    }
}

/// Reads a JSON object into a type. Unknown fields are faults, all of them.
///
/// # Errors
/// Every field that is not known, or else the first that is wrong.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, ApiError> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let checked = serde_path_to_error::Deserializer::new(value, &mut track);
    let result = serde_ignored::deserialize(checked, |path| {
        if unknown.len() < MOST_FAULTS {
            // a question mark stands for "some", which is no part of the name
            let field = shown(&path.to_string().replace(".?", ""));
            unknown.push(FieldError::new(field, "is not a field of this request: remove it"));
        }
    });
    if let Err(problem) = &result {
        let path = track.path().to_string();
        unknown.push(fault(&path, &problem.to_string()));
    }
    match result {
        Ok(read) if unknown.is_empty() => Ok(read),
        _ => Err(ApiError::invalid(unknown)),
    }
}

/// A wrong field. What was given is left out where it may be a secret.
fn fault(path: &str, problem: &str) -> FieldError {
    let missing = problem.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    if let Some(field) = missing {
        let path = if path == "." { field.to_owned() } else { format!("{path}.{field}") };
        return FieldError::new(path, "is missing: it is required");
    }
    let lower = path.to_ascii_lowercase();
    if ["token", "password", "secret", "key"].iter().any(|word| lower.contains(word)) {
        return FieldError::new(shown(path), "has the wrong type; what was given is not repeated here");
    }
    FieldError::new(
        if path == "." { String::new() } else { shown(path) },
        problem.chars().take(300).collect::<String>(),
    )
}

/// A name from outside as a message may repeat it: not too long, nothing invisible.
fn shown(name: &str) -> String {
    name.chars().take(120).flat_map(char::escape_debug).collect()
}

/// The parameters after the `?`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        std::future::ready(read.map(|query| Query(query.into_inner())).map_err(|error| {
            let problem: String = error.to_string().chars().take(300).collect();
            ApiError::invalid(vec![FieldError::new("query", problem)])
        }))
    }
}

/// The number in the route's `{id}`.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub i64);

impl FromRequest for Id {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(id(request.match_info().query("id")).map(Id))
    }
}

/// An id as a number. One that is too large for any number of ours is simply not there.
///
/// # Errors
/// 422 for what is not a whole number, 404 for one beyond 63 bits.
pub fn id(text: &str) -> Result<i64, ApiError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::invalid(vec![FieldError::new("id", "is not a whole number")]));
    }
    text.parse().map_err(|_| ApiError::not_found("such id"))
}

/// A name as it is stored: without white space around it.
///
/// # Errors
/// What is wrong with it, as a fault of the field `name`.
pub fn name(given: &str) -> Result<String, FieldError> {
    text("name", given, 1, 100)
}

/// A description as it is stored.
///
/// # Errors
/// What is wrong with it, as a fault of the field `description`.
pub fn description(given: &str) -> Result<String, FieldError> {
    text("description", given, 0, 500)
}

/// A text as it is stored: without white space around it. Lines and tabs are only in one that may be empty.
///
/// # Errors
/// What is wrong with it, as a fault of that field.
pub fn text(field: &str, given: &str, min: usize, max: usize) -> Result<String, FieldError> {
    let text = given.trim();
    let length = text.chars().count();
    let control = |c: char| c.is_control() && !(min == 0 && matches!(c, '\n' | '\r' | '\t'));
    if length < min || length > max {
        Err(FieldError::new(field, format!("has {length} characters: give {min} to {max}")))
    } else if text.chars().any(control) {
        Err(FieldError::new(field, "holds a control character: remove it"))
    } else {
        Ok(text.to_owned())
    }
}

/// Gathers what is wrong with several fields.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// The value, or its fault is kept.
    pub fn keep<T>(&mut self, read: Result<T, FieldError>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }

    /// Keeps several.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = FieldError>) {
        self.0.extend(faults);
    }

    /// 422 when there were any.
    ///
    /// # Errors
    /// All that were kept.
    pub fn check(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.0)) }
    }
}

/// A configuration in a body: an object of settings, in lower or upper case.
pub type Settings = Map<String, Value>;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read to be refused")]
    struct Given {
        name: String,
        #[serde(default)]
        token_auth: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read to be refused")]
    struct Inner {
        count: u64,
    }

    fn refused(body: &str) -> Vec<(String, String)> {
        let error = read::<Given>(&Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
        let fault = |fault: &FieldError| (fault.field.clone(), fault.message.clone());
        error.body().errors.iter().map(fault).collect()
    }

    #[test]
    fn unknown_fields_are_named_wherever_they_are() {
        let told = refused(r#"{"name": "x", "colour": 1, "inner": {"count": 1, "size": 2}, "a\u0000b": 3}"#);
        let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["a\\0b", "colour", "inner.size"]);
    }

    #[test]
    fn a_wrong_field_is_named_and_a_secret_is_not_repeated() {
        for nothing in ["", " \n", "null", "{}"] {
            assert_eq!(refused(nothing)[0], ("name".to_owned(), "is missing: it is required".to_owned()));
        }
        assert_eq!(refused(r#"{"name": "x", "inner": {}}"#)[0].0, "inner.count");
        assert_eq!(refused(r#"{"name": "x", "inner": {"count": -1}}"#)[0].0, "inner.count");
        let told = refused(r#"{"name": "x", "token_auth": 123456789}"#);
        assert_eq!(told[0].0, "token_auth");
        assert!(!told[0].1.contains("123456789"));
    }

    #[test]
    fn what_is_no_object_is_refused_whole() {
        for body in ["[]", "1", "\"x\"", "{", "{} {}", "\u{feff}{}"] {
            assert!(read::<Given>(&Bytes::copy_from_slice(body.as_bytes())).is_err(), "{body}");
        }
    }

    #[test]
    fn an_id_beyond_64_bits_is_not_there() {
        assert_eq!(id("7").unwrap(), 7);
        assert_eq!(id("99999999999999999999").unwrap_err().code(), Code::NotFound);
        for wrong in ["", "-", "x", "1.5", "1e3", "٣"] {
            assert_eq!(id(wrong).unwrap_err().code(), Code::Invalid, "{wrong}");
        }
    }

    #[test]
    fn names_have_a_length_and_no_control_characters() {
        assert_eq!(name("  Größe ").unwrap(), "Größe");
        assert_eq!(name(&"ü".repeat(100)).unwrap().chars().count(), 100);
        for wrong in ["", " \t", &"x".repeat(101), "a\0b", "a\nb"] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(description(" two\nlines ").unwrap(), "two\nlines");
        assert!(description(&"x".repeat(501)).is_err());
    }
}

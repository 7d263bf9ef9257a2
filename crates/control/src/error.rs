//! One shape for every error that a client gets, and one list of the codes that it may act upon.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, for a program. The status follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is not HTTP as it should be.
    BadRequest,
    /// No `X-API-Key`.
    MissingKey,
    /// Not the key.
    WrongKey,
    /// The target is not one that this control plane may contact.
    TargetForbidden,
    /// There is no such thing.
    NotFound,
    /// The route does not know the method.
    MethodNotAllowed,
    /// There is one of that name already.
    NameTaken,
    /// It is built in and cannot be changed.
    ReadOnly,
    /// The container's state does not allow it.
    Conflict,
    /// The body is larger than this route takes.
    BodyTooLarge,
    /// The body is not JSON.
    NotJson,
    /// Something in the request is wrong; `errors` says what.
    Invalid,
    /// Too many requests; `Retry-After` says when to come again.
    RateLimited,
    /// A fault of ours; the log says more.
    Internal,
    /// The container engine did something unexpected.
    Engine,
    /// The container engine cannot be reached.
    EngineUnavailable,
    /// It took too long.
    Timeout,
}

impl Code {
    /// Every code, for documents and tests.
    pub const ALL: [Code; 17] = [
        Code::BadRequest,
        Code::MissingKey,
        Code::WrongKey,
        Code::TargetForbidden,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::NameTaken,
        Code::ReadOnly,
        Code::Conflict,
        Code::BodyTooLarge,
        Code::NotJson,
        Code::Invalid,
        Code::RateLimited,
        Code::Internal,
        Code::Engine,
        Code::EngineUnavailable,
        Code::Timeout,
    ];

    /// The HTTP status that goes with it.
    pub const fn status(self) -> StatusCode {
        match self {
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::MissingKey => StatusCode::UNAUTHORIZED,
            Code::WrongKey | Code::ReadOnly | Code::TargetForbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::NameTaken | Code::Conflict => StatusCode::CONFLICT,
            Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::NotJson | Code::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Code::Engine => StatusCode::BAD_GATEWAY,
            Code::EngineUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The code for an answer that a library made by itself.
    pub fn of_status(status: StatusCode) -> Code {
        match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
            status if status.is_client_error() => Code::BadRequest,
            _ => Code::Internal,
        }
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field as the request names it, for example `config.CONCURRENCY` or `line 7`.
    pub field: String,
    /// What was given, what is wrong with it, and what would be right. Never a secret.
    pub message: String,
}

impl FieldError {
    /// A fault of one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl From<settings::Finding> for FieldError {
    fn from(finding: settings::Finding) -> Self {
        Self { field: finding.field, message: finding.message }
    }
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// For a person: what happened and what to do.
    pub detail: String,
    /// For a program.
    pub code: Code,
    /// Every field that is wrong; empty when it is not about fields.
    pub errors: Vec<FieldError>,
}

/// An error on its way to the client.
#[derive(Debug, Clone)]
pub struct ApiError {
    body: Box<ErrorBody>,
    retry_after_s: Option<u64>,
}

impl ApiError {
    /// An error without fields.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::with_errors(code, detail, Vec::new())
    }

    /// An error that names fields.
    pub fn with_errors(code: Code, detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self { body: Box::new(ErrorBody { detail: detail.into(), code, errors }), retry_after_s: None }
    }

    /// 422: these fields are wrong. The detail is made of them.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.field.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.field, only.message),
            several => format!("{} fields are wrong; see errors", several.len()),
        };
        Self::with_errors(Code::Invalid, detail, errors)
    }

    /// 404.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("there is no {what}"))
    }

    /// 500: the cause goes to the log and not to the client, who could do nothing with it.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(Code::Internal, "something went wrong here; the log of the control plane says what")
    }

    /// 429, with the seconds after which a new try makes sense.
    pub fn rate_limited(detail: impl Into<String>, retry_after_s: u64) -> Self {
        let mut error = Self::new(Code::RateLimited, detail);
        error.retry_after_s = Some(retry_after_s.max(1));
        error
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.body.code
    }

    /// What the client gets.
    pub fn body(&self) -> &ErrorBody {
        &self.body
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.body.detail)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.body.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.body.code == Code::MissingKey {
            response.insert_header((header::WWW_AUTHENTICATE, "ApiKey"));
        }
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.json(&*self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_of_its_own() {
        let mut names: Vec<String> =
            Code::ALL.iter().map(|code| serde_json::to_string(code).unwrap()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().as_u16() >= 400));
    }

    #[test]
    fn a_single_fault_is_the_detail() {
        let error = ApiError::invalid(vec![FieldError::new("name", "is empty: give 1 to 100 characters")]);
        assert_eq!(error.to_string(), "name: is empty: give 1 to 100 characters");
    }
}

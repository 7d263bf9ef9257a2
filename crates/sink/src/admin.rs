//! Setting a running receiver up: sites, tokens, modes, faults. Guarded by a token that may do everything.

use std::sync::PoisonError;

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::fault::{FaultPlan, GRAMMAR};
use crate::route::Received;
use crate::server::Shared;
use crate::sites::{Modes, Setup, Site, TokenGrant};

/// `GET`, `POST` and `DELETE /sink/fault`. A plan is posted as plain text, or as `spec` in a form.
pub(crate) fn fault(received: &Received, shared: &Shared) -> Answer {
    if !shared.is_local && !is_super(received, shared) {
        return forbidden();
    }
    match received.method {
        Method::GET => {}
        Method::DELETE => shared.set_faults(FaultPlan::default()),
        Method::POST | Method::PUT => {
            let body = String::from_utf8_lossy(&received.body);
            let (params, _) = received.params();
            let plan = params.get("spec").map_or_else(|| body.trim().to_owned(), str::to_owned);
            match plan.parse() {
                Ok(plan) => shared.set_faults(plan),
                Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("{error}")),
            }
        }
        _ => return problem(StatusCode::METHOD_NOT_ALLOWED, "use GET, POST or DELETE"),
    }
    let plan = shared.faults();
    Answer::json(StatusCode::OK, &json!({"spec": plan.text(), "struck": plan.struck(), "grammar": GRAMMAR}))
}

/// `/sink/admin/...`.
pub(crate) async fn answer(received: &Received, shared: &Shared) -> Answer {
    if !is_super(received, shared) {
        return forbidden();
    }
    let Some(writer) = &shared.writer else {
        return problem(StatusCode::CONFLICT, "this receiver records nothing (--null)");
    };
    let registry = || shared.registry.read().unwrap_or_else(PoisonError::into_inner);
    let change = || shared.registry.write().unwrap_or_else(PoisonError::into_inner);
    let is_get = received.method == Method::GET;
    let done: Result<Value, String> = match (received.path.as_str(), is_get) {
        ("/sink/admin/sites", true) => Ok(json!(registry().sites().collect::<Vec<_>>())),
        ("/sink/admin/sites", false) => body::<Site>(received)
            .and_then(|site| change().put_site(site).map_err(|error| error.to_string()))
            .map(|id| json!({"id": id})),
        ("/sink/admin/tokens", false) => body::<TokenGrant>(received)
            .and_then(|token| change().put_token(token).map_err(|error| error.to_string()))
            .map(|()| json!({"done": true})),
        ("/sink/admin/setup", false) => body::<Setup>(received)
            .and_then(|setup| change().extend(setup).map_err(|error| error.to_string()))
            .map(|()| json!({"done": true})),
        ("/sink/admin/modes", true) => Ok(json!(registry().modes)),
        ("/sink/admin/modes", false) => body::<Modes>(received).map(|modes| {
            change().modes = modes;
            json!(modes)
        }),
        ("/sink/admin/reset", false) => match writer.reset().await {
            Ok(()) => Ok(json!({"done": true})),
            Err(stopped) => Err(stopped.to_string()),
        },
        _ => {
            return problem(
                StatusCode::NOT_FOUND,
                "sites, tokens, setup, modes and reset are under /sink/admin/",
            );
        }
    };
    match done {
        Ok(value) => {
            if !is_get && let Err(stopped) = writer.save_registry().await {
                return problem(StatusCode::SERVICE_UNAVAILABLE, &stopped.to_string());
            }
            Answer::json(StatusCode::OK, &value)
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &error),
    }
}

fn body<T: serde::de::DeserializeOwned>(received: &Received) -> Result<T, String> {
    serde_json::from_slice(&received.body)
        .map_err(|error| format!("the body is not the JSON that is needed: {error}"))
}

/// Whether the request has a super user's token, as `Authorization: Bearer` or in its parameters.
fn is_super(received: &Received, shared: &Shared) -> bool {
    let authorization = received.header(&header::AUTHORIZATION);
    let (params, _) = received.params();
    let token = authorization.strip_prefix("Bearer ").or_else(|| params.text("token_auth"));
    let registry = shared.registry.read().unwrap_or_else(PoisonError::into_inner);
    token.and_then(|token| registry.token(token)).is_some_and(|token| token.is_super)
}

fn forbidden() -> Answer {
    problem(
        StatusCode::UNAUTHORIZED,
        "this needs a super user's token: start the receiver with --token and send it as `Authorization: Bearer`",
    )
}

fn problem(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, &json!({"result": "error", "message": message}))
}

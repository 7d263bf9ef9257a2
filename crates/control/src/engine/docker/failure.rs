//! What a failed call means, in our words.

use bollard::{errors::Error, models::ContainerInspectResponse};
use serde_json::Value;

use crate::engine::{EngineError, EngineKind};

/// The longest piece of an engine's message that is passed on.
const LONGEST: usize = 400;

/// What the failure of this means.
pub(super) fn explain(doing: &str, error: Error) -> EngineError {
    match error {
        Error::DockerResponseServerError { status_code: 404, message } => {
            EngineError::Missing(format!("{}, while {doing}", short(&message)))
        }
        Error::DockerResponseServerError { status_code: 403, .. } => EngineError::Refused(format!(
            "{doing} is forbidden (status 403): permit it in the rules of the proxy before the engine"
        )),
        // What a proxy says when there is no engine behind it.
        Error::DockerResponseServerError { status_code: status @ (502..=504), .. } => {
            away(&format!("status {status}"))
        }
        Error::DockerResponseServerError { status_code, message } => {
            EngineError::Refused(format!("{doing} failed: {} (status {status_code})", short(&message)))
        }
        Error::RequestTimeoutError => {
            EngineError::Slow { engine: EngineKind::Docker, doing: doing.to_owned(), after: super::LONG }
        }
        Error::SocketNotFoundError(path) => {
            away(&format!("there is no socket {path}; is the engine up, and DOCKER_HOST right?"))
        }
        Error::UnsupportedURISchemeError { uri } => {
            away(&format!("DOCKER_HOST {uri:?} is neither unix:// nor tcp://"))
        }
        Error::IOError { err } => away(&io_problem(&err)),
        Error::HyperLegacyError { err } => away(&cause(&err)),
        Error::HyperResponseError { err } => away(&cause(&err)),
        other => EngineError::Refused(format!("{doing} failed: {}", short(&other.to_string()))),
    }
}

/// Reads a container whose state Docker has no word for, as Podman tells it for a moment, with the word that Docker has.
///
/// # Errors
/// The same one when that is not what is wrong.
pub(super) fn forgive_states(error: Error) -> Result<ContainerInspectResponse, Error> {
    let Error::JsonDataError { contents, .. } = &error else { return Err(error) };
    let read = || {
        let mut found: Value = serde_json::from_str(contents).ok()?;
        let status = found.pointer_mut("/State/Status")?;
        *status = match status.as_str()? {
            "configured" | "initialized" => "created",
            _ => "exited",
        }
        .into();
        // From text: some of bollard's types cannot be read from a value.
        serde_json::from_str(&found.to_string()).ok()
    };
    read().ok_or(error)
}

fn away(problem: &str) -> EngineError {
    EngineError::Away { engine: EngineKind::Docker, problem: problem.to_owned() }
}

/// The innermost cause, which says what the outer ones only wrap.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    match inner.downcast_ref::<std::io::Error>() {
        Some(error) => io_problem(error),
        None => short(&inner.to_string()),
    }
}

fn io_problem(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "the right to use its socket is missing: add this user to the group that owns it (group_add)"
                .to_owned()
        }
        _ => error.to_string(),
    }
}

/// A message in one line, of a bearable length.
fn short(message: &str) -> String {
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status_code: u16, message: &str) -> EngineError {
        explain("starting x", Error::DockerResponseServerError { status_code, message: message.to_owned() })
    }

    #[test]
    fn answers_are_told_apart() {
        assert!(matches!(answer(404, "No such container: x"), EngineError::Missing(_)));
        assert!(matches!(answer(503, "<html>no server is available</html>"), EngineError::Away { .. }));
        let EngineError::Refused(text) = answer(403, "<html>403 Forbidden</html>") else { panic!("refused") };
        assert!(text.contains("proxy") && !text.contains('<'), "{text}");
        let EngineError::Refused(text) = answer(500, &"very\nlong ".repeat(200)) else { panic!("refused") };
        assert!(text.len() < 500 && !text.contains('\n'), "{text}");
    }

    #[test]
    fn a_state_that_only_podman_knows_is_understood() {
        let told = |status: &str| {
            let contents = format!(r#"{{"Id": "x", "State": {{"Status": "{status}", "ExitCode": 3}}}}"#);
            Error::JsonDataError { message: String::new(), contents, column: 0 }
        };
        for (status, known) in [("stopped", "exited"), ("initialized", "created")] {
            let state = forgive_states(told(status)).unwrap().state.unwrap();
            assert_eq!((state.status.unwrap().to_string().as_str(), state.exit_code), (known, Some(3)));
        }
        assert!(forgive_states(Error::RequestTimeoutError).is_err());
    }

    #[test]
    fn an_engine_that_is_not_there_is_away() {
        let errors = [
            Error::SocketNotFoundError("/nowhere.sock".to_owned()),
            Error::IOError { err: std::io::Error::from(std::io::ErrorKind::ConnectionRefused) },
        ];
        for error in errors {
            assert!(matches!(explain("x", error), EngineError::Away { .. }));
        }
        let denied = Error::IOError { err: std::io::Error::from(std::io::ErrorKind::PermissionDenied) };
        assert!(explain("x", denied).to_string().contains("group_add"));
    }
}

//! `probe VARIABLE DEFAULT`: asks `/health` on the port that the variable names. Exits with 0 when all is well.

use std::{env, process::ExitCode};

use probe::{PATIENCE, Subject};

const USAGE: &str =
    "usage: probe VARIABLE DEFAULT, for example probe CONTROL_UI_PORT 8000; port 0 = nobody to ask";

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "the engine keeps what a health check prints")]
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [variable, default] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let Ok(default) = default.parse() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    #[allow(clippy::disallowed_methods, reason = "the edge: the port is told by the container's environment")]
    let value = env::var(variable).ok();
    let said = probe::subject(variable, value.as_deref(), default).and_then(|subject| match subject {
        Subject::Port(port) => probe::ask(port, PATIENCE),
        Subject::Nobody => Ok(format!("{variable} is 0: no port is open, and nobody to ask")),
    });
    match said {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

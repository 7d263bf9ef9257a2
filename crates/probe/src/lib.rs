//! Asks a program on the loopback interface for its `/health`.
//!
//! The images hold one program, no shell and no HTTP client. A health check still has to ask somebody: this does, with
//! nothing but the standard library, so that it stays small beside the program it watches.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// Long enough for a program that has much to do, and below the time that the engine gives a health check.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// A status line is far shorter.
const LONGEST_ANSWER: u64 = 4096;

/// What there is to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A port of loopback.
    Port(u16),
    /// No port is open. The program is the first process of its container: while that runs, so does the program.
    Nobody,
}

/// Why the program is not well, or why that cannot be known.
#[derive(Debug)]
pub enum Fault {
    /// The variable holds no port.
    Port {
        /// The variable.
        variable: String,
        /// What it holds.
        given: String,
    },
    /// No answer came.
    Silent(u16, io::Error),
    /// The answer was another than 200.
    Answer(String),
}

impl std::error::Error for Fault {}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port { variable, given } => {
                write!(f, "{variable}: {given:?} is no port; give a number from 0 to 65535")
            }
            Self::Silent(port, error) => write!(f, "127.0.0.1:{port}/health does not answer: {error}"),
            Self::Answer(line) => write!(f, "/health answered {line:?}"),
        }
    }
}

/// Whom to ask, by a variable's value. An unset one and an empty one mean the default.
///
/// # Errors
/// When the value is no port.
pub fn subject(variable: &str, value: Option<&str>, default: u16) -> Result<Subject, Fault> {
    let port = match value.map(str::trim).filter(|value| !value.is_empty()) {
        None => default,
        Some(value) => value
            .parse()
            .map_err(|_| Fault::Port { variable: variable.to_owned(), given: value.to_owned() })?,
    };
    Ok(if port == 0 { Subject::Nobody } else { Subject::Port(port) })
}

/// Asks, and returns the status line of a good answer.
///
/// # Errors
/// When nothing answers in time, and when the answer is not 200.
pub fn ask(port: u16, patience: Duration) -> Result<String, Fault> {
    let line = status_line(port, patience).map_err(|error| Fault::Silent(port, error))?;
    if line.split(' ').nth(1) == Some("200") { Ok(line) } else { Err(Fault::Answer(line)) }
}

fn status_line(port: u16, patience: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    let line = answer.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

//! The one place that lists the names of the variables.

use std::fmt::Write as _;

/// A variable of the control plane.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is when unset; empty = nothing.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
}

const fn variable(name: &'static str, default: &'static str, help: &'static str) -> Variable {
    Variable { name, default, help }
}

/// All of them.
pub const VARIABLES: [Variable; 21] = [
    variable(
        "CONTROL_UI_API_KEY",
        "",
        "The key that clients send as X-API-Key. Unset: a random one is made, kept and printed once.",
    ),
    variable("CONTROL_UI_API_KEY_FILE", "", "A file that holds the key; it wins over the variable."),
    variable("CONTROL_UI_HOST", "0.0.0.0", "The address to listen on."),
    variable("CONTROL_UI_PORT", "8000", "The port to listen on; 0 takes a free one."),
    variable(
        "CORS_ORIGINS",
        "",
        "Origins whose pages may call the API, separated by commas; * is any, and never with credentials.",
    ),
    variable(
        "TRUSTED_PROXIES",
        "",
        "Addresses or networks of reverse proxies, separated by commas: only theirs X-Forwarded-For and X-Forwarded-Proto \
         are believed.",
    ),
    variable("RATE_LIMITS", "on", "on or off; off only where something before this program limits clients."),
    variable(
        "DATA_DIR",
        "/app/data",
        "The folder shared with the load generator: its pages, events, funnels and state.",
    ),
    variable("CONFIG_DB_PATH", "DATA_DIR/control.db", "The SQLite file."),
    variable("ENGINE", "docker", "docker or process: what runs the load generator."),
    variable(
        "DOCKER_HOST",
        "unix:///var/run/docker.sock",
        "Where the engine listens: a Docker or Podman socket, or a filtering proxy before it.",
    ),
    variable("LOADGEN_CONTAINER_NAME", "matomo-loadgen", "The container that is started and stopped."),
    variable(
        "LOADGEN_IMAGE",
        "trafficinator/loadgen:latest",
        "The image that it is created from when it is missing.",
    ),
    variable(
        "LOADGEN_NETWORK",
        "",
        "The network that it is put on when it is created; empty = the engine's default.",
    ),
    variable(
        "LOADGEN_VOLUME",
        "",
        "The volume or folder of the host mounted at /app/data when it is created.",
    ),
    variable("LOADGEN_BINARY", "loadgen", "With ENGINE=process: the program to run."),
    variable(
        "START_SIGNAL_FILE",
        "DATA_DIR/loadgen.start",
        "The file that tells a waiting load generator to begin.",
    ),
    variable(
        "ALLOWED_TARGET_HOSTS",
        "",
        "Hosts that may be targets, separated by commas: example.com, *.example.com, 10.0.0.0/8. Empty = any.",
    ),
    variable(
        "PRIVATE_TARGETS",
        "allow",
        "allow or forbid: whether private, loopback and link-local addresses may be targets. ALLOWED_TARGET_HOSTS may name \
         exceptions.",
    ),
    variable("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR, of the control plane itself."),
    variable("LOG_FORMAT", "text", "text or json, of the control plane itself."),
];

/// The variables as the program's help shows them.
pub fn help() -> String {
    let mut text = String::from("Environment:\n");
    for Variable { name, default, help } in VARIABLES {
        let default = if default.is_empty() { String::new() } else { format!(" [default: {default}]") };
        // writing to a text cannot fail
        let _ = writeln!(text, "  {name}\n          {help}{default}");
    }
    text
}

//! What the control plane is told by its environment. The one place that lists the names; all faults are found at once.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    engine::{EngineKind, docker::DockerOptions, process::ProcessOptions},
    error::FieldError,
    targets::Targets,
};

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

/// Keys that stand in examples, so that everybody knows them.
const WELL_KNOWN_KEYS: [&str; 8] = [
    "change-me-in-production",
    "change-me",
    "changeme",
    "your-secret-key",
    "your-secure-api-key-here",
    "secret",
    "test",
    "admin",
];

/// What the control plane was told, valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The key; `None` = one of its own, kept in the data directory.
    pub api_key: Option<SecretString>,
    /// Whose pages may call it.
    pub cors: Cors,
    /// Whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether requests are limited per client and route.
    pub rate_limits: bool,
    /// The folder shared with the load generator.
    pub data_dir: PathBuf,
    /// The SQLite file.
    pub db_path: PathBuf,
    /// What runs the load generator.
    pub engine: EngineConfig,
    /// What may be a target.
    pub targets: Targets,
    /// How the control plane logs.
    pub log: LogConfig,
}

/// `CORS_ORIGINS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cors {
    /// No other page.
    Closed,
    /// Any page, without credentials.
    Any,
    /// The pages of these origins.
    Origins(Vec<String>),
}

/// What runs the load generator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// `ENGINE`.
    pub kind: EngineKind,
    /// `DOCKER_HOST`.
    pub docker_host: String,
    /// `LOADGEN_CONTAINER_NAME`.
    pub container: String,
    /// `LOADGEN_IMAGE`.
    pub image: String,
    /// `LOADGEN_NETWORK`.
    pub network: Option<String>,
    /// `LOADGEN_VOLUME`.
    pub volume: Option<String>,
    /// `LOADGEN_BINARY`.
    pub binary: PathBuf,
    /// `START_SIGNAL_FILE`.
    pub start_signal_file: PathBuf,
}

/// How the control plane logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    /// `LOG_LEVEL`.
    pub level: tracing::Level,
    /// `LOG_FORMAT` is json.
    pub json: bool,
}

/// Why the control plane cannot start: every wrong variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Never empty.
    pub errors: Vec<FieldError>,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}: {}", error.field, error.message)?;
        }
        Ok(())
    }
}

impl Config {
    /// Reads the variables; `read_file` gives a file's text, or says why there is none.
    ///
    /// # Errors
    /// Every variable that is wrong, with what would be right.
    pub fn from_vars(
        vars: &BTreeMap<String, String>,
        read_file: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Config, ConfigError> {
        let mut reader = Reader { vars, errors: Vec::new() };
        let host = reader.parsed("CONTROL_UI_HOST", IpAddr::from(Ipv4Addr::UNSPECIFIED), "an IP address");
        let port = reader.parsed("CONTROL_UI_PORT", 8000, "a port from 0 to 65535");
        let data_dir = PathBuf::from(reader.text("DATA_DIR").unwrap_or("/app/data"));
        let path = |given: Option<&str>, file: &str| given.map_or_else(|| data_dir.join(file), PathBuf::from);
        let config = Config {
            listen: SocketAddr::new(host, port),
            api_key: reader.api_key(host, read_file),
            cors: reader.cors(),
            trusted_proxies: reader.list(
                "TRUSTED_PROXIES",
                network,
                "addresses or networks such as 10.0.0.0/8",
            ),
            rate_limits: reader.choice("RATE_LIMITS", &[("on", true), ("off", false)]),
            db_path: path(reader.text("CONFIG_DB_PATH"), "control.db"),
            engine: EngineConfig {
                kind: reader
                    .choice("ENGINE", &[("docker", EngineKind::Docker), ("process", EngineKind::Process)]),
                docker_host: reader.text("DOCKER_HOST").unwrap_or("unix:///var/run/docker.sock").to_owned(),
                container: reader.container_name(),
                image: reader.text("LOADGEN_IMAGE").unwrap_or("trafficinator/loadgen:latest").to_owned(),
                network: reader.text("LOADGEN_NETWORK").map(str::to_owned),
                volume: reader.text("LOADGEN_VOLUME").map(str::to_owned),
                binary: PathBuf::from(reader.text("LOADGEN_BINARY").unwrap_or("loadgen")),
                start_signal_file: path(reader.text("START_SIGNAL_FILE"), "loadgen.start"),
            },
            targets: Targets {
                allowed: reader.list(
                    "ALLOWED_TARGET_HOSTS",
                    |text| text.parse().ok(),
                    "hosts such as example.com, *.example.com or 10.0.0.0/8",
                ),
                private: reader.choice("PRIVATE_TARGETS", &[("allow", true), ("forbid", false)]),
            },
            log: LogConfig {
                level: reader.choice(
                    "LOG_LEVEL",
                    &[
                        ("INFO", tracing::Level::INFO),
                        ("DEBUG", tracing::Level::DEBUG),
                        ("WARNING", tracing::Level::WARN),
                        ("ERROR", tracing::Level::ERROR),
                    ],
                ),
                json: reader.choice("LOG_FORMAT", &[("text", false), ("json", true)]),
            },
            data_dir,
        };
        if reader.errors.is_empty() { Ok(config) } else { Err(ConfigError { errors: reader.errors }) }
    }

    /// What the Docker engine is told.
    pub fn docker_options(&self) -> DockerOptions {
        DockerOptions {
            host: self.engine.docker_host.clone(),
            image: self.engine.image.clone(),
            network: self.engine.network.clone(),
            volume: self.engine.volume.clone(),
            data_dir: self.data_dir.clone(),
        }
    }

    /// What the process engine is told.
    pub fn process_options(&self) -> ProcessOptions {
        ProcessOptions {
            data_dir: self.data_dir.clone(),
            binary: self.engine.binary.clone(),
            start_signal_file: self.engine.start_signal_file.clone(),
        }
    }

    /// The file of that name in the folder shared with the load generator.
    pub fn data_file(&self, name: &str) -> PathBuf {
        self.data_dir.join(name)
    }
}

/// Variables being read, and what was wrong with them so far.
struct Reader<'a> {
    vars: &'a BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// The value; unset and empty are alike.
    fn text(&self, name: &str) -> Option<&'a str> {
        self.vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn refuse(&mut self, name: &str, given: &str, wanted: &str) {
        self.errors.push(FieldError::new(name, format!("{given:?} does not do: give {wanted}")));
    }

    fn parsed<T: FromStr>(&mut self, name: &str, default: T, wanted: &str) -> T {
        match self.text(name).map(|text| (text, text.parse())) {
            None => default,
            Some((_, Ok(value))) => value,
            Some((text, Err(_))) => {
                self.refuse(name, text, wanted);
                default
            }
        }
    }

    /// One of several words, in any case; the first is the default.
    fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return choices[0].1 };
        if let Some((_, value)) = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.refuse(name, text, &words.join(" or "));
        choices[0].1
    }

    fn list<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>, wanted: &str) -> Vec<T> {
        let mut list = Vec::new();
        for text in
            self.text(name).unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty())
        {
            match read(text) {
                Some(value) => list.push(value),
                None => self.refuse(name, text, wanted),
            }
        }
        list
    }

    fn cors(&mut self) -> Cors {
        if self.text("CORS_ORIGINS") == Some("*") {
            return Cors::Any;
        }
        let origins = self.list(
            "CORS_ORIGINS",
            |text| {
                let url = url::Url::parse(text).ok()?;
                let is_origin = matches!(url.scheme(), "http" | "https") && url.path() == "/";
                (is_origin && url.query().is_none()).then(|| url.origin().ascii_serialization())
            },
            "origins such as https://example.com, or * alone for any",
        );
        if origins.is_empty() { Cors::Closed } else { Cors::Origins(origins) }
    }

    fn container_name(&mut self) -> String {
        let name = self.text("LOADGEN_CONTAINER_NAME").unwrap_or("matomo-loadgen");
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(rest) {
            self.refuse(
                "LOADGEN_CONTAINER_NAME",
                name,
                "letters, digits, _ . and -, the first a letter or digit",
            );
        }
        name.to_owned()
    }

    fn api_key(
        &mut self,
        host: IpAddr,
        read_file: &dyn Fn(&str) -> Result<String, String>,
    ) -> Option<SecretString> {
        let (name, key) = match self.text("CONTROL_UI_API_KEY_FILE") {
            Some(path) => match read_file(path) {
                Ok(text) => ("CONTROL_UI_API_KEY_FILE", text),
                Err(why) => {
                    let message = format!("{path:?} cannot be read, {why}: give a file that holds the key");
                    self.errors.push(FieldError::new("CONTROL_UI_API_KEY_FILE", message));
                    return None;
                }
            },
            None => ("CONTROL_UI_API_KEY", self.vars.get("CONTROL_UI_API_KEY")?.clone()),
        };
        let key = SecretString::from(key.trim());
        match refusal(key.expose_secret(), host) {
            // an unset variable is passed on as an empty one by compose files
            _ if name == "CONTROL_UI_API_KEY" && key.expose_secret().is_empty() => None,
            None => Some(key),
            Some(message) => {
                self.errors.push(FieldError::new(name, message));
                None
            }
        }
    }
}

/// What is wrong with a key. The key itself is not repeated.
fn refusal(key: &str, host: IpAddr) -> Option<&'static str> {
    if key.is_empty() {
        return Some(
            "holds no key: write one into the file, for example the output of `openssl rand -hex 32`",
        );
    }
    if key.chars().any(char::is_control) {
        return Some(
            "holds more than one line or a control character: give one line of printable characters",
        );
    }
    let known = WELL_KNOWN_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key));
    (known && !host.is_loopback()).then_some(
        "is a key that everybody knows from examples: give one of your own, for example the output of \
         `openssl rand -hex 32`, leave it unset to have one made, or set CONTROL_UI_HOST=127.0.0.1",
    )
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::from_vars(&vars, &|path| match path {
            "/key" => Ok("from the file\n".to_owned()),
            "/empty" => Ok("\n".to_owned()),
            _ => Err("not found".to_owned()),
        })
    }

    fn wrong(vars: &[(&str, &str)]) -> Vec<String> {
        read(vars).unwrap_err().errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "0.0.0.0:8000");
        assert!(config.api_key.is_none());
        assert_eq!(config.cors, Cors::Closed);
        assert_eq!(config.db_path, PathBuf::from("/app/data/control.db"));
        assert_eq!(config.engine.container, "matomo-loadgen");
        assert_eq!(config.engine.start_signal_file, PathBuf::from("/app/data/loadgen.start"));
        assert!(config.rate_limits && config.targets == Targets::default());
    }

    #[test]
    fn the_documented_defaults_are_the_real_ones() {
        let documented: Vec<(&str, &str)> = VARIABLES
            .iter()
            .map(|variable| (variable.name, variable.default))
            .filter(|(_, default)| !default.is_empty() && !default.starts_with("DATA_DIR/"))
            .collect();
        assert_eq!(format!("{:?}", read(&documented).unwrap()), format!("{:?}", read(&[]).unwrap()));
    }

    #[test]
    fn empty_is_unset() {
        let empty: Vec<(&str, &str)> = VARIABLES.iter().map(|variable| (variable.name, " ")).collect();
        assert_eq!(format!("{:?}", read(&empty).unwrap()), format!("{:?}", read(&[]).unwrap()));
    }

    #[test]
    fn a_key_comes_from_a_file_first() {
        let key = |vars: &[(&str, &str)]| read(vars).unwrap().api_key.unwrap().expose_secret().to_owned();
        assert_eq!(
            key(&[("CONTROL_UI_API_KEY", "mine"), ("CONTROL_UI_API_KEY_FILE", "/key")]),
            "from the file"
        );
        assert_eq!(key(&[("CONTROL_UI_API_KEY", " mine ")]), "mine");
        for file in ["/empty", "/nowhere"] {
            assert_eq!(wrong(&[("CONTROL_UI_API_KEY_FILE", file)]), ["CONTROL_UI_API_KEY_FILE"]);
        }
    }

    #[test]
    fn a_bad_key_is_refused_and_not_repeated() {
        for key in ["change-me-in-production", "two\nlines", "SECRET"] {
            let error = read(&[("CONTROL_UI_API_KEY", key)]).unwrap_err();
            assert_eq!(error.errors[0].field, "CONTROL_UI_API_KEY");
            assert!(!error.to_string().contains(key), "{error}");
        }
        assert!(read(&[("CONTROL_UI_API_KEY", "test"), ("CONTROL_UI_HOST", "::1")]).is_ok());
    }

    #[test]
    fn lists_are_read_whole() {
        let config = read(&[
            ("CORS_ORIGINS", "https://A.example , http://b.example:8080"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1, ::1"),
            ("ALLOWED_TARGET_HOSTS", "m.example,*.n.example"),
        ])
        .unwrap();
        let origins = ["https://a.example", "http://b.example:8080"].map(str::to_owned).to_vec();
        assert_eq!(config.cors, Cors::Origins(origins));
        assert_eq!(config.trusted_proxies.len(), 3);
        assert_eq!(config.targets.allowed.len(), 2);
        assert_eq!(read(&[("CORS_ORIGINS", "*")]).unwrap().cors, Cors::Any);
        assert_eq!(wrong(&[("CORS_ORIGINS", "*,https://a.example")]), ["CORS_ORIGINS"]);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let config = read(&[("CONTROL_UI_API_KEY", "a key of mine")]).unwrap();
        assert!(!format!("{config:?}").contains("a key of mine"));
    }
}

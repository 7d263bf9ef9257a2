//! What the control plane is told by its environment: all faults are found at once.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;
use secrecy::SecretString;

use crate::{
    engine::{EngineKind, docker::DockerOptions, process::ProcessOptions},
    error::FieldError,
    targets::Targets,
};

mod reader;
mod variables;

use reader::{Reader, network};
pub use variables::{VARIABLES, Variable, help};

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
        let mut reader = Reader::new(vars);
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

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

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

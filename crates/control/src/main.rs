//! The control plane as a program: read the environment, open the store, serve until the signal, end.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use control::{
    Config, Store,
    config::LogConfig,
    engine::{Engine, EngineKind, docker::DockerEngine, process::ProcessEngine},
};
use secrecy::ExposeSecret as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Runs the load generator of Trafficinator from an API and a web page.
#[derive(Debug, Parser)]
#[command(version, about, after_help = control::config::help())]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM (what is done without a command)
    Serve,
    /// Write a copy of the database, also while it is in use
    Backup {
        /// Where to; there must be no such file yet
        file: PathBuf,
    },
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
    /// Ask the control plane of this environment whether it is well: for a container's healthcheck
    Healthcheck,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut message = error.chain().map(ToString::to_string).collect::<Vec<_>>();
            // a cause that its error has repeated already says nothing new
            message.dedup_by(|cause, error| error.contains(cause.as_str()));
            writeln!(io::stderr(), "control: {}", message.join(": ")).ok();
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    if matches!(args.command, Some(Command::Openapi)) {
        return say(control::openapi::text().trim_end());
    }
    let vars: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let read_file = |path: &str| fs::read_to_string(path).map_err(|error| error.kind().to_string());
    let config = Config::from_vars(&vars, &read_file)?;
    match args.command {
        Some(Command::Backup { file }) => Ok(Store::open(&config.db_path)?.backup(&file).await?),
        Some(Command::Healthcheck) => healthcheck(config.listen).await,
        _ => serve(config).await,
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    start_log(config.log);
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    if let Some(folder) = config.db_path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let store = Store::open(&config.db_path)?;
    let engine = engine(&config)?;
    let application = control::build(config, engine, store).await?;
    if let Some(key) = &application.new_key {
        say(&format!("API key (shown this once): {}", key.expose_secret()))?;
    }
    // Others wait for this line to learn the port.
    say(&format!("listening on {}", application.url()))?;
    let signalled = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    application.run(signalled).await.context("the server failed")
}

fn engine(config: &Config) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(match config.engine.kind {
        EngineKind::Docker => Arc::new(DockerEngine::new(config.docker_options())),
        EngineKind::Process => Arc::new(ProcessEngine::new(&config.process_options())?),
    })
}

fn start_log(log: LogConfig) {
    // Other crates' debugging output may hold what must not be shown.
    let filter = EnvFilter::new(format!("warn,control={},audit=info", log.level));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if log.json { subscriber.json().init() } else { subscriber.init() }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to stdout")
}

async fn healthcheck(listen: SocketAddr) -> anyhow::Result<()> {
    let address: IpAddr = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let url = format!("http://{}/health", SocketAddr::new(address, listen.port()));
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build()?;
    let status = client.get(&url).send().await.context("the control plane does not answer")?.status();
    // Too many questions are answered, too: whoever counts them is alive.
    if !status.is_success() && status != reqwest::StatusCode::TOO_MANY_REQUESTS {
        bail!("the control plane answers {status}");
    }
    Ok(())
}

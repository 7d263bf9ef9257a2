//! The receiver as a program: parse, start, say where, run until the signal, write what is pending, end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// A Matomo-compatible receiver: answers trackers as a Matomo does and keeps what it recorded in SQLite.
#[derive(Debug, Parser)]
#[command(version, about, after_help = help())]
struct Args {
    /// Where to listen; port 0 takes a free one, printed at the start
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The SQLite file; without it, rows live in a temporary directory that is removed at the end
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// A token with super-user rights
    #[arg(long, env = "SINK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Time zone of site 1 [default: what the database has, or UTC]
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,
    /// More sites and tokens, and the modes to start in, as JSON
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What goes wrong, from the start (the grammar is below)
    #[arg(long, value_name = "PLAN", default_value = "")]
    fault: String,
    /// Only answer, record nothing: a target for benchmarks
    #[arg(long)]
    null: bool,
    /// Threads that serve connections [default: 1, with --null one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Largest body, in bytes; a larger one is answered 413
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    body_limit: usize,
    /// Do not keep the parameters of every hit (GET /sink/hits then shows none)
    #[arg(long)]
    no_params: bool,
}

fn help() -> String {
    format!(
        "Example: sink --listen 127.0.0.1:8090 --db hits.sqlite --token secret\n\nFaults\n{}",
        sink::GRAMMAR
    )
}

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(if args.null { cores } else { 1 }).max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    match runtime.context("cannot start the runtime").and_then(|runtime| runtime.block_on(run(args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes in one line, as far as it does not tell them itself.
fn told(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

async fn run(args: Args) -> anyhow::Result<()> {
    let setup = match &args.config {
        None => sink::Setup::default(),
        Some(file) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            serde_json::from_str(&text)
                .with_context(|| format!("{} is not the JSON that is needed", file.display()))?
        }
    };
    let config = sink::Config {
        listen: args.listen,
        db: args.db,
        token: args.token,
        time_zone: args.time_zone,
        setup,
        faults: args.fault,
        null: args.null,
        body_limit: args.body_limit,
        keep_params: !args.no_params,
        ..sink::Config::default()
    };
    let sink = sink::start(config).await?;
    // Others wait for this line to learn the port.
    let mut out = std::io::stdout();
    writeln!(out, "listening on {}", sink.url())
        .and_then(|()| out.flush())
        .context("cannot write to stdout")?;
    stop_signal().await?;
    tracing::info!("stopping: finishing open requests and writing what is pending");
    sink.shutdown().await;
    Ok(())
}

async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

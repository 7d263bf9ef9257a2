//! The commands: each reads its input, does its work, prints, and says how it ended.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what these commands print is what they are for"
)]

mod capacity;
mod plan;
mod runs;
mod validate;
mod verify;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;
use settings::{Parsed, Settings};

use crate::cli::{
    Action, Cli, EXIT_CONFIG, EXIT_NO, EXIT_SOFTWARE, EXIT_UNAVAILABLE, RunArgs, SettingFlags, SettingsArgs,
};
use crate::clock::Clock;
use crate::{content, log, run};

/// Does what the command line says.
pub fn dispatch(cli: Cli) -> ExitCode {
    let clock = Clock::start();
    match cli.command.unwrap_or(Action::Run(Box::new(cli.run))) {
        Action::Run(args) => generate(&args, clock),
        Action::Plan(args) => plan::print(&args, clock),
        Action::Validate(args) => validate::check(&args, clock),
        Action::Verify(args) => verify::prove(&args, clock),
        Action::Capacity(args) => capacity::find(&args, clock),
        Action::Runs(args) => runs::list(&args),
        Action::Report(args) => runs::report(&args),
        Action::Compare(args) => runs::compare(&args),
        Action::Settings(args) => explain(&args),
        Action::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "loadgen", &mut script);
            print(&script)
        }
        Action::Man => {
            let mut page = Vec::new();
            match clap_mangen::Man::new(Cli::command()).render(&mut page) {
                Ok(()) => print(&page),
                Err(error) => internal(&error.into()),
            }
        }
    }
}

fn generate(args: &RunArgs, clock: Clock) -> ExitCode {
    let variables = environment(&args.settings);
    let Parsed { settings, warnings } = match parse(&variables, clock) {
        Ok(parsed) => parsed,
        Err(lines) => return refuse(&lines),
    };
    log::start(&settings.process);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let content = match content::load(&settings) {
        Ok(content) => Arc::new(content),
        Err(lines) => return refuse(&lines),
    };
    if let Some(path) = &args.summary_json
        && let Err(error) = touch(path)
    {
        return refuse(&[format!(
            "--summary-json: cannot write {}: {error}; name a file in a folder that exists",
            path.display()
        )]);
    }
    let report = match run::run(run::Order {
        settings,
        content,
        visits: args.visits,
        given: given(&variables),
        clock,
    }) {
        Ok(report) => report,
        Err(error) => return refuse(&[format!("{error:#}")]),
    };
    print(report::summary_table(&report).as_bytes());
    if let Some(path) = &args.summary_json {
        let json = serde_json::to_vec_pretty(&report).expect("a report has only string keys");
        if let Err(error) = std::fs::write(path, json) {
            return internal(&anyhow::anyhow!("--summary-json: cannot write {}: {error}", path.display()));
        }
    }
    if run::reached_nobody(&report) {
        tracing::error!(
            "the target answered nothing during the whole run; is MATOMO_URL right and the target up?"
        );
        return ExitCode::from(EXIT_UNAVAILABLE);
    }
    if report.judgements.iter().any(|judgement| judgement.held == Some(false)) {
        tracing::error!("a threshold was broken: THRESHOLDS names the limits, the summary what was observed");
        return ExitCode::from(EXIT_NO);
    }
    ExitCode::SUCCESS
}

fn explain(args: &SettingsArgs) -> ExitCode {
    let text = if args.json {
        format!("{:#}\n", settings::render::json())
    } else if args.env {
        settings::render::env_example()
    } else {
        settings::render::markdown()
    };
    print(text.as_bytes())
}

/// The process environment with the flags laid over it.
#[allow(clippy::disallowed_methods, reason = "the edge: this is where the environment comes in")]
fn environment(flags: &SettingFlags) -> BTreeMap<String, String> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).chain(flags.0.clone()).collect()
}

/// The settings among the variables, as they may be shown.
fn given(variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let ours = settings::definitions().iter().filter_map(|definition| {
        let value = variables.get(definition.name)?;
        Some((definition.name.to_owned(), value.clone()))
    });
    settings::mask(&ours.collect())
}

fn parse(variables: &BTreeMap<String, String>, clock: Clock) -> Result<Parsed, Vec<String>> {
    let read_file = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let context = settings::Context { now: clock.now(), read_file: &read_file };
    settings::parse(variables, &context)
        .map_err(|rejected| rejected.errors.iter().map(ToString::to_string).collect())
}

/// Every fault on a line of its own, and nothing is started.
fn refuse(lines: &[String]) -> ExitCode {
    for line in lines {
        eprintln!("error: {line}");
    }
    eprintln!(
        "{} to correct; nothing was sent. `loadgen settings` explains every setting.",
        faults(lines.len())
    );
    ExitCode::from(EXIT_CONFIG)
}

fn faults(count: usize) -> String {
    if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") }
}

fn internal(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(EXIT_SOFTWARE)
}

/// Writes to standard output. A reader that has gone away (`| head`) is no error.
fn print(bytes: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => internal(&error.into()),
    }
}

fn touch(path: &Path) -> std::io::Result<()> {
    std::fs::File::options().create(true).append(true).open(path).map(drop)
}

/// Settings of a command that sends nothing and so needs neither target nor token.
fn parse_without_target(flags: &SettingFlags, clock: Clock) -> Result<Settings, Vec<String>> {
    let mut variables = environment(flags);
    let mut fill = |name: &str, value: &str| {
        let slot = variables.entry(name.to_owned()).or_default();
        if slot.is_empty() {
            value.clone_into(slot);
        }
    };
    fill("MATOMO_URL", "http://matomo.invalid/matomo.php");
    fill("MATOMO_TOKEN_AUTH", "not-needed-to-plan");
    parse(&variables, clock).map(|parsed| parsed.settings)
}

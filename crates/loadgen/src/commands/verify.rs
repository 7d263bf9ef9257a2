//! `loadgen verify`: what a run should have left in the reports, beside what is there.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use proof::{Proof, Question, Runs, VerifyError, verify};
use settings::Settings;

use super::{environment, parse, print, refuse};
use crate::cli::{EXIT_CONFIG, EXIT_NO, EXIT_UNAVAILABLE, ProofFormat, VerifyArgs};
use crate::clock::Clock;
use crate::{log, reporting};

/// One report of a busy site may take long to be archived.
const PATIENCE: Duration = Duration::from_mins(5);

/// Settings that say how to reach the run's target. The others are the run's own business.
const NEEDED: [&str; 10] = [
    "MATOMO_URL",
    "MATOMO_SITE_ID",
    "MATOMO_TOKEN_AUTH",
    "MATOMO_TOKEN_AUTH_FILE",
    "STATE_DIR",
    "TIMEZONE",
    "TLS_CA_FILE",
    "TLS_INSECURE",
    "LOG_LEVEL",
    "LOG_FORMAT",
];

pub(super) fn prove(args: &VerifyArgs, clock: Clock) -> ExitCode {
    let variables = environment(&args.settings);
    let state_dir = variables.get("STATE_DIR").filter(|dir| !dir.is_empty());
    let usual = settings::definition("STATE_DIR").map_or("", |definition| definition.default);
    let state_dir = state_dir.map_or(usual, String::as_str).to_owned();
    let runs = Runs::of_state_dir(Path::new(&state_dir));
    let (folder, record) = match runs.open(&args.run).and_then(|folder| Ok((folder.record()?, folder))) {
        Ok((record, folder)) => (folder, record),
        Err(error) => return refuse(&[format!("--run: {error}")]),
    };
    let mut wanted = record.settings.clone();
    wanted.extend(variables);
    wanted.retain(|name, value| NEEDED.contains(&name.as_str()) && !value.contains(settings::MASK));
    // Nothing is sent, and no country with it.
    wanted.insert("RANDOMIZE_VISITOR_COUNTRIES".to_owned(), "false".to_owned());
    let settings = match parse(&wanted, clock) {
        Ok(parsed) => parsed.settings,
        Err(lines) => return refuse(&lines),
    };
    log::start(&settings.process);
    if settings.target.site_id != record.site_id {
        let (given, of_run) = (settings.target.site_id, record.site_id);
        return refuse(&[format!("MATOMO_SITE_ID: {given} given, and the run was against site {of_run}")]);
    }
    match ask(&runs, &folder, &settings, args.wait, clock) {
        Ok(proof) => {
            print(shown(&proof, args.format).as_bytes());
            if proof.proved { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) }
        }
        Err(error) => {
            tracing::error!("{error:#}");
            match error.downcast_ref::<VerifyError>() {
                Some(VerifyError::Target(_)) => ExitCode::from(EXIT_UNAVAILABLE),
                Some(VerifyError::Zone { .. }) => ExitCode::from(EXIT_NO),
                _ => ExitCode::from(EXIT_CONFIG),
            }
        }
    }
}

fn ask(
    runs: &Runs,
    folder: &proof::RunFolder,
    settings: &Settings,
    wait_s: u64,
    clock: Clock,
) -> anyhow::Result<Proof> {
    let client = reporting::client(settings, PATIENCE)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wait = Duration::from_secs(wait_s);
    let question = Question { runs, folder, client: &client, wait, now: clock.now() };
    let proof = runtime.block_on(verify(question))?;
    folder.write_proof(&proof)?;
    Ok(proof)
}

fn shown(proof: &Proof, format: ProofFormat) -> String {
    match format {
        ProofFormat::Text => proof::text(proof),
        ProofFormat::Markdown => proof::markdown(proof),
        ProofFormat::Json => {
            serde_json::to_string_pretty(proof).expect("a proof has only string keys") + "\n"
        }
    }
}

//! Runs with settings drawn at random, each against a receiver of its own: what holds must hold for settings that nobody
//! thought of.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use super::{
    dice::Dice,
    draw::{Drawn, Ending, draw},
    verify,
};
use crate::{
    clock::{Stopwatch, now},
    generator::{Programs, Run, without_settings},
    say, signals,
    target::{LOCAL_TOKEN, Sink},
};

/// So many draws in a row that the load generator refuses are too many.
const MOST_REFUSED: u32 = 50;

/// So many lines that differ are shown.
const MOST_LINES: usize = 20;

/// What all cases come to.
#[derive(Debug, Default)]
struct Totals {
    cases: u64,
    refused: u64,
    figures: u64,
    exact: u64,
    possible: u64,
    failed: Vec<String>,
}

/// What one case comes to.
struct Outcome {
    figures: u64,
    exact: u64,
    possible: u64,
}

/// Draws and proves `count` cases; the first has the seed `seed`, the next one `seed + 1`.
///
/// # Errors
/// When a figure of any case is not as it should be, with the seeds of all that failed.
pub(super) fn run(programs: &Programs, count: u64, seed: u64) -> anyhow::Result<()> {
    say::heading(&format!("{count} random cases, seed {seed}"));
    let mut totals = Totals::default();
    for number in 0..count {
        let seed = seed.wrapping_add(number);
        case(programs, seed, &mut totals)?;
        signals::check()?;
    }
    let Totals { cases, refused, figures, exact, possible, failed } = &totals;
    say::line(format!(
        "{cases} cases, {refused} draws refused: {figures} figures compared, {exact} exact, {possible} possible where hits were \
         in doubt, {} cases failed",
        failed.len()
    ));
    ensure!(failed.is_empty(), "failed; each can be repeated alone:\n  {}", failed.join("\n  "));
    Ok(())
}

fn case(programs: &Programs, seed: u64, totals: &mut Totals) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut dice = Dice::new(seed);
    let mut refused = 0;
    let drawn = loop {
        let mut drawn = draw(&mut dice, now());
        write_files(&mut drawn, folder.path())?;
        match fault_of(&programs.loadgen, &drawn)? {
            None => break drawn,
            Some(fault) => {
                refused += 1;
                ensure!(
                    refused < MOST_REFUSED,
                    "seed {seed}: {refused} draws in a row are refused, the last with: {fault}"
                );
            }
        }
    };
    totals.cases += 1;
    totals.refused += u64::from(refused);
    let watch = Stopwatch::start();
    match prove(programs, &drawn, folder.path()) {
        Ok(outcome) => {
            totals.figures += outcome.figures;
            totals.exact += outcome.exact;
            totals.possible += outcome.possible;
            say::line(format!(
                "    seed {seed}: {} of {} figures exact, {} ({})",
                outcome.exact,
                outcome.figures,
                in_short(&drawn),
                say::duration(watch.elapsed())
            ));
        }
        Err(error) => {
            signals::check()?;
            let kept = folder.keep();
            say::line(format!("    seed {seed} FAILED: {error:#}"));
            say::line(described(&drawn, &kept));
            totals.failed.push(format!("cargo xtask prove --random 1 --seed {seed}"));
        }
    }
    Ok(())
}

/// Writes the content files and names them in the settings: three have settings of their own, the others lie in a folder.
fn write_files(drawn: &mut Drawn, folder: &Path) -> anyhow::Result<()> {
    let content = folder.join("content");
    // Of a draw before, which was refused.
    let _ = fs::remove_dir_all(&content);
    fs::create_dir_all(&content)?;
    let shown = |path: PathBuf| path.to_string_lossy().into_owned();
    for (name, text) in &drawn.files {
        fs::write(content.join(name), text)?;
        let own = match *name {
            "urls.txt" => "URLS_FILE",
            "events.json" => "EVENTS_FILE",
            "funnels.json" => "FUNNEL_CONFIG_PATH",
            _ => "CONTENT_DIR",
        };
        let path = if own == "CONTENT_DIR" { content.clone() } else { content.join(name) };
        drawn.settings.insert(own, shown(path));
    }
    fs::write(folder.join("sink.json"), json!({"sites": [drawn.site]}).to_string())?;
    Ok(())
}

/// What the load generator has against a case, before anything is sent; `None` when it takes it.
fn fault_of(loadgen: &Path, drawn: &Drawn) -> anyhow::Result<Option<String>> {
    let mut command = Command::new(loadgen);
    without_settings(&mut command);
    command.args(["validate", "--skip-connection"]).env("MATOMO_URL", "http://127.0.0.1/matomo.php");
    if !drawn.is_anonymous {
        command.env("MATOMO_TOKEN_AUTH", LOCAL_TOKEN);
    }
    let output = command.envs(&drawn.settings).output().context("cannot start the load generator")?;
    match output.status.code() {
        Some(0) => Ok(None),
        Some(64) => Ok(Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())),
        _ => bail!("`loadgen validate` ended with {}", output.status),
    }
}

fn prove(programs: &Programs, drawn: &Drawn, folder: &Path) -> anyhow::Result<Outcome> {
    let setup = folder.join("sink.json");
    let setup = setup.to_string_lossy();
    let mut more = vec!["--time-zone", drawn.zone, "--config", &setup];
    if let Some(fault) = &drawn.fault {
        more.extend(["--fault", fault]);
    }
    let sink = Sink::start_with(&programs.sink, 0, Some(&folder.join("sink.sqlite")), &more)?;
    play(programs, drawn, folder, &sink)?;
    if drawn.fault.as_ref().is_some_and(|fault| fault.starts_with("refuse")) {
        // A run may be over before the receiver takes connections again.
        sleep(Duration::from_secs(1));
    }
    let (is_proved, said) = verify(&programs.loadgen, &sink.tracker_url(), folder)?;
    let figure = |name: &str| said["totals"][name].as_u64().unwrap_or(0);
    let outcome = Outcome { figures: figure("lines"), exact: figure("exact"), possible: figure("possible") };
    let enough = outcome.exact + if drawn.is_doubtful { outcome.possible } else { 0 };
    ensure!(
        is_proved && enough == outcome.figures,
        "{}\n{}",
        said["verdict"].as_str().unwrap_or_default(),
        differing(&said).join("\n")
    );
    ensure!(outcome.figures > 0 || drawn.is_doubtful || drawn.fault.is_some(), "nothing was compared");
    Ok(outcome)
}

/// Lets the traffic flow to its end.
fn play(programs: &Programs, drawn: &Drawn, folder: &Path, sink: &Sink) -> anyhow::Result<()> {
    let run = || {
        let run = Run::new(&programs.loadgen, &sink.tracker_url(), folder);
        let run = if drawn.is_anonymous { run.without_token() } else { run };
        run.settings(&drawn.settings).visits(drawn.visits).quiet()
    };
    let hits = match drawn.ending {
        Ending::Itself => return run().start()?.wait(),
        Ending::Stopped { hits, .. } | Ending::Killed { hits } => hits,
    };
    let mut running = run().start()?;
    while !running.has_ended()? && sink.recorded()?.hits.recorded < hits {
        sleep(Duration::from_millis(5));
    }
    match drawn.ending {
        Ending::Killed { .. } => running.kill(),
        _ => running.stop()?,
    }
    match drawn.ending {
        Ending::Stopped { goes_on: false, .. } => Ok(()),
        _ => run().start()?.wait(),
    }
}

/// The lines that are not exact, as many as can be read.
fn differing(said: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lines = said["lines"].as_array().into_iter().flatten();
    lines
        .filter(|line| line["difference"] != 0 || !line["expected"].is_i64() || line["explained"].is_array())
        .take(MOST_LINES)
        .map(|line| {
            let [day, table, label, figure] = ["day", "table", "label", "figure"].map(|name| text(&line[name]));
            let label: String = label.chars().take(120).collect();
            let explained = &line["explained"];
            format!(
                "      {day} {table} {label:?} {figure}: expected {}, recorded {}, before {}, explained {explained}",
                line["expected"], line["recorded"], line["before"]
            )
        })
        .collect()
}

/// What kind of case it is.
fn in_short(drawn: &Drawn) -> String {
    let setting = |name: &str| drawn.settings.get(name).map_or("", String::as_str);
    let when = match setting("BACKFILL_START_DATE") {
        "" if setting("BACKFILL_ENABLED") == "true" => "the last days".to_owned(),
        "" => "now".to_owned(),
        day => format!("from {day}"),
    };
    let fault = drawn.fault.as_ref().map_or_else(String::new, |fault| format!(", {fault}"));
    let ending = match drawn.ending {
        Ending::Itself => String::new(),
        ending => format!(", {ending:?}"),
    };
    format!("{}, {}, {when}{fault}{ending}", setting("TRANSPORT"), drawn.zone)
}

/// All that was drawn, and where it lies.
fn described(drawn: &Drawn, kept: &Path) -> String {
    let settings: BTreeMap<_, _> = drawn.settings.iter().collect();
    let settings: Vec<String> =
        settings.iter().map(|(name, value)| format!("      {name}={value}")).collect();
    format!(
        "{}\n      site {}\n      visits {:?}, token {}, fault {:?}, ending {:?}\n      files, state and database are kept in {}",
        settings.join("\n"),
        drawn.site,
        drawn.visits,
        if drawn.is_anonymous { "none" } else { "given" },
        drawn.fault,
        drawn.ending,
        kept.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_exact_are_shown() {
        let line = |expected: Value, difference: i64| {
            json!({"day": "2026-01-05", "table": "pages", "label": "/a", "figure": "page_views", "expected": expected,
                "recorded": 2, "before": 0, "difference": difference})
        };
        let said = json!({"lines": [line(json!(1), 1), line(json!([1, 3]), 0), line(json!(2), 0)]});
        let shown = differing(&said);
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(
            shown[0].contains("2026-01-05 pages \"/a\" page_views: expected 1, recorded 2"),
            "{}",
            shown[0]
        );
    }
}

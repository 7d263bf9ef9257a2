//! `cargo xtask generate`: the files that are derived from the code, so that nothing is said twice.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{
    api_types, say,
    workspace::{self, output_of, relative, root},
};

/// How to run it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail when a file is stale
    #[arg(long)]
    check: bool,
}

/// A file and what it must contain.
struct Derived {
    path: PathBuf,
    content: String,
}

/// Writes the files, or checks them.
///
/// # Errors
/// When a file is stale or cannot be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.check { check() } else { write() }
}

/// Fails when a file is stale.
///
/// # Errors
/// Names every stale file and the command that mends them.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut stale = Vec::new();
    for file in files()? {
        if !is_fresh(&file) {
            stale.push(relative(&file.path).display().to_string());
        }
    }
    if !stale.is_empty() {
        bail!("stale: {}; `cargo xtask generate` writes them anew", stale.join(", "));
    }
    Ok(())
}

fn write() -> anyhow::Result<()> {
    for file in files()? {
        let shown = relative(&file.path).display().to_string();
        if is_fresh(&file) {
            say::line(format!("fresh    {shown}"));
            continue;
        }
        if let Some(folder) = file.path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        fs::write(&file.path, &file.content).with_context(|| format!("cannot write {shown}"))?;
        say::line(format!("written  {shown}"));
    }
    Ok(())
}

fn is_fresh(file: &Derived) -> bool {
    fs::read_to_string(&file.path).is_ok_and(|found| found == file.content)
}

fn files() -> anyhow::Result<Vec<Derived>> {
    let description = api_description()?;
    let schema =
        serde_json::to_string_pretty(&report::json_schema()).context("cannot write the report's schema")?;
    let mut files = vec![
        derived("docs/settings.md", settings::render::markdown()),
        derived("docs/run-report.schema.json", schema + "\n"),
        derived("config/.env.example", settings::render::env_example()),
        derived("web/src/api/types.ts", api_types::typescript(&description)?),
        derived("docs/openapi.json", description),
    ];
    for preset in &settings::presets::PRESETS {
        files.push(derived(
            &format!("config/presets/{}.env", preset.name),
            settings::render::preset_env(preset),
        ));
    }
    Ok(files)
}

/// What the control plane says of its API. Asked of the program, so that this one need not be linked with it.
fn api_description() -> anyhow::Result<String> {
    output_of(Command::new(workspace::programs()?.join("control")).arg("openapi"))
}

fn derived(path: &str, content: String) -> Derived {
    Derived { path: root().join(path), content }
}

//! `cargo xtask deps-check`: which crate may reach what, and the licences of all that is linked.

mod licences;
mod reach;
mod sources;

use anyhow::bail;

use crate::{say, workspace};

/// The crates that know no clock, no environment, no network, no files and no runtime.
const PURE: [&str; 4] = ["settings", "traffic", "report", "ledger"];

/// Runs all the checks and shows all that is wrong, not just the first.
///
/// # Errors
/// When something is wrong.
pub(crate) fn run() -> anyhow::Result<()> {
    let metadata = workspace::metadata()?;
    let mut faults = Vec::new();
    for name in PURE {
        faults.extend(reach::faults_of_tree(name, &reach::tree(name)?));
        faults.extend(sources::faults_of_crate(name)?);
    }
    let graph = reach::graph(&metadata);
    let members: Vec<&str> =
        metadata.workspace_packages().into_iter().map(|package| package.name.as_str()).collect();
    faults.extend(reach::faults_between_members(&graph));
    for package in &metadata.packages {
        faults.extend(licences::fault(&package.into(), &members, &graph));
    }
    say::line(format!("{} packages looked at; pure: {}", metadata.packages.len(), PURE.join(", ")));
    if faults.is_empty() {
        return Ok(());
    }
    for fault in &faults {
        say::line(format!("  {fault}"));
    }
    bail!("{} dependency rule(s) broken", faults.len());
}

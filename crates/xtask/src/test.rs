//! `cargo xtask test`: everything that must hold before a change is merged. CI runs this and adds nothing.

use anyhow::bail;
use clap::Args;

use crate::{
    deps, generate,
    steps::{Outcome, Steps},
    suites::SUITES,
    tools::Tool,
    workspace::{cargo, must},
};

/// What to run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test lints tests")]
pub(crate) struct Arguments {
    /// Only these steps; none = all
    steps: Vec<String>,
}

type Check = fn() -> anyhow::Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("format", || must(&mut cargo(&["fmt", "--all", "--check"]))),
    ("lints", || must(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))),
    ("dependencies", deps::run),
    ("generated-files", generate::check),
    ("tests", unit_tests),
    ("doc-tests", || must(&mut cargo(&["test", "--workspace", "--doc"]))),
];

const NEXTEST: Tool = Tool { program: "cargo-nextest", package: "" };

/// Runs the checks and the suites.
///
/// # Errors
/// When one failed, or when a step was asked for that does not exist.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let known: Vec<&str> =
        CHECKS.iter().map(|(name, _)| *name).chain(SUITES.iter().map(|suite| suite.name)).collect();
    if let Some(unknown) = arguments.steps.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no step `{unknown}`; there are: {}", known.join(", "));
    }
    let wanted = |name: &str| arguments.steps.is_empty() || arguments.steps.iter().any(|step| step == name);
    let mut steps = Steps::default();
    for (name, check) in CHECKS.iter().filter(|(name, _)| wanted(name)) {
        steps.run(name, || check().map(|()| Outcome::Passed));
    }
    for suite in SUITES.iter().filter(|suite| wanted(suite.name)) {
        suite.step(&mut steps);
    }
    steps.finish()
}

/// By nextest where it is installed; its runs are faster and its output is easier to read.
fn unit_tests() -> anyhow::Result<()> {
    if NEXTEST.is_present() {
        must(&mut cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]))
    } else {
        must(&mut cargo(&["test", "--workspace", "--all-targets"]))
    }
}

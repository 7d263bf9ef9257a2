//! A sequence of steps that says what it does, how long each took, and at the end what came of them all.

use anyhow::bail;

use crate::{clock::Stopwatch, say};

/// What came of a step that did not fail.
pub(crate) enum Outcome {
    /// It was done, and all is well.
    Passed,
    /// It could not be done here, for this reason.
    Skipped(String),
}

/// Runs steps one after the other; a failure does not keep the next from running.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

struct Done {
    name: String,
    took: std::time::Duration,
    result: Result<Outcome, anyhow::Error>,
}

impl Steps {
    /// Runs one step.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<Outcome>) {
        say::heading(name);
        let watch = Stopwatch::start();
        let result = step();
        let took = watch.elapsed();
        let verdict = match &result {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::Skipped(why)) => format!("SKIPPED: {why}"),
            Err(error) => format!("FAILED: {error:#}"),
        };
        say::line(format!("    {name}: {verdict} ({})", say::duration(took)));
        self.done.push(Done { name: name.to_owned(), took, result });
    }

    /// Prints the outcome of all steps.
    ///
    /// # Errors
    /// When a step failed.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        say::heading("summary");
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        let mut failed = Vec::new();
        for Done { name, took, result } in &self.done {
            let verdict = match result {
                Ok(Outcome::Passed) => "passed".to_owned(),
                Ok(Outcome::Skipped(why)) => format!("SKIPPED: {why}"),
                Err(_) => {
                    failed.push(name.as_str());
                    say::bold("FAILED")
                }
            };
            say::line(format!("  {name:<width$}  {:>12}  {verdict}", say::duration(*took)));
        }
        if !failed.is_empty() {
            bail!("{} of {} steps failed: {}", failed.len(), self.done.len(), failed.join(", "));
        }
        Ok(())
    }
}

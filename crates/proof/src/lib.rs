//! Runs as they are kept, and what a target recorded of one beside what it should have.
//!
//! # The folder of a run
//!
//! `STATE_DIR/runs/ID/`, readable by whoever may read the state folder; no file holds a secret.
//!
//! | file | what |
//! |---|---|
//! | `run.json` | [`RunRecord`]: settings (masked), seed, versions, times, and the run's report as of the last checkpoint |
//! | `ledger.json` | [`ledger::Book`]: what the reports should say, per day; the newest days of a long run |
//! | `ledger.previous.json` | the one before: a checkpoint names which of the two goes with it |
//! | `days/DATE.json` | [`ledger::DayFigures`] of days that are over, put aside |
//! | `baseline.json` | [`Baseline`]: what the reports said before the run |
//! | `series.json` | [`report::Series`]: the run over time |
//! | `proof.json` | [`Proof`]: the last comparison |
//!
//! Every file is written beside its place and moved there, so a reader finds the old one or the new one. Readers pass
//! over files that they do not know.

mod baseline;
mod compare;
mod folder;
mod html;
mod record;
mod render;
mod reports;
mod site;
mod verify;

pub use baseline::{Baseline, days_between};
pub use compare::{Cause, Explanation, Line, Missing, Verdict};
pub use folder::{FolderError, PROOF as PROOF_FILE, RECORD as RECORD_FILE, RunFolder, Runs};
pub use html::{Document, html};
pub use record::{RECORD_VERSION, RunRecord, ZoneSource};
pub use render::{markdown, text};
pub use site::{SiteFacts, time_zone};
pub use verify::{PROOF_VERSION, Proof, Question, Totals, VerifyError, verify};

//! The runs that there are. Of each only `run.json` is read, and again only when it has changed: a list of a thousand runs
//! is a thousand looks at the date of a file.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use jiff::Timestamp;
use proof::{PROOF_FILE, RECORD_FILE, RunFolder, RunRecord};
use report::{Mode, Transport};
use serde::Deserialize;

use super::folders::StateFolder;

/// What a list needs to know of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Brief {
    pub(crate) id: String,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) written_at: Timestamp,
    pub(crate) mode: Mode,
    pub(crate) transport: Transport,
    pub(crate) seed: u64,
    pub(crate) version: String,
    pub(crate) target: String,
    pub(crate) site_id: u64,
    pub(crate) visits: u64,
    pub(crate) visits_failed: u64,
    pub(crate) visits_skipped: u64,
    pub(crate) hits: u64,
    pub(crate) visits_per_day: f64,
    pub(crate) success_rate: Option<f64>,
    pub(crate) latency_p95_ms: Option<f64>,
    pub(crate) thresholds_held: Option<bool>,
}

/// A run and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) brief: Arc<Brief>,
    pub(crate) folder: RunFolder,
    /// The unit in whose state folder it is.
    pub(crate) unit: String,
    /// It is the latest one in that folder.
    pub(crate) is_latest: bool,
}

/// When a proof in a run's folder was made, and what it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct ProofHead {
    pub(crate) made_at: Timestamp,
    pub(crate) proved: bool,
}

/// What was read, as long as the files are as they were.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    briefs: Memory<Result<Arc<Brief>, String>>,
    proofs: Memory<Option<ProofHead>>,
}

impl Catalogue {
    /// All runs, the latest first, and what cannot be read.
    pub(crate) fn list(&self, folders: &[StateFolder]) -> (Vec<Found>, Vec<String>) {
        let (mut runs, mut warnings) = (Vec::new(), Vec::new());
        let (mut files, mut ids) = (HashSet::new(), HashSet::new());
        for StateFolder { path, unit } in folders {
            let all = match proof::Runs::of_state_dir(path).all() {
                Ok(all) => all,
                Err(problem) => {
                    warnings.push(problem.to_string());
                    continue;
                }
            };
            let mut of_folder = Vec::new();
            for (id, folder) in all {
                let file = folder.path().join(RECORD_FILE);
                let read = || match folder.record() {
                    Ok(record) => Ok(Arc::new(Brief::of(id.clone(), &record))),
                    Err(problem) => Err(problem.to_string()),
                };
                let brief = self.briefs.get(&file, read);
                files.insert(file);
                match brief {
                    Some(Ok(brief)) if ids.insert(id) => {
                        of_folder.push(Found { brief, folder, unit: unit.clone(), is_latest: false });
                    }
                    Some(Err(problem)) => warnings.push(problem),
                    // Listed already, or gone in this moment.
                    Some(Ok(_)) | None => {}
                }
            }
            if let Some(latest) = of_folder.iter_mut().max_by_key(|found| found.brief.started_at) {
                latest.is_latest = true;
            }
            runs.append(&mut of_folder);
        }
        self.briefs.keep(&files);
        runs.sort_by(|one, other| {
            let (one, other) = (&one.brief, &other.brief);
            (other.started_at, &other.id).cmp(&(one.started_at, &one.id))
        });
        (runs, warnings)
    }

    /// The proof that lies in a run's folder, where it can be read.
    pub(crate) fn proof_head(&self, folder: &RunFolder) -> Option<ProofHead> {
        let file = folder.path().join(PROOF_FILE);
        let read = || serde_json::from_slice(&fs::read(&file).ok()?).ok();
        self.proofs.get(&file, read).flatten()
    }
}

impl Brief {
    fn of(id: String, record: &RunRecord) -> Self {
        let report = record.report.as_ref();
        let is = |name: &str, value: &str| {
            record.settings.get(name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value))
        };
        let (mode, transport) = match report {
            Some(report) => (report.run.mode, report.run.transport),
            None => (
                if is("BACKFILL_ENABLED", "true") { Mode::Backfill } else { Mode::Live },
                if is("TRANSPORT", "bulk") { Transport::Bulk } else { Transport::Single },
            ),
        };
        let held: Vec<bool> = report
            .iter()
            .flat_map(|report| &report.judgements)
            .filter_map(|judgement| judgement.held)
            .collect();
        Self {
            id,
            started_at: record.started_at,
            ended_at: record.ended_at,
            written_at: record.written_at,
            mode,
            transport,
            seed: record.seed,
            version: record.version.clone(),
            target: settings::mask_url(&record.target),
            site_id: record.site_id,
            visits: report.map_or(0, |report| report.visits.completed),
            visits_failed: report.map_or(0, |report| report.visits.failed),
            visits_skipped: report.map_or(0, |report| report.visits.skipped),
            hits: report.map_or(0, |report| report.hits.acknowledged),
            visits_per_day: report.map_or(0.0, |report| report.visits.per_day_achieved),
            success_rate: report.and_then(|report| report.hits.success_rate),
            latency_p95_ms: report
                .filter(|report| report.latency_ms.count > 0)
                .map(|report| report.latency_ms.p95),
            thresholds_held: (!held.is_empty()).then(|| held.iter().all(|held| *held)),
        }
    }
}

/// What tells that a file is another one, or has another content.
type Stamp = (Option<SystemTime>, u64, u64);

/// What files said, by path, until they change.
#[derive(Debug)]
struct Memory<T>(Mutex<HashMap<PathBuf, (Stamp, T)>>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Memory<T> {
    /// What the file says; `None` when there is none.
    fn get(&self, file: &Path, read: impl FnOnce() -> T) -> Option<T> {
        use std::os::unix::fs::MetadataExt as _;
        let meta = fs::metadata(file).ok()?;
        let stamp = (meta.modified().ok(), meta.len(), meta.ino());
        let known = self.held().get(file).filter(|(then, _)| *then == stamp).map(|(_, value)| value.clone());
        Some(known.unwrap_or_else(|| {
            let value = read();
            self.held().insert(file.to_owned(), (stamp, value.clone()));
            value
        }))
    }

    /// Forgets all files but these.
    fn keep(&self, files: &HashSet<PathBuf>) {
        self.held().retain(|file, _| files.contains(file));
    }

    fn held(&self) -> MutexGuard<'_, HashMap<PathBuf, (Stamp, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

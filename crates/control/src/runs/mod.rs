//! Runs: those that the load generators of this data folder have written down. Their folders are only read; what is said
//! of them here, notes and proofs, lies in the database.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ::proof::{FolderError, Proof, RunFolder, RunRecord};
use jiff::Timestamp;
use report::{Comparison, Series, Side};
use secrecy::SecretString;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock,
    engine::{LoadGenerator, change::has_process},
    error::FieldError,
    observe::Observer,
    store::{KeptProof, Said, Store, StoreError},
    targets::Targets,
};

mod catalogue;
pub(crate) mod folders;
mod proof;
mod summary;
mod target;
mod verify;

pub use proof::ProofSummary;
pub use summary::{RunDetail, RunPoint, RunSeries, RunSummary};
pub use verify::{Verification, VerificationState};

use catalogue::{Catalogue, Found};
use folders::StateFolder;
pub(crate) use verify::settle_left;
use verify::{Verifications, Wanted};

/// Knows of runs.
pub struct Runs {
    load: Arc<LoadGenerator>,
    observe: Arc<Observer>,
    store: Store,
    targets: Targets,
    catalogue: Arc<Catalogue>,
    verifications: Verifications,
}

/// A part of the list of runs.
#[derive(Debug)]
pub struct Page {
    /// The runs, the latest first.
    pub runs: Vec<RunSummary>,
    /// How many there are at all.
    pub total: usize,
    /// Behind which run the next part begins; `None` when there is none.
    pub next: Option<String>,
    /// Runs and folders that cannot be read, and why.
    pub warnings: Vec<String>,
}

/// All that lies in a run's folder, and what is said of it.
#[derive(Debug)]
pub struct Whole {
    /// `run.json`.
    pub record: RunRecord,
    /// `series.json`, where there is one.
    pub series: Option<Series>,
    /// The last proof, where it is kept whole.
    pub proof: Option<Proof>,
    /// The note.
    pub note: String,
}

/// Why something about a run is not known or not done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no such run.
    #[error("there is no run {0:?}")]
    Missing(String),
    /// It was never verified, or that is too long ago.
    #[error("{0}")]
    NoProof(String),
    /// It is being verified already.
    #[error("the run {0} is being verified: wait for the end, or stop it with DELETE")]
    UnderWay(String),
    /// Nothing is to be stopped.
    #[error("no verification of the run {0} is under way")]
    NotUnderWay(String),
    /// Enough of them are under way.
    #[error("{most} verifications are under way: wait for one to end, or stop one", most = verify::MOST)]
    TooMany,
    /// The target may not be contacted from here.
    #[error("{0}")]
    TargetForbidden(String),
    /// A field of the request is wrong.
    #[error("{}: {}", .0.field, .0.message)]
    Invalid(FieldError),
    /// It cannot be verified as it is.
    #[error("this run cannot be verified: {0}")]
    Unusable(String),
    /// A file of it cannot be read.
    #[error("the run cannot be read: {0}")]
    Folder(#[from] FolderError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Runs {
    /// The runs of this load generator and of those that ran beside it.
    pub fn new(
        load: Arc<LoadGenerator>,
        observe: Arc<Observer>,
        store: Store,
        targets: Targets,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let verifications = Verifications::new(store.clone(), tasks, stop);
        Arc::new(Self { load, observe, store, targets, catalogue: Arc::default(), verifications })
    }

    /// A part of the list: at most `limit` runs behind the one of that name, or from the latest on.
    ///
    /// # Errors
    /// When there is no such run, or the database fails.
    pub async fn list(&self, limit: usize, before: Option<&str>) -> Result<Page, RunError> {
        let (all, warnings) = self.all().await;
        let first = match before {
            None => 0,
            Some(id) => {
                let at = all.iter().position(|found| found.brief.id == id);
                at.ok_or_else(|| RunError::Missing(id.to_owned()))? + 1
            }
        };
        let total = all.len();
        let part: Vec<Found> = all.into_iter().skip(first).take(limit).collect();
        let next = part.last().filter(|_| first + part.len() < total).map(|found| found.brief.id.clone());
        Ok(Page { runs: self.summaries(part).await?, total, next, warnings })
    }

    /// A run by itself.
    ///
    /// # Errors
    /// When there is none of that name, its folder cannot be read, or the database fails.
    pub async fn detail(&self, id: &str) -> Result<RunDetail, RunError> {
        let found = self.find(id).await?;
        let folder = found.folder.clone();
        let (record, series) =
            in_background(move || Ok::<_, FolderError>((folder.record()?, folder.series()?))).await?;
        let proof = match self.latest_proof(&found).await? {
            None => None,
            Some(Latest::Kept(kept)) => serde_json::from_value(kept.summary).ok(),
            Some(Latest::Beside(proof)) => Some(ProofSummary::of(&proof)),
        };
        let verification = self.verifications.of(id).await?;
        let [summary] = <[RunSummary; 1]>::try_from(self.summaries(vec![found]).await?)
            .map_err(|_| RunError::Missing(id.to_owned()))?;
        Ok(RunDetail {
            summary,
            settings: settings::mask(&record.settings),
            time_zone: record.time_zone,
            processes: record.processes,
            series: RunSeries::new(&series.unwrap_or_default(), record.started_at),
            report: record.report,
            proof,
            verification,
        })
    }

    /// Writes a note about a run; an empty one removes it.
    ///
    /// # Errors
    /// When there is none of that name, or the database fails.
    pub async fn set_note(&self, id: &str, note: String) -> Result<RunSummary, RunError> {
        let found = self.find(id).await?;
        self.store.set_note(id.to_owned(), note, clock::now()).await?;
        let summary = self.summaries(vec![found]).await?.pop();
        summary.ok_or_else(|| RunError::Missing(id.to_owned()))
    }

    /// Begins to verify a run.
    ///
    /// # Errors
    /// When there is none of that name, its target cannot or must not be asked, or it is being verified already.
    pub async fn verify(
        &self,
        id: &str,
        wait: Duration,
        token: Option<SecretString>,
    ) -> Result<Verification, RunError> {
        let found = self.find(id).await?;
        let folder = found.folder.clone();
        let record = in_background(move || folder.record()).await?;
        let (load, targets) = (Arc::clone(&self.load), self.targets.clone());
        let asked = in_background(move || target::Asked::of(&record, token, &load, &targets)).await?;
        let folders = self.folders().await.0.into_iter().map(|folder| folder.path);
        let wanted = Wanted {
            run: id.to_owned(),
            runs: ::proof::Runs::of_state_dirs(folders),
            folder: found.folder,
            asked,
            wait,
        };
        self.verifications.begin(wanted).await
    }

    /// Stops a verification.
    ///
    /// # Errors
    /// When there is no such run, or none of it is under way.
    pub async fn stop_verifying(&self, id: &str) -> Result<Verification, RunError> {
        self.find(id).await?;
        self.verifications.stop(id).await
    }

    /// The last proof of a run, all of it.
    ///
    /// # Errors
    /// When there is no such run, or no proof of it.
    pub async fn proof(&self, id: &str) -> Result<Proof, RunError> {
        let found = self.find(id).await?;
        match self.latest_proof(&found).await? {
            None => Err(RunError::NoProof(format!("the run {id} was not verified: verify it first"))),
            Some(Latest::Beside(proof)) => Ok(*proof),
            Some(Latest::Kept(kept)) => whole(kept).ok_or_else(|| {
                let message =
                    format!("of the proof of the run {id} only the summary is left: verify it again");
                RunError::NoProof(message)
            }),
        }
    }

    /// All that is known of a run.
    ///
    /// # Errors
    /// When there is none of that name, its folder cannot be read, or the database fails.
    pub async fn whole(&self, id: &str) -> Result<Whole, RunError> {
        let found = self.find(id).await?;
        let proof = match self.latest_proof(&found).await? {
            None => None,
            Some(Latest::Beside(proof)) => Some(*proof),
            Some(Latest::Kept(kept)) => whole(kept),
        };
        let note = self.store.said_of_runs().await?.remove(id).unwrap_or_default().note;
        let folder = found.folder;
        let (mut record, series) =
            in_background(move || Ok::<_, FolderError>((folder.record()?, folder.series()?))).await?;
        record.settings = settings::mask(&record.settings);
        Ok(Whole { record, series, proof, note })
    }

    /// Two runs side by side.
    ///
    /// # Errors
    /// When there is none of such a name, or a folder cannot be read.
    pub async fn compare(&self, a: &str, b: &str) -> Result<Comparison, RunError> {
        let (a, b) = (self.find(a).await?, self.find(b).await?);
        let read = |folder: RunFolder| {
            let (mut record, series) = (folder.record()?, folder.series()?.unwrap_or_default());
            record.settings = settings::mask(&record.settings);
            Ok::<_, FolderError>((record.brief(), record, series))
        };
        let compared = in_background(move || {
            let (a, b) = (read(a.folder)?, read(b.folder)?);
            let side = |(brief, record, series)| side(brief, record, series);
            Ok::<_, FolderError>(report::compare(side((&a.0, &a.1, &a.2)), side((&b.0, &b.1, &b.2))))
        });
        Ok(compared.await?)
    }

    async fn folders(&self) -> (Vec<StateFolder>, Vec<String>) {
        let load = Arc::clone(&self.load);
        in_background(move || folders::all(&load)).await
    }

    /// All runs, the latest first, and what cannot be read.
    async fn all(&self) -> (Vec<Found>, Vec<String>) {
        let (load, catalogue) = (Arc::clone(&self.load), Arc::clone(&self.catalogue));
        in_background(move || {
            let (folders, mut warnings) = folders::all(&load);
            let (all, unreadable) = catalogue.list(&folders);
            warnings.extend(unreadable);
            (all, warnings)
        })
        .await
    }

    async fn find(&self, id: &str) -> Result<Found, RunError> {
        let found = self.all().await.0.into_iter().find(|found| found.brief.id == id);
        found.ok_or_else(|| RunError::Missing(id.to_owned()))
    }

    async fn summaries(&self, found: Vec<Found>) -> Result<Vec<RunSummary>, RunError> {
        let mut said = self.store.said_of_runs().await?;
        let catalogue = Arc::clone(&self.catalogue);
        // A proof that lies in the folder was made by the load generator's own command, perhaps after ours.
        let beside = in_background(move || {
            found.into_iter().map(|found| (catalogue.proof_head(&found.folder), found)).collect::<Vec<_>>()
        })
        .await;
        let alive = self.alive().await?;
        let now = clock::now();
        let summary = |(beside, found): (Option<catalogue::ProofHead>, Found)| {
            let id = &found.brief.id;
            let mut said: Said = said.remove(id).unwrap_or_default();
            if let Some(beside) = beside.filter(|beside| said.proof.is_none_or(|(at, _)| beside.made_at > at))
            {
                said.proof = Some((beside.made_at, beside.proved));
            }
            let is_alive = alive.get(&found.unit).is_some_and(|of| match of {
                Some(run) => run == id,
                None => found.is_latest,
            });
            RunSummary::new(&found.brief, said, is_alive, self.verifications.is_under_way(id), now)
        };
        Ok(beside.into_iter().map(summary).collect())
    }

    /// The units that have a process, and which run it is of, where that is known.
    async fn alive(&self) -> Result<HashMap<String, Option<String>>, RunError> {
        let backfills: Vec<crate::backfill::Run> = self.store.active_one_offs().await?;
        let mut alive: HashMap<_, _> =
            backfills.into_iter().map(|backfill| (backfill.container_name, None)).collect();
        if let Some(unit) = self.load.view().unit.filter(|unit| has_process(unit.state))
            && let Some(figures) = self.observe.latest(&unit)
            && figures.run.is_some()
        {
            alive.insert(unit.name.clone(), figures.run);
        }
        Ok(alive)
    }

    async fn latest_proof(&self, found: &Found) -> Result<Option<Latest>, RunError> {
        let kept = self.store.proof(found.brief.id.clone()).await?;
        let (folder, catalogue) = (found.folder.clone(), Arc::clone(&self.catalogue));
        let kept_at: Option<Timestamp> = kept.as_ref().map(|kept| kept.made_at);
        let beside = in_background(move || {
            let head = catalogue.proof_head(&folder)?;
            if kept_at.is_some_and(|at| at >= head.made_at) {
                return None;
            }
            folder.proof().ok().flatten()
        })
        .await;
        Ok(beside.map(|proof| Latest::Beside(Box::new(proof))).or(kept.map(Latest::Kept)))
    }
}

/// The latest proof of a run.
enum Latest {
    /// It was made here.
    Kept(KeptProof),
    /// It lies in the run's folder.
    Beside(Box<Proof>),
}

fn whole(kept: KeptProof) -> Option<Proof> {
    serde_json::from_str(&kept.whole?).ok()
}

fn side<'a>(brief: &'a report::RunBrief, record: &'a RunRecord, series: &'a Series) -> Side<'a> {
    Side { brief, settings: &record.settings, series, ended: record.ended_at.is_some() }
}

/// Files may lie on a slow disk, and the threads that serve requests must not wait for them.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is being shut down, and this request with it.
            Err(_) => std::future::pending().await,
        },
    }
}

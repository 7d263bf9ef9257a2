//! Verifications: each is a task that asks the target until all is well or its time is over. It can be stopped, it ends
//! with the control plane, and what has become of it is known afterwards.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use proof::{Proof, Question, RunFolder, VerifyError};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::ToSchema;

use super::{ProofSummary, RunError, target::Asked};
use crate::{
    clock,
    store::{KeptProof, Store, StoreError},
};

/// How many may be under way at once.
pub(super) const MOST: usize = 4;
/// What asking may take beside the time that is waited.
const ASKING: Duration = Duration::from_mins(15);

/// What became of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerificationState {
    /// There was none.
    #[default]
    Idle,
    /// The target is being asked.
    Running,
    /// It has come to a proof.
    Done,
    /// The target could not be asked; `error` says why.
    Failed,
    /// It was stopped, or the control plane was.
    Stopped,
}

/// A verification.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    /// What became of it.
    pub state: VerificationState,
    /// When it was asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// How many seconds it may wait for the target to archive what it has recorded.
    pub wait_s: Option<u64>,
    /// Why there is no proof.
    pub error: Option<String>,
}

impl Verification {
    /// Whether it is under way.
    pub fn is_active(&self) -> bool {
        self.state == VerificationState::Running
    }

    fn ended(self, state: VerificationState, error: Option<String>) -> Self {
        Self { state, ended_at: Some(clock::now()), error, ..self }
    }
}

/// Those that are under way.
pub(super) struct Verifications {
    store: Store,
    under_way: Arc<Mutex<HashMap<String, UnderWay>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: tokio::runtime::Handle,
}

struct UnderWay {
    stop: CancellationToken,
    over: watch::Receiver<()>,
}

/// What is to be verified.
pub(super) struct Wanted {
    pub(super) run: String,
    pub(super) runs: proof::Runs,
    pub(super) folder: RunFolder,
    pub(super) asked: Asked,
    pub(super) wait: Duration,
}

impl Verifications {
    /// None yet. Tasks are tracked, and end when `stop` is cancelled.
    pub(super) fn new(store: Store, tasks: TaskTracker, stop: CancellationToken) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self { store, under_way: Arc::default(), tasks, stop, runtime }
    }

    /// Whether one of this run is under way.
    pub(super) fn is_under_way(&self, run: &str) -> bool {
        held(&self.under_way).contains_key(run)
    }

    /// Begins one.
    pub(super) async fn begin(&self, wanted: Wanted) -> Result<Verification, RunError> {
        let (done, over) = watch::channel(());
        let stop = self.stop.child_token();
        let run = wanted.run.clone();
        {
            let mut under_way = held(&self.under_way);
            if under_way.contains_key(&run) {
                return Err(RunError::UnderWay(run));
            }
            if under_way.len() >= MOST {
                return Err(RunError::TooMany);
            }
            under_way.insert(run.clone(), UnderWay { stop: stop.clone(), over });
        }
        let begun = Verification {
            state: VerificationState::Running,
            started_at: Some(clock::now()),
            ended_at: None,
            wait_s: Some(wanted.wait.as_secs()),
            error: None,
        };
        // Another client may begin the next one as soon as this one is not under way any more.
        let place = Place { under_way: Arc::clone(&self.under_way), run: run.clone(), _done: done };
        self.store.put_verification(run, begun.clone()).await?;
        let (store, runtime, verification) = (self.store.clone(), self.runtime.clone(), begun.clone());
        self.tasks.spawn(async move {
            let run = wanted.run.clone();
            let work = move || runtime.block_on(to_its_end(wanted, verification, stop));
            // Files are read on the way: not on a thread that serves requests.
            let ended = tokio::task::spawn_blocking(work).await;
            if let Ok((verification, proof)) = ended
                && let Err(problem) = keep(&store, run.clone(), verification, proof).await
            {
                tracing::error!(run, %problem, "what became of a verification is not kept");
            }
            drop(place);
        });
        Ok(begun)
    }

    /// Stops the one of this run, and says what has become of it.
    pub(super) async fn stop(&self, run: &str) -> Result<Verification, RunError> {
        let over = held(&self.under_way).get(run).map(|under_way| {
            under_way.stop.cancel();
            under_way.over.clone()
        });
        let Some(mut over) = over else { return Err(RunError::NotUnderWay(run.to_owned())) };
        // An error is what it waits for: the sender is gone.
        while over.changed().await.is_ok() {}
        Ok(self.of(run).await?)
    }

    /// The last one of this run.
    pub(super) async fn of(&self, run: &str) -> Result<Verification, StoreError> {
        Ok(self.store.verification(run.to_owned()).await?.unwrap_or_default())
    }
}

/// Tells those that an earlier process has left under way for what they are.
pub(crate) async fn settle_left(store: &Store) {
    let settled = async {
        for (run, left) in store.active_verifications().await? {
            let error = "the control plane ended before it did; verify again";
            store
                .put_verification(run, left.ended(VerificationState::Stopped, Some(error.to_owned())))
                .await?;
        }
        Ok::<_, StoreError>(())
    };
    if let Err(problem) = settled.await {
        tracing::warn!(%problem, "verifications of an earlier process cannot be looked up");
    }
}

/// A run's place among those under way. It is given back however the task ends.
struct Place {
    under_way: Arc<Mutex<HashMap<String, UnderWay>>>,
    run: String,
    /// Whoever waits for the end sees it go.
    _done: watch::Sender<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        held(&self.under_way).remove(&self.run);
    }
}

fn held(under_way: &Mutex<HashMap<String, UnderWay>>) -> MutexGuard<'_, HashMap<String, UnderWay>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn to_its_end(
    wanted: Wanted,
    verification: Verification,
    stop: CancellationToken,
) -> (Verification, Option<Proof>) {
    use VerificationState::{Done, Failed, Stopped};
    let Wanted { run, runs, folder, asked, wait } = wanted;
    let question = Question { runs: &runs, folder: &folder, client: &asked.client, wait, now: clock::now() };
    let bounded = tokio::time::timeout(wait + ASKING, proof::verify(question));
    let (verification, proof) = match stop.run_until_cancelled(bounded).await {
        None => (verification.ended(Stopped, None), None),
        Some(Ok(Ok(proof))) => (verification.ended(Done, None), Some(proof)),
        Some(Ok(Err(problem))) => {
            let caution = asked.caution.filter(|_| matches!(problem, VerifyError::Target(_)));
            let caution = caution.map_or_else(String::new, |caution| format!("; {caution}"));
            (verification.ended(Failed, Some(format!("{problem}{caution}"))), None)
        }
        Some(Err(_)) => {
            let seconds = (wait + ASKING).as_secs();
            let error = format!("the target's reports took longer than {seconds} s");
            (verification.ended(Failed, Some(error)), None)
        }
    };
    let verdict = proof.as_ref().map(|proof| proof.verdict.as_str());
    tracing::info!(run, state = ?verification.state, error = verification.error, verdict, "a verification is over");
    (verification, proof)
}

async fn keep(
    store: &Store,
    run: String,
    verification: Verification,
    proof: Option<Proof>,
) -> Result<(), StoreError> {
    if let Some(proof) = proof {
        store.keep_proof(run.clone(), kept(&proof)).await?;
    }
    store.put_verification(run, verification).await
}

/// A proof as it is kept.
fn kept(proof: &Proof) -> KeptProof {
    let summary = serde_json::to_value(ProofSummary::of(proof)).expect("a summary has only text keys");
    let whole = serde_json::to_string(proof).expect("a proof has only text keys");
    KeptProof { made_at: proof.made_at, proved: proof.proved, summary, whole: Some(whole) }
}

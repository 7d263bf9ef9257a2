//! The thread that owns the database. Hits come as jobs over a channel, share a transaction, and are answered one by
//! one as their verdicts are known; the transaction is committed when it is a tenth of a second old or large enough.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::clock::Deadline;
use crate::config::StartError;
use crate::stats::Stats;
use crate::tracker::{Delivery, Engine};

const LONGEST_TRANSACTION: Duration = Duration::from_millis(100);
const LARGEST_TRANSACTION: usize = 5_000;

enum Job {
    Track(Box<Delivery>, oneshot::Sender<Answer>),
    Commit(oneshot::Sender<Stats>),
    Reset(oneshot::Sender<()>),
    SaveRegistry(oneshot::Sender<()>),
    Stop,
}

/// The way to the writer; cheap to clone, and dropping the last one ends the thread.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: Sender<Job>,
}

/// The writer's thread is gone: only while the receiver is shutting down, or after a fault of its own.
#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
pub(crate) struct Stopped;

impl Writer {
    /// Starts the thread on an engine that is ready.
    pub(crate) fn start(engine: Engine) -> Result<(Self, JoinHandle<()>), StartError> {
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("sink-writer".to_owned())
            .spawn(move || run(engine, &inbox))
            .map_err(StartError::Thread)?;
        Ok((Self { jobs }, thread))
    }

    /// Tracks what was delivered; the answer says what became of it.
    pub(crate) async fn track(&self, delivery: Box<Delivery>) -> Result<Answer, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Track(delivery, reply)).map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }

    /// Commits, so that a reader that begins afterwards sees every hit answered so far.
    pub(crate) async fn commit(&self) -> Result<Stats, Stopped> {
        let (reply, stats) = oneshot::channel();
        self.jobs.send(Job::Commit(reply)).map_err(|_| Stopped)?;
        stats.await.map_err(|_| Stopped)
    }

    /// Removes every hit and visit.
    pub(crate) async fn reset(&self) -> Result<(), Stopped> {
        let (reply, done) = oneshot::channel();
        self.jobs.send(Job::Reset(reply)).map_err(|_| Stopped)?;
        done.await.map_err(|_| Stopped)
    }

    /// Keeps what is set up.
    pub(crate) async fn save_registry(&self) -> Result<(), Stopped> {
        let (reply, done) = oneshot::channel();
        self.jobs.send(Job::SaveRegistry(reply)).map_err(|_| Stopped)?;
        done.await.map_err(|_| Stopped)
    }

    /// Ends the thread after the jobs that are already there.
    pub(crate) fn stop(&self) {
        // A thread that is gone already needs no word.
        let _ = self.jobs.send(Job::Stop);
    }
}

fn run(mut engine: Engine, inbox: &Receiver<Job>) {
    // Outside a transaction there is nothing to commit, and the thread sleeps until a job comes.
    while let Ok(first) = inbox.recv() {
        let mut job = first;
        let deadline = Deadline::after(LONGEST_TRANSACTION);
        let mut replies: Vec<oneshot::Sender<Stats>> = Vec::new();
        let mut stop = false;
        if let Err(error) = engine.begin() {
            tracing::error!(%error, "the database takes no transaction");
        }
        for handled in 1.. {
            match job {
                Job::Track(delivery, reply) => {
                    // The client may have gone; its hit counts all the same.
                    let _ = reply.send(engine.track(&delivery));
                }
                Job::Commit(reply) => replies.push(reply),
                Job::Reset(reply) => {
                    log_failure(engine.reset(), "the hits were not removed");
                    let _ = reply.send(());
                }
                Job::SaveRegistry(reply) => {
                    log_failure(engine.save_registry(), "what is set up was not kept");
                    let _ = reply.send(());
                }
                Job::Stop => stop = true,
            }
            if stop || !replies.is_empty() || handled >= LARGEST_TRANSACTION {
                break;
            }
            match inbox.recv_timeout(deadline.remaining()) {
                Ok(next) => job = next,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Err(error) = engine.commit() {
            tracing::error!(%error, "the database did not take a batch: what it held is lost");
        }
        for reply in replies {
            let _ = reply.send(engine.stats());
        }
        if stop {
            break;
        }
    }
}

fn log_failure(result: rusqlite::Result<()>, what: &'static str) {
    if let Err(error) = result {
        tracing::error!(%error, "{what}");
    }
}

/// Where the database lies, and what keeps a temporary one alive.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) _temporary: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn new(path: Option<PathBuf>) -> Result<Self, StartError> {
        if let Some(path) = path {
            return Ok(Self { path, _temporary: None });
        }
        let directory = tempfile::tempdir().map_err(StartError::TemporaryDirectory)?;
        Ok(Self { path: directory.path().join("sink.sqlite"), _temporary: Some(directory) })
    }
}

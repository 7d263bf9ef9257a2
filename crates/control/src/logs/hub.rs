//! One reader of the engine's log for all who want to see it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream::FusedStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{
    LogReader, Redactor,
    line::{Line, Position, RawLine, readable},
    ring::{Bounds, Piece, Ring},
};
use crate::engine::{Engine, EngineError, LogStart, State, View};

/// How many lines from before our start are read: as many as one answer may have.
const FROM_BEFORE: usize = 10_000;
/// The most lines and bytes that are handed on at once.
const BATCH: (usize, usize) = (512, 512 << 10);
/// How many streams may be open at once.
const MOST_STREAMS: usize = 64;
/// How long to wait before an engine is asked again that broke off.
const AGAIN: Duration = Duration::from_millis(300);

/// The load generator's log.
pub struct LogHub {
    engine: Arc<dyn Engine>,
    name: String,
    redactor: Arc<Redactor>,
    ring: Mutex<Ring>,
    newest: watch::Sender<Option<Position>>,
    places: Arc<Semaphore>,
}

impl LogHub {
    /// The log of that unit. [`follow`](Self::follow) must run for lines to come in.
    pub fn new(engine: Arc<dyn Engine>, name: String, redactor: Arc<Redactor>, bounds: Bounds) -> Arc<Self> {
        let ring = Mutex::new(Ring::new(bounds));
        let places = Arc::new(Semaphore::new(MOST_STREAMS));
        let newest = watch::Sender::new(None);
        Arc::new(Self { engine, name, redactor, ring, newest, places })
    }

    /// Takes in what the unit writes, over all its runs, until the token is cancelled.
    pub async fn follow(self: Arc<Self>, views: watch::Receiver<View>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow_runs(views) => {}
        }
    }

    async fn follow_runs(&self, mut views: watch::Receiver<View>) {
        let mut read = None;
        loop {
            let worth = |view: &View| is_worth_reading(view, read.as_ref());
            let Ok(view) = views.wait_for(worth).await.map(|view| view.clone()) else { return };
            let run = run_of(&view);
            match self.take_in().await {
                // The end of the log: nothing more comes before another run begins.
                Ok(()) => read = run,
                Err(error) => {
                    tracing::debug!(%error, "the log breaks off, and is taken up again");
                    read = None;
                    tokio::time::sleep(AGAIN).await;
                }
            }
            if views.borrow().state() == State::Running {
                // A log that ends while the process runs was cut off, or the state is a moment old.
                read = None;
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Takes in lines from where we are to the end of the log.
    async fn take_in(&self) -> Result<(), EngineError> {
        let last = self.ring().last();
        let from = last.map_or(LogStart::Tail(FROM_BEFORE), LogStart::After);
        let mut lines = self.engine.logs(&self.name, from).fuse();
        let mut first = last.is_none();
        while let Some(batch) = gather(&mut lines).await {
            let batch = batch?;
            if let (true, Some(line)) = (first, batch.first()) {
                self.ring().missing_up_to(just_before(line.position));
                first = false;
            }
            let batch: Vec<Line> = batch.into_iter().map(|raw| self.shown(&raw)).collect();
            let newest = {
                let mut ring = self.ring();
                for line in batch {
                    ring.push(line);
                }
                ring.last()
            };
            self.newest.send_replace(newest);
            // Taking in a flood must leave room for others on this thread.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// The last lines that are wanted, the oldest first.
    pub fn last_lines(&self, most: usize, mut wants: impl FnMut(&Line) -> bool) -> Vec<Arc<Line>> {
        let lines = self.ring().newest_first();
        let mut wanted: Vec<Arc<Line>> = lines.into_iter().filter(|line| wants(line)).take(most).collect();
        wanted.reverse();
        wanted
    }

    /// The newest line of this kind, when there is one after the given position.
    pub fn newest_where(&self, after: Option<Position>, is: impl Fn(&Line) -> bool) -> Option<Arc<Line>> {
        let lines = self.ring().newest_first();
        lines
            .into_iter()
            .take_while(|line| after.is_none_or(|after| line.position > after))
            .find(|line| is(line))
    }

    /// A position such that at most so many kept lines follow it.
    pub fn before_last(&self, lines: usize) -> Option<Position> {
        self.ring().before_last(lines)
    }

    /// The position of the newest line.
    pub fn newest(&self) -> Option<Position> {
        self.ring().last()
    }

    /// A reader that begins after the cursor; without one, with the oldest line that is kept.
    pub fn reader(self: &Arc<Self>, cursor: Option<Position>) -> LogReader {
        LogReader::new(Arc::clone(self), cursor, self.newest.subscribe())
    }

    /// A place for one more stream, until it is dropped; `None` when there is none.
    pub fn take_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// A piece of what is kept in memory.
    pub(super) fn piece(&self, cursor: Option<Position>) -> Piece {
        self.ring().after(cursor, BATCH.0, BATCH.1)
    }

    /// The engine's own lines from that of the cursor on.
    pub(super) fn history(
        &self,
        cursor: Position,
    ) -> impl FusedStream<Item = Result<RawLine, EngineError>> + Send + Unpin + use<> {
        self.engine.logs(&self.name, LogStart::After(just_before(cursor))).fuse()
    }

    /// The line as it may be shown.
    pub(super) fn shown(&self, raw: &RawLine) -> Line {
        Line::new(raw.position, raw.ts, self.redactor.clean(readable(&raw.bytes)).into())
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next lines, as many as are there already, within the bounds of a batch.
pub(super) async fn gather(
    lines: &mut (impl FusedStream<Item = Result<RawLine, EngineError>> + Unpin),
) -> Option<Result<Vec<RawLine>, EngineError>> {
    let first = match lines.next().await? {
        Ok(line) => line,
        Err(error) => return Some(Err(error)),
    };
    let mut bytes = first.bytes.len();
    let mut batch = vec![first];
    while batch.len() < BATCH.0 && bytes < BATCH.1 {
        // An error or the end comes again at the next call, or the connection is taken up anew: no line is lost by it.
        let Some(Some(Ok(line))) = lines.next().now_or_never() else { break };
        bytes += line.bytes.len();
        batch.push(line);
    }
    Some(Ok(batch))
}

/// Which run of which unit it is.
fn run_of(view: &View) -> Option<(String, Option<jiff::Timestamp>)> {
    view.unit.as_ref().map(|unit| (unit.id.clone(), unit.started_at))
}

/// Whether the unit may have lines that have not been read.
fn is_worth_reading(view: &View, read: Option<&(String, Option<jiff::Timestamp>)>) -> bool {
    let started = !matches!(view.state(), State::Created | State::NotFound | State::Error);
    started && run_of(view).as_ref() != read
}

/// A position before this one, with none between.
fn just_before(position: Position) -> Position {
    match position {
        Position { run, at, n } if n > 0 => Position { run, at, n: n - 1 },
        Position { run, at, .. } if at > 0 => Position { run, at: at - 1, n: u32::MAX },
        Position { run, .. } if run > 0 => Position { run: run - 1, at: u64::MAX, n: u32::MAX },
        first => first,
    }
}

//! One reader's way through the log, at its own pace.
//!
//! A reader asks for the next lines when it is ready for them, so that nothing is kept for a slow one. One that has
//! fallen behind what is kept in memory is led through the engine's own log until it has caught up.

use std::{pin::Pin, sync::Arc};

use futures_util::stream::FusedStream;
use tokio::sync::watch;

use super::{
    hub::{LogHub, gather},
    line::{Line, Position, RawLine},
};
use crate::engine::EngineError;

type History = Pin<Box<dyn FusedStream<Item = Result<RawLine, EngineError>> + Send>>;

/// A reader.
pub struct LogReader {
    hub: Arc<LogHub>,
    cursor: Option<Position>,
    newest: watch::Receiver<Option<Position>>,
    /// Open while this reader is led through the engine's own log.
    history: Option<History>,
    /// The history begins with the line that was read last, unless that has gone.
    unproven: bool,
    /// Lines before the next ones are gone.
    missed: bool,
}

/// What a reader gets next.
#[derive(Debug, Default)]
pub struct Batch {
    /// Lines, in order.
    pub lines: Vec<Arc<Line>>,
    /// Lines before these are gone for good: the engine has them no more.
    pub missed: bool,
}

impl LogReader {
    pub(super) fn new(
        hub: Arc<LogHub>,
        cursor: Option<Position>,
        newest: watch::Receiver<Option<Position>>,
    ) -> Self {
        Self { hub, cursor, newest, history: None, unproven: false, missed: false }
    }

    /// The next lines, at least one; waits for them. `None` when the log is closed. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Batch> {
        loop {
            self.newest.borrow_and_update();
            let piece = self.hub.piece(self.cursor);
            if !piece.gap {
                self.history = None;
                if !piece.lines.is_empty() {
                    return Some(self.hand_out(piece.lines));
                }
            } else if let Some(cursor) = self.cursor {
                if let Some(lines) = self.lines_of_history(cursor).await {
                    return Some(self.hand_out(lines));
                }
                // Neither here nor there: go on with the oldest that is kept.
                self.history = None;
                self.cursor = None;
                self.missed = true;
                continue;
            }
            self.newest.changed().await.ok()?;
        }
    }

    fn hand_out(&mut self, lines: Vec<Arc<Line>>) -> Batch {
        self.cursor = lines.last().map(|line| line.position).or(self.cursor);
        Batch { lines, missed: std::mem::take(&mut self.missed) }
    }

    /// The next lines from the engine's own log; `None` when they are not there.
    async fn lines_of_history(&mut self, cursor: Position) -> Option<Vec<Arc<Line>>> {
        loop {
            self.unproven |= self.history.is_none();
            let history = self.history.get_or_insert_with(|| Box::pin(self.hub.history(cursor)));
            let mut batch = gather(history).await?.ok()?;
            if std::mem::take(&mut self.unproven) {
                // If the line that was read last has gone, so may have others after it.
                if batch.first().is_some_and(|line| line.position == cursor) {
                    batch.remove(0);
                } else {
                    self.missed = true;
                }
            }
            if !batch.is_empty() {
                return Some(batch.iter().map(|raw| Arc::new(self.hub.shown(raw))).collect());
            }
        }
    }
}

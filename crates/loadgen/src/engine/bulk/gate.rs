//! Leave to have a body in flight: how many at once, and how many a second.

use std::cell::{Cell, RefCell};

use tokio::sync::Notify;

use super::Engine;
use crate::engine::pace::Ceiling;

/// So many bodies in a row without a deadlock, and one more stream may send again.
const CALM: u32 = 50;

/// How many streams may send at once: fewer after a deadlock, more again after a calm while.
pub(super) struct Gate {
    most: u32,
    limit: Cell<u32>,
    active: Cell<u32>,
    calm: Cell<u32>,
    freed: Notify,
    ceiling: RefCell<Option<Ceiling>>,
}

/// Leave to have a body in flight, given back when dropped.
pub(super) struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get() - 1);
        self.0.freed.notify_one();
    }
}

impl Gate {
    /// A gate for so many streams, without a ceiling.
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            limit: Cell::new(most),
            active: Cell::new(0),
            calm: Cell::new(0),
            freed: Notify::new(),
            ceiling: RefCell::new(None),
        }
    }

    /// The ceiling on requests holds for bodies.
    pub(super) fn limit_rate(&self, ceiling: Option<Ceiling>) {
        self.ceiling.replace(ceiling);
    }

    /// Waits until a body may go out; `None` when the run is over before.
    pub(super) async fn enter(&self, engine: &Engine) -> Option<Pass<'_>> {
        while self.active.get() >= self.limit.get() {
            tokio::select! {
                () = self.freed.notified() => {}
                () = engine.ended.cancelled() => return None,
            }
        }
        self.active.set(self.active.get() + 1);
        let pass = Pass(self);
        loop {
            let free = self
                .ceiling
                .borrow_mut()
                .as_mut()
                .map_or(Ok(()), |ceiling| ceiling.take(engine.clock.now_us()));
            let Err(at_us) = free else { return Some(pass) };
            tokio::select! {
                () = tokio::time::sleep_until(engine.clock.deadline(at_us)) => {}
                () = engine.ended.cancelled() => return None,
            }
        }
    }

    /// A body was rolled back: one stream fewer.
    pub(super) fn narrow(&self) {
        self.calm.set(0);
        if self.limit.get() > 1 {
            self.limit.set(self.limit.get() - 1);
            tracing::info!(
                streams = self.limit.get(),
                "the target rolled a bulk request back: fewer streams for a while"
            );
        }
    }

    /// A body was taken.
    pub(super) fn widen(&self) {
        self.calm.set(self.calm.get() + 1);
        if self.calm.get() >= CALM && self.limit.get() < self.most {
            self.calm.set(0);
            self.limit.set(self.limit.get() + 1);
            self.freed.notify_one();
        }
    }
}

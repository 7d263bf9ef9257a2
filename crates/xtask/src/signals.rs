//! Ctrl-C and SIGTERM while programs of ours are running: the generator is asked to end, and this program goes on to
//! say what came of the run and to end the receiver. A signal that ended us at once would leave the receiver behind.

use std::sync::{
    Once,
    atomic::{AtomicBool, AtomicI32, Ordering::SeqCst},
};

use rustix::process::{Pid, Signal, kill_process};

static TAKEN_OVER: Once = Once::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// The process to ask; 0 = none.
static GENERATOR: AtomicI32 = AtomicI32::new(0);

/// From now on signals are handled as described above.
pub(crate) fn take_over() {
    TAKEN_OVER.call_once(|| {
        let handler = || {
            INTERRUPTED.store(true, SeqCst);
            ask_to_end(GENERATOR.load(SeqCst).cast_unsigned());
        };
        ctrlc::set_handler(handler).expect("nothing else in this program sets a handler");
    });
}

/// Keeps what a signal cut short from being taken for the whole.
///
/// # Errors
/// When a signal came.
pub(crate) fn check() -> anyhow::Result<()> {
    anyhow::ensure!(!INTERRUPTED.load(SeqCst), "interrupted");
    Ok(())
}

/// Asks a process to end, by SIGTERM; 0 is none.
pub(crate) fn ask_to_end(pid: u32) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Names the process to ask; `None` when it has ended.
pub(crate) fn generator_is(pid: Option<u32>) {
    GENERATOR.store(pid.map_or(0, u32::cast_signed), SeqCst);
}

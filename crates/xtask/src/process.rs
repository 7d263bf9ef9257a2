//! What a child process uses, as Linux tells it.

use std::process::Child;

use anyhow::Context as _;
use procfs::process::Process;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// Resident memory in bytes.
///
/// # Errors
/// When there is no such process.
pub(crate) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = Process::new(pid.cast_signed()).and_then(|process| process.status());
    let status = status.with_context(|| format!("cannot read the status of process {pid}"))?;
    Ok(status.vmrss.unwrap_or(0) * 1024)
}

/// Processor time so far in seconds, user and system.
///
/// # Errors
/// When there is no such process.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = Process::new(pid.cast_signed()).and_then(|process| process.stat());
    let stat = stat.with_context(|| format!("cannot read the figures of process {pid}"))?;
    Ok((stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64)
}

/// Waits for the end of a child and tells the processor time of its whole life. A process that has ended keeps its
/// figures until it is waited for; so they are read in between.
///
/// # Errors
/// When it cannot be waited for.
pub(crate) fn cpu_seconds_at_end(child: &mut Child) -> anyhow::Result<f64> {
    let pid = Pid::from_raw(child.id().cast_signed()).context("a child has a process id")?;
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        .context("cannot wait for a child")?;
    let seconds = cpu_seconds(child.id())?;
    child.wait().context("cannot wait for a child")?;
    Ok(seconds)
}

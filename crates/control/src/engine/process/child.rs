//! A process of this machine: started so that it outlives us, and known again for sure.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use procfs::process::Process;
use serde::{Deserialize, Serialize};

/// The variable that names the run in the process's environment.
const MARKER: &str = "TRAFFICINATOR_RUN";

/// Variables of ours that are none of the load generator's business.
const OURS: [&str; 2] = ["CONTROL_UI_API_KEY", "CONTROL_UI_API_KEY_FILE"];

/// A process, told apart from all others that ever have its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Identity {
    pid: i32,
    /// When it began, in clock ticks since the system's start.
    began: u64,
    /// A digest of the id that the system has since its start.
    boot: u64,
}

/// Whether a process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alive {
    /// It does.
    Yes,
    /// It does, and was stopped by a signal.
    Frozen,
    /// It does not.
    No,
}

impl Identity {
    fn of(pid: i32) -> io::Result<Self> {
        let stat = Process::new(pid).and_then(|process| process.stat()).map_err(io::Error::other)?;
        Ok(Self { pid, began: stat.starttime, boot: boot() })
    }

    /// Whether it lives, as of now.
    pub(super) fn look(self) -> Alive {
        let stat = Process::new(self.pid).and_then(|process| process.stat());
        match stat {
            Ok(stat) if stat.starttime == self.began && self.boot == boot() => match stat.state {
                'T' | 't' => Alive::Frozen,
                'Z' | 'X' | 'x' => Alive::No,
                _ => Alive::Yes,
            },
            _ => Alive::No,
        }
    }

    /// Sends it a signal, unless it is gone.
    pub(super) fn signal(self, signal: Signal) {
        if self.look() != Alive::No {
            // It may end at this very moment; then there is nobody to receive it, which is as well.
            kill(Pid::from_raw(self.pid), signal).ok();
        }
    }
}

/// The id that the system has since its start, as a number.
fn boot() -> u64 {
    let id = procfs::sys::kernel::random::boot_id().unwrap_or_default();
    id.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The process that was started with this marker, when there is one.
pub(super) fn find_marked(marker: &str) -> Option<Identity> {
    let processes = procfs::process::all_processes().ok()?;
    processes.flatten().find_map(|process| {
        let environment = process.environ().ok()?;
        let marked = environment.get(std::ffi::OsStr::new(MARKER)).is_some_and(|value| value == marker);
        if marked { Identity::of(process.pid).ok() } else { None }
    })
}

/// What is to be started.
pub(super) struct Start<'a> {
    pub(super) program: &'a Path,
    pub(super) args: &'a [String],
    pub(super) env: &'a [(String, String)],
    pub(super) folder: &'a Path,
    pub(super) marker: &'a str,
    pub(super) log: File,
}

/// Starts a process in a group of its own, so that Ctrl-C on our terminal does not reach it.
pub(super) fn spawn(start: Start) -> io::Result<(Child, Identity)> {
    let mut command = Command::new(start.program);
    // What this program was told for itself must not reach the other under the same name.
    for name in settings::definitions().iter().map(|definition| definition.name).chain(OURS) {
        command.env_remove(name);
    }
    command
        .args(start.args)
        .envs(start.env.iter().map(|(name, value)| (name, value)))
        .env(MARKER, start.marker)
        .current_dir(start.folder)
        .stdin(Stdio::null())
        .stdout(start.log.try_clone()?)
        .stderr(start.log)
        .process_group(0);
    let mut child = command.spawn()?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    match Identity::of(pid) {
        Ok(identity) => Ok((child, identity)),
        Err(error) => {
            child.kill().ok();
            child.wait().ok();
            Err(error)
        }
    }
}

/// Waits for the process, and returns what it ended with: 128 + the signal's number when it was one.
pub(super) fn wait(child: &mut Child) -> i64 {
    match child.wait() {
        Ok(status) => {
            let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
            code.map_or(-1, i64::from)
        }
        Err(_) => -1,
    }
}

/// A port of loopback that nobody listens on.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The program: a bare name is looked for beside this one, and else left to `PATH`.
pub(super) fn resolve(program: &Path) -> io::Result<PathBuf> {
    if program.components().count() > 1 {
        return std::path::absolute(program);
    }
    let beside = std::env::current_exe()?.with_file_name(program);
    Ok(if beside.is_file() { beside } else { program.to_owned() })
}

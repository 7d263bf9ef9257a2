//! Programs that some commands need beside Rust: found, set up by apt where that is possible, or said to be missing.

use std::{path::Path, process::Command};

use crate::{say, workspace};

/// A program, and the Debian package that has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    /// The name of its executable.
    pub(crate) program: &'static str,
    /// The package of Debian and Ubuntu.
    pub(crate) package: &'static str,
}

impl Tool {
    /// Whether it can be started.
    pub(crate) fn is_present(self) -> bool {
        let found = |folder: &str| Path::new(folder).join(self.program).is_file();
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(self.program).is_file())
            || ["/usr/sbin", "/usr/local/sbin"].into_iter().any(found)
    }
}

/// Makes sure that all are there, by apt when this is Debian or Ubuntu and we are root.
///
/// # Errors
/// The reason why one of them is still missing, with the command that would mend it.
pub(crate) fn ensure(tools: &[Tool]) -> Result<(), String> {
    let missing = || tools.iter().copied().filter(|tool| !tool.is_present());
    let packages: Vec<&str> = missing().map(|tool| tool.package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    let can_install = Path::new("/etc/debian_version").exists() && rustix::process::geteuid().is_root();
    if !can_install {
        let programs: Vec<&str> = missing().map(|tool| tool.program).collect();
        return Err(format!("{} missing; as root on Debian or Ubuntu: {by_hand}", programs.join(", ")));
    }
    say::line(format!("    setting up: {by_hand}"));
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=300", "-qq", "install", "-y", "--no-install-recommends"])
        .args(&packages);
    workspace::output_of(&mut command).map_err(|error| format!("`{by_hand}` failed: {error:#}"))?;
    match missing().next() {
        Some(tool) => Err(format!("{} is still missing after `{by_hand}`", tool.program)),
        None => Ok(()),
    }
}

//! What must survive a restart, in `STATE_DIR`: the cap's window and a backfill's journal.

pub mod cap;
pub mod journal;

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use settings::Shard;

/// The state folder, held by this process alone.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    suffix: String,
    _lock: File,
}

impl StateDir {
    /// Makes the folder when it is missing and locks this shard's part of it until the value is dropped.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process holds it.
    pub fn open(path: &str, shard: Shard) -> anyhow::Result<Self> {
        let path = PathBuf::from(path);
        let suffix =
            if shard.count > 1 { format!("-{}-of-{}", shard.index, shard.count) } else { String::new() };
        fs::create_dir_all(&path).with_context(|| {
            format!("STATE_DIR: cannot create {}; name a folder that this user may write", path.display())
        })?;
        let lock_path = path.join(format!("lock{suffix}"));
        let lock = File::options().create(true).append(true).open(&lock_path).with_context(|| {
            format!(
                "STATE_DIR: cannot write {}; give this user the right to write there",
                lock_path.display()
            )
        })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, suffix, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "STATE_DIR: {} is in use by another load generator; give each its own folder or SHARD",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", lock_path.display()))
            }
        }
    }

    /// The path of a state file of this shard.
    pub fn file(&self, name: &str, extension: &str) -> PathBuf {
        self.path.join(format!("{name}{}.{extension}", self.suffix))
    }
}

//! `MAX_TOTAL_VISITS`: so many visits in a rolling window of 24 hours.
//!
//! The window opens with its first visit and resets 24 hours later. Each visit is written down before it
//! starts, in place, in one small write: neither a kill nor a full disk makes the cap forget.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::Context as _;

/// A day, in microseconds.
pub const WINDOW_US: i64 = 86_400_000_000;

/// Counts the visits of the current window.
#[derive(Debug)]
pub struct Cap {
    limit: u64,
    opened_us: i64,
    used: u64,
    file: File,
    warned: bool,
}

impl Cap {
    /// Takes up the window that the file tells of, unless it has ended.
    ///
    /// # Errors
    /// When the file cannot be opened for writing, or is not a cap file.
    pub fn open(path: &Path, limit: u64, now_us: i64) -> anyhow::Result<Self> {
        let mut text = String::new();
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .and_then(|mut file| file.read_to_string(&mut text).map(|_| file))
            .with_context(|| {
                format!("MAX_TOTAL_VISITS keeps its window in {}: cannot open it", path.display())
            })?;
        let mut fields = text.split_whitespace().map(str::parse::<i64>);
        let (opened_us, used) = match (fields.next(), fields.next()) {
            (None, _) => (0, 0),
            (Some(Ok(opened)), Some(Ok(used))) => (opened, u64::try_from(used).unwrap_or(0)),
            _ => anyhow::bail!("{} is not a cap window: remove it to begin a new one", path.display()),
        };
        // A window that opens in the future was written under a clock that has been set back since.
        let stale = now_us >= opened_us.saturating_add(WINDOW_US) || opened_us > now_us;
        let (opened_us, used) = if stale { (0, 0) } else { (opened_us, used) };
        Ok(Self { limit, opened_us, used, file, warned: false })
    }

    /// Counts one visit, or says when the window resets (Unix microseconds).
    ///
    /// # Errors
    /// The moment at which visits may start again.
    pub fn take(&mut self, now_us: i64) -> Result<(), i64> {
        if self.opened_us == 0 || now_us >= self.resets_us() {
            self.opened_us = now_us;
            self.used = 0;
        }
        if self.used >= self.limit {
            return Err(self.resets_us());
        }
        self.used += 1;
        self.save();
        Ok(())
    }

    /// When the current window ends, in Unix microseconds.
    pub fn resets_us(&self) -> i64 {
        self.opened_us.saturating_add(WINDOW_US)
    }

    /// The most visits of a window.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The visits of the current window so far.
    pub fn used(&self) -> u64 {
        self.used
    }

    fn save(&mut self) {
        // Fixed width: the file is overwritten in place and never grows, so a full disk does not matter.
        let line = format!("{:>20} {:>20}\n", self.opened_us, self.used);
        if let Err(error) = self.file.write_all_at(line.as_bytes(), 0)
            && !self.warned
        {
            self.warned = true;
            tracing::error!(%error, "the cap's window cannot be saved: after a restart it would begin anew; make STATE_DIR writable");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_holds_over_a_restart_and_resets_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cap.window");
        let t0 = 1_000_000_000;
        let mut cap = Cap::open(&path, 3, t0).unwrap();
        assert_eq!([cap.take(t0), cap.take(t0 + 1)], [Ok(()), Ok(())]);
        drop(cap);
        let mut cap = Cap::open(&path, 3, t0 + 5).unwrap();
        assert_eq!(cap.used(), 2);
        assert_eq!([cap.take(t0 + 6), cap.take(t0 + 7)], [Ok(()), Err(t0 + WINDOW_US)]);
        assert_eq!(cap.take(t0 + WINDOW_US), Ok(()));
        assert_eq!(cap.used(), 1);
    }

    #[test]
    fn a_file_that_is_something_else_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cap.window");
        std::fs::write(&path, "hello there").unwrap();
        let error = Cap::open(&path, 3, 0).unwrap_err().to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}

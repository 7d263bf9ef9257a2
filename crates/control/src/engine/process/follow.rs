//! The log of a process: a file that it writes itself, and that is read on from any place.
//!
//! Nothing of ours stands between the process and its file, so nothing of ours can be missing when we are restarted. The
//! file is kept small by giving back the space of its beginning; the places of its lines do not change by that.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read as _, Seek as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Once,
    time::Duration,
};

use futures_util::{StreamExt as _, stream::BoxStream};
use jiff::Timestamp;
use rustix::fs::{FallocateFlags, SeekFrom};

use super::{
    child::{Alive, Identity},
    record::Run,
};
use crate::{
    engine::{EngineError, LogStart},
    logs::{LONGEST_LINE, Position, RawLine, own_time},
};

/// Space that a log may take before its beginning is given back, and how much is kept then, in bytes.
const MOST: u64 = 64 << 20;
const KEPT: u64 = 32 << 20;
/// How far before a log's end the last lines are looked for, in bytes.
const TAIL: u64 = 8 << 20;
/// How many logs of earlier runs a unit keeps.
const EARLIER_LOGS: usize = 2;
/// How much is read at once, in bytes.
const CHUNK: usize = 256 << 10;
/// Between two looks for new lines.
const STEP: Duration = Duration::from_millis(100);

/// The name of a run's log.
pub(super) fn log_name(number: u64) -> String {
    format!("{number}.log")
}

/// The run whose log has this name.
pub(super) fn run_number(name: &str) -> Option<u64> {
    name.strip_suffix(".log")?.parse().ok()
}

/// A new log, to be written by a process; those of runs long ago are removed.
pub(super) fn open(folder: &Path, name: &str) -> io::Result<File> {
    let earlier = runs(folder);
    for (_, path) in earlier.iter().rev().skip(EARLIER_LOGS) {
        fs::remove_file(path)?;
    }
    File::options().create(true).append(true).mode(0o600).open(folder.join(name))
}

/// Gives the space of a large log's beginning back.
pub(super) fn keep_small(log: &Path) {
    let Ok(meta) = fs::metadata(log) else { return };
    if meta.blocks() * 512 > MOST
        && let Ok(file) = File::options().write(true).open(log)
    {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if let Err(error) = rustix::fs::fallocate(&file, flags, 0, meta.len().saturating_sub(KEPT)) {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                tracing::warn!(log = %log.display(), %error, "this file system cannot give a log's beginning back: it grows until the load generator is started again");
            });
        }
    }
}

/// The logs of a unit, the oldest first.
fn runs(folder: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut runs: Vec<(u64, PathBuf)> =
        entries.filter_map(|entry| Some((run_number(entry.file_name().to_str()?)?, entry.path()))).collect();
    runs.sort_unstable();
    runs
}

/// The lines of a unit, up to the end of its last process.
pub(super) fn stream(
    folder: &Path,
    last: Option<&Run>,
    from: LogStart,
) -> BoxStream<'static, Result<RawLine, EngineError>> {
    let mut runs = runs(folder);
    let after = match from {
        LogStart::After(position) => Some(position),
        LogStart::Tail(_) => None,
    };
    runs.retain(|(run, _)| after.is_none_or(|after| *run >= after.run));
    let process = last.and_then(|run| run.identity.filter(|_| run.exit_code.is_none()));
    let mut reader = Reader { runs: runs.into(), open: None, lines: VecDeque::new(), process };
    let prepared = match from {
        LogStart::Tail(lines) => reader.read_tail(lines),
        LogStart::After(position) => reader.open_next(Some(position)).map(|_| ()),
    };
    if let Err(error) = prepared {
        return futures_util::stream::once(async move { Err(unreadable(&error)) }).boxed();
    }
    futures_util::stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(line)) => Some((Ok(line), Some(reader))),
            Ok(None) => None,
            Err(error) => Some((Err(unreadable(&error)), None)),
        }
    })
    .boxed()
}

fn unreadable(error: &io::Error) -> EngineError {
    EngineError::Refused(format!("its log cannot be read: {error}"))
}

/// Reads the logs of a unit one after the other.
struct Reader {
    /// Those that come next.
    runs: VecDeque<(u64, PathBuf)>,
    open: Option<OpenLog>,
    lines: VecDeque<RawLine>,
    /// The process that still writes the last one.
    process: Option<Identity>,
}

struct OpenLog {
    file: File,
    run: u64,
    /// Where the next byte to be read stands.
    offset: u64,
    /// Where the line begins that is being read.
    line_start: u64,
    partial: Vec<u8>,
    /// Bytes of the line beyond the longest that is kept.
    cut: usize,
    /// The time of lines that have none.
    ts: Timestamp,
    /// The beginning of a line is missing, so its rest is not one.
    broken: bool,
    /// Lines up to this one are known already.
    known: Option<Position>,
}

impl Reader {
    async fn next(&mut self) -> io::Result<Option<RawLine>> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Some(line));
            }
            // Looked at before the read: what was written before the end is read then.
            let writing =
                self.runs.is_empty() && self.process.is_some_and(|process| process.look() != Alive::No);
            let Some(open) = &mut self.open else {
                if self.open_next(None)? {
                    continue;
                }
                return Ok(None);
            };
            if open.read(&mut self.lines)? > 0 {
                continue;
            }
            if writing {
                tokio::time::sleep(STEP).await;
                continue;
            }
            open.finish(&mut self.lines);
            self.open = None;
        }
    }

    /// Opens the next log; false when there is none.
    fn open_next(&mut self, after: Option<Position>) -> io::Result<bool> {
        while let Some((run, path)) = self.runs.pop_front() {
            match File::open(&path) {
                Ok(file) => {
                    let start = after.filter(|after| after.run == run).map_or(0, |after| after.at);
                    self.open = Some(OpenLog::new(file, run, start, after)?);
                    return Ok(true);
                }
                // Removed in this moment, since newer ones have come.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Reads the last lines of all that is there, and stays behind them.
    fn read_tail(&mut self, lines: usize) -> io::Result<()> {
        while let Some((run, path)) = self.runs.pop_front() {
            let file = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            let start = file.metadata()?.len().saturating_sub(TAIL);
            let mut open = OpenLog::new(file, run, start, None)?;
            while open.read(&mut self.lines)? > 0 {
                let many = self.lines.len().saturating_sub(lines);
                self.lines.drain(..many);
            }
            if self.runs.is_empty() {
                self.open = Some(open);
            } else {
                open.finish(&mut self.lines);
            }
        }
        let many = self.lines.len().saturating_sub(lines);
        self.lines.drain(..many);
        Ok(())
    }
}

impl OpenLog {
    fn new(mut file: File, run: u64, start: u64, known: Option<Position>) -> io::Result<Self> {
        // The first place from there on that still has its space; at the very end there is none.
        let offset = match rustix::fs::seek(&file, SeekFrom::Data(start)) {
            Ok(offset) => offset,
            Err(rustix::io::Errno::NXIO) => file.metadata()?.len().max(start),
            Err(_) => start,
        };
        file.seek(io::SeekFrom::Start(offset))?;
        let exact = offset == 0 || known.is_some_and(|known| known.run == run && known.at == offset);
        let ts = Timestamp::from_microsecond(i64::try_from(run).unwrap_or(0)).unwrap_or_default();
        Ok(Self {
            file,
            run,
            offset,
            line_start: offset,
            partial: Vec::new(),
            cut: 0,
            ts,
            broken: !exact,
            known,
        })
    }

    /// Reads a piece; how many bytes it had.
    fn read(&mut self, lines: &mut VecDeque<RawLine>) -> io::Result<usize> {
        let mut chunk = vec![0; CHUNK];
        let length = self.file.read(&mut chunk)?;
        let mut rest = &chunk[..length];
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.take(&rest[..end]);
            self.end_line(end + 1, lines);
            rest = &rest[end + 1..];
        }
        self.take(rest);
        self.offset += rest.len() as u64;
        Ok(length)
    }

    fn take(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.partial.len());
        let kept = bytes.len().min(room);
        self.partial.extend_from_slice(&bytes[..kept]);
        self.cut += bytes.len() - kept;
    }

    fn end_line(&mut self, consumed: usize, lines: &mut VecDeque<RawLine>) {
        let position = Position { run: self.run, at: self.line_start, n: 0 };
        self.offset += consumed as u64;
        self.line_start = self.offset;
        let mut bytes = std::mem::take(&mut self.partial);
        let cut = std::mem::take(&mut self.cut);
        if std::mem::take(&mut self.broken) {
            return;
        }
        if let Some(ts) = own_time(&bytes) {
            self.ts = ts;
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if cut > 0 {
            bytes.extend_from_slice(crate::logs::cut_mark(cut).as_bytes());
        }
        if self.known.is_none_or(|known| position > known) {
            lines.push_back(RawLine { position, ts: self.ts, bytes });
        }
    }

    /// The end of the log: what stands there without a line end is a line, too.
    fn finish(&mut self, lines: &mut VecDeque<RawLine>) {
        if !self.partial.is_empty() {
            self.end_line(0, lines);
        }
    }
}

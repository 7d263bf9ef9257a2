//! A backfill's memory: which visits were begun, and what became of each of their hits.
//!
//! A killed run must go on without a gap, and what it sends twice must be no more than what was in flight at
//! the kill. So every outcome is appended in one write before its place in flight is given to another hit: the
//! pages of a file survive the death of the process that wrote them. The file is a line of JSON (where the
//! run stood when the file was last compacted) and then records of 16 bytes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use report::{HitKind, Outcome, Tally, VisitCounts};
use serde::{Deserialize, Serialize};
use traffic::{Model, Visit};

use crate::encode::hit_kind;

/// The number of the ledger of a run that keeps none: what it should have counted is lost.
pub const NO_LEDGER: u64 = u64::MAX;

/// Records are folded into a new first line when the file is longer than this.
const COMPACT_AT: u64 = 32 << 20;

const RECORD: usize = 16;

/// An append-only file of what a backfill has done.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    good_len: u64,
    pending: Vec<u8>,
    state: Progress,
}

/// Where a backfill stands. Also the first line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    version: u32,
    /// A digest of the plan: another plan is another run.
    pub fingerprint: String,
    /// The run's seed, drawn or given.
    pub seed: u64,
    /// When the run first began, in Unix microseconds; it names the run's orders.
    pub created_us: i64,
    /// How often the run was taken up again.
    pub resumes: u32,
    /// The most hits that can have been recorded twice, by all kills so far.
    pub possible_duplicates: u64,
    /// The first visit that was not begun.
    pub next_visit: u64,
    /// The window is done.
    pub finished: bool,
    /// The last process ended in an orderly way, with nothing in flight.
    clean: bool,
    /// The ledger that counts what is folded into this line; 0 before there is one.
    #[serde(default)]
    pub ledger: u64,
    /// Visits begun and not over: number to next hit and whether a hit of it was not acknowledged.
    pub open: BTreeMap<u64, (u16, bool)>,
    /// Planned, acknowledged, refused, failed, unknown; by kind in the order of [`HitKind::ALL`].
    hits: [[u64; 5]; 8],
    started: u64,
    completed: u64,
    failed: u64,
}

/// What one process may have had in flight when it was killed.
#[derive(Debug, Clone, Copy)]
pub struct InFlight {
    /// Hits of one visit that may be in flight at once.
    pub per_visit: u64,
    /// Hits of all visits together.
    pub in_all: u64,
}

impl Progress {
    fn new(fingerprint: &str, seed: u64, created_us: i64) -> Self {
        Self {
            version: 1,
            fingerprint: fingerprint.to_owned(),
            seed,
            created_us,
            resumes: 0,
            possible_duplicates: 0,
            next_visit: 0,
            finished: false,
            clean: true,
            ledger: 0,
            open: BTreeMap::new(),
            hits: [[0; 5]; 8],
            started: 0,
            completed: 0,
            failed: 0,
        }
    }

    /// The figures of all processes of this run so far.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (kind, [planned, settled @ ..]) in HitKind::ALL.into_iter().zip(self.hits) {
            (0..planned).for_each(|_| tally.plan(kind));
            for (outcome, count) in OUTCOMES.into_iter().zip(settled) {
                (0..count).for_each(|_| tally.settle(kind, outcome));
            }
        }
        tally.visits =
            VisitCounts { started: self.started, completed: self.completed, failed: self.failed, skipped: 0 };
        tally
    }

    fn begin(&mut self, visit: &Visit) {
        self.next_visit = visit.index + 1;
        self.started += 1;
        self.open.insert(visit.index, (0, false));
        for hit in &visit.hits {
            self.hits[hit_kind(hit.kind).index()][0] += 1;
        }
    }

    fn settle(&mut self, hit: Settled) {
        self.hits[hit.kind.index()][1 + hit.outcome as usize] += 1;
        let Some((seq, blemished)) = self.open.get_mut(&hit.visit) else { return };
        *seq = hit.seq + 1;
        *blemished |= hit.outcome != Outcome::Acknowledged;
        if hit.last {
            if *blemished {
                self.failed += 1;
            } else {
                self.completed += 1;
            }
            self.open.remove(&hit.visit);
        }
    }
}

const OUTCOMES: [Outcome; 4] = [Outcome::Acknowledged, Outcome::Refused, Outcome::Failed, Outcome::Unknown];

/// One hit's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Its visit.
    pub visit: u64,
    /// Which hit of the visit.
    pub seq: u16,
    /// What it was.
    pub kind: HitKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The visit's last.
    pub last: bool,
    /// The target refused some hits of its body and did not say which.
    pub doubtful: bool,
}

/// Who is told what a journal holds when a run is taken up: the ledger, which counts it again.
pub trait Witness {
    /// A hit's end.
    fn settled(&mut self, hit: Settled);
    /// The hits of a visit from the first unsettled one up to `until` may have been in flight at the kill.
    fn sent_again(&mut self, visit: u64, until: u16);
    /// All was told, and the journal is about to forget it. Returns the number of the ledger that was written down.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    fn written(&mut self) -> anyhow::Result<u64>;
}

#[derive(Debug, PartialEq, Eq)]
enum Record {
    Begun(u64),
    Settled(Settled),
}

impl Record {
    fn to_bytes(&self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        let visit = match self {
            Self::Begun(visit) => {
                bytes[0] = b'B';
                *visit
            }
            Self::Settled(hit) => {
                bytes[0] = b'S';
                bytes[1] = hit.kind.index() as u8;
                bytes[2] = hit.outcome as u8;
                bytes[3] = u8::from(hit.last) | u8::from(hit.doubtful) << 1;
                bytes[4..6].copy_from_slice(&hit.seq.to_le_bytes());
                hit.visit
            }
        };
        bytes[8..].copy_from_slice(&visit.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; RECORD]) -> Option<Self> {
        let visit = u64::from_le_bytes(bytes[8..].try_into().ok()?);
        match bytes[0] {
            b'B' => Some(Self::Begun(visit)),
            b'S' => Some(Self::Settled(Settled {
                visit,
                seq: u16::from_le_bytes([bytes[4], bytes[5]]),
                kind: *HitKind::ALL.get(usize::from(bytes[1]))?,
                outcome: *OUTCOMES.get(usize::from(bytes[2]))?,
                last: bytes[3] & 1 == 1,
                doubtful: bytes[3] & 2 == 2,
            })),
            _ => None,
        }
    }
}

impl Journal {
    /// The seed and the beginning of the run that the file tells of, if there is one.
    ///
    /// # Errors
    /// When the file is there and cannot be understood.
    pub fn peek(path: &Path) -> anyhow::Result<Option<Progress>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(split(path, &bytes)?.0)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    /// Begins a run with an empty journal.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(path: &Path, fingerprint: &str, seed: u64, created_us: i64) -> anyhow::Result<Self> {
        Self::write_new(path, Progress { clean: false, ..Progress::new(fingerprint, seed, created_us) })
    }

    /// Takes a run up again where its journal ends.
    ///
    /// # Errors
    /// When the file cannot be read, understood or written.
    pub fn resume(
        path: &Path,
        model: &Model,
        in_flight: InFlight,
        mut witness: Option<&mut dyn Witness>,
    ) -> anyhow::Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let (mut state, records) = split(path, &bytes)?;
        let mut visit = Visit::default();
        let (records, _torn) = records.as_chunks::<RECORD>();
        for (at, bytes) in records.iter().enumerate() {
            match Record::from_bytes(bytes) {
                Some(Record::Begun(index)) => {
                    model.visit(index, &mut visit);
                    state.begin(&visit);
                }
                Some(Record::Settled(hit)) => {
                    state.settle(hit);
                    if let Some(witness) = &mut witness {
                        witness.settled(hit);
                    }
                }
                None => bail!(
                    "{}: record {at} is damaged; remove the file to begin the backfill anew",
                    path.display()
                ),
            }
        }
        if !state.clean {
            let mut left = 0;
            for (&index, &(seq, _)) in &state.open {
                model.visit(index, &mut visit);
                let hits = (visit.hits.len() as u64).saturating_sub(u64::from(seq)).min(in_flight.per_visit);
                left += hits;
                if let Some(witness) = &mut witness {
                    witness.sent_again(index, seq + hits as u16);
                }
            }
            state.possible_duplicates += left.min(in_flight.in_all);
        }
        state.clean = false;
        state.resumes += 1;
        state.ledger = witness.map_or(Ok(NO_LEDGER), Witness::written)?;
        Self::write_new(path, state)
    }

    /// Writes a file whose first line is `state` and puts it in the place of the old one.
    fn write_new(path: &Path, state: Progress) -> anyhow::Result<Self> {
        let (file, good_len) = Self::replace(path, &state).with_context(|| {
            format!(
                "the backfill's checkpoint {} cannot be written; make room or name another STATE_DIR",
                path.display()
            )
        })?;
        Ok(Self { path: path.to_owned(), file, good_len, pending: Vec::new(), state })
    }

    fn replace(path: &Path, state: &Progress) -> io::Result<(File, u64)> {
        let new = path.with_extension("new");
        let mut line = serde_json::to_vec(state)?;
        line.push(b'\n');
        let mut file = File::create(&new)?;
        file.write_all(&line)?;
        file.sync_data()?;
        fs::rename(&new, path)?;
        Ok((file, line.len() as u64))
    }

    /// Where the run stands.
    pub fn progress(&self) -> &Progress {
        &self.state
    }

    /// Notes that a visit begins, to be written by [`Journal::commit`] before its first hit goes out: a later process
    /// must know that this hit may be recorded.
    pub fn begun(&mut self, visit: &Visit) {
        self.state.begin(visit);
        self.pending.extend_from_slice(&Record::Begun(visit.index).to_bytes());
    }

    /// Notes what became of a hit, to be written by [`Journal::commit`].
    pub fn settled(&mut self, hit: Settled) {
        self.state.settle(hit);
        self.pending.extend_from_slice(&Record::Settled(hit).to_bytes());
    }

    /// Writes what was noted. After an error nothing of it is lost: the next call tries again.
    ///
    /// # Errors
    /// When the file cannot be written, for example because the disk is full.
    pub fn commit(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.file.write_all(&self.pending) {
            // Part of it may be there: cut it off, so that the next attempt does not write it twice.
            self.file.set_len(self.good_len)?;
            io::Seek::seek(&mut self.file, io::SeekFrom::Start(self.good_len))?;
            return Err(error);
        }
        self.good_len += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// It should be folded into a new first line, together with a ledger that counts what it holds.
    pub fn is_long(&self) -> bool {
        self.good_len > COMPACT_AT
    }

    /// Marks the end of this process: nothing is in flight, and perhaps the window is done.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close(&mut self, in_flight: u64, finished: bool, ledger: u64) -> io::Result<()> {
        self.state.possible_duplicates += in_flight;
        self.state.clean = true;
        self.state.finished = finished;
        self.compact(ledger)
    }

    /// Folds all into a new first line. `ledger` is the number of the ledger that counts it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn compact(&mut self, ledger: u64) -> io::Result<()> {
        self.state.ledger = ledger;
        (self.file, self.good_len) = Self::replace(&self.path, &self.state)?;
        self.pending.clear();
        Ok(())
    }
}

fn split<'a>(path: &Path, bytes: &'a [u8]) -> anyhow::Result<(Progress, &'a [u8])> {
    let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    let state: Progress = serde_json::from_slice(&bytes[..end]).with_context(|| {
        format!("{} is not a backfill's checkpoint; remove it to begin the backfill anew", path.display())
    })?;
    Ok((state, bytes.get(end + 1..).unwrap_or_default()))
}

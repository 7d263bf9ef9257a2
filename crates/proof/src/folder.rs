//! The folders of runs: written by whoever runs, read by whoever compares or lists.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use ledger::{BOOK_VERSION, Book, DayFigures};
use report::{SERIES_VERSION, Series};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Baseline, Proof, RECORD_VERSION, RunRecord};

/// The file of a run's [`RunRecord`].
pub const RECORD: &str = "run.json";
const BOOK: &str = "ledger.json";
const BOOK_BEFORE: &str = "ledger.previous.json";
const BASELINE: &str = "baseline.json";
/// The file of a run's last [`Proof`].
pub const PROOF: &str = "proof.json";
const SERIES: &str = "series.json";
const DAYS: &str = "days";

/// The folders that hold the folders of runs: one of a load generator, or those of several.
#[derive(Debug, Clone)]
pub struct Runs(Vec<PathBuf>);

/// The folder of one run.
#[derive(Debug, Clone)]
pub struct RunFolder(PathBuf);

/// What is wrong with a folder or one of its files.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is no such run.
    #[error("there is no run {id:?} in {}; {known}", folder.display())]
    Unknown {
        /// What was asked for.
        id: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// What there is.
        known: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what its name says.
    #[error("{} is not what it should be: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A file was written by a later version of this program.
    #[error("{} has version {found}, and this program knows {known}; use a newer one", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
}

impl Runs {
    /// The runs of a load generator with this `STATE_DIR`.
    pub fn of_state_dir(state_dir: &Path) -> Self {
        Self::of_state_dirs([state_dir])
    }

    /// The runs of several load generators. New ones are made in the first folder.
    pub fn of_state_dirs<P: AsRef<Path>>(state_dirs: impl IntoIterator<Item = P>) -> Self {
        Self(state_dirs.into_iter().map(|dir| dir.as_ref().join("runs")).collect())
    }

    /// Every run's name and folder, the oldest first.
    ///
    /// # Errors
    /// When a folder is there and cannot be read.
    pub fn all(&self) -> Result<BTreeMap<String, RunFolder>, FolderError> {
        let mut runs = BTreeMap::new();
        for folder in &self.0 {
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(FolderError::Io { path: folder.clone(), source }),
            };
            for entry in entries.flatten().filter(|entry| entry.path().join(RECORD).is_file()) {
                if let Ok(id) = entry.file_name().into_string() {
                    runs.entry(id).or_insert_with(|| RunFolder(entry.path()));
                }
            }
        }
        Ok(runs)
    }

    /// A run by its name; `last` is the latest.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn open(&self, id: &str) -> Result<RunFolder, FolderError> {
        let mut runs = self.all()?;
        let found = if id == "last" { runs.pop_last().map(|(_, run)| run) } else { runs.remove(id) };
        found.ok_or_else(|| {
            let latest: Vec<String> = runs.into_keys().rev().take(5).collect();
            let known = match latest.as_slice() {
                [] => "there is none: is STATE_DIR that of the run?".to_owned(),
                ids => format!("the latest are {}", ids.join(", ")),
            };
            FolderError::Unknown { id: id.to_owned(), folder: self.first(), known }
        })
    }

    /// Makes the folder of a run, unless it is there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self, id: &str) -> Result<RunFolder, FolderError> {
        let path = self.first().join(id);
        let days = path.join(DAYS);
        fs::create_dir_all(&days).map_err(|source| FolderError::Io { path: days, source })?;
        Ok(RunFolder(path))
    }

    fn first(&self) -> PathBuf {
        self.0.first().cloned().unwrap_or_default()
    }
}

impl RunFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads `run.json`.
    ///
    /// # Errors
    /// When it is missing, unreadable or of a later version.
    pub fn record(&self) -> Result<RunRecord, FolderError> {
        let path = self.0.join(RECORD);
        let record: RunRecord = read(&path)?
            .ok_or_else(|| FolderError::Io { path: path.clone(), source: io::ErrorKind::NotFound.into() })?;
        check_version(&path, record.schema_version, RECORD_VERSION)?;
        Ok(record)
    }

    /// Writes `run.json`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_record(&self, record: &RunRecord) -> Result<(), FolderError> {
        write(&self.0.join(RECORD), record, true)
    }

    /// Writes the ledger, and keeps the one before under its other name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_book(&self, book: &Book) -> Result<(), FolderError> {
        let (path, before) = (self.0.join(BOOK), self.0.join(BOOK_BEFORE));
        let new = path.with_extension("new");
        write(&new, book, false)?;
        let moved = match fs::rename(&path, &before) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::rename(&new, &path),
        };
        moved.map_err(|source| FolderError::Io { path, source })
    }

    /// The ledger that was written as number `generation`, if it is one of the two that are kept.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn book_of(&self, generation: u64) -> Result<Option<Book>, FolderError> {
        for name in [BOOK, BOOK_BEFORE, "ledger.new"] {
            if let Some(book) = Self::read_book(&self.0.join(name))?
                && book.generation == generation
            {
                return Ok(Some(book));
            }
        }
        Ok(None)
    }

    /// The whole ledger: the latest one and all the days that were put aside.
    ///
    /// # Errors
    /// When a file cannot be read, or there is no ledger.
    pub fn book(&self) -> Result<Book, FolderError> {
        let path = self.0.join(BOOK);
        let mut book = match Self::read_book(&path)? {
            Some(book) => book,
            None => Self::read_book(&self.0.join(BOOK_BEFORE))?
                .ok_or_else(|| FolderError::Io { path, source: io::ErrorKind::NotFound.into() })?,
        };
        let folder = self.0.join(DAYS);
        let entries =
            fs::read_dir(&folder).map_err(|source| FolderError::Io { path: folder.clone(), source })?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let date = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse::<Date>().ok());
            // What is in the ledger itself is never older.
            let Some(date) = date.filter(|date| !book.days.contains_key(date)) else { continue };
            if let Some(figures) = self.day(date)? {
                book.days.insert(date, figures);
            }
        }
        Ok(book)
    }

    fn read_book(path: &Path) -> Result<Option<Book>, FolderError> {
        let Some(book) = read::<Book>(path)? else { return Ok(None) };
        check_version(path, book.schema_version, BOOK_VERSION)?;
        Ok(Some(book))
    }

    /// A day that was put aside.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn day(&self, date: Date) -> Result<Option<DayFigures>, FolderError> {
        read(&self.day_path(date))
    }

    /// Puts a day aside.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_day_aside(&self, date: Date, figures: &DayFigures) -> Result<(), FolderError> {
        write(&self.day_path(date), figures, false)
    }

    fn day_path(&self, date: Date) -> PathBuf {
        self.0.join(DAYS).join(format!("{date}.json"))
    }

    /// What the reports said before the run.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn baseline(&self) -> Result<Option<Baseline>, FolderError> {
        read(&self.0.join(BASELINE))
    }

    /// Writes down what the reports said before the run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_baseline(&self, baseline: &Baseline) -> Result<(), FolderError> {
        write(&self.0.join(BASELINE), baseline, false)
    }

    /// The run over time; of a run of an older version there is none.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn series(&self) -> Result<Option<Series>, FolderError> {
        let path = self.0.join(SERIES);
        let series: Option<Series> = read(&path)?;
        if let Some(series) = &series {
            check_version(&path, series.schema_version, SERIES_VERSION)?;
        }
        Ok(series)
    }

    /// Writes the run over time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_series(&self, series: &Series) -> Result<(), FolderError> {
        write(&self.0.join(SERIES), series, false)
    }

    /// The last comparison.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn proof(&self) -> Result<Option<Proof>, FolderError> {
        read(&self.0.join(PROOF))
    }

    /// Keeps a comparison.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_proof(&self, proof: &Proof) -> Result<(), FolderError> {
        write(&self.0.join(PROOF), proof, true)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FolderError> {
    match fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(FolderError::Content { path: path.to_owned(), reason: error.to_string() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FolderError::Io { path: path.to_owned(), source }),
    }
}

fn check_version(path: &Path, found: u32, known: u32) -> Result<(), FolderError> {
    if found > known { Err(FolderError::TooNew { path: path.to_owned(), found, known }) } else { Ok(()) }
}

/// Writes beside the place and moves there.
fn write(path: &Path, value: &impl Serialize, pretty: bool) -> Result<(), FolderError> {
    let written = || -> io::Result<()> {
        let bytes = if pretty { serde_json::to_vec_pretty(value)? } else { serde_json::to_vec(value)? };
        let beside = path.with_extension("part");
        let mut file = File::create(&beside)?;
        file.write_all(&bytes)?;
        fs::rename(&beside, path)
    };
    written().map_err(|source| FolderError::Io { path: path.to_owned(), source })
}

//! Files that the load generator reads: replaced whole, so that it never sees half of one.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// A file that could not be read, written or removed.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be {doing}: {source}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What was tried.
    pub doing: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// A file that is written and not yet in its place.
#[derive(Debug)]
pub struct Staged {
    file: NamedTempFile,
    path: PathBuf,
}

impl Staged {
    /// Writes the content beside `path`, readable for everybody: the load generator may run as another user.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn new(path: &Path, content: &[u8]) -> Result<Staged, FileError> {
        let failed = |source| FileError { path: path.to_owned(), doing: "written", source };
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        file.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        Ok(Staged { file, path: path.to_owned() })
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// When the system refuses; then what was there before is still there.
    pub fn publish(self) -> Result<(), FileError> {
        let Staged { file, path } = self;
        let failed = |source| FileError { path: path.clone(), doing: "replaced", source };
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync_folder(&path).map_err(failed)
    }
}

/// Replaces a file.
///
/// # Errors
/// When it cannot be written; then what was there before is still there.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    Staged::new(path, content)?.publish()
}

/// The text of a file; `None` when there is none.
///
/// # Errors
/// When it is there and cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError { path: path.to_owned(), doing: "read", source }),
    }
}

/// Removes a file; whether there was one.
///
/// # Errors
/// When the system refuses.
pub fn remove(path: &Path) -> Result<bool, FileError> {
    let failed = |source| FileError { path: path.to_owned(), doing: "removed", source };
    match fs::remove_file(path) {
        Ok(()) => sync_folder(path).map_err(failed).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A rename outlives a power cut only when the folder is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_readable_for_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/urls.txt");
        replace(&path, b"one").unwrap();
        let staged = Staged::new(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("one"));
        staged.publish().unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        drop(Staged::new(&path, b"three").unwrap());
        assert_eq!(read(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "what was not published is gone"
        );
    }

    #[test]
    fn a_missing_file_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("urls.txt");
        assert_eq!(read(&path).unwrap(), None);
        assert!(!remove(&path).unwrap());
        replace(&path, b"one").unwrap();
        assert!(remove(&path).unwrap());
        let error = read(Path::new("/proc/self")).unwrap_err();
        assert!(error.to_string().starts_with("/proc/self cannot be read: "), "{error}");
    }
}

//! The key: compared by digest, in a time that says nothing about where it differs; made at the first start when nobody
//! gave one.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The key that clients must show. Only its digest is kept.
#[derive(Clone)]
pub struct ApiKey {
    digest: [u8; 32],
    id: String,
}

impl ApiKey {
    /// The key of this text.
    pub fn new(key: &SecretString) -> ApiKey {
        let digest = Sha256::digest(key.expose_secret().as_bytes()).into();
        // A digest of its own, so that the id tells nothing of the one that is compared.
        let named = Sha256::new().chain_update(b"key id\0").chain_update(digest).finalize();
        ApiKey { digest, id: HEXLOWER.encode(&named[..4]) }
    }

    /// Whether this is the key.
    pub fn matches(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.digest.ct_eq(&given).into()
    }

    /// What the audit calls it.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// By hand: not even the digest belongs into a log.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why there is no key to start with.
#[derive(Debug, thiserror::Error)]
#[error(
    "the key's file {} cannot be used: {source}; make its folder writable for this user, or set CONTROL_UI_API_KEY",
    path.display()
)]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The key that is kept in this file. At the first start the file is made, readable for its owner only; the second part
/// says whether that happened just now.
///
/// # Errors
/// When the file can neither be read nor made, or holds no key.
pub fn load_or_create(path: &Path) -> Result<(SecretString, bool), KeyFileError> {
    let failed = |source| KeyFileError { path: path.to_owned(), source };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => create(file).map(|key| (key, true)).map_err(|error| {
            // half a key must not pass for one at the next start
            let _ = std::fs::remove_file(path);
            failed(error)
        }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            load(path).map(|key| (key, false)).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

fn create(mut file: File) -> io::Result<SecretString> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let key = HEXLOWER.encode(&bytes);
    writeln!(file, "{key}")?;
    file.sync_all()?;
    Ok(key.into())
}

fn load(path: &Path) -> io::Result<SecretString> {
    let mut text = String::new();
    File::open(path)?.take(4096).read_to_string(&mut text)?;
    match text.trim() {
        "" => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty: remove it, and a new one is made"))
        }
        key => Ok(key.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_key_matches() {
        let key = ApiKey::new(&"a key with ümläuts".into());
        assert!(key.matches("a key with ümläuts".as_bytes()));
        for wrong in ["", "a key", "a key with ümläuts ", "A key with ümläuts"] {
            assert!(!key.matches(wrong.as_bytes()), "{wrong:?}");
        }
        assert!(!key.matches(&[0xff, 0xfe]));
    }

    #[test]
    fn nothing_of_the_key_is_shown() {
        let key = ApiKey::new(&"a key".into());
        assert!(!format!("{key:?}").contains(&HEXLOWER.encode(&key.digest[..4])));
        assert!(format!("{key:?}").contains(key.id()));
    }

    #[test]
    fn a_key_is_made_once_and_kept_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let (first, made) = load_or_create(&path).unwrap();
        assert!(made);
        assert_eq!(first.expose_secret().len(), 64);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (second, made) = load_or_create(&path).unwrap();
        assert!(!made);
        assert_eq!(first.expose_secret(), second.expose_secret());
    }

    #[test]
    fn an_empty_file_is_no_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "\n").unwrap();
        let error = load_or_create(&path).unwrap_err();
        assert!(error.to_string().contains("it is empty"), "{error}");
        let error = load_or_create(&dir.path().join("missing/key")).unwrap_err();
        assert!(error.to_string().contains("CONTROL_UI_API_KEY"), "{error}");
    }
}

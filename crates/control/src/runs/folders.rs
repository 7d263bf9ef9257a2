//! Where the folders of runs lie: in the main load generator's state folder, and in those of units that ran once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::engine::LoadGenerator;

/// The setting that names a load generator's state folder.
const STATE_DIR: &str = "STATE_DIR";
/// The state folder in the data folder, unless a setting names another. Those of units that ran once are in it.
const USUAL: &str = "state";
/// The folder of runs in a state folder.
const RUNS: &str = "runs";

/// A state folder, as we see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateFolder {
    pub(crate) path: PathBuf,
    /// The unit that writes it.
    pub(crate) unit: String,
}

/// All state folders, the main one first, and why one cannot be seen.
pub(crate) fn all(load: &LoadGenerator) -> (Vec<StateFolder>, Vec<String>) {
    let name = &load.place().name;
    let mut warnings = Vec::new();
    let main = main(load).unwrap_or_else(|warning| {
        warnings.push(warning);
        usual(load)
    });
    let mut folders = vec![StateFolder { path: main, unit: name.clone() }];
    let usual = usual(load);
    // Runs of before another STATE_DIR was applied.
    if usual != folders[0].path {
        folders.push(StateFolder { path: usual.clone(), unit: name.clone() });
    }
    let entries = fs::read_dir(&usual).into_iter().flatten().flatten();
    let mut others: Vec<StateFolder> = entries
        .filter(|entry| entry.path().join(RUNS).is_dir())
        .filter_map(|entry| {
            let unit = entry.file_name().into_string().ok()?;
            Some(StateFolder { path: entry.path(), unit })
        })
        .filter(|other| other.path != folders[0].path)
        .collect();
    others.sort_by(|one, other| one.unit.cmp(&other.unit));
    folders.append(&mut others);
    (folders, warnings)
}

/// The state folder of the main load generator, or why it cannot be seen from here.
pub(crate) fn main(load: &LoadGenerator) -> Result<PathBuf, String> {
    let env = load.last_blueprint().map(|blueprint| blueprint.env).unwrap_or_default();
    match env.get(STATE_DIR).map(|dir| dir.trim()).filter(|dir| !dir.is_empty()) {
        None => Ok(usual(load)),
        Some(dir) => load.folder().from_unit(dir).ok_or_else(|| {
            format!(
                "the load generator's STATE_DIR={dir} is not in the data folder {}, so that its runs cannot be seen from \
                 here: set it to a folder in there",
                load.folder().there.display()
            )
        }),
    }
}

fn usual(load: &LoadGenerator) -> PathBuf {
    load.folder().here.join(USUAL)
}

/// Removes a state folder, except for what it holds of runs: that goes to the main state folder, so that runs stay known.
/// When they cannot be moved, all stays where it is.
///
/// # Errors
/// Why something is left.
pub(crate) fn remove(state_dir: &Path, load: &LoadGenerator) -> Result<(), String> {
    let home = main(load).unwrap_or_else(|_| usual(load));
    let user = load.view().unit.and_then(|unit| unit.user);
    // Whoever runs the load generator must be able to make the next one in it.
    let make = |target: &Path| match target.strip_prefix(&load.folder().here) {
        Ok(below) => load.folder().make_folder(&below.to_string_lossy(), user),
        Err(_) => fs::create_dir_all(target),
    };
    keep_runs(state_dir, &home, make)?;
    match fs::remove_dir_all(state_dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("its state in {} cannot be removed: {error}", state_dir.display()))
        }
        _ => Ok(()),
    }
}

fn keep_runs(from: &Path, to: &Path, make: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<(), String> {
    let entries = match fs::read_dir(from.join(RUNS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("its runs in {} cannot be read: {error}", from.display())),
    };
    let target = to.join(RUNS);
    let entries: Vec<_> = entries.flatten().collect();
    if !entries.is_empty() {
        make(&target).map_err(|error| format!("{} cannot be made: {error}", target.display()))?;
    }
    let mut left = None;
    for entry in entries {
        if let Err(error) = fs::rename(entry.path(), target.join(entry.file_name())) {
            left = Some(format!(
                "its run {} cannot be moved to {}: {error}; it stays in {}",
                entry.file_name().display(),
                target.display(),
                from.display()
            ));
        }
    }
    left.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_kept_when_what_wrote_them_goes() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("state/one"), dir.path().join("state"));
        let make = |path: &Path| fs::create_dir_all(path);
        fs::create_dir_all(from.join("runs/a/days")).unwrap();
        fs::write(from.join("runs/a/run.json"), "{}").unwrap();
        keep_runs(&from, &to, make).unwrap();
        assert!(to.join("runs/a/run.json").is_file() && !from.join("runs/a").exists());
        // one of that name is there already: nothing of either is lost
        fs::create_dir_all(from.join("runs/a")).unwrap();
        fs::write(from.join("runs/a/run.json"), "[]").unwrap();
        let left = keep_runs(&from, &to, make).unwrap_err();
        assert!(left.contains("its run a cannot be moved"), "{left}");
        assert_eq!(fs::read_to_string(from.join("runs/a/run.json")).unwrap(), "[]");
        assert_eq!(fs::read_to_string(to.join("runs/a/run.json")).unwrap(), "{}");
        keep_runs(&dir.path().join("nowhere"), &to, make).unwrap();
    }
}

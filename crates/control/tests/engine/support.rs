//! A load generator to be tested, on either engine.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use control::{
    engine::{
        Engine, LoadGenerator, Place,
        configuration::Vars,
        fake::FakeEngine,
        process::{ProcessEngine, ProcessOptions},
    },
    logs::Redactor,
};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The name of the unit.
pub(crate) const NAME: &str = "matomo-loadgen";

/// A program that behaves like the load generator as far as an engine can see: it ends well when it is told to, falls with
/// CONCURRENCY=13, is done at once with CONCURRENCY=14, and takes a start signal with `AUTO_START=false`.
const PROGRAM: &str = r#"#!/bin/sh
trap 'echo "INFO stopping" >&2; exit 0' TERM
echo "INFO begins with concurrency ${CONCURRENCY:-50}" >&2
[ "$CONCURRENCY" = 13 ] && { echo "ERROR thirteen is refused" >&2; exit 64; }
[ "$CONCURRENCY" = 14 ] && exit 0
if [ "$AUTO_START" = false ]; then
    rm -f "$START_SIGNAL_FILE"
    echo "INFO waits" >&2
    while [ ! -e "$START_SIGNAL_FILE" ]; do sleep 0.02; done
    rm -f "$START_SIGNAL_FILE"
    echo "INFO the signal came" >&2
fi
while :; do sleep 0.02; done
"#;

/// A configuration that can run.
pub(crate) fn config(more: &[(&str, &str)]) -> Vars {
    [("MATOMO_URL", "http://127.0.0.1:9/matomo.php"), ("RANDOMIZE_VISITOR_COUNTRIES", "false")]
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A load generator with its folder.
pub(crate) struct Bench<E> {
    pub(crate) engine: E,
    pub(crate) generator: Arc<LoadGenerator>,
    pub(crate) dir: TempDir,
    _watching: DropGuard,
}

impl<E: Engine + Clone> Bench<E> {
    fn new(engine: E, dir: TempDir) -> Self {
        let mut place = Place::new(NAME, dir.path().to_owned(), dir.path().join("loadgen.start"));
        place.settled = Duration::from_millis(100);
        let generator = LoadGenerator::new(Arc::new(engine.clone()), place, Arc::new(Redactor::default()));
        let stop = CancellationToken::new();
        tokio::spawn(Arc::clone(&generator).watch(stop.clone()));
        Self { engine, generator, dir, _watching: stop.drop_guard() }
    }

    /// The same place, as a control plane sees it that was killed and started again.
    pub(crate) fn restarted(self, engine: E) -> Self {
        let Self { dir, .. } = self;
        Self::new(engine, dir)
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// On an engine that is only remembered.
pub(crate) fn fake() -> Bench<FakeEngine> {
    let dir = tempfile::tempdir().unwrap();
    let engine = FakeEngine::new(dir.path());
    Bench::new(engine, dir)
}

/// An engine of real processes over that folder.
pub(crate) fn process_engine(dir: &Path) -> ProcessEngine {
    let binary: PathBuf = dir.join("program");
    if !binary.exists() {
        fs::write(&binary, PROGRAM).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let options =
        ProcessOptions { data_dir: dir.to_owned(), binary, start_signal_file: dir.join("loadgen.start") };
    ProcessEngine::new(&options).unwrap()
}

/// On real processes.
pub(crate) fn process() -> Bench<ProcessEngine> {
    let dir = tempfile::tempdir().unwrap();
    let engine = process_engine(dir.path());
    Bench::new(engine, dir)
}

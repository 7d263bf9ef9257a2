//! A full disk at the checkpoint: the backfill waits, says why, loses nothing, and goes on when there is room.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::path::PathBuf;
use std::process::{Child, Command};

use support::{Loadgen, Ran, Sink, TOKEN, assert_law, terminate, wait_until};

/// A file system of its own, small enough to be filled.
struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`, said loudly, where nobody may mount.
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "none"])
            .arg(dir.path())
            .output()
            .map(|output| output.status.success());
        if !matches!(mount, Ok(true)) {
            eprintln!("SKIPPED: a full disk was not tested, as this user may not mount one; run it as root");
            return None;
        }
        Some(Self { dir })
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let zeros = vec![0; 512 * 1024];
        std::fs::write(self.dir.path().join("filler"), zeros).expect_err("it is larger than the disk");
    }

    fn make_room(&self) {
        std::fs::remove_file(self.dir.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(self.dir.path()).status().ok();
    }
}

fn backfill(sink: &Sink, disk: &SmallDisk, transport: &str, rate: &str) -> Loadgen {
    let state = disk.state();
    let vars = [
        ("TRANSPORT", transport),
        ("BULK_SIZE", "20"),
        ("CONCURRENCY", "8"),
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_DAYS_BACK", "5"),
        ("BACKFILL_DURATION_DAYS", "4"),
        ("BACKFILL_MAX_VISITS_PER_DAY", "100"),
        ("BACKFILL_RPS_LIMIT", rate),
        ("MATOMO_TOKEN_AUTH", TOKEN),
        ("STATE_DIR", state.to_str().unwrap()),
        // Orders keep their ids over a kill and would be refused the second time instead of counted twice.
        ("ECOMMERCE_PROBABILITY", "0"),
    ];
    Loadgen::new(&sink.url, &vars)
}

const WAITS: &str = "the checkpoint cannot be written and the backfill waits; make room in STATE_DIR";

/// A backfill that has come to a full disk and waits, with a way to read its log.
fn waiting(
    sink: &Sink,
    disk: &SmallDisk,
    transport: &str,
) -> (Child, tempfile::TempDir, impl Fn() -> String) {
    let rate = if transport == "bulk" { "20" } else { "400" };
    let (generator, path) = backfill(sink, disk, transport, rate).log_to_file();
    let (child, dir) = generator.spawn();
    wait_until("some hits", || sink.recorded() >= 100);
    disk.fill();
    let log = move || std::fs::read_to_string(&path).unwrap();
    wait_until("the log to say that the disk is full", || log().contains(WAITS));
    // Whoever was in flight comes back to the full disk and stops there.
    let mut before = 0;
    wait_until("the backfill to stand still", || {
        std::thread::sleep(std::time::Duration::from_millis(400));
        std::mem::replace(&mut before, sink.recorded()) == sink.recorded()
    });
    (child, dir, log)
}

fn assert_whole(ran: &Ran, log: &str) {
    assert_eq!(ran.code, Some(0), "{log}");
    ran.assert_conserved();
    assert_eq!(ran.count("/visits/completed"), 400, "{log}");
    assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{log}");
}

fn goes_on_when_there_is_room(transport: &str) {
    let Some(disk) = SmallDisk::new() else { return };
    let sink = Sink::start();
    let (child, dir, log) = waiting(&sink, &disk, transport);
    disk.make_room();
    let ran = Ran::new(child.wait_with_output().unwrap(), dir);
    let log = log();
    assert_whole(&ran, &log);
    assert_eq!(sink.recorded(), ran.count("/hits/acknowledged"), "nothing twice, nothing lost\n{log}");
    assert_eq!(ran.count("/backfill/possible_duplicates"), 0);
    assert_eq!(log.matches(WAITS).count(), 1, "said once\n{log}");
    assert!(log.contains("the checkpoint can be written again: the backfill goes on"), "{log}");
}

#[test]
fn a_backfill_waits_on_a_full_disk_and_goes_on_single() {
    goes_on_when_there_is_room("single");
}

#[test]
fn a_backfill_waits_on_a_full_disk_and_goes_on_bulk() {
    goes_on_when_there_is_room("bulk");
}

fn is_killed_while_it_waits(transport: &str) {
    let Some(disk) = SmallDisk::new() else { return };
    let sink = Sink::start();
    let (mut child, _dir, _log) = waiting(&sink, &disk, transport);
    child.kill().unwrap();
    child.wait().unwrap();
    disk.make_room();
    let ran = backfill(&sink, &disk, transport, "5000").run();
    assert_whole(&ran, &ran.stderr);
    let possible = ran.count("/backfill/possible_duplicates");
    assert_law(ran.count("/hits/acknowledged"), possible, sink.recorded(), &ran.stderr);
    let in_flight = if transport == "bulk" { 40 } else { 8 };
    assert!(possible <= in_flight, "{possible} in flight at the kill\n{}", ran.stderr);
}

#[test]
fn a_backfill_is_killed_while_its_disk_is_full_single() {
    is_killed_while_it_waits("single");
}

#[test]
fn a_backfill_is_killed_while_its_disk_is_full_bulk() {
    is_killed_while_it_waits("bulk");
}

/// It cannot wait for ever when it is told to stop; what it then sends again is counted.
#[test]
fn a_backfill_that_waits_on_a_full_disk_can_be_stopped() {
    let Some(disk) = SmallDisk::new() else { return };
    let sink = Sink::start();
    let (child, dir, log) = waiting(&sink, &disk, "single");
    let stopped = terminate(child, dir);
    let log = log();
    assert_eq!(stopped.code, Some(0), "{log}");
    stopped.assert_conserved();
    assert_law(stopped.count("/hits/acknowledged"), stopped.count("/hits/unknown"), sink.recorded(), &log);
    assert!(log.contains("the next run will count what was in flight as possibly sent twice"), "{log}");
    disk.make_room();
    let ran = backfill(&sink, &disk, "single", "5000").run();
    assert_whole(&ran, &ran.stderr);
    let possible = ran.count("/backfill/possible_duplicates");
    assert_law(ran.count("/hits/acknowledged"), possible, sink.recorded(), &ran.stderr);
}

#[test]
fn a_backfill_does_not_begin_on_a_full_disk() {
    let Some(disk) = SmallDisk::new() else { return };
    let sink = Sink::start();
    std::fs::create_dir(disk.state()).unwrap();
    disk.fill();
    let ran = backfill(&sink, &disk, "single", "400").run();
    assert!(!matches!(ran.code, Some(0) | None), "{:?}", ran.code);
    assert!(ran.stderr.contains("make room or name another STATE_DIR"), "{}", ran.stderr);
    assert_eq!(sink.recorded(), 0, "nothing is sent that could not be remembered");
}

/// The cap's window is overwritten in place, so a full disk does not make it forget.
#[test]
fn a_cap_holds_on_a_full_disk() {
    let Some(disk) = SmallDisk::new() else { return };
    let sink = Sink::start();
    let state = disk.state();
    let vars = [("MAX_TOTAL_VISITS", "30"), ("STATE_DIR", state.to_str().unwrap())];
    let ran = Loadgen::new(&sink.url, &vars).arg("--visits=10").run();
    assert_eq!(ran.count("/cap/used"), 10, "{}", ran.stderr);
    disk.fill();
    let ran = Loadgen::new(&sink.url, &vars).arg("--visits=15").run();
    assert_eq!((ran.code, ran.count("/cap/used")), (Some(0), 25), "{}", ran.stderr);
    let (generator, log) = Loadgen::new(&sink.url, &vars).log_to_file();
    let (child, dir) = generator.spawn();
    wait_until("the cap", || std::fs::read_to_string(&log).unwrap().contains("daily cap reached (30)"));
    assert_eq!(terminate(child, dir).count("/visits/started"), 5);
}

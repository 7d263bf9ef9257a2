//! `loadgen run`: from valid settings to the final report.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use ledger::Ledger;
use matomo::Encoder;
use proof::{RunFolder, RunRecord};
use report::{RunReport, RunState, Tally};
use settings::{Backfill, Settings};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use traffic::{Content, Model, Schedule, Visit};

use crate::chronicle::Chronicle;
use crate::clock::{Clock, timestamp};
use crate::encode::Timeline;
use crate::engine::books::{Figures, Replay};
use crate::engine::{self, Plan};
use crate::figures::{self, Subject};
use crate::record::{self, Opening, TakenUp};
use crate::state::StateDir;
use crate::state::cap::Cap;
use crate::state::journal::{InFlight, Journal, Witness};
use crate::{metrics, probes, progress};

/// A run to be made.
pub struct Order {
    /// The settings.
    pub settings: Settings,
    /// The content.
    pub content: Arc<Content>,
    /// Only visits with a lower number.
    pub visits: Option<u64>,
    /// The settings as they were given, secrets masked.
    pub given: BTreeMap<String, String>,
    /// The program's clock.
    pub clock: Clock,
}

/// Runs until the work is done or a signal comes, and returns the final report.
///
/// # Errors
/// When the run cannot begin: state folder, metrics port or TLS files.
pub fn run(order: Order) -> anyhow::Result<RunReport> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(supervise(order))
}

async fn supervise(order: Order) -> anyhow::Result<RunReport> {
    let stop = stop_on_signals()?;
    let Order { settings, content, visits, given, clock } = order;
    let began_us = clock.now_us();
    let prepared = Prepared::new(&settings, &content, began_us)?;
    let id = run_id(&settings, prepared.seed, prepared.named_us);
    let figures = Arc::new(Figures::new(prepared.tally()));
    let mut subject =
        Subject { id, settings, seed: prepared.seed, began_us, schedule: None, visits, given, clock };
    let shared = Arc::new(Mutex::new(subject.clone()));
    if let Some(port) = subject.settings.process.metrics_port {
        let listener = metrics::listen(port).await?;
        tracing::info!(port, "metrics at /metrics, the report at /report");
        tokio::spawn(metrics::serve(listener, Arc::clone(&shared), Arc::clone(&figures)));
    }
    if await_start(&subject.settings, &stop).await? && !prepared.is_finished() {
        let mut prepared = prepared;
        if prepared.record.is_none() && !prepared.is_resumed {
            let model = Model::new(&subject.settings, Arc::clone(&content), prepared.seed);
            tokio::select! {
                record = record::begin(&subject, &content, &model) => prepared.record = record,
                () = stop.cancelled() => {}
            }
        }
        let record = prepared.record.as_ref().map(|(folder, record, _)| (folder.clone(), record.started_at));
        let job = prepared.into_job(&mut subject, &content, &figures, &stop);
        *shared.lock().expect("no holder of this lock panics") = subject.clone();
        announce(&subject);
        let over = CancellationToken::new();
        let shown = tokio::spawn(progress::show(subject.clone(), Arc::clone(&figures), over.clone()));
        let watched =
            tokio::spawn(probes::watch(subject.settings.clone(), Arc::clone(&figures), clock, over.clone()));
        let kept = record.map(|(folder, started_at)| {
            let chronicle = Chronicle::open(folder, started_at, Arc::clone(&figures), clock);
            tokio::spawn(chronicle.keep(over.clone()))
        });
        let (done, ended) = tokio::sync::oneshot::channel();
        let engine = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
            done.send(engine::run(job)).ok();
        })?;
        let result = ended.await;
        over.cancel();
        shown.await.ok();
        watched.await.ok();
        if let Some(kept) = kept {
            kept.await.ok();
        }
        if let Err(panic) = engine.join() {
            std::panic::resume_unwind(panic);
        }
        result.context("the engine ended without a word")??;
    }
    let (report, _) = figures::report(&subject, &figures);
    if subject.settings.backfill.as_ref().is_some_and(|backfill| backfill.run_once) && !stop.is_cancelled() {
        tracing::info!("the backfill is done; BACKFILL_RUN_ONCE keeps this process idle until it is stopped");
        figures.status().state = RunState::Idle;
        stop.cancelled().await;
    }
    Ok(report)
}

/// A token that SIGTERM and SIGINT cancel, from now on.
pub fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM"),
            _ = interrupt.recv() => tracing::info!("SIGINT"),
        }
        token.cancel();
    });
    Ok(stop)
}

/// Waits for the start signal when `AUTO_START` is off. False when stopped before it came.
async fn await_start(settings: &Settings, stop: &CancellationToken) -> anyhow::Result<bool> {
    let process = &settings.process;
    if process.auto_start {
        return Ok(!stop.is_cancelled());
    }
    let path = Path::new(&process.start_signal_file);
    // A signal left from before this process began was meant for another: nobody asked for traffic now.
    if remove(path)? {
        tracing::warn!(path = %path.display(), "a start signal from before this start was discarded");
    }
    tracing::info!(path = %path.display(), "AUTO_START=false: waiting for the start signal file");
    let interval = Duration::from_secs_f64(process.start_check_interval_s);
    loop {
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = stop.cancelled() => return Ok(false),
        }
        if remove(path)? {
            tracing::info!("the start signal came");
            return Ok(true);
        }
    }
}

/// Removes the file; false when there is none.
fn remove(path: &Path) -> anyhow::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| {
            format!("START_SIGNAL_FILE: {} cannot be removed; this user needs the right to", path.display())
        }),
    }
}

fn announce(subject: &Subject) {
    let settings = &subject.settings;
    let target = settings::mask_url(settings.target.url.as_str());
    let (seed, run) = (subject.seed, subject.id.as_str());
    if let Some(window) = &settings.backfill {
        let visits = subject.schedule.as_ref().and_then(Schedule::total);
        let (first_day, last_day) = (window.first_day, window.last_day);
        tracing::info!(run, seed, target, %first_day, %last_day, visits, "backfill begins");
    } else {
        let (visits_per_day, concurrency) =
            (settings.arrivals.visits_per_day, settings.transport.concurrency);
        tracing::info!(run, seed, target, visits_per_day, concurrency, "traffic begins");
    }
    if settings.target.insecure {
        tracing::warn!(
            "TLS_INSECURE: the target's certificate is NOT verified; anybody on the way can read the token"
        );
    }
}

/// What is known before the start signal: seed, state files, and where an earlier process left off.
struct Prepared {
    seed: u64,
    /// When the run was first begun, in Unix microseconds: it names the run and its orders.
    named_us: i64,
    cap: Option<Cap>,
    journal: Option<Journal>,
    finished: bool,
    /// An earlier process began this run.
    is_resumed: bool,
    /// The record that it left.
    record: Option<(RunFolder, RunRecord, Ledger)>,
    /// Held until the run is over.
    state: Option<StateDir>,
}

impl Prepared {
    fn new(settings: &Settings, content: &Arc<Content>, now_us: i64) -> anyhow::Result<Self> {
        let process = &settings.process;
        match (&settings.backfill, settings.limits.visits_per_window) {
            (Some(window), _) => {
                let state = StateDir::open(&process.state_dir, settings.shard)?;
                Self::backfill(settings, window, content, now_us, state)
            }
            (None, Some(limit)) => {
                let state = StateDir::open(&process.state_dir, settings.shard)?;
                let cap = Cap::open(&state.file("cap", "window"), limit, now_us)?;
                Ok(Self { cap: Some(cap), state: Some(state), ..Self::plain(settings, now_us) })
            }
            (None, None) => Ok(Self::plain(settings, now_us)),
        }
    }

    fn plain(settings: &Settings, now_us: i64) -> Self {
        let seed = settings.seed.unwrap_or_else(draw_seed);
        Self {
            seed,
            named_us: now_us,
            cap: None,
            journal: None,
            finished: false,
            is_resumed: false,
            record: None,
            state: None,
        }
    }

    fn backfill(
        settings: &Settings,
        window: &Backfill,
        content: &Arc<Content>,
        now_us: i64,
        state: StateDir,
    ) -> anyhow::Result<Self> {
        let path = state.file("backfill", "journal");
        let asked = window.seed.or(settings.seed);
        let before = Journal::peek(&path)?;
        let seed = asked.or(before.as_ref().map(|progress| progress.seed)).unwrap_or_else(draw_seed);
        let named_us = before.as_ref().map_or(now_us, |progress| progress.created_us);
        let model = Model::new(settings, Arc::clone(content), seed);
        let fingerprint = fingerprint(settings, window, content, &model, named_us);
        let same = before.filter(|progress| progress.fingerprint == fingerprint);
        let base = Self { state: Some(state), ..Self::plain(settings, now_us) };
        let Some(progress) = same else {
            if path.exists() {
                let kept = path.with_extension("journal.old");
                std::fs::rename(&path, &kept)?;
                tracing::warn!(kept = %kept.display(), "the checkpoint is of another backfill (other window, seed, content or settings): this one begins anew");
            }
            let fingerprint = self::fingerprint(settings, window, content, &model, now_us);
            let journal = Journal::begin(&path, &fingerprint, seed, now_us)?;
            return Ok(Self { seed, journal: Some(journal), ..base });
        };
        if progress.finished {
            tracing::warn!(checkpoint = %path.display(), "this backfill is already done and is not sent again; to send it once more, remove its checkpoint");
            return Ok(Self { seed, named_us, finished: true, ..base });
        }
        let transport = &settings.transport;
        let in_flight = match transport.mode {
            settings::TransportMode::Single => {
                InFlight { per_visit: 1, in_all: u64::from(transport.concurrency) }
            }
            settings::TransportMode::Bulk => InFlight {
                per_visit: u64::from(transport.bulk_size),
                in_all: u64::from(transport.bulk_size) * u64::from(transport.bulk_connections),
            },
        };
        let id = run_id(settings, seed, named_us);
        let mut record = record::take_up(settings, &id, progress.ledger, content, &model);
        let schedule = schedule(settings, &model, seed, now_us, named_us);
        let mut witness = record.as_mut().map(|(folder, _, ledger)| TakenUp {
            folder,
            ledger,
            model: &model,
            schedule: &schedule,
            visit: Visit::default(),
        });
        let witness = witness.as_mut().map(|witness| witness as &mut dyn Witness);
        let journal = Journal::resume(&path, &model, in_flight, witness)?;
        let progress = journal.progress();
        tracing::info!(
            next_visit = progress.next_visit,
            open = progress.open.len(),
            resumes = progress.resumes,
            possible_duplicates = progress.possible_duplicates,
            "the backfill goes on where it was"
        );
        Ok(Self { seed, named_us, journal: Some(journal), is_resumed: true, record, ..base })
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    fn tally(&self) -> Tally {
        self.journal.as_ref().map(|journal| journal.progress().tally()).unwrap_or_default()
    }

    fn into_job(
        self,
        subject: &mut Subject,
        content: &Arc<Content>,
        figures: &Arc<Figures>,
        stop: &CancellationToken,
    ) -> engine::Job {
        let settings = subject.settings.clone();
        let clock = subject.clock;
        let model = Model::new(&settings, Arc::clone(content), self.seed);
        let schedule = schedule(&settings, &model, self.seed, clock.now_us(), self.named_us);
        if self.journal.is_some() {
            let done = figures.tally().visits;
            let replay = Replay { done_before: done.completed + done.failed, ..Replay::default() };
            figures.status().replay = Some(replay);
        }
        subject.schedule = Some(schedule.clone());
        let plan = Plan {
            model,
            schedule,
            encoder: Encoder::new(content, &settings, &run_tag(self.named_us)),
            timeline: Timeline::of(&settings),
            shard: settings.shard,
        };
        let record = self.record.map(|(folder, record, ledger)| Opening {
            folder,
            record,
            ledger,
            subject: subject.clone(),
            figures: Arc::clone(figures),
        });
        engine::Job {
            settings,
            plan,
            clock,
            visits: subject.visits,
            cap: self.cap,
            journal: self.journal,
            record,
            state: self.state,
            figures: Arc::clone(figures),
            stop: stop.clone(),
        }
    }
}

/// When visits happen: from `now_us` on, or in the backfill's window as it was when the run was first begun.
pub fn schedule(settings: &Settings, model: &Model, seed: u64, now_us: i64, named_us: i64) -> Schedule {
    match &settings.backfill {
        Some(window) => Schedule::backfill(window, &settings.arrivals, &settings.visits, seed, named_us)
            .ending_before(named_us, model.longest_visit_ms()),
        None => Schedule::live(&settings.arrivals, seed, now_us),
    }
}

/// A run's name: when it was first begun and its seed, and which shard it is. Names sort by time.
fn run_id(settings: &Settings, seed: u64, named_us: i64) -> String {
    let shard = settings.shard;
    let shard = if shard.count > 1 { format!("-{}", shard.index) } else { String::new() };
    format!("{}-{}{shard}", base36(named_us.unsigned_abs() / 1000), base36(seed % 46_656))
}

/// What makes order ids unique across runs: the moment of the run's beginning.
pub fn run_tag(named_us: i64) -> String {
    base36(named_us.unsigned_abs() / 1000)
}

/// A digest of the plan: the window and the bytes of its first visits. Another plan is another backfill.
fn fingerprint(
    settings: &Settings,
    window: &Backfill,
    content: &Arc<Content>,
    model: &Model,
    named_us: i64,
) -> String {
    let encoder = Encoder::new(content, settings, "");
    let schedule = schedule(settings, model, 0, named_us, named_us);
    let mut text = format!("{:?}{}", settings.shard, settings.target.site_id).into_bytes();
    text.extend_from_slice(settings.target.url.as_str().as_bytes());
    let mut visit = Visit::default();
    for start in schedule.cursor(0).take(64) {
        model.visit(start.index, &mut visit);
        for seq in 0..visit.hits.len() {
            encoder.query(&visit, seq, Some(start.at_us / 1000), &mut text);
        }
    }
    text.extend_from_slice(
        format!("{:?}{:?}{:?}", window.first_day, window.last_day, schedule.total()).as_bytes(),
    );
    // FNV-1a: stable across versions of Rust, which the standard hasher does not promise.
    let digest = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{digest:016x}")
}

/// A seed that fits into a JSON number everywhere (53 bits).
#[allow(
    clippy::disallowed_methods,
    reason = "the one draw that is meant to differ; it is logged and can be given as SEED"
)]
pub fn draw_seed() -> u64 {
    rand::random_range(0..1 << 53)
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((number % 36) as u32, 36).expect("a remainder of 36 is a digit"));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// The last line of a run that reached nobody.
pub fn reached_nobody(report: &RunReport) -> bool {
    let tried = report.hits.failed + report.hits.unknown + report.requests.sent > 0;
    tried && report.requests.answered == 0
}

/// The moment a plan begins when none is given.
pub fn default_start(clock: Clock) -> jiff::Timestamp {
    timestamp(clock.now_us() / 1_000_000 * 1_000_000)
}

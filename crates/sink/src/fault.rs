//! Faults on request: what goes wrong, for which requests, how often. A plan is text, so that a test can say it in a
//! line, and the same plan with the same seed goes wrong in the same places every time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

/// The grammar of plans, as `--help` and the documentation show it.
pub const GRAMMAR: &str = "\
A plan is rules, separated by ';'. A rule is what goes wrong, then '@' and its conditions, separated by ','.
  latency=MS[~MS]      answer later, by so much give or take so much
  service=MS[/LANES]   serve one request after the other in each of so many lanes (default 1), each for so long: the
                       receiver bears 1000 / MS * LANES requests a second, and no more
  status=CODE[:SECS]   answer this status and record nothing; SECS becomes Retry-After
  reset                cut the connection, nothing recorded
  reset-after          record, then cut the connection without an answer
  reset-mid            record, then cut the connection in the middle of the answer
  half                 record, send half of the answer, close in good order
  hang                 take the request and never answer
  hang-after           record, then never answer
  refuse[=SECS]        close the port (for so long, or until the plan changes) and end open connections
  drop[=N/M]           answer like any other and record nothing, N times in M
  bulk-half            record the first half of a bulk, and say so in its counts
  bulk-rollback        answer a bulk with 500 and tracked above 0, and record nothing of it
  bulk-no-counts       record a bulk and answer without counts
  deadlock=P           bulk-rollback with probability P
  seed=N               what chance starts from (default 0)
Conditions:
  rate=P               with this probability, 0 to 1 (default 1)
  after=N              not for the first N requests that it could be for
  for=N                for so many requests, then never again
  on=WHAT              single, bulk, hits (default: both), api or all
Example: status=503@after=100,for=50; latency=200~50@rate=0.1; seed=7";

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Answer later.
    Latency {
        /// On average.
        mean: Duration,
        /// At most so far from it.
        jitter: Duration,
    },
    /// Serve one after the other in each lane.
    Service {
        /// How long one is served.
        time: Duration,
        /// How many are served at once.
        lanes: usize,
    },
    /// Answer a status and record nothing.
    Status {
        /// The status.
        status: StatusCode,
        /// Seconds for `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Cut the connection, nothing recorded.
    Reset,
    /// Record, then cut the connection.
    ResetAfter,
    /// Record, then cut in the middle of the answer.
    ResetMid,
    /// Record, send half of the answer.
    Half,
    /// Never answer.
    Hang,
    /// Record, then never answer.
    HangAfter,
    /// Close the port.
    Refuse {
        /// For so long; `None` until the plan changes.
        lasting: Option<Duration>,
    },
    /// Record nothing and do not say so.
    Drop,
    /// Record half of a bulk.
    BulkHalf,
    /// Record nothing of a bulk and answer 500.
    BulkRollback,
    /// Answer a bulk without counts.
    BulkNoCounts,
}

/// The requests that a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Single,
    Bulk,
    Hits,
    Api,
    All,
}

/// What a request is, for the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Single,
    Bulk,
    Api,
}

/// One rule with the counts of where it stands.
#[derive(Debug)]
struct Rule {
    kind: Kind,
    rate: f64,
    after: u64,
    lasting: u64,
    on: On,
    seen: AtomicU64,
    struck: AtomicU64,
    /// When each lane of a [`Kind::Service`] is free again.
    lanes: Mutex<Vec<Instant>>,
}

/// Rules in the order they were given.
#[derive(Debug, Default)]
pub struct FaultPlan {
    text: String,
    rules: Vec<Rule>,
    seed: u64,
}

/// Why a plan was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("fault {rule:?}: {what}; see `sink --help` for the grammar")]
pub struct FaultError {
    rule: String,
    what: String,
}

/// Everything that goes wrong with one request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Struck {
    pub(crate) latency: Duration,
    /// The first fault beside latency.
    pub(crate) fault: Option<Kind>,
}

impl FromStr for FaultPlan {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut plan = Self { text: text.trim().to_owned(), ..Self::default() };
        for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
            let error = |what: String| FaultError { rule: rule.to_owned(), what };
            if let Some(seed) = rule.strip_prefix("seed=") {
                plan.seed = seed.parse().map_err(|_| error(format!("{seed:?} is not a whole number")))?;
                continue;
            }
            plan.rules.push(Rule::parse(rule).map_err(error)?);
        }
        Ok(plan)
    }
}

impl Rule {
    fn parse(rule: &str) -> Result<Self, String> {
        let (what, conditions) = rule.split_once('@').unwrap_or((rule, ""));
        let (name, value) = what.split_once('=').map_or((what, None), |(name, value)| (name, Some(value)));
        let (mut rate, mut on) = (1.0, On::Hits);
        let needs = || value.ok_or_else(|| format!("{name} needs a value, as in {name}=..."));
        let kind = match name {
            "latency" => {
                let (mean, jitter) = needs()?.split_once('~').unwrap_or((needs()?, "0"));
                Kind::Latency { mean: milliseconds(mean)?, jitter: milliseconds(jitter)? }
            }
            "service" => {
                let (time, lanes) = needs()?.split_once('/').unwrap_or((needs()?, "1"));
                let (time, lanes) = (milliseconds(time)?, number(lanes)?);
                if time.is_zero() || lanes == 0 {
                    return Err("a service takes at least 1 ms in at least 1 lane".to_owned());
                }
                Kind::Service { time, lanes }
            }
            "status" => {
                let (code, seconds) = needs()?
                    .split_once(':')
                    .map_or((needs()?, None), |(code, seconds)| (code, Some(seconds)));
                let status = code.parse().ok().and_then(|code: u16| StatusCode::from_u16(code).ok());
                let status = status.ok_or_else(|| format!("{code:?} is not a status"))?;
                Kind::Status { status, retry_after: seconds.map(number).transpose()? }
            }
            "reset" => Kind::Reset,
            "reset-after" => Kind::ResetAfter,
            "reset-mid" => Kind::ResetMid,
            "half" => Kind::Half,
            "hang" => Kind::Hang,
            "hang-after" => Kind::HangAfter,
            "refuse" => {
                let seconds = value.map(|seconds| {
                    seconds
                        .parse::<f64>()
                        .ok()
                        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                        .ok_or_else(|| format!("{seconds:?} is not a number of seconds"))
                });
                Kind::Refuse { lasting: seconds.transpose()? }
            }
            "drop" => {
                if let Some(share) = value {
                    rate = share_of(share)?;
                }
                Kind::Drop
            }
            "bulk-half" => Kind::BulkHalf,
            "bulk-rollback" => Kind::BulkRollback,
            "bulk-no-counts" => Kind::BulkNoCounts,
            "deadlock" => {
                rate = probability(needs()?)?;
                Kind::BulkRollback
            }
            other => return Err(format!("{other:?} is not a fault")),
        };
        if matches!(kind, Kind::BulkHalf | Kind::BulkRollback | Kind::BulkNoCounts) {
            on = On::Bulk;
        }
        let (mut after, mut lasting) = (0, u64::MAX);
        for condition in conditions.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
            match condition.split_once('=') {
                Some(("rate", value)) => rate = probability(value)?,
                Some(("after", value)) => after = number(value)?,
                Some(("for", value)) => lasting = number(value)?,
                Some(("on", "single")) => on = On::Single,
                Some(("on", "bulk")) => on = On::Bulk,
                Some(("on", "hits")) => on = On::Hits,
                Some(("on", "api")) => on = On::Api,
                Some(("on", "all")) => on = On::All,
                _ => return Err(format!("{condition:?} is not a condition")),
            }
        }
        let (seen, struck) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { kind, rate, after, lasting, on, seen, struck, lanes: Mutex::default() })
    }

    fn is_for(&self, request: Request) -> bool {
        match self.on {
            On::All => true,
            On::Hits => request != Request::Api,
            On::Single => request == Request::Single,
            On::Bulk => request == Request::Bulk,
            On::Api => request == Request::Api,
        }
    }

    /// How long a request waits for the first free lane and is served there.
    fn serve(&self, time: Duration, count: usize, now: Instant) -> Duration {
        let mut lanes = self.lanes.lock().expect("no holder of this lock panics");
        lanes.resize(count, now);
        let lane = lanes.iter_mut().min().expect("there is at least one lane");
        *lane = (*lane).max(now) + time;
        *lane - now
    }

    /// Whether it strikes the next request that it could be for.
    fn strikes(&self, seed: u64, index: usize) -> bool {
        let number = self.seen.fetch_add(1, Relaxed);
        if number < self.after || chance(seed, index, number) >= self.rate {
            return false;
        }
        let may = |struck| (struck < self.lasting).then_some(struck + 1);
        self.struck.fetch_update(Relaxed, Relaxed, may).is_ok()
    }
}

impl FaultPlan {
    /// What goes wrong with the next request, which came `now`.
    pub(crate) fn strike(&self, request: Request, now: Instant) -> Struck {
        let mut struck = Struck::default();
        for (index, rule) in self.rules.iter().enumerate() {
            let only_delays = matches!(rule.kind, Kind::Latency { .. } | Kind::Service { .. });
            if !rule.is_for(request) || (struck.fault.is_some() && !only_delays) {
                continue;
            }
            if rule.strikes(self.seed, index) {
                match rule.kind {
                    Kind::Latency { mean, jitter } => {
                        let number = rule.seen.load(Relaxed);
                        let swing = chance(self.seed ^ 0x6a09, index, number) * 2.0 - 1.0;
                        let offset = jitter.mul_f64(swing.abs());
                        struck.latency +=
                            if swing < 0.0 { mean.saturating_sub(offset) } else { mean + offset };
                    }
                    Kind::Service { time, lanes } => struck.latency += rule.serve(time, lanes, now),
                    kind => struck.fault = Some(kind),
                }
            }
        }
        struck
    }

    /// Whether the port is to be closed from the start.
    pub(crate) fn refuses_at_once(&self) -> Option<Kind> {
        self.rules
            .iter()
            .find(|rule| matches!(rule.kind, Kind::Refuse { .. }) && rule.after == 0)
            .map(|rule| rule.kind)
    }

    /// The plan as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How often each rule struck so far, in the order of the rules.
    pub fn struck(&self) -> Vec<u64> {
        self.rules.iter().map(|rule| rule.struck.load(Relaxed)).collect()
    }
}

/// A number from 0 to 1 that depends on nothing but its arguments.
fn chance(seed: u64, rule: usize, number: u64) -> f64 {
    let mut hasher = DefaultHasher::new();
    (seed, rule, number).hash(&mut hasher);
    (hasher.finish() >> 11) as f64 / (1u64 << 53) as f64
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    number(text.trim_end_matches("ms")).map(Duration::from_millis)
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is not a whole number"))
}

fn probability(text: &str) -> Result<f64, String> {
    let probability: Option<f64> = text.trim().parse().ok();
    probability.filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| format!("{text:?} is not between 0 and 1"))
}

fn share_of(text: &str) -> Result<f64, String> {
    let Some((part, whole)) = text.split_once('/') else { return probability(text) };
    let (part, whole): (f64, f64) = (number::<u32>(part)?.into(), number::<u32>(whole)?.into());
    if whole < part || whole == 0.0 {
        return Err(format!("{text:?} is not a share such as 1/10"));
    }
    Ok(part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> FaultPlan {
        text.parse().unwrap()
    }

    fn strikes(plan: &FaultPlan, request: Request, count: usize) -> Vec<bool> {
        (0..count).map(|_| plan.strike(request, Instant::now()).fault.is_some()).collect()
    }

    #[test]
    fn conditions_count_the_requests_that_the_rule_is_for() {
        let plan = plan("status=503@after=2,for=3,on=single");
        assert_eq!(strikes(&plan, Request::Bulk, 5), [false; 5]);
        assert_eq!(strikes(&plan, Request::Single, 7), [false, false, true, true, true, false, false]);
        assert_eq!(plan.struck(), [3]);
    }

    #[test]
    fn chance_is_the_same_in_every_run_and_differs_by_seed() {
        let run = |text: &str| strikes(&plan(text), Request::Single, 200);
        assert_eq!(run("drop=1/4; seed=1"), run("drop=1/4; seed=1"));
        assert_ne!(run("drop=1/4; seed=1"), run("drop=1/4; seed=2"));
        let struck = run("drop=1/4; seed=1").into_iter().filter(|struck| *struck).count();
        assert!((25..=75).contains(&struck), "{struck} of 200");
    }

    #[test]
    fn latency_goes_with_another_fault_and_stays_within_its_jitter() {
        let plan = plan("latency=100~20; status=429:7");
        for _ in 0..50 {
            let struck = plan.strike(Request::Single, Instant::now());
            assert!((80..=120).contains(&struck.latency.as_millis()), "{:?}", struck.latency);
            let expected = Kind::Status { status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(7) };
            assert_eq!(struck.fault, Some(expected));
        }
    }

    #[test]
    fn bulk_faults_are_for_bulks() {
        let plan = plan("bulk-rollback; deadlock=0.5; refuse=1.5@after=9");
        assert_eq!(plan.strike(Request::Single, Instant::now()).fault, None);
        assert_eq!(plan.strike(Request::Bulk, Instant::now()).fault, Some(Kind::BulkRollback));
        assert_eq!(plan.refuses_at_once(), None);
    }

    #[test]
    fn what_is_no_plan_says_why() {
        for (text, why) in [
            ("explode", "not a fault"),
            ("latency", "needs a value"),
            ("service=0", "at least 1 ms"),
            ("status=9999", "not a status"),
            ("drop=3/2", "not a share"),
            ("half@rate=2", "between 0 and 1"),
            ("half@when=later", "not a condition"),
            ("seed=x", "not a whole number"),
        ] {
            let error = text.parse::<FaultPlan>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_service_has_so_many_lanes_and_no_more() {
        let plan = plan("service=10/2");
        let came = Instant::now();
        let waits: Vec<u128> =
            (0..5).map(|_| plan.strike(Request::Single, came).latency.as_millis()).collect();
        assert_eq!(waits, [10, 10, 20, 20, 30]);
        let later = came + Duration::from_millis(100);
        assert_eq!(plan.strike(Request::Single, later).latency.as_millis(), 10, "idle time is not saved up");
    }
}

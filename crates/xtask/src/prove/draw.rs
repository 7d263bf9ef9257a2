//! Draws the settings of a random case: all that shapes traffic or transport, in ranges that a run of seconds bears.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    content::{self, Files},
    dice::Dice,
};

/// Whole and half hours, clocks that change in spring, in autumn, at midnight or by half an hour, and the date line.
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Sao_Paulo",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Etc/GMT+12",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
];

/// What goes wrong and leaves no doubt about any hit: either nothing was recorded, and the answer or the closed port says
/// so, or all was.
const SURE_FAULTS: &[(&str, Transport)] = &[
    ("status=500@rate=0.05", Transport::Either),
    ("status=503:0@rate=0.05", Transport::Either),
    ("status=429:0@rate=0.02", Transport::Either),
    ("status=502@after=50,for=30", Transport::Either),
    ("status=408@rate=0.03", Transport::Either),
    ("status=400@rate=0.02", Transport::Either),
    ("status=500@rate=0.3", Transport::Bulk),
    ("latency=5~5", Transport::Either),
    ("latency=200~100@rate=0.01", Transport::Either),
    ("service=2/2", Transport::Either),
    ("deadlock=0.1", Transport::Bulk),
    ("bulk-rollback@rate=0.2", Transport::Bulk),
    ("bulk-rollback@rate=0.5", Transport::Bulk),
];

/// What leaves doubt: figures then lie between two ends, and must be found there.
const DOUBTFUL_FAULTS: &[(&str, Transport)] = &[
    ("reset@rate=0.02", Transport::Either),
    ("reset-after@rate=0.02", Transport::Either),
    ("reset-mid@rate=0.02", Transport::Either),
    ("half@rate=0.02", Transport::Either),
    ("status=504@rate=0.02", Transport::Either),
    ("refuse=1@after=60,for=1", Transport::Either),
    ("bulk-half@rate=0.1", Transport::Bulk),
    ("bulk-no-counts@rate=0.1", Transport::Bulk),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Either,
    Bulk,
}

/// How a run comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself.
    Itself,
    /// It is asked to end after so many hits; a backfill may be taken up again.
    Stopped { hits: u64, goes_on: bool },
    /// It is killed after so many hits and taken up again.
    Killed { hits: u64 },
}

/// A random case.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Settings by name; those that name a content file or its folder are added when the files are written.
    pub(super) settings: BTreeMap<&'static str, String>,
    /// Content files.
    pub(super) files: Files,
    /// Time zone of the site.
    pub(super) zone: &'static str,
    /// The site, as the receiver's configuration has it.
    pub(super) site: Value,
    /// Visits of a live run; a backfill ends with its window.
    pub(super) visits: Option<u64>,
    /// The run has no token.
    pub(super) is_anonymous: bool,
    /// What goes wrong.
    pub(super) fault: Option<String>,
    /// How it ends.
    pub(super) ending: Ending,
    /// It leaves doubt about some hits, so that figures may lie between two ends.
    pub(super) is_doubtful: bool,
}

/// Draws a case. `now`: what today is.
pub(super) fn draw(dice: &mut Dice, now: Timestamp) -> Drawn {
    let zone = dice.one(ZONES);
    let mut drawn = Drawn {
        settings: BTreeMap::from([("TIMEZONE", zone.to_owned()), ("LOG_LEVEL", "ERROR".to_owned())]),
        files: content::draw(dice),
        zone,
        site: site(dice, zone),
        visits: None,
        is_anonymous: false,
        fault: None,
        ending: Ending::Itself,
        is_doubtful: false,
    };
    drawn.visits(dice);
    drawn.features(dice);
    drawn.orders(dice);
    drawn.shape(dice);
    drawn.transport(dice);
    let visits = drawn.how_many(dice);
    if dice.chance(0.55) {
        drawn.backfill(dice, visits, now);
    } else {
        drawn.live(dice, visits);
    }
    drawn.trouble(dice, visits);
    drawn
}

/// The receiver's site: its addresses may be those of the pages, its currency not that of the orders.
fn site(dice: &mut Dice, zone: &str) -> Value {
    let urls = dice.one(&[
        &["https://example.test"][..],
        &["https://example.com"],
        &["http://www.example.com", "https://shop.example.test"],
    ]);
    json!({
        "id": 1,
        "name": "Random",
        "urls": urls,
        "time_zone": zone,
        "currency": dice.one(&["USD", "EUR", "JPY"]),
        "keep_url_fragment": dice.chance(0.3),
    })
}

impl Drawn {
    #[allow(clippy::needless_pass_by_value, reason = "most are numbers and texts as they stand in a list")]
    fn set(&mut self, name: &'static str, value: impl ToString) {
        self.settings.insert(name, value.to_string());
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.settings.get(name).is_some_and(|given| given == value)
    }

    /// Two ends of a range, the lower one first.
    fn range(&mut self, names: [&'static str; 2], ends: [f64; 2]) {
        self.set(names[0], ends[0].min(ends[1]));
        self.set(names[1], ends[0].max(ends[1]));
    }

    fn visits(&mut self, dice: &mut Dice) {
        let (least, most) =
            dice.one(&[(1, 1), (1, 2), (1, 5), (3, 6), (3, 6), (2, 12), (10, 30), (1, 100), (40, 60)]);
        self.set("PAGEVIEWS_MIN", least);
        self.set("PAGEVIEWS_MAX", most);
        let lengths = [0.1, 1.0, 8.0, 29.9, 30.0, 31.0, 60.0, 119.0, 120.0];
        let ends = if dice.chance(0.4) { [1.0, 8.0] } else { [dice.one(&lengths), dice.one(&lengths)] };
        self.range(["VISIT_DURATION_MIN", "VISIT_DURATION_MAX"], ends);
        self.set("PAUSE_BETWEEN_PVS_MIN", 0);
        self.set("PAUSE_BETWEEN_PVS_MAX", dice.one(&["0", "0.01", "0.03"]));
        if dice.chance(0.3) {
            self.set(
                "JOURNEY_MIX",
                dice.one(&["researcher=2,buyer=1,casual=7", "buyer=1", "researcher=1,casual=1"]),
            );
        }
        let seed = if dice.chance(0.2) { dice.one(&[0, 1, u64::MAX]) } else { dice.bits() };
        self.set("SEED", seed);
    }

    fn features(&mut self, dice: &mut Dice) {
        for name in [
            "SITESEARCH_PROBABILITY",
            "OUTLINKS_PROBABILITY",
            "DOWNLOADS_PROBABILITY",
            "CLICK_EVENTS_PROBABILITY",
            "RANDOM_EVENTS_PROBABILITY",
            "DIRECT_TRAFFIC_PROBABILITY",
            "ECOMMERCE_PROBABILITY",
            "RETURNING_VISITORS_PROBABILITY",
        ] {
            let value = match dice.between(0, 4) {
                0 => 0.0,
                1 => 1.0,
                2 => 0.01,
                _ => dice.unit(),
            };
            self.set(name, value);
        }
        self.set("RANDOMIZE_VISITOR_COUNTRIES", dice.chance(0.7));
    }

    fn orders(&mut self, dice: &mut Dice) {
        let (least, most) = dice.one(&[
            ("15.99", "299.99"),
            ("0.01", "0.01"),
            ("0.01", "5"),
            ("9.99", "9.99"),
            ("1", "100000"),
            ("999.999", "1000.001"),
            ("50000", "5000000"),
            ("999999999", "1000000000"),
        ]);
        self.set("ECOMMERCE_ORDER_VALUE_MIN", least);
        self.set("ECOMMERCE_ORDER_VALUE_MAX", most);
        let (least, most) = dice.one(&[(1, 5), (1, 1), (1, 20), (5, 5), (1, 100), (100, 100)]);
        self.set("ECOMMERCE_ITEMS_MIN", least);
        self.set("ECOMMERCE_ITEMS_MAX", most);
        self.set("ECOMMERCE_TAX_RATE", dice.one(&["0", "0.1", "0.19", "0.077", "0.333333", "1"]));
        self.set(
            "ECOMMERCE_SHIPPING_RATES",
            dice.one(&["0", "0,5.99,9.99,15.99", "0,4.995", "3.5", "0,1000000"]),
        );
        self.set("ECOMMERCE_CURRENCY", dice.one(&["USD", "EUR", "JPY", "KWD"]));
    }

    fn shape(&mut self, dice: &mut Dice) {
        self.set("ARRIVALS", dice.one(&["poisson", "even"]));
        self.set("TRAFFIC_SHAPE", dice.one(&["flat", "daily", "weekly"]));
        self.set("PAGE_POPULARITY", dice.one(&["zipf", "uniform"]));
        self.set("PAGES_PER_VISIT", dice.one(&["uniform", "inverse_gaussian"]));
        self.set("SHARD", dice.one(&["0/1", "0/1", "0/1", "0/2", "2/3"]));
    }

    fn transport(&mut self, dice: &mut Dice) {
        self.set("TRANSPORT", dice.one(&["single", "bulk"]));
        self.set("CONCURRENCY", dice.one(&[1, 2, 8, 50, 200]));
        self.set("BULK_SIZE", dice.one(&[1, 2, 7, 50, 200, 500]));
        self.set("BULK_CONNECTIONS", dice.one(&[1, 2, 8]));
        self.set("REQUEST_RETRIES", dice.one(&[0, 1, 3, 20]));
        if dice.chance(0.1) {
            self.set("REPORT_PROBES", "dashboard,pages");
            self.set("REPORT_PROBE_INTERVAL", 1);
        }
    }

    /// Visits of the case: fewer when each is long, so that a case takes seconds.
    fn how_many(&self, dice: &mut Dice) -> u64 {
        let pages: f64 = self.settings["PAGEVIEWS_MAX"].parse().unwrap_or(1.0);
        let most = (9000.0 / pages) as u64;
        dice.between(150, 600).min(most.max(150))
    }

    fn shards(&self) -> u64 {
        self.settings["SHARD"].split_once('/').and_then(|(_, count)| count.parse().ok()).unwrap_or(1)
    }

    fn backfill(&mut self, dice: &mut Dice, visits: u64, now: Timestamp) {
        self.set("BACKFILL_ENABLED", true);
        let length = dice.between(1, 12);
        if dice.chance(0.25) {
            // Yesterday and today: of the day that is not over, only what has passed.
            let back = dice.between(1, 5).max(length.saturating_sub(1));
            self.set("BACKFILL_DAYS_BACK", back);
            self.set("BACKFILL_DURATION_DAYS", length);
        } else {
            let first = self.first_day(dice, now, length);
            let last = first.saturating_add(length.cast_signed().days()).yesterday().unwrap_or(first);
            self.set("BACKFILL_START_DATE", first);
            self.set("BACKFILL_END_DATE", last);
        }
        let per_day = (visits * self.shards()).div_ceil(length);
        self.set("BACKFILL_MAX_VISITS_PER_DAY", per_day);
        self.set("TARGET_VISITS_PER_DAY", if dice.chance(0.5) { per_day } else { 10_000_000 });
        let total = if dice.chance(0.2) { per_day + dice.between(0, per_day * length) } else { 0 };
        self.set("BACKFILL_MAX_VISITS_TOTAL", total);
        if dice.chance(0.2) {
            self.set("BACKFILL_SEED", dice.between(0, 9));
        }
        if dice.chance(0.1) {
            self.set("BACKFILL_RPS_LIMIT", 2000);
        }
    }

    /// A day of the last years: three times in four near a change of the clock, where the zone has one.
    fn first_day(&self, dice: &mut Dice, now: Timestamp, length: u64) -> Date {
        let zone = TimeZone::get(self.zone).unwrap_or(TimeZone::UTC);
        let today = zone.to_datetime(now).date();
        let latest = today.saturating_sub(length.cast_signed().days());
        let at_random = latest.saturating_sub(dice.between(0, 18 * 365).cast_signed().days());
        let noon = at_random.at(12, 0, 0, 0).to_zoned(zone.clone()).map_or(now, |noon| noon.timestamp());
        let change = zone.following(noon).next().map(|change| zone.to_datetime(change.timestamp()).date());
        match change.filter(|_| dice.chance(0.75)) {
            Some(change) => change.saturating_sub(dice.between(0, length).cast_signed().days()).min(latest),
            None => at_random,
        }
    }

    fn live(&mut self, dice: &mut Dice, visits: u64) {
        self.visits = Some(visits * self.shards());
        let per_second = dice.one(&[100, 300, 1000]) * self.shards();
        self.set("TARGET_VISITS_PER_DAY", per_second * 86_400);
        if dice.chance(0.08) {
            // Hits without a time of their own: only short visits end in time.
            self.set("VISIT_PACING", "realtime");
            self.range(["VISIT_DURATION_MIN", "VISIT_DURATION_MAX"], [0.1, 0.1]);
            self.is_doubtful = true;
        }
        if dice.chance(0.1) {
            self.is_anonymous = true;
            self.set("RANDOMIZE_VISITOR_COUNTRIES", false);
            self.settings.remove("REPORT_PROBES");
            // Whoever may not ask does not learn which hosts are the site's own.
            self.files.retain(|name, _| !matches!(*name, "urls.txt" | "funnels.json"));
        }
        if dice.chance(0.1) {
            self.set("MAX_REQUESTS_PER_SECOND", 1500);
        }
    }

    fn trouble(&mut self, dice: &mut Dice, visits: u64) {
        let is_bulk = self.is("TRANSPORT", "bulk");
        let is_backfill = self.is("BACKFILL_ENABLED", "true");
        let mut fault = |dice: &mut Dice, faults: &[(&'static str, Transport)]| {
            let fit: Vec<&str> = (faults.iter())
                .filter(|(_, transport)| is_bulk || *transport == Transport::Either)
                .map(|(fault, _)| *fault)
                .collect();
            let (fault, seed) = (dice.one(&fit), dice.between(0, 99));
            self.fault = Some(format!("{fault}; seed={seed}"));
        };
        match dice.between(0, 9) {
            0..=1 => {
                fault(dice, SURE_FAULTS);
                // One slow answer after the other would take minutes, and so would a pause after every second one.
                self.set("CONCURRENCY", dice.one(&[20, 50, 200]));
                self.set("BULK_SIZE", dice.one(&[50, 200, 500]));
            }
            2 => {
                fault(dice, DOUBTFUL_FAULTS);
                self.is_doubtful = true;
            }
            3 => {
                self.ending = Ending::Stopped {
                    hits: dice.between(1, visits * 2),
                    goes_on: is_backfill && dice.chance(0.6),
                }
            }
            4 if is_backfill => {
                self.ending = Ending::Killed { hits: dice.between(1, visits * 2) };
                self.is_doubtful = true;
            }
            _ => {}
        }
        if self.ending != Ending::Itself {
            // Slow enough to be met half-way; what is cut off while it is in flight would be in doubt.
            self.set("GRACE_PERIOD", 60);
            let rate = match self.settings["BULK_SIZE"].as_str() {
                _ if !is_bulk => 600,
                "1" | "2" => 400,
                "7" => 150,
                _ => 20,
            };
            self.set(if is_backfill { "BACKFILL_RPS_LIMIT" } else { "MAX_REQUESTS_PER_SECOND" }, rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T11:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_seed_draws_the_same_case_again() {
        let drawn = |seed| format!("{:?}", draw(&mut Dice::new(seed), now()));
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(drawn(3), drawn(4));
    }

    /// A draw that is refused proves nothing: nearly all must be valid by themselves.
    #[test]
    fn most_of_what_is_drawn_is_valid() {
        let read_file = |path: &str| Err(format!("{path} is not there"));
        let context = settings::Context { now: now(), read_file: &read_file };
        let valid = (0..300).filter(|seed| {
            let drawn = draw(&mut Dice::new(*seed), now());
            let mut variables: BTreeMap<String, String> =
                drawn.settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            variables.insert("MATOMO_URL".to_owned(), "http://127.0.0.1/matomo.php".to_owned());
            variables.insert("MATOMO_TOKEN_AUTH".to_owned(), "c0ffee00c0ffee00c0ffee00c0ffee00".to_owned());
            settings::parse(&variables, &context).is_ok()
        });
        let valid = valid.count();
        assert!(valid > 250, "{valid} of 300");
    }

    #[test]
    fn windows_hold_changes_of_the_clock() {
        let holds_one = |seed| {
            let drawn = draw(&mut Dice::new(seed), now());
            let zone = TimeZone::get(drawn.zone).unwrap();
            let day = |name| drawn.settings.get(name).map(|day: &String| day.parse::<Date>().unwrap());
            let (first, last) = (day("BACKFILL_START_DATE")?, day("BACKFILL_END_DATE")?);
            assert!(first <= last && last < zone.to_datetime(now()).date(), "{first} {last}");
            let begins = first.to_zoned(zone.clone()).unwrap().timestamp();
            let change = zone.following(begins).next()?;
            Some(zone.to_datetime(change.timestamp()).date() <= last)
        };
        assert!((0..300).filter_map(holds_one).filter(|holds| *holds).count() > 30);
    }
}

//! What must hold whatever happens: the truth lies in every interval, and a ledger that was written down, put aside and
//! taken up again is the one that was never interrupted.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::{Book, DayFigures, Fate, Figure, Ledger, Settled, Setup, Site, Span, Times};
use proptest::prelude::*;
use settings::{Context, Settings};
use traffic::{Content, Kind, Model, Schedule, Visit};

/// Unix microseconds of a noon before the clocks change in Berlin.
const START_US: i64 = 1_761_386_400_000_000;

fn settings(visits_per_day: u32) -> Settings {
    let vars = [
        ("MATOMO_URL", "https://matomo.example/matomo.php"),
        ("MATOMO_TOKEN_AUTH", "0123456789abcdef0123456789abcdef"),
        ("TIMEZONE", "Europe/Berlin"),
        ("RETURNING_VISITORS_PROBABILITY", "0.7"),
        ("VISIT_DURATION_MAX", "90"),
        ("PAGEVIEWS_MIN", "1"),
        ("ECOMMERCE_PROBABILITY", "0.5"),
        ("SITESEARCH_PROBABILITY", "0.5"),
        ("OUTLINKS_PROBABILITY", "0.5"),
    ];
    let mut all: BTreeMap<String, String> =
        vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    all.insert("TARGET_VISITS_PER_DAY".to_owned(), visits_per_day.to_string());
    let now = "2026-06-15T12:00:00Z".parse().unwrap();
    let context = Context { now, read_file: &|path| Err(format!("no file {path}")) };
    settings::parse(&all, &context).unwrap().settings
}

/// A stream of visits with their moments, and ledgers for it.
struct World {
    content: Arc<Content>,
    model: Model,
    schedule: Schedule,
}

impl World {
    fn new(seed: u64, visits_per_day: u32) -> Self {
        let settings = settings(visits_per_day);
        let content = Arc::new(Content::built_in());
        let model = Model::new(&settings, Arc::clone(&content), seed);
        let schedule = Schedule::live(&settings.arrivals, seed, START_US);
        Self { content, model, schedule }
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(Setup {
            content: &self.content,
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            zone_name: "Europe/Berlin".to_owned(),
            times: Times::Told,
            countries: true,
            site: &Site::default(),
            reach: Some(self.model.visitor_reach()),
        })
    }

    /// Sends a visit: `fate` says what becomes of each hit.
    fn send(&self, ledger: &mut Ledger, index: u64, fate: impl Fn(u64, u16) -> Fate) {
        let mut visit = Visit::default();
        self.model.visit(index, &mut visit);
        for seq in 0..visit.hits.len() as u16 {
            ledger.settle(Settled { visit: index, seq, fate: fate(index, seq), came: None });
        }
        let begins_ms = self.schedule.at(index).unwrap() / 1000;
        let before = if visit.returning { self.model.visit_before(index) } else { None };
        ledger.close(&visit, begins_ms, before);
    }

    fn book(&self, visits: u64, fate: impl Fn(u64, u16) -> Fate) -> Book {
        let mut ledger = self.ledger();
        (0..visits).for_each(|index| self.send(&mut ledger, index, &fate));
        ledger.book(true)
    }
}

/// A number that looks like chance and is the same for the same hit.
fn draw(seed: u64, visit: u64, seq: u16) -> u64 {
    let mut x = seed ^ visit.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (u64::from(seq) << 48);
    for _ in 0..3 {
        x ^= x >> 31;
        x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    x >> 32
}

fn each_figure(of: &Book, mut look: impl FnMut(Date, &str, Figure, Span)) {
    for (date, figures) in &of.days {
        for (table, rows) in &figures.0 {
            for (label, row) in rows {
                for (figure, span) in row {
                    look(*date, &format!("{table:?} {label}"), *figure, *span);
                }
            }
        }
    }
}

fn places(book: &Book) -> BTreeMap<(Date, String, Figure), Span> {
    let mut places = BTreeMap::new();
    each_figure(book, |date, row, figure, span| {
        places.insert((date, row.to_owned(), figure), span);
    });
    places
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Of hits without an answer any part may have been recorded: the figures of the truth lie in the intervals.
    #[test]
    fn the_truth_lies_in_every_interval(seed in any::<u64>(), share in 1_u64..60, rate in 50_u32..4000) {
        truth_lies_in_every_interval(seed, share, rate)?;
    }

    /// Written down, put aside, taken up: nothing is counted twice and nothing is lost.
    #[test]
    fn an_interrupted_ledger_is_the_same(seed in any::<u64>(), every in 3_u64..40) {
        let world = World::new(seed % 1000, 20);
        let fate = |visit, seq| match draw(seed, visit, seq) % 20 {
            0 => Fate::Unknown,
            1 => Fate::Lost,
            _ => Fate::Recorded,
        };
        let whole = world.book(200, fate);
        let mut aside: BTreeMap<Date, DayFigures> = BTreeMap::new();
        let mut ledger = world.ledger();
        for index in 0..200 {
            world.send(&mut ledger, index, fate);
            if index % every == 0 {
                for date in ledger.without_base() {
                    ledger.adopt(date, &aside.get(&date).cloned().unwrap_or_default());
                }
                aside.extend(ledger.take_settled());
                let book = ledger.book(true);
                if index % (2 * every) == 0 {
                    let mut text = serde_json::to_string(&book).unwrap();
                    text.push('\n');
                    let read: Book = serde_json::from_str(&text).unwrap();
                    prop_assert_eq!(&read, &book);
                }
            }
        }
        for date in ledger.without_base() {
            ledger.adopt(date, &aside.get(&date).cloned().unwrap_or_default());
        }
        let mut book = ledger.book(true);
        for (date, figures) in aside {
            book.days.entry(date).or_insert(figures);
        }
        prop_assert_eq!(places(&book), places(&whole));
    }
}

fn truth_lies_in_every_interval(seed: u64, share: u64, rate: u32) -> Result<(), TestCaseError> {
    let world = World::new(seed % 1000, rate);
    let unknown = |visit, seq| draw(seed, visit, seq) % 100 < share;
    let recorded = |visit, seq| draw(!seed, visit, seq).is_multiple_of(2);
    let known =
        world.book(150, |visit, seq| if unknown(visit, seq) { Fate::Unknown } else { Fate::Recorded });
    let truth = world.book(150, |visit, seq| {
        if unknown(visit, seq) && !recorded(visit, seq) { Fate::Lost } else { Fate::Recorded }
    });
    let known = places(&known);
    for (place, span) in places(&truth) {
        let said = known.get(&place).copied().unwrap_or_default();
        prop_assert!(said.holds(span.most), "{place:?}: {} is not in {said:?}", span.most);
    }
    // And what the truth has nothing of may be nothing.
    let truth = places(&truth);
    for (place, span) in known.iter().filter(|(place, _)| !truth.contains_key(*place)) {
        prop_assert!(span.least <= 0, "{place:?}: there is none, and {span:?} is said");
    }
    Ok(())
}

/// A long visit of which most hits are unknown can fall apart into more visits than neighbours alone show.
#[test]
fn unknown_hits_that_lie_far_apart_are_visits_of_their_own() {
    truth_lies_in_every_interval(12_550_522_525_218_290_579, 37, 50).unwrap();
}

/// A visit that is taken up by another process counts as if it had not been interrupted.
#[test]
fn an_open_visit_is_taken_up() {
    let world = World::new(3, 1000);
    let mut visit = Visit::default();
    let index = (0..1000).find(|&index| {
        world.model.visit(index, &mut visit);
        visit.hits.len() > 5
    });
    let index = index.unwrap();
    let begins_ms = world.schedule.at(index).unwrap() / 1000;
    let fate = |seq| if seq == 1 { Fate::Unknown } else { Fate::Recorded };
    let settle = |ledger: &mut Ledger, hits: std::ops::Range<u16>| {
        hits.for_each(|seq| ledger.settle(Settled { visit: index, seq, fate: fate(seq), came: None }));
    };
    let last = visit.hits.len() as u16;
    let mut whole = world.ledger();
    settle(&mut whole, 0..last);
    whole.close(&visit, begins_ms, None);

    let mut first = world.ledger();
    settle(&mut first, 0..3);
    let book = first.book(true);
    assert_eq!(book.open.len(), 1);
    let mut second = world.ledger();
    second.resume(book);
    assert_eq!(second.open(), [index]);
    settle(&mut second, 3..last);
    second.close(&visit, begins_ms, None);
    assert_eq!(places(&second.book(true)), places(&whole.book(true)));
}

/// What may be there twice after a kill: from once to twice, and the visit perhaps two.
#[test]
fn hits_that_are_sent_again_widen_the_figures() {
    let world = World::new(3, 1000);
    let mut visit = Visit::default();
    world.model.visit(0, &mut visit);
    let begins_ms = world.schedule.at(0).unwrap() / 1000;
    let mut ledger = world.ledger();
    ledger.sent_again(0, 2);
    for seq in 0..visit.hits.len() as u16 {
        ledger.settle(Settled { visit: 0, seq, fate: Fate::Recorded, came: None });
    }
    ledger.close(&visit, begins_ms, None);
    let book = ledger.book(false);
    let day = book.days.values().next().unwrap();
    assert_eq!(day.site(Figure::Visits), Span { least: 1, most: 2 });
    assert_eq!(day.site(Figure::UniqueVisitors), Span::exactly(1));
    let views = day.site(Figure::PageViews);
    assert!(views.least < views.most && views.most - views.least <= 2, "{views:?}");
}

/// A visit that comes again from its first hit begins a visit, but its other hits go to the one before, whose last action
/// is later: the new one ends where it began.
#[test]
fn a_visit_that_comes_again_leaves_one_that_ends_where_it_began() {
    let world = World::new(3, 1000);
    let mut visit = Visit::default();
    let index = (0..1000).find(|&index| {
        world.model.visit(index, &mut visit);
        let is_page = |hit: &&traffic::Hit| matches!(hit.kind, Kind::PageView { .. });
        let pages: Vec<u32> = visit.hits.iter().filter(is_page).map(|hit| hit.page).collect();
        let is_search = |hit: &traffic::Hit| matches!(hit.kind, Kind::Search { .. });
        (4..=8).contains(&visit.hits.len())
            && !visit.hits.iter().any(is_search)
            && pages.first() != pages.last()
    });
    let index = index.unwrap();
    let begins_ms = world.schedule.at(index).unwrap() / 1000;
    let mut ledger = world.ledger();
    ledger.sent_again(index, visit.hits.len() as u16);
    for seq in 0..visit.hits.len() as u16 {
        ledger.settle(Settled { visit: index, seq, fate: Fate::Recorded, came: None });
    }
    ledger.close(&visit, begins_ms, None);
    let mut exits = Vec::new();
    each_figure(&ledger.book(false), |_, row, figure, span| {
        if figure == Figure::Exits {
            exits.push((row.to_owned(), span));
        }
    });
    // The last page ends one of them at the most, and the first page may end the other.
    assert_eq!(exits.iter().filter(|(_, span)| span.holds(1)).count(), exits.len(), "{exits:?}");
    assert!(exits.len() >= 2 && exits.iter().all(|(_, span)| !span.holds(2)), "{exits:?}");
}

/// Visitors who come again on the same day count once, without anybody keeping a list of them.
#[test]
fn returning_visitors_count_once_a_day() {
    let world = World::new(9, 3000);
    let book = world.book(6000, |_, _| Fate::Recorded);
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let mut seen: BTreeMap<Date, std::collections::HashSet<u64>> = BTreeMap::new();
    let mut visit = Visit::default();
    let mut visits = 0;
    for index in 0..6000 {
        world.model.visit(index, &mut visit);
        let begins_us = world.schedule.at(index).unwrap() / 1_000_000 * 1_000_000;
        for hit in visit.hits.iter().filter(|hit| hit.kind != traffic::Kind::Ping) {
            let at_us = world.schedule.at(index).unwrap() / 1000 * 1000 + i64::from(hit.offset_ms) * 1000;
            let at = jiff::Timestamp::from_microsecond(at_us.max(begins_us)).unwrap();
            let date = zone.to_datetime(at).date();
            seen.entry(date).or_default().insert(visit.visitor);
        }
        visits += 1;
    }
    assert_eq!(visits, 6000);
    let mut repeated = 0;
    for (date, visitors) in seen {
        let figures = &book.days[&date];
        let visitors = i64::try_from(visitors.len()).unwrap();
        assert_eq!(figures.site(Figure::UniqueVisitors), Span::exactly(visitors), "{date}");
        repeated += figures.site(Figure::Visits).most - visitors;
    }
    assert!(repeated > 500, "{repeated} visits by somebody seen on the same day");
}

//! The ledger itself: hits are settled as their answers come, and a visit is counted once, when it is over.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use traffic::{Content, Visit};

use crate::book::{BOOK_VERSION, Book, DayFigures, Figure, OpenVisit, Span, Times};
use crate::day::Day;
use crate::layout::{Key, Layout};
use crate::rules::{Count, Event, Rules};
use crate::scenario::{self, Deviation, What};
use crate::seen::{Presence, Seen};
use crate::site::Site;
use crate::zone::{DaySpan, Zone};

/// Days that are held in memory at the most before they should be written down.
const MOST_DAYS: usize = 64;

/// Memory that days should not take more than, in counts of 8 bytes.
const MOST_COUNTS: usize = 4 << 20;

/// The newest days stay in memory: visits are still counted into them.
const STAY: usize = 3;

/// What a clock of the target may differ from ours by, in seconds, when it says when a hit came.
const CLOCKS_DIFFER: i64 = 2;

/// A hit that came later than it should by more than this is counted at the time it came, in seconds.
const LATE: i64 = 30;

/// What a ledger is about.
#[derive(Debug)]
pub struct Setup<'a> {
    /// What visits are made of.
    pub content: &'a Content,
    /// The site's time zone.
    pub zone: TimeZone,
    /// IANA name of it.
    pub zone_name: String,
    /// Where the times of hits come from.
    pub times: Times,
    /// Countries are sent with the hits.
    pub countries: bool,
    /// The site's own settings.
    pub site: &'a Site,
    /// How many visit numbers lie between two visits of one visitor at the most; `None` when nobody comes twice a day.
    pub reach: Option<u64>,
}

/// What became of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The target said that it recorded it.
    Recorded,
    /// Nobody knows.
    Unknown,
    /// It was not recorded.
    Lost,
}

/// The end of a hit.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// Its visit.
    pub visit: u64,
    /// Which hit of the visit; they come in order.
    pub seq: u16,
    /// What became of it.
    pub fate: Fate,
    /// When it should have come, and between when it came, in Unix seconds; `None` when it tells its time itself.
    pub came: Option<[i64; 3]>,
}

/// What is known of a visit that is not over.
#[derive(Debug, Clone, Default)]
struct Open {
    settled: u16,
    #[allow(clippy::box_collection, reason = "nearly all are empty, and there may be millions of them")]
    deviations: Option<Box<Vec<Deviation>>>,
}

/// Counts what the reports should say.
#[derive(Debug)]
pub struct Ledger {
    rules: Rules,
    zone: Zone,
    zone_name: String,
    times: Times,
    open: HashMap<u64, Open, BuildHasherDefault<Mix>>,
    seen: Option<Seen>,
    days: Days,
    generation: u64,
    gaps: Vec<String>,
}

#[derive(Debug)]
struct Days {
    by_number: BTreeMap<i64, (Date, Box<Day>)>,
    /// The day that was counted into last, outside of the map.
    at_hand: Option<(i64, Date, Box<Day>)>,
    empty: Day,
}

impl Ledger {
    /// An empty ledger.
    pub fn new(setup: Setup<'_>) -> Self {
        let layout = Layout::new(setup.content, setup.site);
        let days = Days { by_number: BTreeMap::new(), at_hand: None, empty: Day::new(&layout) };
        Self {
            rules: Rules { layout, countries: setup.countries, lengths: setup.times == Times::Told },
            zone: Zone::new(setup.zone),
            zone_name: setup.zone_name,
            times: setup.times,
            open: HashMap::default(),
            seen: setup.reach.map(Seen::new),
            days,
            generation: 0,
            gaps: Vec::new(),
        }
    }

    /// Takes up what an earlier process of the same run wrote down.
    pub fn resume(&mut self, book: Book) {
        self.generation = book.generation;
        self.gaps = book.gaps;
        for open in book.open {
            let deviations = (!open.deviations.is_empty()).then(|| Box::new(open.deviations));
            self.open.insert(open.visit, Open { settled: open.settled, deviations });
        }
        for (date, figures) in book.days {
            if let Some(number) = self.number(date) {
                let mut day = self.days.empty.clone();
                day.base = Some(figures);
                self.days.by_number.insert(number, (date, Box::new(day)));
            }
        }
    }

    /// Figures may be missing for a reason that is told to whoever compares.
    pub fn note_gap(&mut self, reason: String) {
        self.gaps.push(reason);
    }

    /// Enters what became of a hit.
    pub fn settle(&mut self, hit: Settled) {
        let Settled { visit, seq, fate, came } = hit;
        let open = self.open.entry(visit).or_default();
        open.settled = seq + 1;
        match fate {
            Fate::Recorded => {}
            Fate::Unknown => open.note(seq, What::Unknown),
            Fate::Lost => return open.note(seq, What::Lost),
        }
        if let Some([due, earliest, latest]) = came {
            let (earliest, latest) = (earliest - CLOCKS_DIFFER, latest + CLOCKS_DIFFER);
            let hour = |at: i64| at.div_euclid(3600);
            // Quarters of an hour would do for every zone's midnight; an hour's edge is among them.
            let quarter = |at: i64| at.div_euclid(900);
            let is_late =
                latest - due > LATE || quarter(due) != quarter(earliest) || quarter(due) != quarter(latest);
            if is_late && hour(earliest) == hour(latest) && quarter(earliest) == quarter(latest) {
                open.note(seq, What::Late { earliest, latest: earliest });
            } else if is_late {
                open.note(seq, What::Late { earliest, latest });
            }
        }
    }

    /// The process was killed: hits of a visit from the first unsettled one up to `until` may have been recorded, and
    /// are sent again.
    pub fn sent_again(&mut self, visit: u64, until: u16) {
        let open = self.open.entry(visit).or_default();
        if until > open.settled {
            open.note(open.settled, What::Again { until });
        }
    }

    /// Visits of which hits were settled and that are not counted yet.
    pub fn open(&self) -> Vec<u64> {
        let mut open: Vec<u64> = self.open.keys().copied().collect();
        open.sort_unstable();
        open
    }

    /// A visit is over: counts it. `begins_ms`: when its first hit happened, in Unix milliseconds; `before`: the number
    /// of the same visitor's visit before.
    pub fn close(&mut self, visit: &Visit, begins_ms: i64, before: Option<u64>) {
        let Some(open) = self.open.remove(&visit.index) else { return };
        let at = |seq: u16| {
            let offset = visit.hits.get(usize::from(seq)).map_or(0, |hit| hit.offset_ms);
            (begins_ms + i64::from(offset)).div_euclid(1000)
        };
        if let Some(deviations) = open.deviations {
            self.close_uncertain(visit, open.settled, &deviations, at, before);
        } else {
            let mut counter = Sure { days: &mut self.days, last: None, several: [None; 2] };
            let events = (0..open.settled).map(|seq| Event { seq, at: at(seq) });
            self.rules.count(visit, events, &mut self.zone, &mut counter);
            let days = counter.several.into_iter().flatten().chain(counter.last);
            for day in days {
                let presence = Presence { day: day.number(), is_sure: true };
                let count = self.unique(visit.index, before, presence);
                self.days.of(&day).add_span(UNIQUE, count);
            }
        }
    }

    fn close_uncertain(
        &mut self,
        visit: &Visit,
        settled: u16,
        deviations: &[Deviation],
        at: impl Fn(u16) -> i64,
        before: Option<u64>,
    ) {
        let outcomes = scenario::outcomes(&self.rules, visit, settled, deviations, at, &mut self.zone);
        for ((number, key), bounds) in outcomes.figures {
            let Some(attended) = outcomes.days.get(&number) else { continue };
            self.days.of(&attended.day).add_span(key, Span { least: bounds.least, most: bounds.most });
        }
        if outcomes.days.is_empty()
            && let (Some(seen), Some(before)) = (&mut self.seen, before)
        {
            seen.hand_on(before, visit.index);
        }
        for (number, attended) in outcomes.days {
            let presence = Presence { day: number, is_sure: attended.is_sure };
            let count = self.unique(visit.index, before, presence);
            self.days.of(&attended.day).add_span(UNIQUE, count);
        }
    }

    /// How many visitors the day has more, now that this one was or may have been there.
    fn unique(&mut self, visit: u64, before: Option<u64>, now: Presence) -> Span {
        let alone = Span { least: i64::from(now.is_sure), most: 1 };
        let Some(seen) = &mut self.seen else { return alone };
        let earlier = before.and_then(|before| seen.on(before, now.day));
        let is_sure = now.is_sure || earlier.is_some_and(|earlier| earlier.is_sure);
        seen.note(visit, Presence { is_sure, ..now });
        match earlier {
            None => alone,
            Some(Presence { is_sure: true, .. }) => Span::default(),
            // It was counted as possible; now it is sure.
            Some(_) => Span { least: i64::from(now.is_sure), most: 0 },
        }
    }

    /// So many days are in memory that they should be written down now.
    pub fn is_full(&self) -> bool {
        let most = (MOST_COUNTS / self.rules.layout.len.max(1)).clamp(STAY + 1, MOST_DAYS);
        self.days.by_number.len() > most
    }

    /// Days in memory that were not taken up from a file: what was put aside of them must be added before they are
    /// written.
    pub fn without_base(&mut self) -> Vec<Date> {
        self.days.put_back();
        self.days.by_number.values().filter(|(_, day)| day.base.is_none()).map(|(date, _)| *date).collect()
    }

    /// Adds what was put aside of a day.
    pub fn adopt(&mut self, date: Date, figures: &DayFigures) {
        let Some(number) = self.number(date) else { return };
        self.days.put_back();
        if let Some((_, day)) = self.days.by_number.get_mut(&number) {
            day.base.get_or_insert_default().merge(figures);
        }
    }

    /// Takes out the days that were not counted into since the last book was made, but for the newest, with their
    /// figures as that book had them. They may be put aside.
    pub fn take_settled(&mut self) -> Vec<(Date, DayFigures)> {
        self.days.put_back();
        let stay = self.days.by_number.len().saturating_sub(STAY);
        let settled: Vec<i64> = (self.days.by_number.iter().take(stay))
            .filter(|(_, (_, day))| !day.is_dirty)
            .map(|(number, _)| *number)
            .collect();
        let layout = &self.rules.layout;
        let days = &mut self.days.by_number;
        settled
            .into_iter()
            .filter_map(|number| days.remove(&number))
            .map(|(date, day)| (date, day.spell(layout)))
            .collect()
    }

    /// What is to be written down now. `with_open`: also what is known of the visits that are not over.
    pub fn book(&mut self, with_open: bool) -> Book {
        self.days.put_back();
        self.generation += 1;
        let layout = &self.rules.layout;
        let days = self.days.by_number.values_mut().map(|(date, day)| {
            day.is_dirty = false;
            (*date, day.spell(layout))
        });
        Book {
            schema_version: BOOK_VERSION,
            generation: self.generation,
            time_zone: self.zone_name.clone(),
            times: self.times,
            countries: self.rules.countries,
            gaps: self.gaps.clone(),
            days: days.collect(),
            open: if with_open { self.open_visits() } else { Vec::new() },
        }
    }

    /// The number of the last book that was made.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn open_visits(&self) -> Vec<OpenVisit> {
        let mut open: Vec<OpenVisit> = (self.open.iter())
            .map(|(&visit, open)| OpenVisit {
                visit,
                settled: open.settled,
                deviations: open.deviations.as_deref().cloned().unwrap_or_default(),
            })
            .collect();
        open.sort_unstable_by_key(|open| open.visit);
        open
    }

    fn number(&mut self, date: Date) -> Option<i64> {
        self.zone.day_of(date).map(|day| day.number())
    }
}

const UNIQUE: Key = Layout::site(Figure::UniqueVisitors);

impl Open {
    fn note(&mut self, seq: u16, what: What) {
        self.deviations.get_or_insert_default().push(Deviation { seq, what });
    }
}

impl Days {
    fn of(&mut self, day: &DaySpan) -> &mut Day {
        let number = day.number();
        if self.at_hand.as_ref().is_none_or(|(at_hand, ..)| *at_hand != number) {
            self.put_back();
            let kept = self.by_number.remove(&number).map(|(_, day)| day);
            let found = kept.unwrap_or_else(|| Box::new(self.empty.clone()));
            self.at_hand = Some((number, day.date, found));
        }
        let (_, _, day) = self.at_hand.as_mut().expect("it was put there above");
        day.is_dirty = true;
        day
    }

    fn put_back(&mut self) {
        if let Some((number, date, day)) = self.at_hand.take() {
            self.by_number.insert(number, (date, day));
        }
    }
}

/// Adds up a visit of which everything is known.
struct Sure<'a> {
    days: &'a mut Days,
    last: Option<DaySpan>,
    /// Days before the last one that the visit was on: it may have crossed a midnight, or two.
    several: [Option<DaySpan>; 2],
}

impl Count for Sure<'_> {
    fn add(&mut self, day: &DaySpan, key: Key, count: i64) {
        self.days.of(day).add(key, count);
    }

    fn present(&mut self, day: &DaySpan) {
        if let Some(last) = self.last.filter(|last| last.from != day.from)
            && let Some(free) = self.several.iter_mut().find(|slot| slot.is_none())
        {
            *free = Some(last);
        }
        self.last = Some(*day);
    }
}

/// Numbers of visits are spread by one multiplication: they are ours, so nobody chooses them to collide.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

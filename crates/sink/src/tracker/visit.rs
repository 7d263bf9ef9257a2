//! Visits: which one a hit belongs to, when a new one begins, and what each hit changes in it.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::action::{Action, Kind};
use super::referrer::{self, Referrer};
use super::request::Request;
use super::{Problem, place, time};
use crate::sites::Registry;

/// Two hits of a visitor further apart than this, in seconds, belong to two visits.
pub(crate) const VISIT_LENGTH: i64 = 30 * 60;
/// A visit with this many actions is full.
const MOST_ACTIONS: i64 = 10_000;

/// The columns that `Visit::read` takes, in its order.
const COLUMNS: &str = "id, visitor, user_id, first_time, last_time, visitor_kind, visit_count, since_first, since_order, \
                       actions, interactions, searches, events, converted, buyer, entry_url, entry_title, exit_url, \
                       exit_title, referrer_kind, referrer_name, referrer_keyword, referrer_url, country, total_time";

/// A visit as far as its next hit needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visit {
    pub(crate) id: i64,
    pub(crate) visitor: i64,
    pub(crate) user_id: Option<String>,
    pub(crate) first_time: i64,
    pub(crate) last_time: i64,
    /// 0 new, 1 returning, 2 returning and ordered before.
    pub(crate) returning: i64,
    /// The how manieth of the visitor it is, from 1.
    pub(crate) ordinal: i64,
    /// Seconds since the visitor's first visit began.
    pub(crate) since_first: Option<i64>,
    /// Seconds since the visitor's last visit began.
    pub(crate) since_last: Option<i64>,
    /// Seconds since the visitor's last order; 0 when this visit has one.
    pub(crate) since_order: Option<i64>,
    pub(crate) actions: i64,
    /// Page views and searches.
    pub(crate) interactions: i64,
    pub(crate) searches: i64,
    pub(crate) events: i64,
    pub(crate) converted: bool,
    /// 0 nothing, 1 ordered, 2 has a cart, 3 ordered and has a cart.
    pub(crate) buyer: i64,
    pub(crate) entry_url: Option<i64>,
    pub(crate) entry_title: Option<i64>,
    pub(crate) exit_url: Option<i64>,
    pub(crate) exit_title: Option<i64>,
    pub(crate) referrer: Referrer,
    pub(crate) country: String,
    pub(crate) total_time: i64,
}

/// What a hit does to its visit, beside lengthening it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effect {
    /// The page's text, when the hit is one: entry and exit.
    pub(crate) page: Option<Page>,
    pub(crate) kind: Option<Kind>,
    /// `idgoal` as it was sent, -1 when it was not.
    pub(crate) goal_parameter: i64,
    pub(crate) converts: bool,
    pub(crate) is_order: bool,
    pub(crate) is_cart: bool,
}

/// What the hit makes of the visit's entry and exit. 0 is a page without a URL or title; `None` in `url` is a search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) url: Option<i64>,
    pub(crate) title: Option<i64>,
}

impl Visit {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            visitor: row.get(1)?,
            user_id: row.get(2)?,
            first_time: row.get(3)?,
            last_time: row.get(4)?,
            returning: row.get(5)?,
            ordinal: row.get(6)?,
            since_first: row.get(7)?,
            since_last: None,
            since_order: row.get(8)?,
            actions: row.get(9)?,
            interactions: row.get(10)?,
            searches: row.get(11)?,
            events: row.get(12)?,
            converted: row.get(13)?,
            buyer: row.get(14)?,
            entry_url: row.get(15)?,
            entry_title: row.get(16)?,
            exit_url: row.get(17)?,
            exit_title: row.get(18)?,
            referrer: Referrer {
                kind: referrer::Kind::from_number(row.get(19)?),
                name: row.get(20)?,
                keyword: row.get(21)?,
                url: row.get(22)?,
            },
            country: row.get(23)?,
            total_time: row.get(24)?,
        })
    }

    /// The visitor's last visit: by its id from any time before, else by its fingerprint within half an hour.
    pub(crate) fn find_last(
        db: &Connection,
        request: &Request<'_>,
        fingerprint: i64,
    ) -> rusqlite::Result<Option<Self>> {
        let (site, time) = (request.site.id, request.time);
        // The indexes are named, as SQLite would rather walk the one by time, which finds nothing for newcomers.
        if let Some(visitor) = request.visitor {
            let found = db
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM visit INDEXED BY visit_by_visitor WHERE site = ?1 AND visitor = ?2 \
                     AND last_time <= ?3 ORDER BY last_time DESC LIMIT 1"
                ))?
                .query_row(params![site, visitor, time + VISIT_LENGTH], Self::read)
                .optional()?;
            if found.is_some() || request.visitor_forced {
                return Ok(found);
            }
        }
        // Someone else's visit is not taken over when that someone has a name.
        let anonymous = if request.visitor.is_some() { "AND user_id IS NULL" } else { "" };
        db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM visit INDEXED BY visit_by_fingerprint WHERE site = ?1 AND fingerprint = ?2 \
             AND last_time BETWEEN ?3 AND ?4 {anonymous} ORDER BY last_time DESC LIMIT 1"
        ))?
        .query_row(params![site, fingerprint, time - VISIT_LENGTH, time + VISIT_LENGTH], Self::read)
        .optional()
    }

    /// Whether it takes no more actions. Its visitor then counts as one who was never here.
    pub(crate) fn is_full(&self) -> bool {
        self.actions >= MOST_ACTIONS
    }

    /// Whether a hit goes on with this visit.
    pub(crate) fn goes_on(&self, request: &Request<'_>, registry: &Registry) -> bool {
        let zone = registry.zone(request.site.id);
        let same_day =
            || time::civil(self.last_time, &zone).date() == time::civil(request.time, &zone).date();
        if request.params.flag("new_visit") || self.last_time <= request.time - VISIT_LENGTH || !same_day() {
            return false;
        }
        // A visit without a referrer takes the campaign of a later hit for its own.
        if self.referrer.kind == referrer::Kind::Direct {
            return true;
        }
        let now = Referrer::of(request.params, request.site, registry, Some(&self.referrer));
        !(now.kind == referrer::Kind::Campaign && now.differs(&self.referrer))
    }

    /// Begins a visit. `before` is the visitor's last one.
    pub(crate) fn begin(
        request: &Request<'_>,
        registry: &Registry,
        before: Option<&Self>,
        effect: Effect,
        random_visitor: i64,
    ) -> Result<Self, Problem> {
        let since_order = if effect.is_order {
            Some(0)
        } else {
            before.and_then(|before| Some(before.since_order? + request.time - before.first_time))
        };
        if since_order.is_some_and(|seconds| seconds < 0) {
            // Matomo's column cannot hold it, and the hit fails as a whole.
            return Err(Problem::Broken("a time before the visitor's own earlier order"));
        }
        let has_ordered = since_order.is_some_and(|seconds| seconds > 0) || effect.is_order;
        let mut visit = Self {
            // Who is recognized keeps the id of the last visit, whatever the hit says; its next hit may change it.
            visitor: before.map(|before| before.visitor).or(request.visitor).unwrap_or(random_visitor),
            user_id: request.user_id.map(str::to_owned),
            first_time: request.time,
            last_time: request.time,
            returning: if has_ordered { 2 } else { i64::from(before.is_some()) },
            ordinal: before.map_or(1, |before| before.ordinal + 1),
            since_first: match before {
                None => Some(0),
                Some(before) => before
                    .since_first
                    .map(|seconds| seconds + request.time - before.first_time)
                    .filter(|seconds| *seconds >= 0),
            },
            since_last: Some(before.map_or(0, |before| request.time - before.first_time)),
            since_order,
            converted: effect.converts,
            buyer: buyer(0, effect),
            referrer: Referrer::of(request.params, request.site, registry, None),
            country: country(request),
            ..Self::default()
        };
        if let Some(page) = effect.page {
            visit.entry_url = Some(page.url.unwrap_or(0));
            visit.entry_title = page.title;
            visit.exit_url = page.url;
            visit.exit_title = page.title;
        }
        visit.count(effect);
        if effect.converts && before.is_some() {
            visit.total_time = effect.goal_parameter + 2;
        }
        Ok(visit)
    }

    /// Goes on with it.
    pub(crate) fn go_on(&mut self, request: &Request<'_>, registry: &Registry, effect: Effect) {
        if let Some(visitor) = request.visitor {
            self.visitor = visitor;
        }
        if let Some(user) = request.user_id {
            self.user_id = Some(user.to_owned());
        }
        if effect.kind != Some(Kind::Ping) {
            self.last_time = request.time;
        }
        self.total_time = (1 + request.time - self.first_time).max(0);
        if effect.converts {
            // Matomo lengthens a converting visit by this, so that its row is sure to change.
            self.total_time = (self.total_time + effect.goal_parameter + 2).max(0);
            self.converted = true;
        }
        if effect.is_order {
            self.since_order = Some(0);
        }
        self.buyer = buyer(self.buyer, effect);
        if let Some(page) = effect.page {
            self.entry_url = self.entry_url.or(page.url.filter(|url| *url != 0));
            self.entry_title = self.entry_title.or(page.title.filter(|title| *title != 0));
            self.exit_url = page.url;
            self.exit_title = page.title;
        }
        self.count(effect);
        if self.referrer.kind == referrer::Kind::Direct {
            let now = Referrer::of(request.params, request.site, registry, Some(&self.referrer));
            if now.kind != referrer::Kind::Direct {
                self.referrer = now;
            }
        }
        if request.trusted && request.params.text("country").is_some() {
            self.country = country(request);
        }
    }

    fn count(&mut self, effect: Effect) {
        let Some(kind) = effect.kind else { return };
        if matches!(kind, Kind::PageView | Kind::Search | Kind::Event | Kind::Outlink | Kind::Download) {
            self.actions += 1;
        }
        self.interactions += i64::from(matches!(kind, Kind::PageView | Kind::Search));
        self.searches += i64::from(kind == Kind::Search);
        self.events += i64::from(kind == Kind::Event);
    }

    /// Stores a new visit and learns its number.
    pub(crate) fn insert(
        &mut self,
        db: &Connection,
        request: &Request<'_>,
        fingerprint: i64,
        agent: i64,
    ) -> rusqlite::Result<()> {
        let region = request.params.text("region").filter(|_| request.trusted);
        let city = request.params.text("city").filter(|_| request.trusted);
        let latitude = request.params.float("lat").filter(|_| request.trusted);
        let longitude = request.params.float("long").filter(|_| request.trusted);
        db.prepare_cached(
            "INSERT INTO visit (site, visitor, fingerprint, user_id, first_time, last_time, total_time, visitor_kind, \
             visit_count, since_first, since_last, since_order, actions, interactions, searches, events, converted, \
             buyer, entry_url, entry_title, exit_url, exit_title, referrer_kind, referrer_name, referrer_keyword, \
             referrer_url, agent, resolution, language, country, region, city, latitude, longitude, address, \
             local_time) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
             ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36)",
        )?
        .execute(params![
            request.site.id,
            self.visitor,
            fingerprint,
            self.user_id,
            self.first_time,
            self.last_time,
            self.total_time,
            self.returning,
            self.ordinal,
            self.since_first,
            self.since_last,
            self.since_order,
            self.actions,
            self.interactions,
            self.searches,
            self.events,
            self.converted,
            self.buyer,
            self.entry_url,
            self.entry_title,
            self.exit_url,
            self.exit_title,
            self.referrer.kind.number(),
            self.referrer.name,
            self.referrer.keyword,
            self.referrer.url,
            agent,
            request.params.text("res").unwrap_or("unknown"),
            request.language,
            self.country,
            region,
            city,
            latitude,
            longitude,
            request.address.to_string(),
            local_time(request),
        ])?;
        self.id = db.last_insert_rowid();
        Ok(())
    }

    /// Stores what a hit changed.
    pub(crate) fn update(&self, db: &Connection) -> rusqlite::Result<()> {
        db.prepare_cached(
            "UPDATE visit SET visitor = ?2, user_id = ?3, last_time = ?4, total_time = ?5, since_order = ?6, \
             actions = ?7, interactions = ?8, searches = ?9, events = ?10, converted = ?11, buyer = ?12, \
             entry_url = ?13, entry_title = ?14, exit_url = ?15, exit_title = ?16, referrer_kind = ?17, \
             referrer_name = ?18, referrer_keyword = ?19, referrer_url = ?20, country = ?21 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.visitor,
            self.user_id,
            self.last_time,
            self.total_time,
            self.since_order,
            self.actions,
            self.interactions,
            self.searches,
            self.events,
            self.converted,
            self.buyer,
            self.entry_url,
            self.entry_title,
            self.exit_url,
            self.exit_title,
            self.referrer.kind.number(),
            self.referrer.name,
            self.referrer.keyword,
            self.referrer.url,
            self.country,
        ])?;
        Ok(())
    }
}

fn buyer(before: i64, effect: Effect) -> i64 {
    match before {
        _ if effect.is_order => 1,
        1 | 3 if effect.is_cart => 3,
        _ if effect.is_cart => 2,
        before => before,
    }
}

fn country(request: &Request<'_>) -> String {
    let stated = request.params.text("country").filter(|_| request.trusted);
    stated.and_then(place::known).unwrap_or_else(|| place::country_of_language(&request.language)).to_owned()
}

/// The visitor's own clock: as sent in `h`, `m`, `s`, else the time in UTC.
fn local_time(request: &Request<'_>) -> String {
    let utc = time::civil(request.time, &jiff::tz::TimeZone::UTC);
    let part = |name, most, otherwise: i8| {
        request
            .params
            .int(name)
            .map_or(i64::from(otherwise), |part| if (0..=most).contains(&part) { part } else { 0 })
    };
    let (hour, minute, second) =
        (part("h", 23, utc.hour()), part("m", 59, utc.minute()), part("s", 59, utc.second()));
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// What an action makes of the visit's entry and exit, once its texts have numbers.
pub(crate) fn page_of(action: &Action, url: Option<i64>, name: Option<i64>) -> Option<Page> {
    match action {
        Action::PageView { .. } => Some(Page { url: Some(url.unwrap_or(0)), title: Some(name.unwrap_or(0)) }),
        Action::Search { .. } => Some(Page { url: None, title: name }),
        _ => None,
    }
}

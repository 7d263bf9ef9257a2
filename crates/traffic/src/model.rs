//! Settings + seed + content -> numbered visits. Visit *i* is made from the seed and *i* alone.
//!
//! Everything that can be prepared is prepared in [`Model::new`]: weighted choices become alias tables, continuous
//! distributions become quantile tables. What is left for a visit is a few dozen draws from a stream of its own.

mod basket;
mod browse;
mod counts;
mod lists;
mod pages;
mod person;
mod profile;
mod rates;
mod returning;
mod script;
mod source;
mod timeline;
mod timing;

use std::sync::Arc;

use jiff::civil::date;
use settings::{Pacing, Range, Settings};

use crate::{
    Content, Funnel, Kind, Order, StepKind, Visit,
    content::Device,
    random::{Alias, Stream, keyed, mix},
    schedule,
};
use basket::Baskets;
use lists::Lists;
use pages::Pages;
use person::People;
use profile::Profile;
use returning::Returning;
use script::Script;
use source::Referrers;
use timeline::LONGEST_GAP_MS;
pub(crate) use timeline::LONGEST_JOURNEY_MS;
use timing::Timings;

/// Separate the random streams of one seed from each other.
const PERSON: u64 = 0x5045_5253_4f4e_2121;
const VISIT: u64 = 0x5649_5349_5421_2121;
const WINDOW: u64 = 0x5749_4e44_4f57_2121;
const SHARD: u64 = 0x5348_4152_4421_2121;

/// After this long without a hit Matomo begins another visit.
const VISIT_ENDS_MS: f64 = 30.0 * 60_000.0;

/// A day with a change to summer time. An epoch of a backfill is a day, or as many as the longest visit needs.
const SHORTEST_DAY_MS: f64 = 23.0 * 3_600_000.0;

/// Hits of a visit besides its page views: five kinds of action, a cart, an order, the closing ping.
const OTHER_HITS: u32 = 8;

/// What makes visits. Cheap to ask from many threads: nothing in it changes.
#[derive(Debug, Clone)]
pub struct Model {
    content: Arc<Content>,
    key: u64,
    /// Added to visit numbers, so that the windows of two backfills have visits of their own.
    base: u64,
    returning: Returning,
    people: People,
    referrers: Referrers,
    pages: Pages,
    lists: Lists,
    baskets: Baskets,
    timings: Timings,
    /// The plain model alone, or the journeys of the mix.
    profiles: Vec<Profile>,
    profile: Alias,
    pause_ms: Range<f64>,
    only_funnel: Option<u32>,
    longest_ms: u64,
}

/// There is no enabled funnel of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no enabled funnel is called {name:?}; there {}", listed(known))]
pub struct UnknownFunnel {
    /// The name that was asked for.
    pub name: String,
    /// The enabled funnels.
    pub known: Vec<String>,
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "are none".to_owned() } else { format!("is {}", known.join(", ")) }
}

impl Model {
    /// Prepares the tables. `BACKFILL_SEED` takes the place of `seed` where a backfill has one.
    ///
    /// Journeys of the mix that the content does not know are left out: [`unknown_journeys`](Self::unknown_journeys)
    /// names them.
    pub fn new(settings: &Settings, content: Arc<Content>, seed: u64) -> Self {
        let referrers = Referrers::new(&content);
        let pages = Pages::new(&content, settings.visits.popularity);
        let baskets = Baskets::new(&content, &settings.ecommerce);
        let devices = People::device_shares(&content);
        let (mut profiles, weights): (Vec<Profile>, Vec<f64>) = (settings.visits.journey_mix.iter())
            .filter_map(|(name, weight)| {
                let journey = content.journeys.iter().position(|journey| journey.name == *name)?;
                let profile =
                    Profile::of_journey(settings, &content, journey as u32, &referrers, &pages, devices);
                Some((profile, *weight))
            })
            .unzip();
        if profiles.is_empty() {
            profiles.push(Profile::plain(settings, &content, &referrers, devices));
        }
        let browsing_ms = profiles.iter().map(|profile| profile.dwell.longest_ms()).fold(0.0, f64::max);
        let longest_ms = content
            .funnels
            .iter()
            .map(|funnel| longest_funnel_ms(funnel, browsing_ms))
            .fold(browsing_ms, f64::max);

        // A backfill draws from a seed of its own and numbers its visits by date: the same seed live, or in another
        // window, brings other people, so nobody's visits run backwards in time.
        let (key, base, epoch) = match &settings.backfill {
            None => (mix(seed), 0, live_epoch(settings, &content, &profiles, longest_ms)),
            Some(backfill) => {
                let key = keyed(mix(backfill.seed.unwrap_or(seed)), WINDOW);
                let first_day = schedule::day_number(backfill.first_day)
                    .wrapping_sub(schedule::day_number(date(1970, 1, 1)));
                let days = 1 + ((longest_ms + VISIT_ENDS_MS) / SHORTEST_DAY_MS) as u64;
                let base = first_day.wrapping_mul(backfill.visits_per_day);
                (key, base, backfill.visits_per_day.saturating_mul(days))
            }
        };
        Self {
            key,
            base,
            returning: Returning::new(key, epoch, base, settings.features.returning_visitors),
            people: People::new(&content, settings.features.randomize_countries),
            referrers,
            pages,
            lists: Lists::new(&content),
            baskets,
            timings: Timings::new(),
            profiles,
            profile: Alias::new(weights),
            pause_ms: Range {
                min: settings.visits.pause_s.min * 1000.0,
                max: settings.visits.pause_s.max * 1000.0,
            },
            only_funnel: None,
            longest_ms: longest_ms.ceil() as u64,
            content,
        }
    }

    /// Names in the journey mix that the content does not know.
    pub fn unknown_journeys<'a>(settings: &'a Settings, content: &Content) -> Vec<&'a str> {
        let names = settings.visits.journey_mix.iter().map(|(name, _)| name.as_str());
        names.filter(|name| !content.journeys.iter().any(|journey| journey.name == *name)).collect()
    }

    /// What visits are made of.
    pub fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// No visit's timeline is longer than this, in milliseconds.
    pub fn longest_visit_ms(&self) -> u64 {
        self.longest_ms
    }

    /// Who comes on visit `index`: [`Visit::visitor`], without the cost of the whole visit.
    pub fn visitor(&self, index: u64) -> u64 {
        self.returning.visitor(self.returning.first_visit(index))
    }

    /// The number of the same visitor's visit before visit `index`; `None` when it is their first.
    pub fn visit_before(&self, index: u64) -> Option<u64> {
        self.returning.visit_before(index)
    }

    /// The numbers of two visits of one visitor, one just after the other, differ by less than this.
    pub fn visitor_reach(&self) -> u64 {
        self.returning.reach()
    }

    /// Makes visit `index` in `out`, reusing its vectors.
    pub fn visit(&self, index: u64, out: &mut Visit) {
        let first = self.returning.first_visit(index);
        let visitor = self.returning.visitor(first);
        let person = self.people.draw(&mut Stream::new(visitor ^ PERSON));
        let mut stream = Stream::new(keyed(self.key ^ VISIT, index.wrapping_add(self.base)));

        let profile = &self.profiles[self.profile.try_pick(&mut stream).unwrap_or(0) as usize];
        let source = self.referrers.draw(&profile.sources, &mut stream);
        let pages = profile.page_count(source.class, &mut stream);
        out.index = index;
        out.visitor = visitor;
        out.returning = first != index;
        out.agent = person.agent;
        out.language = person.language;
        out.country = person.country;
        out.address = person.address;
        out.referrer = source.referrer;
        out.campaign = source.campaign;
        out.journey = profile.journey;
        out.funnel = self.draw_funnel(&mut stream);

        let funnel = out.funnel.map(|funnel| &self.content.funnels[funnel as usize]);
        let mut script = Script::new(out, stream, self.pause_ms);
        let Some(funnel) = funnel else {
            let part = browse::Part { from_ms: 0, pages, before: 0, may_buy: true };
            self.browse(&mut script, profile, person.device, part);
            return;
        };
        let (end_ms, viewed, bought) = self.run_funnel(&mut script, funnel, person.device);
        if funnel.exit_after_completion {
            script.act(end_ms, Kind::Ping);
        } else {
            let pages = pages.saturating_sub(viewed).max(1);
            let part = browse::Part { from_ms: end_ms, pages, before: viewed, may_buy: !bought };
            self.browse(&mut script, profile, person.device, part);
        }
    }

    /// Every visit runs the funnel of that name.
    ///
    /// # Errors
    /// When there is no enabled funnel of that name.
    pub fn with_only_funnel(mut self, name: &str) -> Result<Self, UnknownFunnel> {
        let Some(found) = self.content.funnels.iter().position(|funnel| funnel.name == name) else {
            let known = self.content.funnels.iter().map(|funnel| funnel.name.clone()).collect();
            return Err(UnknownFunnel { name: name.to_owned(), known });
        };
        self.only_funnel = Some(found as u32);
        Ok(self)
    }

    /// The first funnel, in ascending priority, whose chance comes up.
    fn draw_funnel(&self, stream: &mut Stream) -> Option<u32> {
        if self.only_funnel.is_some() {
            return self.only_funnel;
        }
        let hit = self.content.funnels.iter().position(|funnel| stream.chance(funnel.probability))?;
        Some(hit as u32)
    }

    /// Writes a funnel's steps. Gives the moment after the last one, how many pages were viewed, and whether
    /// something was bought.
    fn run_funnel(&self, script: &mut Script, funnel: &Funnel, device: Device) -> (u32, u32, bool) {
        let (mut at, mut viewed, mut bought) = (0, 0, false);
        for step in &funnel.steps {
            match &step.kind {
                StepKind::PageView { page } => {
                    viewed += 1;
                    let timing = self.timings.draw(device, &mut script.stream);
                    script.view(at, *page, timing);
                }
                StepKind::Event { event } => script.act(at, Kind::Event(*event)),
                StepKind::Search { term, category } => {
                    script.act(at, Kind::Search { term: *term, category: *category });
                }
                StepKind::Outlink(link) => script.act(at, Kind::Outlink(*link)),
                StepKind::Download(file) => script.act(at, Kind::Download(*file)),
                StepKind::Order(template) => {
                    bought = true;
                    let order = script.order(|order, stream| match &template.order {
                        Some(given) => copy(given, order),
                        None => self.baskets.order(order, stream),
                    });
                    script.act(at, Kind::Order(order));
                }
            }
            let (min, max) = step.delay_ms;
            at += script.stream.between(min, max.max(min)).min(LONGEST_GAP_MS);
        }
        (at, viewed, bought)
    }
}

/// Copies an order, into the list of items that is there.
fn copy(given: &Order, order: &mut Order) {
    order.items.extend_from_slice(&given.items);
    let Order { items: _, revenue, subtotal, tax, shipping } = *given;
    (order.revenue, order.subtotal, order.tax, order.shipping) = (revenue, subtotal, tax, shipping);
}

/// The longest a visit with this funnel can last.
fn longest_funnel_ms(funnel: &Funnel, browsing_ms: f64) -> f64 {
    let steps: f64 = funnel.steps.iter().map(|step| f64::from(step.delay_ms.1.min(LONGEST_GAP_MS))).sum();
    if funnel.exit_after_completion { steps } else { steps + browsing_ms }
}

/// Visits of an epoch of live traffic: more than can start, at the peak of the curve, between the beginning of a visit
/// and the moment from which another one of the same visitor is apart from it, in Matomo's eyes and on the wire.
fn live_epoch(settings: &Settings, content: &Content, profiles: &[Profile], longest_ms: f64) -> u64 {
    let pages = profiles.iter().map(Profile::most_pages).max().unwrap_or(1);
    let steps = content.funnels.iter().map(|funnel| funnel.steps.len() as u32).max().unwrap_or(0);
    let wire_ms = match settings.visits.pacing {
        Pacing::Realtime => 0.0,
        Pacing::Compressed => f64::from(pages + steps + OTHER_HITS) * settings.visits.pause_s.max * 1000.0,
    };
    let per_ms =
        settings.arrivals.visits_per_day / 86_400_000.0 * schedule::peak_factor(settings.arrivals.shape);
    let expected = per_ms * (longest_ms + wire_ms + VISIT_ENDS_MS);
    // Seven standard deviations above what is expected: a Poisson count gets there once in 10^11 epochs.
    ((expected + 7.0 * expected.sqrt() + 20.0).ceil() as u64).max(64)
}

/// The shard, of `count`, that a visitor belongs to.
///
/// # Panics
/// When `count` is 0.
pub fn shard_of(visitor: u64, count: u32) -> u32 {
    (mix(visitor ^ SHARD) % u64::from(count)) as u32
}

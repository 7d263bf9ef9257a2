//! Matomo's rules about visits: where one ends, whose entry and exit a page is, what counts as an action.
//!
//! Told by what a real Matomo was seen to do: a visit ends after half an hour without an action and at the site's
//! midnight, `new_visit` begins one, and so does a campaign that is not the visit's, unless it came from nowhere; a
//! `ping` lengthens one and begins none, orders and carts are no actions. A hit goes
//! to that visit of its visitor whose last action is the latest, but for those that lie half an hour ahead of it: this
//! matters to hits that come again after a kill, when there are visits of later times already.

use std::cmp::Reverse;

use traffic::{Item, Kind, Visit};

use crate::book::Figure;
use crate::layout::{Key, Layout, Referrer};
use crate::zone::{DaySpan, Zone};

/// This long after the last action the next one begins a visit, in seconds.
pub(crate) const VISIT_ENDS: i64 = 30 * 60;

/// A visit with so many actions is full.
const MOST_ACTIONS: u32 = 10_000;

/// A converting hit makes the visit's length longer by its `idgoal` + 2, so that its row is sure to change.
const CONVERTS: i64 = 2;

/// A hit that was recorded, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// Which hit of the visit.
    pub(crate) seq: u16,
    /// Unix seconds.
    pub(crate) at: i64,
}

/// Where figures are added up.
pub(crate) trait Count {
    /// Adds to a figure of a day.
    fn add(&mut self, day: &DaySpan, key: Key, count: i64);
    /// The visitor was there on this day. Said again for each of the day's visits.
    fn present(&mut self, day: &DaySpan);
}

/// What the figures depend on beside the visit.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) layout: Layout,
    pub(crate) countries: bool,
    pub(crate) lengths: bool,
}

/// What a visit that the reports know is so far.
struct Part {
    /// Which of the visitor's visits it is, in the order in which they began.
    number: usize,
    day: DaySpan,
    first: i64,
    last: i64,
    length: i64,
    actions: u32,
    entry: Entry,
    exit: Option<u32>,
    referrer: Referrer,
    /// The campaign, when it is one that the visit came from.
    campaign: Option<u32>,
    /// What lies in a cart that no order followed, in hundredths.
    cart: Option<u64>,
    /// The carts since the last order.
    carts: Vec<u32>,
}

/// The page that a visit began with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// None yet: the visit began with something else than a page.
    Open,
    /// None ever: it began with a search.
    None,
    Page(u32),
}

/// Makes the part at hand that which a hit of this time belongs to, if it belongs to any: the latest that is not ahead of
/// it, and of several with their last action in one second the first.
fn turn_to_latest(part: &mut Option<Part>, others: &mut [Part], at: i64) {
    let Some(part) = part else { return };
    let rank = |part: &Part| (part.last <= at + VISIT_ENDS).then_some((part.last, Reverse(part.number)));
    if let Some(latest) = others.iter_mut().max_by_key(|other| rank(other))
        && rank(latest) > rank(part)
    {
        std::mem::swap(part, latest);
    }
}

impl Rules {
    /// Adds up what the hits of one visit come to, in the order in which they were recorded.
    pub(crate) fn count(
        &self,
        visit: &Visit,
        events: impl Iterator<Item = Event>,
        zone: &mut Zone,
        out: &mut impl Count,
    ) {
        let mut part: Option<Part> = None;
        let mut others: Vec<Part> = Vec::new();
        // An order that comes again is refused. Visits have few.
        let mut ordered: Option<u32> = None;
        for Event { seq, at } in events {
            let hit = &visit.hits[usize::from(seq)];
            if !self.layout.is_recorded(hit.page) {
                continue;
            }
            if let Kind::Order(order) = hit.kind {
                if ordered == Some(order) {
                    continue;
                }
                ordered = Some(order);
            }
            if !others.is_empty() {
                turn_to_latest(&mut part, &mut others, at);
            }
            let campaign = self.campaign_of(visit, seq);
            let goes_on = part.as_ref().is_some_and(|part| {
                seq != 0
                    && part.actions < MOST_ACTIONS
                    && at - part.last < VISIT_ENDS
                    && zone.is_one_date(&part.day, part.last, at)
                    && campaign.is_none_or(|campaign| self.goes_on_with(part, campaign))
            });
            if goes_on {
                let Some(part) = part.as_mut() else { continue };
                if hit.kind != Kind::Ping {
                    part.last = at;
                    if !part.day.holds(at) {
                        part.day = zone.day(at);
                    }
                }
                part.length = (1 + at - part.first).max(0);
                if matches!(hit.kind, Kind::Order(_)) {
                    part.length += CONVERTS;
                }
                // A visit that came from nowhere comes from the first campaign or other host that a hit names.
                if part.referrer == Referrer::Direct {
                    part.referrer = self.referrer_of(hit.page, hit.kind, campaign);
                    part.campaign = campaign;
                }
            } else {
                if hit.kind == Kind::Ping {
                    continue;
                }
                let came_before = part.is_some() || visit.returning;
                others.extend(part.take());
                part = Some(self.begin(visit, seq, at, came_before, zone.day(at)));
                if let Some(part) = part.as_mut() {
                    part.number = others.len();
                }
            }
            let Some(part) = part.as_mut() else { continue };
            self.hit(visit, hit.page, hit.kind, part, out);
        }
        for part in others.iter().chain(&part) {
            self.close(visit, part, out);
        }
    }

    fn begin(&self, visit: &Visit, seq: u16, at: i64, came_before: bool, day: DaySpan) -> Part {
        let hit = &visit.hits[usize::from(seq)];
        let campaign = self.campaign_of(visit, seq);
        let referrer = match visit.referrer.filter(|_| seq == 0 && campaign.is_none()) {
            Some(referrer) => self.layout.channels[referrer as usize],
            None => self.referrer_of(hit.page, hit.kind, campaign),
        };
        let converts = matches!(hit.kind, Kind::Order(_)) && came_before;
        Part {
            number: 0,
            day,
            first: at,
            last: at,
            length: if converts { CONVERTS } else { 0 },
            actions: 0,
            entry: if self.search_of(hit.page, hit.kind).is_some() { Entry::None } else { Entry::Open },
            exit: None,
            referrer,
            campaign,
            cart: None,
            carts: Vec::new(),
        }
    }

    /// The campaign that a hit's address names.
    fn campaign_of(&self, visit: &Visit, seq: u16) -> Option<u32> {
        self.layout.campaign_of(visit.hits[usize::from(seq)].page, visit.campaign.filter(|_| seq == 0))
    }

    /// Whether a hit of a campaign goes on with a visit.
    fn goes_on_with(&self, part: &Part, campaign: u32) -> bool {
        match part.campaign {
            Some(current) => self.layout.goes_on_with(current, campaign),
            None => part.referrer == Referrer::Direct,
        }
    }

    /// Where a hit within the site says that it comes from. A page of the same host is no referrer; one of another host
    /// is another website.
    fn referrer_of(&self, page: u32, kind: Kind, campaign: Option<u32>) -> Referrer {
        let from = match kind {
            Kind::PageView { from, .. } => from,
            // The page that held the link.
            Kind::Outlink(_) | Kind::Download(_) => Some(page),
            _ => None,
        };
        match campaign {
            Some(_) => Referrer::Campaign,
            None if from.is_some_and(|from| !self.layout.is_internal(from, page)) => Referrer::Website,
            None => Referrer::Direct,
        }
    }

    /// What a hit counts as when it is a search, keyword and category.
    fn search_of(&self, page: u32, kind: Kind) -> Option<(Key, Option<Key>)> {
        let layout = &self.layout;
        match kind {
            Kind::Search { term, category } if layout.has_search => {
                Some((layout.keyword(term), category.map(|category| layout.search_category(category))))
            }
            Kind::PageView { .. } => layout.search_of_page(page),
            _ => None,
        }
    }

    fn hit(&self, visit: &Visit, page: u32, kind: Kind, part: &mut Part, out: &mut impl Count) {
        let layout = &self.layout;
        let day = part.day;
        let mut add = |key, count| out.add(&day, key, count);
        if let Some((keyword, category)) = self.search_of(page, kind) {
            add(Layout::site(Figure::Searches), 1);
            add(keyword, 1);
            if let Some(category) = category {
                add(category, 1);
            }
            // The results' page has no address of its own.
            part.exit = None;
            part.actions += 1;
            return;
        }
        match kind {
            Kind::Ping => return,
            // A search on a site without one is a view of its page.
            Kind::PageView { .. } | Kind::Search { .. } => {
                add(Layout::site(Figure::PageViews), 1);
                add(layout.page(page), 1);
                if part.entry == Entry::Open {
                    part.entry = Entry::Page(page);
                }
                part.exit = Some(page);
            }
            Kind::Outlink(outlink) => {
                add(Layout::site(Figure::Outlinks), 1);
                add(layout.outlink(outlink), 1);
            }
            Kind::Download(download) => {
                add(Layout::site(Figure::Downloads), 1);
                add(layout.download(download, page), 1);
            }
            Kind::Event(event) => add(layout.event(event), 1),
            Kind::Cart(cart) => {
                part.cart = Some(visit.orders[cart as usize].subtotal);
                part.carts.push(cart);
                return;
            }
            Kind::Order(order) => {
                let order = &visit.orders[order as usize];
                part.cart = None;
                let pieces: i64 = order.items.iter().map(|item| i64::from(item.quantity)).sum();
                for (figure, count) in [
                    (Figure::Orders, 1),
                    (Figure::Revenue, order.revenue.cast_signed()),
                    (Figure::Subtotal, order.subtotal.cast_signed()),
                    (Figure::Tax, order.tax.cast_signed()),
                    (Figure::Shipping, order.shipping.cast_signed()),
                    (Figure::Quantity, pieces),
                ] {
                    add(Layout::site(figure), count);
                }
                let carts = std::mem::take(&mut part.carts);
                for (place, item) in order.items.iter().enumerate() {
                    // Of several lines with one SKU Matomo keeps the first (`INSERT IGNORE`), but of what lay in the cart
                    // the last (`recordEcommerceItems`).
                    let is_same = |other: &Item| layout.is_same_sku(other.product, item.product);
                    let mut in_carts = carts.iter().flat_map(|cart| &visit.orders[*cart as usize].items);
                    let others =
                        if in_carts.any(is_same) { &order.items[place + 1..] } else { &order.items[..place] };
                    if others.iter().any(is_same) {
                        continue;
                    }
                    let key = layout.product(item.product);
                    add(key, 1);
                    add(key + 1, i64::from(item.quantity));
                    add(key + 2, item.price.cast_signed() * i64::from(item.quantity));
                }
                return;
            }
        }
        part.actions += 1;
    }

    fn close(&self, visit: &Visit, part: &Part, out: &mut impl Count) {
        let layout = &self.layout;
        let day = part.day;
        out.present(&day);
        let mut add = |key, count| out.add(&day, key, count);
        add(Layout::site(Figure::Visits), 1);
        add(Layout::site(Figure::Actions), i64::from(part.actions));
        if part.actions <= 1 {
            add(Layout::site(Figure::Bounces), 1);
        }
        let hour = layout.hour(day.hour(part.first));
        add(hour, 1);
        if self.lengths {
            add(Layout::site(Figure::Length), part.length);
            add(hour + 1, part.length);
        }
        if let Entry::Page(page) = part.entry {
            add(layout.page(page) + 1, 1);
        }
        if let Some(page) = part.exit {
            add(layout.page(page) + 2, 1);
        }
        add(layout.referrer(part.referrer), 1);
        if let Some(campaign) = part.campaign {
            add(layout.campaign(campaign), 1);
        }
        add(layout.device(visit.agent), 1);
        if let Some(country) = visit.country.filter(|_| self.countries) {
            add(layout.country(country), 1);
        }
        if let Some(cart) = part.cart {
            add(Layout::site(Figure::AbandonedCarts), 1);
            add(Layout::site(Figure::CartRevenue), cart.cast_signed());
        }
    }
}

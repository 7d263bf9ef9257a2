//! Browsing: pages one after another, what is done on them, what is bought, and the closing ping.

use super::{Model, Script, counts, profile::Profile};
use crate::{Kind, content::Device};

/// How often a search names a category.
const SEARCH_WITH_CATEGORY: f64 = 0.3;

/// The most things planned beside page views: five kinds of action, a cart and an order.
const MOST_PLANNED: usize = 7;

/// The part of a visit that is browsed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// When it begins, in milliseconds after the visit's first hit.
    pub(super) from_ms: u32,
    /// Pages to view, at least one.
    pub(super) pages: u32,
    /// Pages viewed before.
    pub(super) before: u32,
    /// Something can be bought.
    pub(super) may_buy: bool,
}

/// Something to do on a page: which of the part's pages, when, what.
type Planned = (usize, u32, Kind);

/// What will be done, in order of page and time.
struct Agenda {
    planned: [Planned; MOST_PLANNED],
    len: usize,
}

impl Agenda {
    fn new() -> Self {
        Self { planned: [(0, 0, Kind::Ping); MOST_PLANNED], len: 0 }
    }

    /// Adds something behind all that is as early.
    fn add(&mut self, page: usize, at: u32, kind: Kind) {
        let mut place = self.len;
        while place > 0 && (self.planned[place - 1].0, self.planned[place - 1].1) > (page, at) {
            self.planned[place] = self.planned[place - 1];
            place -= 1;
        }
        self.planned[place] = (page, at, kind);
        self.len += 1;
    }

    fn planned(&self) -> &[Planned] {
        &self.planned[..self.len]
    }
}

impl Model {
    /// Browses, to the end of the visit.
    pub(super) fn browse(&self, script: &mut Script, profile: &Profile, device: Device, part: Part) {
        let mut ends = [0_u32; counts::MOST as usize + 1];
        let count = part.pages.clamp(1, counts::MOST) as usize;
        let ends = &mut ends[..count];
        profile.dwell.fill(ends, count + part.before as usize, &mut script.stream);

        let agenda = self.plan(script, profile, device, part, ends);
        let mut planned = agenda.planned().iter().peekable();
        let mut begins = part.from_ms;
        for (page_number, end) in ends.iter().enumerate() {
            let page = self.next_page(script, profile);
            let timing = self.timings.draw(device, &mut script.stream);
            script.view(begins, page, timing);
            while let Some(&(_, at, kind)) = planned.next_if(|planned| planned.0 == page_number) {
                script.act(at, kind);
            }
            begins = part.from_ms + end;
        }
        script.act(begins, Kind::Ping);
    }

    fn next_page(&self, script: &mut Script, profile: &Profile) -> u32 {
        let before = script.page();
        let stream = &mut script.stream;
        if let Some((sections, affinity)) = &profile.sections
            && stream.chance(*affinity)
        {
            let page = sections.draw(stream);
            if before != Some(page) {
                return page;
            }
        }
        match before {
            None => self.pages.landing(stream),
            Some(page) => self.pages.after(page, stream),
        }
    }

    /// Decides what is done on which page, and when.
    fn plan(
        &self,
        script: &mut Script,
        profile: &Profile,
        device: Device,
        part: Part,
        ends: &[u32],
    ) -> Agenda {
        let mut agenda = Agenda::new();
        let all_pages = part.pages + part.before;
        let moment = |page: usize, script: &mut Script| {
            let begins = if page == 0 { 0 } else { ends[page - 1] };
            part.from_ms + begins + (f64::from(ends[page] - begins) * script.stream.unit()) as u32
        };
        let several = all_pages > 1;
        if several {
            for kind in self.draw_actions(script, profile).into_iter().flatten() {
                let page = script.stream.below(ends.len() as u32) as usize;
                agenda.add(page, moment(page, script), kind);
            }
        }
        if part.may_buy && !self.baskets.is_empty() {
            let luck = script.stream.unit();
            let buys = luck < profile.order.of(all_pages, device);
            let fills_cart = several && (buys || luck < profile.cart.of(all_pages, device));
            let last = ends.len() - 1;
            let order = buys.then(|| script.order(|order, stream| self.baskets.order(order, stream)));
            let mut cart_at = 0;
            if fills_cart {
                let cart = match order {
                    Some(order) => script.cart_for(order),
                    None => script.order(|cart, stream| self.baskets.cart(cart, stream)),
                };
                let page = script.stream.below(ends.len() as u32) as usize;
                cart_at = moment(page, script);
                agenda.add(page, cart_at, Kind::Cart(cart));
            }
            if let Some(order) = order {
                let at = moment(last, script).max(cart_at);
                agenda.add(last, at, Kind::Order(order));
            }
        }
        agenda
    }

    /// Each kind of action by its own chance.
    fn draw_actions(&self, script: &mut Script, profile: &Profile) -> [Option<Kind>; 5] {
        let (content, actions, stream) = (&*self.content, &profile.actions, &mut script.stream);
        let mut kinds = [None; 5];
        if stream.chance(actions.site_search)
            && let Some(term) = self.lists.searches.try_pick(stream)
        {
            let with_category = stream.chance(SEARCH_WITH_CATEGORY) && !content.search_categories.is_empty();
            let category = with_category.then(|| stream.below(content.search_categories.len() as u32));
            kinds[0] = Some(Kind::Search { term, category });
        }
        if stream.chance(actions.outlink) {
            kinds[1] = self.lists.outlinks.try_pick(stream).map(Kind::Outlink);
        }
        if stream.chance(actions.download) {
            kinds[2] = self.lists.downloads.try_pick(stream).map(Kind::Download);
        }
        if stream.chance(actions.click_event) {
            let event = self.lists.click_events.try_pick(stream);
            kinds[3] = event.map(|event| Kind::Event(content.click_events.start + event));
        }
        if stream.chance(actions.random_event) {
            let event = self.lists.random_events.try_pick(stream);
            kinds[4] = event.map(|event| Kind::Event(content.random_events.start + event));
        }
        kinds
    }
}

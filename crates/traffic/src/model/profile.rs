//! A kind of visit: the plain model or a journey template, with its tables prepared.

use settings::Settings;

use super::{
    counts::Counts,
    pages::{Choice, Pages},
    rates::{ABANDONED, Purchase, among_several},
    source::{CLASSES, Class, Mix, Referrers},
    timeline::{Dwell, LONGEST_JOURNEY_MS},
};
use crate::{Content, random::Stream};

/// A kind of visit.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// The template, as an index into [`Content::journeys`].
    pub(super) journey: Option<u32>,
    pub(super) sources: Mix,
    /// By [`Class`].
    counts: [Counts; 4],
    pub(super) dwell: Dwell,
    pub(super) actions: Actions,
    pub(super) order: Purchase,
    /// Something is put into the cart, bought or not.
    pub(super) cart: Purchase,
    /// Sections that the visit keeps to, and how closely.
    pub(super) sections: Option<(Choice, f64)>,
}

/// Probabilities of actions in a visit of several pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actions {
    pub(super) site_search: f64,
    pub(super) outlink: f64,
    pub(super) download: f64,
    pub(super) click_event: f64,
    pub(super) random_event: f64,
}

impl Actions {
    /// As the settings say, and the events file where it has its own word; each the mean over all visits.
    fn plain(settings: &Settings, content: &Content) -> Self {
        let features = &settings.features;
        Self {
            site_search: features.site_search,
            outlink: features.outlinks,
            download: features.downloads,
            click_event: content.click_events_probability.unwrap_or(features.click_events),
            random_event: content.random_events_probability.unwrap_or(features.random_events),
        }
    }

    fn among_several(self, pages: &[f64]) -> Self {
        Self {
            site_search: among_several(self.site_search, pages),
            outlink: among_several(self.outlink, pages),
            download: among_several(self.download, pages),
            click_event: among_several(self.click_event, pages),
            random_event: among_several(self.random_event, pages),
        }
    }
}

impl Profile {
    /// The plain model.
    pub(super) fn plain(
        settings: &Settings,
        content: &Content,
        referrers: &Referrers,
        devices: [f64; 3],
    ) -> Self {
        let visits = &settings.visits;
        let sources = referrers.plain(settings.features.direct_traffic);
        let counts = CLASSES.map(|class| Counts::plain(visits.pages_per_visit, visits.pageviews, class));
        let pages = mean_shares(&counts, &sources);
        let order = settings.features.ecommerce;
        Self {
            journey: None,
            dwell: Dwell::divided(visits.duration_min.min, visits.duration_min.max),
            actions: Actions::plain(settings, content).among_several(&pages),
            order: Purchase::spread(order, &pages, devices),
            cart: Purchase::spread((order / (1.0 - ABANDONED)).min(1.0), &pages, devices),
            sections: None,
            sources,
            counts,
        }
    }

    /// A journey template: its own figures, and the settings' where it has none.
    pub(super) fn of_journey(
        settings: &Settings,
        content: &Content,
        index: u32,
        referrers: &Referrers,
        all_pages: &Pages,
        devices: [f64; 3],
    ) -> Self {
        let journey = &content.journeys[index as usize];
        let counts = CLASSES.map(|_| Counts::of_journey(&journey.pages, journey.bounce));
        let sources = referrers.of_journey(&journey.channels);
        let pages = mean_shares(&counts, &sources);
        let plain = Actions::plain(settings, content);
        let own = &journey.features;
        let actions = Actions {
            site_search: own.site_search.unwrap_or(plain.site_search),
            outlink: own.outlinks.unwrap_or(plain.outlink),
            download: own.downloads.unwrap_or(plain.download),
            click_event: own.click_events.unwrap_or(plain.click_event),
            random_event: own.random_events.unwrap_or(plain.random_event),
        };
        // Without ecommerce in the settings nobody buys, whatever the template says.
        let sells = settings.features.ecommerce > 0.0;
        let order = if sells { own.ecommerce.unwrap_or(settings.features.ecommerce) } else { 0.0 };
        let cart = if sells { own.cart.unwrap_or(order / (1.0 - ABANDONED)).clamp(order, 1.0) } else { 0.0 };
        let longest_ms = (settings.visits.duration_min.max * 60_000.0).max(f64::from(LONGEST_JOURNEY_MS));
        let sections = all_pages.of_sections(&journey.sections);
        Self {
            journey: Some(index),
            dwell: Dwell::summed(journey.dwell.shape, journey.dwell.scale_s, longest_ms),
            actions: actions.among_several(&pages),
            order: Purchase::spread(order, &pages, devices),
            cart: Purchase::spread(cart, &pages, devices),
            sections: (!sections.is_empty()).then_some((sections, journey.section_affinity)),
            sources,
            counts,
        }
    }

    /// Draws how many pages a visit of this class views.
    pub(super) fn page_count(&self, class: Class, stream: &mut Stream) -> u32 {
        self.counts[class as usize].draw(stream)
    }

    /// The most page views of a visit.
    pub(super) fn most_pages(&self) -> u32 {
        self.counts.iter().map(|counts| counts.shares.len() as u32 - 1).max().unwrap_or(1)
    }
}

/// How many visits of all view each number of pages.
fn mean_shares(counts: &[Counts; 4], sources: &Mix) -> Vec<f64> {
    let most = counts.iter().map(|counts| counts.shares.len()).max().unwrap_or(0);
    let mut mean = vec![0.0; most];
    for (counts, weight) in counts.iter().zip(sources.classes) {
        for (sum, share) in mean.iter_mut().zip(&counts.shares) {
            *sum += share * weight;
        }
    }
    mean
}

//! Where visits come from: channel, referrer, campaign.

use super::lists::ZIPF;
use crate::{
    Content,
    content::Channel,
    journey::Channels,
    random::{Alias, Stream},
};

/// Search engines : social networks : referring sites among visits that are not direct.
const SPLIT: [f64; 3] = [35.0, 15.0, 20.0];

/// Share of the visits from search engines that come by an advertisement: paid 15% beside organic 53% of all.
const PAID: f64 = 0.22;

/// Share of a campaign's visits that are clicks on a search engine's advertisement; the rest (mail, for example) have
/// no referrer.
const CAMPAIGN_BY_SEARCH: f64 = 0.5;

/// What a visit's length depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Direct,
    Organic,
    Referral,
    Paid,
}

/// All classes, in the order of their numbers.
pub(super) const CLASSES: [Class; 4] = [Class::Direct, Class::Organic, Class::Referral, Class::Paid];

/// Where a visit comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub(super) class: Class,
    pub(super) referrer: Option<u32>,
    pub(super) campaign: Option<u32>,
}

/// The referrers of each channel, and the campaigns.
#[derive(Debug, Clone)]
pub(super) struct Referrers {
    /// By [`Channel`].
    channels: [(Alias, Vec<u32>); 3],
    campaigns: Alias,
}

/// How a kind of visit is shared among the channels.
#[derive(Debug, Clone)]
pub(super) struct Mix {
    /// Direct, search, social, site, campaign.
    channels: Alias,
    /// Share of search visits with a campaign's parameters.
    paid: f64,
    /// Share of each class, in the order of [`CLASSES`].
    pub(super) classes: [f64; 4],
}

impl Referrers {
    pub(super) fn new(content: &Content) -> Self {
        let of = |channel: Channel| {
            let all: Vec<u32> = (0_u32..)
                .zip(&content.referrers)
                .filter(|(_, referrer)| referrer.channel == channel)
                .map(|(index, _)| index)
                .collect();
            (Alias::zipf(all.len() as u32, ZIPF), all)
        };
        Self {
            channels: [of(Channel::Search), of(Channel::Social), of(Channel::Site)],
            campaigns: Alias::zipf(content.campaigns.len() as u32, ZIPF),
        }
    }

    /// The plain split at this share of direct visits.
    pub(super) fn plain(&self, direct: f64) -> Mix {
        let rest = (1.0 - direct) / SPLIT.iter().sum::<f64>();
        self.mix([direct, SPLIT[0] * rest, SPLIT[1] * rest, SPLIT[2] * rest, 0.0], PAID)
    }

    /// A journey's own split.
    pub(super) fn of_journey(&self, channels: &Channels) -> Mix {
        let Channels { direct, search, social, site, campaign } = *channels;
        self.mix([direct, search, social, site, campaign], 0.0)
    }

    /// Leaves out channels that the content has nothing for. What is left keeps its proportions; nothing left = direct.
    fn mix(&self, mut weights: [f64; 5], paid: f64) -> Mix {
        for (weight, (alias, _)) in weights[1..4].iter_mut().zip(&self.channels) {
            if alias.is_empty() {
                *weight = 0.0;
            }
        }
        let paid = if self.campaigns.is_empty() { 0.0 } else { paid };
        if self.campaigns.is_empty() {
            weights[4] = 0.0;
        }
        let sum: f64 = weights.iter().sum();
        if sum <= 0.0 {
            weights = [1.0, 0.0, 0.0, 0.0, 0.0];
        } else {
            weights = weights.map(|weight| weight / sum);
        }
        let [direct, search, social, site, campaign] = weights;
        Mix {
            channels: Alias::new(weights),
            paid,
            classes: [direct, search * (1.0 - paid), social + site, search * paid + campaign],
        }
    }

    pub(super) fn draw(&self, mix: &Mix, stream: &mut Stream) -> Source {
        let referrer = |channel: usize, stream: &mut Stream| {
            let (alias, all) = &self.channels[channel];
            alias.try_pick(stream).map(|at| all[at as usize])
        };
        match mix.channels.pick(stream) {
            0 => Source { class: Class::Direct, referrer: None, campaign: None },
            1 => {
                let referrer = referrer(0, stream);
                let campaign = if stream.chance(mix.paid) { self.campaigns.try_pick(stream) } else { None };
                let class = if campaign.is_some() { Class::Paid } else { Class::Organic };
                Source { class, referrer, campaign }
            }
            4 => {
                let by_search = stream.chance(CAMPAIGN_BY_SEARCH);
                let referrer = if by_search { referrer(0, stream) } else { None };
                Source { class: Class::Paid, referrer, campaign: self.campaigns.try_pick(stream) }
            }
            channel => Source {
                class: Class::Referral,
                referrer: referrer(channel as usize - 1, stream),
                campaign: None,
            },
        }
    }
}

//! A journey template: what shapes a whole visit, where the plain model would follow the settings.
//!
//! `JOURNEY_MIX` names templates and their weights. The shipped ones lie in `config/journeys.json`.

/// A journey template, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journey {
    /// Its name in `JOURNEY_MIX`.
    pub name: String,
    /// What kind of visitor it stands for.
    pub description: String,
    /// How likely the visit ends after one page view, 0 to 1. All others draw from `pages`.
    pub bounce: f64,
    /// Page views of a visit that does not bounce.
    pub pages: Pages,
    /// Time on a page.
    pub dwell: Dwell,
    /// Probabilities per visit that take the place of the settings' ones.
    pub features: Features,
    /// Where its visits come from; takes the place of `DIRECT_TRAFFIC_PROBABILITY` and of the plain split.
    pub channels: Channels,
    /// Sections of the site it keeps to: indices as in [`Page::section`](crate::content::Page::section).
    /// Empty = no preference (also when the pages in use have none of the named sections).
    pub sections: Vec<u32>,
    /// How likely the next page is drawn from `sections`, 0 to 1, when there are any.
    pub section_affinity: f64,
    /// What its figures rest on.
    pub source: String,
}

/// Page views: an inverse Gaussian, rounded and cut to a range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pages {
    /// Least, at least 2 where the journey can bounce.
    pub min: u32,
    /// Most, up to 100.
    pub max: u32,
    /// Mean of the distribution before it is cut, above 0.
    pub mean: f64,
    /// Shape (lambda) of the distribution, above 0.
    pub shape: f64,
}

/// Time on a page: a Weibull distribution.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Dwell {
    /// Shape, above 0; below 1 as measured on the web: the longer a page was read, the likelier it is read on.
    pub shape: f64,
    /// Scale in seconds, above 0.
    pub scale_s: f64,
}

/// Probabilities per visit, 0 to 1. `None` = the setting's own.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Features {
    /// In place of `SITESEARCH_PROBABILITY`.
    pub site_search: Option<f64>,
    /// In place of `OUTLINKS_PROBABILITY`.
    pub outlinks: Option<f64>,
    /// In place of `DOWNLOADS_PROBABILITY`.
    pub downloads: Option<f64>,
    /// In place of `CLICK_EVENTS_PROBABILITY`.
    pub click_events: Option<f64>,
    /// In place of `RANDOM_EVENTS_PROBABILITY`.
    pub random_events: Option<f64>,
    /// In place of `ECOMMERCE_PROBABILITY`.
    pub ecommerce: Option<f64>,
    /// How likely something is put into the cart; at least `ecommerce`. A cart without an order is an abandoned one.
    pub cart: Option<f64>,
}

/// Weights of the channels, any scale, not all 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Channels {
    /// No referrer.
    pub direct: f64,
    /// A search engine.
    pub search: f64,
    /// A social network.
    pub social: f64,
    /// Another site.
    pub site: f64,
    /// A campaign's link.
    pub campaign: f64,
}

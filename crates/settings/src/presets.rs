//! Ready-made loads, from a small site's day to one that shakes a server.

use std::collections::BTreeMap;

/// A named load: variables that go on top of an address and a token.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its name in lower case, as in the file's name.
    pub name: &'static str,
    /// Its name as shown.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Setting and value, in the order of the settings.
    pub settings: &'static [(&'static str, &'static str)],
}

impl Preset {
    /// The variables that it sets.
    pub fn vars(&self) -> BTreeMap<String, String> {
        self.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}

/// All of them, from the least load to the most.
pub const PRESETS: [Preset; 4] = [
    Preset {
        name: "light",
        title: "Light",
        description: "A small site: 1000 visits a day, short and unhurried. Needs no token.",
        settings: &[
            ("TARGET_VISITS_PER_DAY", "1000"),
            ("CONCURRENCY", "10"),
            ("PAGEVIEWS_MIN", "2"),
            ("PAGEVIEWS_MAX", "4"),
            ("PAUSE_BETWEEN_PVS_MIN", "1.0"),
            ("PAUSE_BETWEEN_PVS_MAX", "3.0"),
            ("VISIT_DURATION_MIN", "0.5"),
            ("VISIT_DURATION_MAX", "3.0"),
            ("SITESEARCH_PROBABILITY", "0.10"),
            ("OUTLINKS_PROBABILITY", "0.05"),
            ("DOWNLOADS_PROBABILITY", "0.03"),
            ("CLICK_EVENTS_PROBABILITY", "0.15"),
            ("RANDOM_EVENTS_PROBABILITY", "0.08"),
            ("DIRECT_TRAFFIC_PROBABILITY", "0.40"),
            ("ECOMMERCE_PROBABILITY", "0.02"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "false"),
            ("ECOMMERCE_ORDER_VALUE_MAX", "99.99"),
        ],
    },
    Preset {
        name: "medium",
        title: "Medium",
        description: "A busy site: 10000 visits a day from many countries.",
        settings: &[
            ("TARGET_VISITS_PER_DAY", "10000"),
            ("CONCURRENCY", "50"),
            ("PAGEVIEWS_MIN", "3"),
            ("PAGEVIEWS_MAX", "6"),
            ("PAUSE_BETWEEN_PVS_MIN", "0.5"),
            ("PAUSE_BETWEEN_PVS_MAX", "2.0"),
            ("VISIT_DURATION_MIN", "1.0"),
            ("VISIT_DURATION_MAX", "8.0"),
            ("SITESEARCH_PROBABILITY", "0.15"),
            ("OUTLINKS_PROBABILITY", "0.10"),
            ("DOWNLOADS_PROBABILITY", "0.08"),
            ("CLICK_EVENTS_PROBABILITY", "0.25"),
            ("RANDOM_EVENTS_PROBABILITY", "0.12"),
            ("DIRECT_TRAFFIC_PROBABILITY", "0.30"),
            ("ECOMMERCE_PROBABILITY", "0.05"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "true"),
            ("ECOMMERCE_ORDER_VALUE_MAX", "299.99"),
        ],
    },
    Preset {
        name: "heavy",
        title: "Heavy",
        description: "A large site: 50000 visits a day, more pages and more that happens on them.",
        settings: &[
            ("TARGET_VISITS_PER_DAY", "50000"),
            ("CONCURRENCY", "150"),
            ("PAGEVIEWS_MIN", "4"),
            ("PAGEVIEWS_MAX", "8"),
            ("PAUSE_BETWEEN_PVS_MIN", "0.3"),
            ("PAUSE_BETWEEN_PVS_MAX", "1.5"),
            ("VISIT_DURATION_MIN", "2.0"),
            ("VISIT_DURATION_MAX", "12.0"),
            ("SITESEARCH_PROBABILITY", "0.20"),
            ("OUTLINKS_PROBABILITY", "0.15"),
            ("DOWNLOADS_PROBABILITY", "0.12"),
            ("CLICK_EVENTS_PROBABILITY", "0.30"),
            ("RANDOM_EVENTS_PROBABILITY", "0.15"),
            ("DIRECT_TRAFFIC_PROBABILITY", "0.25"),
            ("ECOMMERCE_PROBABILITY", "0.08"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "true"),
            ("ECOMMERCE_ORDER_VALUE_MAX", "499.99"),
        ],
    },
    Preset {
        name: "extreme",
        title: "Extreme",
        description: "A stress test: 100000 long visits a day with a lot in each. Mind what else runs on the target.",
        settings: &[
            ("TARGET_VISITS_PER_DAY", "100000"),
            ("CONCURRENCY", "300"),
            ("PAGEVIEWS_MIN", "5"),
            ("PAGEVIEWS_MAX", "10"),
            ("PAUSE_BETWEEN_PVS_MIN", "0.2"),
            ("PAUSE_BETWEEN_PVS_MAX", "1.0"),
            ("VISIT_DURATION_MIN", "3.0"),
            ("VISIT_DURATION_MAX", "15.0"),
            ("SITESEARCH_PROBABILITY", "0.25"),
            ("OUTLINKS_PROBABILITY", "0.18"),
            ("DOWNLOADS_PROBABILITY", "0.15"),
            ("CLICK_EVENTS_PROBABILITY", "0.35"),
            ("RANDOM_EVENTS_PROBABILITY", "0.18"),
            ("DIRECT_TRAFFIC_PROBABILITY", "0.20"),
            ("ECOMMERCE_PROBABILITY", "0.10"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "true"),
            ("ECOMMERCE_ORDER_VALUE_MAX", "999.99"),
        ],
    },
];

/// The preset of this name, in any case.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
}

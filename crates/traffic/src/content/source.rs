//! Which content files there are, and where the texts of those in use come from.

use std::collections::BTreeMap;

/// A content file. Each has a built-in text that another can replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    /// `urls.txt`: pages.
    Urls,
    /// `events.json`: custom events.
    Events,
    /// `funnels.json`: funnels; none are built in.
    Funnels,
    /// `searches.json`: terms and categories of the site's own search.
    Searches,
    /// `outlinks.txt`: pages of other sites.
    Outlinks,
    /// `downloads.txt`: files.
    Downloads,
    /// `referrers.json`: where visits come from.
    Referrers,
    /// `campaigns.json`: marked links.
    Campaigns,
    /// `products.json`: what can be bought.
    Products,
    /// `languages.json`: what browsers say of their language.
    Languages,
    /// `countries.json`: where visitors live.
    Countries,
    /// `addresses.txt`: address blocks of the countries.
    Addresses,
    /// `agents.json`: browsers and their screens.
    Agents,
    /// `journeys.json`: journey templates.
    Journeys,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Urls,
        Self::Events,
        Self::Funnels,
        Self::Searches,
        Self::Outlinks,
        Self::Downloads,
        Self::Referrers,
        Self::Campaigns,
        Self::Products,
        Self::Languages,
        Self::Countries,
        Self::Addresses,
        Self::Agents,
        Self::Journeys,
    ];

    /// Its name in a content folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Urls => "urls.txt",
            Self::Events => "events.json",
            Self::Funnels => "funnels.json",
            Self::Searches => "searches.json",
            Self::Outlinks => "outlinks.txt",
            Self::Downloads => "downloads.txt",
            Self::Referrers => "referrers.json",
            Self::Campaigns => "campaigns.json",
            Self::Products => "products.json",
            Self::Languages => "languages.json",
            Self::Countries => "countries.json",
            Self::Addresses => "addresses.txt",
            Self::Agents => "agents.json",
            Self::Journeys => "journeys.json",
        }
    }

    /// The text that is compiled in.
    pub fn built_in(self) -> &'static str {
        match self {
            Self::Urls => include_str!("../../../../config/urls.txt"),
            Self::Events => include_str!("../../../../config/events.json"),
            Self::Funnels => "[]",
            Self::Searches => include_str!("../../../../config/searches.json"),
            Self::Outlinks => include_str!("../../../../config/outlinks.txt"),
            Self::Downloads => include_str!("../../../../config/downloads.txt"),
            Self::Referrers => include_str!("../../../../config/referrers.json"),
            Self::Campaigns => include_str!("../../../../config/campaigns.json"),
            Self::Products => include_str!("../../../../config/products.json"),
            Self::Languages => include_str!("../../../../config/languages.json"),
            Self::Countries => include_str!("../../../../config/countries.json"),
            Self::Addresses => include_str!("../../../../config/addresses.txt"),
            Self::Agents => include_str!("../../../../config/agents.json"),
            Self::Journeys => include_str!("../../../../config/journeys.json"),
        }
    }
}

/// The texts to load: the built-in one of each file unless another was [set](Self::set).
#[derive(Debug, Clone, Default)]
pub struct Sources {
    texts: BTreeMap<File, Source>,
}

/// A text and the name that faults call it by.
#[derive(Debug, Clone)]
struct Source {
    name: String,
    text: String,
}

impl Sources {
    /// Replaces a file's built-in text; `name` is what faults call it, for example its path.
    pub fn set(&mut self, file: File, name: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.texts.insert(file, Source { name: name.into(), text: text.into() });
        self
    }

    /// The file's name in faults.
    pub(super) fn name(&self, file: File) -> &str {
        self.texts.get(&file).map_or(file.name(), |source| &source.name)
    }

    /// The file's text.
    pub(super) fn text(&self, file: File) -> &str {
        self.texts.get(&file).map_or(file.built_in(), |source| &source.text)
    }
}

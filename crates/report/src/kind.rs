//! The kinds of hit, under the names that reports and metrics use.

/// What a hit says, as far as counting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HitKind {
    /// A page view.
    PageView,
    /// A heartbeat (`ping=1`): time on the last page.
    Ping,
    /// A site search.
    Search,
    /// A click to another site.
    Outlink,
    /// A file.
    Download,
    /// A custom event.
    Event,
    /// A cart update.
    Cart,
    /// An order.
    Order,
}

impl HitKind {
    /// Every kind, in the order of reports; `ALL[kind.index()] == kind`.
    pub const ALL: [Self; 8] = [
        Self::PageView,
        Self::Ping,
        Self::Search,
        Self::Outlink,
        Self::Download,
        Self::Event,
        Self::Cart,
        Self::Order,
    ];

    /// Where it stands in [`HitKind::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in JSON and metrics; stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::Ping => "ping",
            Self::Search => "search",
            Self::Outlink => "outlink",
            Self::Download => "download",
            Self::Event => "event",
            Self::Cart => "cart",
            Self::Order => "order",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HitKind;

    #[test]
    fn the_index_is_the_place_in_all() {
        for (place, kind) in HitKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), place, "{}", kind.name());
        }
    }
}

//! A funnel: an ordered list of steps that a visit runs with the funnel's probability.
//!
//! Funnels are tried in ascending priority and the first that hits is run. A value of these types has been checked
//! and every text in it interned: a step names rows of the tables of [`Content`](crate::Content).

use url::Url;

use crate::{
    content::{Event, Fault, Product, funnels},
    visit::Order,
};

/// A funnel, checked and interned. Only enabled ones reach [`Content::funnels`](crate::Content::funnels).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Funnel {
    /// Its name, unique among the funnels of a file.
    pub name: String,
    /// What it stands for.
    pub description: String,
    /// How likely a visit that gets to it runs it, 0 to 1.
    pub probability: f64,
    /// Lower ones are tried first; equal ones in the order of the file.
    pub priority: u32,
    /// True: the visit ends with the last step. False: browsing goes on in the same visit.
    pub exit_after_completion: bool,
    /// At least one; the first is a page view.
    pub steps: Vec<Step>,
}

/// One step of a funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The pause after this step, drawn between the two, in milliseconds of the visit's timeline. After the last
    /// step it is time spent on the last page, or the gap before browsing goes on.
    pub delay_ms: (u32, u32),
    /// What happens. All but page views happen on the page viewed last.
    pub kind: StepKind,
}

/// What happens in a step. The numbers are indices into the tables of [`Content`](crate::Content).
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// A page is viewed.
    PageView {
        /// Index into [`Content::pages`](crate::Content::pages).
        page: u32,
    },
    /// A custom event.
    Event {
        /// Index into [`Content::events`](crate::Content::events).
        event: u32,
    },
    /// A site search.
    Search {
        /// Index into [`Content::searches`](crate::Content::searches).
        term: u32,
        /// Index into [`Content::search_categories`](crate::Content::search_categories).
        category: Option<u32>,
    },
    /// A click to another site: index into [`Content::outlinks`](crate::Content::outlinks).
    Outlink(u32),
    /// A file: index into [`Content::downloads`](crate::Content::downloads).
    Download(u32),
    /// An order.
    Order(OrderTemplate),
}

/// What an order step buys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderTemplate {
    /// The order as the file gives it, its sums right to the hundredth; `None` = drawn like any other order.
    pub order: Option<Order>,
    /// ISO 4217 code, upper case; `None` = `ECOMMERCE_CURRENCY`.
    pub currency: Option<String>,
}

/// A funnel as a file gives it: checked, its texts not yet interned.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its name, unique in the file.
    pub name: String,
    /// What it stands for; may be empty.
    pub description: String,
    /// 0 to 1.
    pub probability: f64,
    /// 0 when the file gives none.
    pub priority: u32,
    /// Disabled ones are checked too, but never run. True when the file does not say.
    pub enabled: bool,
    /// True when the file does not say.
    pub exit_after_completion: bool,
    /// At least one; the first is a page view.
    pub steps: Vec<DraftStep>,
}

/// A step as a file gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftStep {
    /// The pause after it, in milliseconds.
    pub delay_ms: (u32, u32),
    /// What happens.
    pub action: Action,
}

/// What happens in a step, in words.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A page is viewed.
    PageView {
        /// Its address.
        url: Url,
        /// `action_name`, or else `title`; `None` = the title that the page has in the list of URLs, or its path.
        title: Option<String>,
    },
    /// A custom event.
    Event(Event),
    /// A site search.
    Search {
        /// The keyword.
        keyword: String,
        /// The category.
        category: Option<String>,
        /// How many results it has; `None` = as the same keyword has elsewhere.
        results: Option<u32>,
    },
    /// An address of another site.
    Outlink(String),
    /// A file: an address, or a path from the root of the page's host.
    Download(String),
    /// An order.
    Order(DraftOrder),
}

/// An order as a file gives it, what it left out filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DraftOrder {
    /// Revenue, subtotal, tax and shipping in hundredths; `None` = the order is drawn like any other.
    pub amounts: Option<[u64; 4]>,
    /// May be empty also when there are amounts.
    pub items: Vec<DraftItem>,
    /// ISO 4217 code.
    pub currency: Option<String>,
}

/// A line of an order as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftItem {
    /// What is bought.
    pub product: Product,
    /// Price of one, in hundredths.
    pub price: u64,
    /// How many.
    pub quantity: u32,
}

/// Checks a file of funnels: a list of them, or an object with that list as `funnels`.
///
/// # Errors
/// Every fault of every funnel, with the step's number and the field.
pub fn validate(json: &str) -> Result<Vec<Draft>, Vec<Fault>> {
    funnels::validate(json)
}

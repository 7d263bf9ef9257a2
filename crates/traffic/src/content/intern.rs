//! Funnels in words -> funnels in numbers: every text of a step becomes a row of the tables, appended after the
//! browsable ones unless it is there already.

use std::collections::HashMap;

use crate::{
    funnel::{Action, Draft, DraftItem, DraftOrder, Funnel, OrderTemplate, Step, StepKind},
    visit::{Item, Order},
};

use super::{Content, SearchTerm, urls::Site};

/// Results of a keyword that no file tells them for.
const RESULTS: u32 = 10;

/// Adds the enabled funnels to the content, in ascending priority.
pub(super) fn funnels(mut drafts: Vec<Draft>, content: &mut Content) {
    drafts.retain(|draft| draft.enabled);
    drafts.sort_by_key(|draft| draft.priority);
    let mut pages: HashMap<String, Vec<u32>> = HashMap::new();
    if !drafts.is_empty() {
        for (page, number) in content.pages.iter().zip(0..) {
            pages.entry(page.url.clone()).or_default().push(number);
        }
    }
    let site = Site::of(std::mem::take(&mut content.origins), std::mem::take(&mut content.sections));
    let mut interner = Interner { content, site, pages };
    let funnels: Vec<Funnel> = drafts.into_iter().map(|draft| interner.funnel(draft)).collect();
    let (origins, sections) = interner.site.into_names();
    content.origins = origins;
    content.sections = sections;
    content.funnels = funnels;
}

struct Interner<'a> {
    content: &'a mut Content,
    site: Site,
    /// Pages by URL; several when they differ in their titles.
    pages: HashMap<String, Vec<u32>>,
}

impl Interner<'_> {
    fn funnel(&mut self, draft: Draft) -> Funnel {
        let steps = draft.steps.into_iter();
        Funnel {
            name: draft.name,
            description: draft.description,
            probability: draft.probability,
            priority: draft.priority,
            exit_after_completion: draft.exit_after_completion,
            steps: steps.map(|step| Step { delay_ms: step.delay_ms, kind: self.kind(step.action) }).collect(),
        }
    }

    fn kind(&mut self, action: Action) -> StepKind {
        match action {
            Action::PageView { url, title } => StepKind::PageView { page: self.page(&url, title.as_deref()) },
            Action::Event(event) => StepKind::Event { event: number_of(&mut self.content.events, event) },
            Action::Search { keyword, category, results } => StepKind::Search {
                term: self.term(keyword, results),
                category: category.map(|name| number_of(&mut self.content.search_categories, name)),
            },
            Action::Outlink(url) => StepKind::Outlink(number_of(&mut self.content.outlinks, url)),
            Action::Download(file) => StepKind::Download(number_of(&mut self.content.downloads, file)),
            Action::Order(order) => StepKind::Order(self.order(order)),
        }
    }

    fn page(&mut self, url: &url::Url, title: Option<&str>) -> u32 {
        let known = self.pages.entry(url.to_string()).or_default();
        let pages = &mut self.content.pages;
        let same =
            known.iter().find(|&&number| title.is_none_or(|title| pages[number as usize].title == title));
        if let Some(&number) = same {
            return number;
        }
        let number = pages.len() as u32;
        pages.push(self.site.page(url, title));
        known.push(number);
        number
    }

    /// A keyword has the results that a funnel gives it, in the whole traffic.
    fn term(&mut self, keyword: String, results: Option<u32>) -> u32 {
        let searches = &mut self.content.searches;
        let known = searches.iter_mut().zip(0..).find(|(term, _)| term.keyword == keyword);
        if let Some((term, number)) = known {
            term.results = results.unwrap_or(term.results);
            return number;
        }
        searches.push(SearchTerm { keyword, results: results.unwrap_or(RESULTS) });
        searches.len() as u32 - 1
    }

    fn order(&mut self, draft: DraftOrder) -> OrderTemplate {
        let order = draft.amounts.map(|[revenue, subtotal, tax, shipping]| Order {
            items: if draft.items.is_empty() {
                vec![Item { product: self.product_for(subtotal), price: subtotal, quantity: 1 }]
            } else {
                draft.items.into_iter().map(|item| self.item(item)).collect()
            },
            revenue,
            subtotal,
            tax,
            shipping,
        });
        OrderTemplate { order, currency: draft.currency }
    }

    fn item(&mut self, item: DraftItem) -> Item {
        let products = &mut self.content.products;
        let wanted = &item.product;
        let known = products
            .iter()
            .position(|p| p.sku == wanted.sku && p.name == wanted.name && p.category == wanted.category);
        let product = known.unwrap_or_else(|| {
            products.push(item.product);
            products.len() - 1
        });
        Item { product: product as u32, price: item.price, quantity: item.quantity }
    }

    /// The product that an order of this subtotal is likeliest of.
    fn product_for(&self, subtotal: u64) -> u32 {
        let browsable = &self.content.products[..self.content.browsable_products as usize];
        let nearest = browsable.iter().zip(0..).min_by_key(|(product, _)| product.price.abs_diff(subtotal));
        nearest.map_or(0, |(_, number)| number)
    }
}

/// The row's number, after appending it if it is new.
fn number_of<T: PartialEq>(rows: &mut Vec<T>, row: T) -> u32 {
    let number = rows.iter().position(|known| *known == row).unwrap_or_else(|| {
        rows.push(row);
        rows.len() - 1
    });
    number as u32
}

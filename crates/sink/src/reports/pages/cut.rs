//! The most rows that a table keeps: what is beyond them goes into one row that stands for the rest.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::figures::{Figures, Page, Pages};
use super::path::REST;
use crate::store::words::WordKind;

/// So many rows has a table, and so many each directory in it, the row for the rest among them.
fn most_rows(depth: usize) -> usize {
    if depth == 0 { 500 } else { 100 }
}

/// What a day's tables have room for: rows come by hits, and late ones find their table full.
#[derive(Debug, Default)]
pub(super) struct Room {
    taken: HashMap<(WordKind, Vec<String>), HashSet<String>>,
}

impl Room {
    /// The path of the row that a text is counted in.
    pub(super) fn place(&mut self, kind: WordKind, mut path: Vec<String>) -> Vec<String> {
        for depth in 0..path.len() {
            let taken = self.taken.entry((kind, path[..depth].to_vec())).or_default();
            if taken.contains(&path[depth]) {
                continue;
            }
            if taken.len() + 1 >= most_rows(depth) {
                path.truncate(depth);
                path.push(REST.to_owned());
                return path;
            }
            taken.insert(path[depth].clone());
        }
        path
    }
}

/// Cuts the sum of several days: the rows with the most visits stay.
pub(crate) fn cut(pages: Pages) -> Pages {
    let mut kept = Pages::new();
    cut_level(pages.into_values().collect(), 0, &mut kept);
    kept
}

fn cut_level(pages: Vec<Page>, depth: usize, kept: &mut Pages) {
    let mut rows: BTreeMap<String, Vec<Page>> = BTreeMap::new();
    for page in pages {
        rows.entry(page.path[depth].clone()).or_default().push(page);
    }
    if rows.len() > most_rows(depth) {
        let rest = rest_of(&mut rows, depth);
        rows.insert(REST.to_owned(), vec![rest]);
    }
    for row in rows.into_values() {
        if let [page] = row.as_slice()
            && page.path.len() == depth + 1
        {
            kept.insert(page.path.clone(), page.clone());
        } else {
            cut_level(row, depth + 1, kept);
        }
    }
}

/// Takes the rows out that are too many, and sums them.
fn rest_of(rows: &mut BTreeMap<String, Vec<Page>>, depth: usize) -> Page {
    let former = rows.remove(REST);
    let mut ranked: Vec<(f64, usize, String)> = rows
        .iter()
        .map(|(name, pages)| {
            let visits = pages.iter().map(|page| page.figures.visits).sum();
            let order = pages.iter().map(|page| page.order).min().unwrap_or_default();
            (visits, order, name.clone())
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let surplus = ranked.into_iter().skip(most_rows(depth) - 1).filter_map(|(.., name)| rows.remove(&name));
    let mut rest = Page { path: vec![REST.to_owned()], ..Page::default() };
    for pages in surplus.chain(former) {
        let mut sum = Figures::default();
        for page in &pages {
            rest.path = [&page.path[..depth], &[REST.to_owned()]].concat();
            sum.add(&page.figures);
        }
        if pages.iter().any(|page| page.path.len() > depth + 1) {
            sum.forget_visitors();
        }
        rest.figures.add(&sum);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_leaves_the_last_row_to_the_rest() {
        let mut room = Room::default();
        let path = |number: u32| vec!["dir".to_owned(), format!("/{number}")];
        for number in 0..99 {
            assert_eq!(room.place(WordKind::PageUrl, path(number)), path(number));
        }
        assert_eq!(room.place(WordKind::PageUrl, path(99)), ["dir", REST]);
        assert_eq!(room.place(WordKind::PageUrl, path(7)), path(7));
        assert_eq!(room.place(WordKind::Outlink, path(99)), path(99));
    }

    #[test]
    fn days_together_keep_what_was_visited_most() {
        let mut pages = Pages::new();
        for number in 0..102 {
            let path = vec!["dir".to_owned(), format!("/{number}")];
            let page = super::super::figures::row(&mut pages, &path);
            page.figures.visits = if number == 101 { 5.0 } else { 1.0 };
            page.figures.visitors = Some(1.0);
        }
        let kept = cut(pages);
        assert_eq!(kept.len(), 100);
        assert!(kept.contains_key(["dir".to_owned(), "/101".to_owned()].as_slice()));
        assert!(!kept.contains_key(["dir".to_owned(), "/98".to_owned()].as_slice()));
        let rest = &kept[["dir".to_owned(), REST.to_owned()].as_slice()];
        assert_eq!((rest.figures.visits.to_string(), rest.figures.visitors), ("3".to_owned(), Some(3.0)));
    }
}

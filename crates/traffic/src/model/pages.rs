//! Which pages are viewed: some are more popular than others, and the next one is more often of the same section.

use settings::Popularity;

use crate::{
    Content,
    random::{Alias, Stream, mix},
};

/// Exponent of page popularity: Breslau et al. (INFOCOM 1999) and Arlitt and Williamson (1997) give 0.6 to 1.0.
const ZIPF: f64 = 0.8;

/// How often the next page is drawn from the section of the one before.
const SAME_SECTION: f64 = 0.6;

/// How often a page is drawn again when it is the one just viewed.
const TRIES: usize = 4;

/// Draws pages.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    /// Pages from the most popular on.
    ranked: Vec<u32>,
    popularity: Alias,
    /// By section: a choice within it and its pages.
    sections: Vec<Choice>,
    /// By page.
    section_of: Vec<u32>,
}

/// A choice among some pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    alias: Alias,
    pages: Vec<u32>,
}

impl Pages {
    pub(super) fn new(content: &Content, popularity: Popularity) -> Self {
        let browsable = (content.browsable as usize).min(content.pages.len());
        let mut ranked: Vec<u32> = (0..browsable as u32).collect();
        // Ranked by a hash of the address and not by the run's seed: which pages of a site are popular does not
        // change from run to run, nor much when a page is added.
        ranked.sort_by_cached_key(|&page| (hash(&content.pages[page as usize].url), page));
        let weight_of_rank = |rank: usize| match popularity {
            Popularity::Zipf => ((rank + 1) as f64).powf(-ZIPF),
            Popularity::Uniform => 1.0,
        };
        let section_of: Vec<u32> = content.pages.iter().map(|page| page.section).collect();
        let mut sections: Vec<(Vec<f64>, Vec<u32>)> = Vec::new();
        for (rank, &page) in ranked.iter().enumerate() {
            let section = section_of[page as usize] as usize;
            if sections.len() <= section {
                sections.resize_with(section + 1, Default::default);
            }
            sections[section].0.push(weight_of_rank(rank));
            sections[section].1.push(page);
        }
        Self {
            popularity: Alias::new((0..ranked.len()).map(weight_of_rank)),
            sections: sections
                .into_iter()
                .map(|(weights, pages)| Choice { alias: Alias::new(weights), pages })
                .collect(),
            ranked,
            section_of,
        }
    }

    /// A choice among the pages of several sections, each section as likely as it has pages.
    pub(super) fn of_sections(&self, wanted: &[u32]) -> Choice {
        let ranks = self.ranked.iter().enumerate().filter(|&(_, &page)| {
            let section = self.section_of[page as usize];
            wanted.contains(&section)
        });
        let (weights, pages) =
            ranks.map(|(rank, &page)| (((rank + 1) as f64).powf(-ZIPF), page)).unzip::<_, _, Vec<_>, _>();
        Choice { alias: Alias::new(weights), pages }
    }

    /// The page a visit lands on.
    pub(super) fn landing(&self, stream: &mut Stream) -> u32 {
        self.popularity.try_pick(stream).map_or(0, |rank| self.ranked[rank as usize])
    }

    /// The page after `page`: another one, if there is any.
    pub(super) fn after(&self, page: u32, stream: &mut Stream) -> u32 {
        let section =
            self.section_of.get(page as usize).and_then(|&section| self.sections.get(section as usize));
        let near = section.filter(|section| section.pages.len() > 1);
        for _ in 0..TRIES {
            let next = match near {
                Some(near) if stream.chance(SAME_SECTION) => near.draw(stream),
                _ => self.landing(stream),
            };
            if next != page {
                return next;
            }
        }
        self.another(page)
    }

    /// Some page that is not `page`, if there is any.
    fn another(&self, page: u32) -> u32 {
        self.ranked.iter().copied().find(|&other| other != page).unwrap_or(page)
    }
}

impl Choice {
    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    pub(super) fn draw(&self, stream: &mut Stream) -> u32 {
        self.pages[self.alias.pick(stream) as usize]
    }
}

/// A hash of a text that never changes.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)).wrapping_add(1))
}

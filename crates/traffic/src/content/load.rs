//! All content files -> the tables.

use super::{
    Content, Fault, Sources, events,
    fault::Faults,
    funnels, intern, journeys, places,
    source::File,
    tables,
    urls::{self, Urls},
};

impl Content {
    /// What is compiled in.
    ///
    /// # Panics
    /// Never: tests load the built-in files.
    pub fn built_in() -> Self {
        Self::load(&Sources::default()).expect("the built-in files are valid: tests load them")
    }

    /// Reads all files, each from its source.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Fault>> {
        let mut reading = Reading { sources, faults: Vec::new() };
        let Urls { pages, origins, sections } = reading.read(File::Urls, urls::parse);
        let events = reading.read(File::Events, events::parse);
        let drafts = reading.read(File::Funnels, funnels::parse);
        let (searches, search_categories) = reading.read(File::Searches, tables::searches);
        let outlinks = reading.read(File::Outlinks, urls::outlinks);
        let downloads = reading.read(File::Downloads, urls::downloads);
        let referrers = reading.read(File::Referrers, tables::referrers);
        let campaigns = reading.read(File::Campaigns, tables::campaigns);
        let products = reading.read(File::Products, tables::products);
        let agents = reading.read(File::Agents, tables::agents);
        let journeys = reading.read(File::Journeys, |text, faults| journeys::parse(text, &sections, faults));
        let found = reading.faults.len();
        let languages = reading.read(File::Languages, places::languages);
        let known = if reading.faults.len() == found { languages.as_slice() } else { &[] };
        let mut countries =
            reading.read(File::Countries, |text, faults| places::countries(text, known, faults));
        reading.read(File::Addresses, |text, faults| places::addresses(text, &mut countries, faults));
        if !reading.faults.is_empty() {
            return Err(reading.faults);
        }

        let clicks = events.click.len() as u32;
        let randoms = events.random.len() as u32;
        let mut content = Self {
            browsable: pages.len() as u32,
            browsable_searches: searches.len() as u32,
            browsable_outlinks: outlinks.len() as u32,
            browsable_downloads: downloads.len() as u32,
            browsable_products: products.len() as u32,
            pages,
            sections,
            origins,
            events: [events.click, events.random].concat(),
            click_events: 0..clicks,
            random_events: clicks..clicks + randoms,
            click_events_probability: events.click_probability,
            random_events_probability: events.random_probability,
            searches,
            search_categories,
            outlinks,
            downloads,
            referrers,
            campaigns,
            products,
            countries,
            languages,
            agents,
            journeys,
            funnels: Vec::new(),
        };
        intern::funnels(drafts, &mut content);
        Ok(content)
    }
}

/// Files being read, and the faults found so far.
struct Reading<'a> {
    sources: &'a Sources,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn read<T>(&mut self, file: File, parse: impl FnOnce(&str, &mut Faults<'_>) -> T) -> T {
        let mut faults = Faults::of(self.sources.name(file));
        let value = parse(self.sources.text(file), &mut faults);
        self.faults.extend(faults.into_list());
        value
    }
}

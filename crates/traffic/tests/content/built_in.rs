//! The files that are compiled in: as many rows as promised, each usable.

use std::{
    collections::{HashMap, HashSet},
    net::Ipv4Addr,
};

use traffic::{
    Content,
    content::{Channel, Device, File, places::EXCLUDED, urls},
};

#[test]
fn there_are_as_many_of_each_as_promised() {
    let content = Content::built_in();
    assert_eq!(content.pages.len(), 2000);
    assert_eq!(content.browsable, 2000);
    assert_eq!(content.click_events, 0..16);
    assert_eq!(content.random_events, 16..32);
    assert_eq!(content.events.len(), 32);
    assert_eq!((content.searches.len(), content.browsable_searches), (37, 37));
    assert_eq!((content.outlinks.len(), content.browsable_outlinks), (25, 25));
    assert_eq!((content.downloads.len(), content.browsable_downloads), (20, 20));
    assert_eq!((content.products.len(), content.browsable_products), (50, 50));
    let referrers = |channel| content.referrers.iter().filter(|r| r.channel == channel).count();
    assert_eq!([Channel::Search, Channel::Social, Channel::Site].map(referrers), [10, 10, 15]);
    assert!(content.campaigns.len() >= 5);
    assert!(content.countries.len() >= 40);
    assert_eq!(content.agents.len(), 200);
    let journeys: Vec<&str> = content.journeys.iter().map(|j| j.name.as_str()).collect();
    assert_eq!(journeys, ["researcher", "buyer", "casual"]);
    assert!(content.funnels.is_empty());
}

#[test]
fn pages_lie_in_ten_sections_of_five_subsections_of_forty() {
    let content = Content::built_in();
    assert_eq!(
        content.sections.iter().map(String::as_str).collect::<HashSet<&str>>(),
        HashSet::from([
            "products",
            "blog",
            "support",
            "company",
            "resources",
            "news",
            "services",
            "solutions",
            "documentation",
            "community"
        ])
    );
    let mut subsections: HashMap<(u32, String), u32> = HashMap::new();
    let mut addresses = HashSet::new();
    for page in &content.pages {
        let path: Vec<&str> = page.url.split('/').skip(3).collect();
        assert_eq!(path.len(), 3, "{}", page.url);
        assert_eq!(path[0], content.sections[page.section as usize]);
        assert_eq!(content.origins[page.origin as usize], "https://example.com");
        assert!(page.title.len() > 3 && addresses.insert(&page.url), "{page:?}");
        *subsections.entry((page.section, path[1].to_owned())).or_default() += 1;
    }
    assert_eq!(subsections.len(), 50);
    assert!(subsections.values().all(|&pages| pages == 40), "{subsections:?}");
}

#[test]
fn some_searches_find_nothing_and_none_more_than_25() {
    let content = Content::built_in();
    let nothing = content.searches.iter().filter(|term| term.results == 0).count();
    assert!((1..10).contains(&nothing), "{nothing}");
    assert!(content.searches.iter().all(|term| term.results <= 25));
    assert!(!content.search_categories.is_empty());
}

#[test]
fn products_come_in_five_categories_of_ten() {
    let content = Content::built_in();
    let mut categories: HashMap<&str, u32> = HashMap::new();
    for product in &content.products {
        *categories.entry(&product.category).or_default() += 1;
        assert!(product.price > 0);
    }
    assert_eq!(categories.len(), 5);
    assert!(categories.values().all(|&products| products == 10), "{categories:?}");
    // so that an order within the lowest preset's bounds can always be made
    assert!(content.products.iter().filter(|product| product.price < 9000).count() >= 20);
}

#[test]
fn most_downloads_are_paths() {
    let content = Content::built_in();
    let paths = content.downloads.iter().filter(|file| file.starts_with('/')).count();
    assert!(paths > 15 && paths < 20, "{paths}");
}

/// A block's first and last address.
fn span((first, length): (Ipv4Addr, u8)) -> (u32, u32) {
    let first = first.to_bits();
    (first, (u64::from(first) + (1_u64 << (32 - length)) - 1) as u32)
}

#[test]
fn no_address_block_touches_a_search_engines_or_a_reserved_range() {
    for country in &Content::built_in().countries {
        for &block in &country.blocks {
            let (first, last) = span(block);
            for excluded in EXCLUDED.map(span) {
                assert!(
                    last < excluded.0 || excluded.1 < first,
                    "{}: {block:?} in {excluded:?}",
                    country.code
                );
            }
        }
    }
}

#[test]
fn countries_have_several_large_blocks_that_no_other_has() {
    let content = Content::built_in();
    let mut spans = Vec::new();
    for country in &content.countries {
        assert!(country.blocks.len() >= 5, "{}", country.code);
        assert!(country.blocks.iter().all(|(_, length)| (11..=18).contains(length)), "{}", country.code);
        spans.extend(country.blocks.iter().copied().map(span));
    }
    spans.sort_unstable();
    assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0), "two blocks overlap");
}

#[test]
fn countries_speak_languages_that_exist_and_are_spoken_somewhere() {
    let content = Content::built_in();
    let mut spoken = HashSet::new();
    for country in &content.countries {
        assert!(country.weight > 0.0 && !country.languages.is_empty(), "{}", country.code);
        for &(language, weight) in &country.languages {
            let lang = &content.languages[language as usize].lang;
            assert!(weight > 0.0 && lang.contains('-'), "{}: {lang}", country.code);
            spoken.insert(language);
        }
        let own = country.languages.iter().map(|&(language, _)| &content.languages[language as usize].lang);
        assert!(
            own.clone().any(|lang| lang.ends_with(&country.code)),
            "{}: {:?}",
            country.code,
            own.collect::<Vec<_>>()
        );
    }
    assert_eq!(spoken.len(), content.languages.len(), "a language that nobody speaks");
    for language in &content.languages {
        assert!(language.accept.to_lowercase().starts_with(&language.lang), "{language:?}");
    }
}

#[test]
fn agents_are_browsers_on_all_devices_with_fitting_screens() {
    let content = Content::built_in();
    let total: f64 = content.agents.iter().map(|agent| agent.weight).sum();
    let mut pairs = HashSet::new();
    for agent in &content.agents {
        assert!(agent.user_agent.starts_with("Mozilla/5.0 ("), "{}", agent.user_agent);
        let lower = agent.user_agent.to_lowercase();
        assert!(!["bot", "crawl", "spider", "headless"].iter().any(|word| lower.contains(word)), "{lower}");
        let (width, height) = agent.resolution.split_once('x').unwrap();
        let (width, height): (u32, u32) = (width.parse().unwrap(), height.parse().unwrap());
        match agent.device {
            Device::Mobile => assert!(width < height && width <= 500, "{agent:?}"),
            Device::Tablet => assert!(width.min(height) >= 600, "{agent:?}"),
            Device::Desktop => assert!(width >= 1024 && width > height, "{agent:?}"),
        }
        assert!(agent.weight > 0.0 && agent.weight < total * 0.1, "{agent:?}");
        assert!(pairs.insert((&agent.user_agent, &agent.resolution)), "twice: {agent:?}");
    }
    let share =
        |device| content.agents.iter().filter(|a| a.device == device).map(|a| a.weight).sum::<f64>() / total;
    assert!((0.55..0.70).contains(&share(Device::Mobile)), "{}", share(Device::Mobile));
    assert!((0.01..0.05).contains(&share(Device::Tablet)), "{}", share(Device::Tablet));
}

#[test]
fn journeys_make_the_average_visit_that_is_published() {
    let content = Content::built_in();
    let mix = [("researcher", 0.2), ("buyer", 0.1), ("casual", 0.7)];
    let average = |of: &dyn Fn(&traffic::Journey) -> f64| -> f64 {
        mix.iter()
            .map(|(name, share)| share * of(content.journeys.iter().find(|j| j.name == *name).unwrap()))
            .sum()
    };
    let bounce = average(&|j| j.bounce);
    assert!((0.41..0.50).contains(&bounce), "{bounce}");
    let pages = average(&|j| j.bounce + (1.0 - j.bounce) * j.pages.mean);
    assert!((4.0..6.5).contains(&pages), "{pages}");
    let ordering = average(&|j| j.features.ecommerce.unwrap());
    assert!((0.023..0.038).contains(&ordering), "{ordering}");
    let carts = average(&|j| j.features.cart.unwrap());
    assert!((0.11..0.15).contains(&carts), "{carts}");
    assert!((0.70..0.78).contains(&(1.0 - ordering / carts)), "{}", 1.0 - ordering / carts);
    for journey in &content.journeys {
        assert!(!journey.sections.is_empty() && !journey.source.is_empty(), "{}", journey.name);
    }
}

#[test]
fn every_file_has_a_name_of_its_own_and_a_text() {
    let names: HashSet<&str> = File::ALL.iter().map(|file| file.name()).collect();
    assert_eq!(names.len(), File::ALL.len());
    assert_eq!(urls::validate(File::Urls.built_in()).unwrap().pages.len(), 2000);
}

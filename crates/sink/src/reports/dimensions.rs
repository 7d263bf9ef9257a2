//! Reports that break visits down by one thing about them: device, place, language, screen.

use serde_json::Value;

use super::metrics::{Cells, Table, add_day, cut};
use super::period::{Period, span};
use super::query::{conversions_by, visits_by};
use super::segment::encoded;
use super::visits::ALL;
use super::{Context, ReportError};
use crate::tracker::agent::Agent;
use crate::tracker::place;

/// So many rows of such a report are kept for a day.
const MOST_ROWS: usize = 500;

/// What visits are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Browser,
    BrowserVersion,
    BrowserEngine,
    OsFamily,
    OsVersion,
    DeviceType,
    Brand,
    Model,
    Country,
    Continent,
    Region,
    City,
    Language,
    LanguageCode,
    Resolution,
    Configuration,
    User,
}

/// Kinds of devices that the report shows even when nobody came with one.
const DEVICE_TYPES: &[&str] = &[
    "Camera",
    "Car browser",
    "Console",
    "Desktop",
    "Feature phone",
    "Peripheral",
    "Phablet",
    "Portable media player",
    "Smart display",
    "Smart speaker",
    "Smartphone",
    "Tablet",
    "Tv",
    "Wearable",
];

impl By {
    /// What visits and conversions are grouped by, and whether conversions are.
    fn expression(self) -> (&'static str, bool) {
        match self {
            Self::Browser => ("json_extract(agent.parsed, '$.browser')", true),
            Self::BrowserVersion => (
                "json_extract(agent.parsed, '$.browser') || ' ' || json_extract(agent.parsed, '$.browser_version')",
                true,
            ),
            Self::BrowserEngine => ("json_extract(agent.parsed, '$.engine')", false),
            Self::OsFamily => ("json_extract(agent.parsed, '$.os')", false),
            Self::OsVersion => (
                "json_extract(agent.parsed, '$.os') || ' ' || json_extract(agent.parsed, '$.os_version')",
                false,
            ),
            Self::DeviceType => ("json_extract(agent.parsed, '$.device')", true),
            Self::Brand => ("json_extract(agent.parsed, '$.brand')", true),
            Self::Model => (
                "json_extract(agent.parsed, '$.brand') || ' - ' || json_extract(agent.parsed, '$.model')",
                true,
            ),
            Self::Country | Self::Continent => ("country", true),
            Self::Region => ("region || ', ' || country", false),
            Self::City => ("city || ', ' || country", false),
            Self::Language | Self::LanguageCode => ("language", false),
            Self::Resolution => ("resolution", false),
            Self::Configuration => (
                "json_extract(agent.parsed, '$.os') || ' / ' || json_extract(agent.parsed, '$.browser') || ' / ' || \
                 resolution",
                false,
            ),
            Self::User => ("user_id", false),
        }
    }

    /// The label that a group's value stands under.
    fn label(self, value: &str) -> String {
        let or_unknown =
            |text: &str| if text.trim().is_empty() { "Unknown".to_owned() } else { text.trim().to_owned() };
        match self {
            Self::OsFamily => or_unknown(Agent { os: value.to_owned(), ..Agent::default() }.os_family()),
            Self::Country => place::country_name(value).to_owned(),
            Self::Continent => place::continent_name(place::continent(value)).to_owned(),
            Self::Language => {
                let code = value.split(['-', ',', '_']).next().unwrap_or_default();
                or_unknown(place::language_name(code))
            }
            Self::LanguageCode => {
                let tag = value.split(',').next().unwrap_or_default();
                language_with_region(tag)
            }
            Self::Region | Self::City => match value.rsplit_once(", ") {
                Some((name, country)) => format!("{name}, {}", place::country_name(country)),
                None => "Unknown".to_owned(),
            },
            Self::Resolution if value == "unknown" => "unknown".to_owned(),
            _ => or_unknown(value),
        }
    }

    /// Cells that only this report's rows have.
    fn decorate(self, cells: &mut Cells, value: &str) {
        let mut text = |name: &str, value: String| {
            cells.insert(name.to_owned(), Value::from(value));
        };
        match self {
            Self::Browser => {
                let code = Agent { browser: value.to_owned(), ..Agent::default() }.browser_code();
                text("segment", format!("browserCode=={code}"));
                text("logo", format!("plugins/Morpheus/icons/dist/browsers/{code}.png"));
            }
            Self::OsFamily => {
                let code = Agent { os: value.to_owned(), ..Agent::default() }.os_code();
                text("logo", format!("plugins/Morpheus/icons/dist/os/{code}.png"));
            }
            Self::DeviceType => {
                let name = value.to_lowercase();
                text("segment", format!("deviceType=={}", encoded(&name)));
                text("logo", format!("plugins/Morpheus/icons/dist/devices/{}.png", name.replace(' ', "_")));
            }
            Self::Country => {
                text("code", value.to_owned());
                text("segment", format!("countryCode=={value}"));
                text("logo", format!("plugins/Morpheus/icons/dist/flags/{value}.png"));
                cells.insert("logoHeight".to_owned(), 16.into());
            }
            Self::Continent => {
                text("code", place::continent(value).to_owned());
                text("segment", format!("continentCode=={}", place::continent(value)));
            }
            Self::Resolution => text("segment", format!("resolution=={}", encoded(value))),
            _ => {}
        }
    }
}

/// `de-ch` as `German - Switzerland (de-ch)`, `de` and `de-de` without a region that says nothing new.
fn language_with_region(tag: &str) -> String {
    let (language, region) = tag.split_once(['-', '_']).unwrap_or((tag, ""));
    if language.is_empty() {
        return "Unknown".to_owned();
    }
    let name = place::language_name(language);
    match place::known(region).filter(|_| region != language) {
        Some(country) => format!("{name} - {} ({tag})", place::country_name(country)),
        None => format!("{name} ({language})"),
    }
}

/// The rows of a breakdown.
pub(crate) fn rows(context: &Context<'_>, period: Period, by: By) -> Result<Vec<Cells>, ReportError> {
    let (expression, with_conversions) = by.expression();
    let mut total = Table::new();
    // The first value that a label was made of stands for it in the row's own cells.
    let mut values = std::collections::HashMap::<String, String>::new();
    let only = if by == By::User { "user_id IS NOT NULL" } else { ALL };
    for day in period.days() {
        let span = span(day, &context.zone);
        let mut table = Table::new();
        for (group, figures) in visits_by(context.db, context.site.id, span, &[expression], only)? {
            let label = by.label(&group[0]);
            values.entry(label.clone()).or_insert_with(|| group[0].clone());
            table.entry(label).or_default().add_visits(&figures);
        }
        if with_conversions {
            for (group, goal, figures) in
                conversions_by(context.db, context.site.id, span, &[expression], ALL)?
            {
                let label = by.label(&group[0]);
                values.entry(label.clone()).or_insert_with(|| group[0].clone());
                table.entry(label).or_default().add_goal(goal, &figures);
            }
        }
        add_day(&mut total, table, MOST_ROWS);
    }
    let total = cut(total, MOST_ROWS);
    let mut rows: Vec<Cells> = total
        .iter()
        .map(|(label, row)| {
            let mut cells = row.cells(label, period.is_long());
            by.decorate(&mut cells, values.get(label).map_or("", String::as_str));
            cells
        })
        .collect();
    if by == By::DeviceType && !rows.is_empty() {
        for device in DEVICE_TYPES.iter().filter(|device| !total.contains_key(**device)) {
            let mut cells = Cells::new();
            cells.insert("label".to_owned(), (*device).into());
            cells.insert("nb_visits".to_owned(), 0.into());
            by.decorate(&mut cells, device);
            rows.push(cells);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_names() {
        assert_eq!(By::Language.label("de-ch,de"), "German");
        assert_eq!(By::Language.label(""), "Unknown");
        assert_eq!(By::LanguageCode.label("de-ch,de"), "German - Switzerland (de-ch)");
        assert_eq!(By::LanguageCode.label("de-de"), "German (de)");
        assert_eq!(By::LanguageCode.label("fr"), "French (fr)");
        assert_eq!(By::Language.label("tlh"), "tlh");
    }
}

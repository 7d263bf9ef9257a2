//! What a segment can ask about: the names that Matomo has for it, and where this receiver keeps it.

use super::SegmentError;
use crate::store::words::WordKind;
use crate::tracker::referrer::Kind as Referrer;

/// Which row of the joined tables a dimension stands in. A visit has many hits and many items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Visit,
    /// The visit's client, in a table that is made for the answer.
    Device,
    /// The visit's country, in a table that is made for the answer.
    Country,
    Hit,
    Item,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    /// In any case of ASCII letters.
    Text,
    /// One of a few names, kept as their numbers.
    Choice(Choice),
    /// 16 hex digits, kept as a number.
    Visitor,
    /// A text that hits share, kept as its number.
    Word(WordKind),
}

/// Names that stand for numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Device,
    Referrer,
    Returning,
    Buyer,
}

/// Something that visits, hits or items are told apart by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dimension {
    pub(super) name: &'static str,
    pub(super) source: Source,
    pub(super) form: Form,
    /// What is compared, as SQL; any of them may match.
    pub(super) columns: &'static [&'static str],
}

const fn one(name: &'static str, source: Source, form: Form, columns: &'static [&'static str]) -> Dimension {
    Dimension { name, source, form, columns }
}

/// Everything that a segment can name.
#[rustfmt::skip]
pub(super) static DIMENSIONS: &[Dimension] = &[
    one("visitorId", Source::Visit, Form::Visitor, &["visit.visitor"]),
    one("visitId", Source::Visit, Form::Number, &["visit.id"]),
    one("userId", Source::Visit, Form::Text, &["visit.user_id"]),
    one("visitorType", Source::Visit, Form::Choice(Choice::Returning), &["visit.visitor_kind"]),
    one("visitCount", Source::Visit, Form::Number, &["visit.visit_count"]),
    one("visitDuration", Source::Visit, Form::Number, &["visit.total_time"]),
    one("daysSinceFirstVisit", Source::Visit, Form::Number, &["visit.since_first / 86400"]),
    one("daysSinceLastVisit", Source::Visit, Form::Number, &["visit.since_last / 86400"]),
    one("daysSinceLastEcommerceOrder", Source::Visit, Form::Number, &["visit.since_order / 86400"]),
    one("visitConverted", Source::Visit, Form::Number, &["visit.converted"]),
    one("visitEcommerceStatus", Source::Visit, Form::Choice(Choice::Buyer), &["visit.buyer"]),
    one("actions", Source::Visit, Form::Number, &["visit.actions"]),
    one("interactions", Source::Visit, Form::Number, &["visit.interactions"]),
    one("searches", Source::Visit, Form::Number, &["visit.searches"]),
    one("events", Source::Visit, Form::Number, &["visit.events"]),
    // Matomo's hours of the server are those of UTC, whatever the site's time zone.
    one("visitServerHour", Source::Visit, Form::Number, &["(visit.last_time / 3600) % 24"]),
    one("visitStartServerHour", Source::Visit, Form::Number, &["(visit.first_time / 3600) % 24"]),
    one("visitLocalHour", Source::Visit, Form::Number, &["CAST(substr(visit.local_time, 1, 2) AS INTEGER)"]),
    // Blank where a Matomo has NULL.
    one("referrerType", Source::Visit, Form::Choice(Choice::Referrer), &["visit.referrer_kind"]),
    one("referrerName", Source::Visit, Form::Text, &["nullif(visit.referrer_name, '')"]),
    one("referrerKeyword", Source::Visit, Form::Text, &["nullif(visit.referrer_keyword, '')"]),
    one("referrerUrl", Source::Visit, Form::Text, &["nullif(visit.referrer_url, '')"]),
    one("resolution", Source::Visit, Form::Text, &["visit.resolution"]),
    // Visits keep all languages of a client, a Matomo the first.
    one("languageCode", Source::Visit, Form::Text,
        &["substr(visit.language, 1, instr(visit.language || ',', ',') - 1)"]),
    one("countryCode", Source::Visit, Form::Text, &["visit.country"]),
    one("countryName", Source::Country, Form::Text, &["coalesce(country.name, 'Unknown')"]),
    one("continentCode", Source::Country, Form::Text, &["coalesce(country.continent, 'unk')"]),
    one("regionCode", Source::Visit, Form::Text, &["visit.region"]),
    one("city", Source::Visit, Form::Text, &["visit.city"]),
    one("deviceType", Source::Device, Form::Choice(Choice::Device), &["device.type"]),
    one("deviceBrand", Source::Device, Form::Text, &["device.brand"]),
    one("deviceModel", Source::Device, Form::Text, &["device.model"]),
    one("browserCode", Source::Device, Form::Text, &["device.browser_code"]),
    one("browserName", Source::Device, Form::Text, &["device.browser"]),
    one("browserVersion", Source::Device, Form::Text, &["device.browser_version"]),
    one("browserEngine", Source::Device, Form::Text, &["device.engine"]),
    one("operatingSystemCode", Source::Device, Form::Text, &["device.os_code"]),
    one("operatingSystemName", Source::Device, Form::Text, &["device.os"]),
    one("operatingSystemVersion", Source::Device, Form::Text, &["device.os_version"]),
    one("entryPageUrl", Source::Visit, Form::Word(WordKind::PageUrl), &["visit.entry_url"]),
    one("entryPageTitle", Source::Visit, Form::Word(WordKind::PageTitle), &["visit.entry_title"]),
    one("exitPageUrl", Source::Visit, Form::Word(WordKind::PageUrl), &["visit.exit_url"]),
    one("exitPageTitle", Source::Visit, Form::Word(WordKind::PageTitle), &["visit.exit_title"]),
    one("pageUrl", Source::Hit, Form::Word(WordKind::PageUrl), &["hit.url"]),
    one("pageTitle", Source::Hit, Form::Word(WordKind::PageTitle), &["hit.name"]),
    one("outlinkUrl", Source::Hit, Form::Word(WordKind::Outlink), &["hit.url"]),
    one("downloadUrl", Source::Hit, Form::Word(WordKind::Download), &["hit.url"]),
    one("siteSearchKeyword", Source::Hit, Form::Word(WordKind::Search), &["hit.name"]),
    one("siteSearchCategory", Source::Hit, Form::Text, &["hit.search_category"]),
    one("siteSearchCount", Source::Hit, Form::Number, &["hit.search_count"]),
    one("eventCategory", Source::Hit, Form::Word(WordKind::EventCategory), &["hit.event_category"]),
    one("eventAction", Source::Hit, Form::Word(WordKind::EventAction), &["hit.event_action"]),
    one("eventName", Source::Hit, Form::Word(WordKind::EventName), &["hit.name"]),
    one("eventValue", Source::Hit, Form::Number, &["hit.value"]),
    one("contentName", Source::Hit, Form::Word(WordKind::ContentName), &["hit.content_name"]),
    one("contentPiece", Source::Hit, Form::Word(WordKind::ContentPiece), &["hit.content_piece"]),
    one("contentTarget", Source::Hit, Form::Word(WordKind::ContentTarget), &["hit.content_target"]),
    one("contentInteraction", Source::Hit, Form::Word(WordKind::ContentInteraction), &["hit.content_interaction"]),
    one("productSku", Source::Item, Form::Word(WordKind::Sku), &["item.sku"]),
    one("productName", Source::Item, Form::Word(WordKind::ProductName), &["item.name"]),
    one("productCategory", Source::Item, Form::Word(WordKind::Category),
        &["item.category1", "item.category2", "item.category3", "item.category4", "item.category5"]),
];

/// Kinds of devices by the numbers that Matomo keeps them under.
const DEVICES: [&str; 14] = [
    "desktop",
    "smartphone",
    "tablet",
    "feature phone",
    "console",
    "tv",
    "car browser",
    "smart display",
    "camera",
    "portable media player",
    "phablet",
    "smart speaker",
    "wearable",
    "peripheral",
];
const BUYERS: [&str; 4] = ["none", "ordered", "abandonedCart", "orderedThenAbandonedCart"];

impl Dimension {
    /// The dimension of that name, in the same letter case.
    pub(super) fn named(name: &str) -> Result<&'static Self, SegmentError> {
        DIMENSIONS
            .iter()
            .find(|dimension| dimension.name == name)
            .ok_or_else(|| SegmentError::Unknown(name.to_owned()))
    }

    /// Whether a visit has one value of it.
    pub(super) fn is_of_visit(&self) -> bool {
        !matches!(self.source, Source::Hit | Source::Item)
    }
}

/// The number of a kind of device by the reports' label.
pub(super) fn device_number(label: &str) -> Option<i64> {
    place_of(label, &DEVICES)
}

fn place_of(name: &str, names: &[&str]) -> Option<i64> {
    (0..).zip(names).find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(place, _)| place)
}

impl Choice {
    /// The number that a name stands for.
    pub(super) fn number(self, value: &str) -> Result<i64, SegmentError> {
        let by_name_or_number = |names: &[&str], column: &'static str| {
            let by_number =
                || (0..).zip(names).map(|(place, _)| place).find(|place: &i64| place.to_string() == value);
            place_of(value.trim(), names)
                .or_else(by_number)
                .ok_or_else(|| SegmentError::Choice(column, value.to_owned()))
        };
        match self {
            Self::Device => by_name_or_number(&DEVICES, "log_visit.config_device_type"),
            Self::Buyer => by_name_or_number(&BUYERS, "log_visit.visit_goal_buyer"),
            Self::Referrer => Ok(match value {
                "direct" => Referrer::Direct,
                "search" => Referrer::Search,
                "website" => Referrer::Website,
                "campaign" => Referrer::Campaign,
                "social" => Referrer::Social,
                _ => return Err(SegmentError::Referrer(value.to_owned())),
            }
            .number()),
            // To Matomo, whatever is neither of the first two is the third.
            Self::Returning => Ok(match value {
                "new" => 0,
                "returning" => 1,
                _ => 2,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        let mut names: Vec<_> = DIMENSIONS.iter().map(|dimension| dimension.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(Dimension::named("pageUrl").unwrap().source, Source::Hit);
        assert!(matches!(Dimension::named("pageurl"), Err(SegmentError::Unknown(name)) if name == "pageurl"));
    }

    #[test]
    fn every_name_is_in_the_manual() {
        let manual = include_str!("../../../../../docs/sink.md");
        for dimension in DIMENSIONS {
            assert!(manual.contains(&format!("`{}`", dimension.name)), "{}", dimension.name);
        }
    }

    #[test]
    fn choices_are_named_or_numbered() {
        assert_eq!(Choice::Device.number("smartphone").unwrap(), 1);
        assert_eq!(Choice::Device.number(" Car Browser ").unwrap(), 6);
        assert_eq!(Choice::Device.number("2").unwrap(), 2);
        assert_eq!(Choice::Buyer.number("abandonedCart").unwrap(), 2);
        assert_eq!(Choice::Referrer.number("social").unwrap(), 7);
        assert_eq!(Choice::Returning.number("returningCustomer").unwrap(), 2);
        for (choice, value) in [(Choice::Device, "toaster"), (Choice::Device, "14"), (Choice::Referrer, "2")]
        {
            assert!(choice.number(value).is_err(), "{value}");
        }
    }
}

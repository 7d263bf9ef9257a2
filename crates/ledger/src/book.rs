//! A ledger as it is written down: figures under the names that people and reports use, with a version.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::label::shown;

/// Version of the format. Readers refuse a newer one.
pub const BOOK_VERSION: u32 = 3;

/// A ledger as it is kept in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// [`BOOK_VERSION`] of whoever wrote it.
    pub schema_version: u32,
    /// Counts the times it was written; a checkpoint names the one that goes with it.
    pub generation: u64,
    /// IANA name of the zone that cut the days.
    pub time_zone: String,
    /// Whether hits told their time or were recorded when they came.
    pub times: Times,
    /// Countries were sent with the hits. When not, the target guesses them, and nothing is said here.
    pub countries: bool,
    /// Why figures may be missing altogether; empty when they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// Visits that were not over when this was written, with what is known of their hits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenVisit>,
    /// The figures of each day; those of days long past may lie in files of their own.
    pub days: BTreeMap<Date, DayFigures>,
}

/// Stands between category, action and name of a group of events.
pub(crate) const GROUP_JOINT: char = '\u{1f}';

/// Category, action and, where it has one, name of a row of [`Table::EventGroups`], as reports write them. The row itself
/// has them as they were sent: what is sent differently is a group of its own, even where reports write it alike.
pub fn group_parts(label: &str) -> impl Iterator<Item = String> {
    label.split(GROUP_JOINT).map(shown)
}

/// Whether reports have a row for events of this name: Matomo takes `0` for none.
pub(crate) fn is_event_name(name: &str) -> bool {
    name != "0"
}

/// So many parts has a unit of [`Figure::EventValueFraction`].
pub(crate) const FRACTIONS: i64 = 1_000_000_000;

/// Units and fractions together, as thousandths of whole hundredths. Halves go away from zero, and as in PHP up to 8.3 a
/// number is first rounded to what its 15 first digits say.
fn to_hundredths(units: i64, fractions: i64) -> i64 {
    const PARTS: i128 = FRACTIONS as i128;
    let exact = i128::from(units) * PARTS + i128::from(fractions);
    let rounded_to = |number: i128, unit: i128| (number.abs() + unit / 2) / unit * unit * number.signum();
    let whole_digits = (exact.abs() / PARTS).checked_ilog10().map_or(0, |digits| digits + 1);
    let first = match 15_u32.saturating_sub(whole_digits) {
        places @ 3..9 => rounded_to(exact, PARTS / 10_i128.pow(places)),
        _ => exact,
    };
    let thousandths = rounded_to(first, PARTS / 100) / (PARTS / 1000);
    i64::try_from(thousandths).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

/// Where the times of recorded hits come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// Each hit says when it happened (`cdt`).
    Told,
    /// The target's clock when the hit came: known to the length of a request. Lengths of visits are not counted.
    Received,
}

/// A visit that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenVisit {
    /// Its number.
    pub visit: u64,
    /// How many of its hits are settled.
    pub settled: u16,
    /// What deviates from "acknowledged, once, at its time".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<crate::scenario::Deviation>,
}

/// The figures of one day of the site: table, label, figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DayFigures(pub BTreeMap<Table, BTreeMap<String, Row>>);

/// The figures of one row.
pub type Row = BTreeMap<Figure, Span>;

/// Tables, named after what their rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// The site as a whole; its one row is `all`.
    Site,
    /// Hours of the site's day in which visits began, `00` to `23`.
    Hours,
    /// Pages by path, without query and fragment.
    Pages,
    /// Event categories.
    EventCategories,
    /// Event actions.
    EventActions,
    /// Event names.
    EventNames,
    /// Events by category, action and name at once, which no report shows: Matomo rounds the sum of the values of each,
    /// and adds up what is rounded. [`DayFigures::as_reported`] does the same.
    EventGroups,
    /// Keywords of the site's own search.
    Keywords,
    /// Categories of the site's own search.
    SearchCategories,
    /// Links to other sites, host and path.
    Outlinks,
    /// Files, host and path.
    Downloads,
    /// Products by SKU.
    Products,
    /// Countries by code.
    Countries,
    /// `direct`, `search`, `website`, `campaign`, `social`.
    Referrers,
    /// Campaigns by name.
    Campaigns,
    /// `desktop`, `mobile`, `tablet`.
    Devices,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Visits.
    Visits,
    /// Different visitors of the day.
    UniqueVisitors,
    /// Page views, searches, outlinks, downloads and events.
    Actions,
    /// Visits of one action or none.
    Bounces,
    /// Sum of the visits' lengths in seconds.
    Length,
    /// Page views.
    PageViews,
    /// Visits that began here.
    Entries,
    /// Visits that ended here.
    Exits,
    /// Site searches.
    Searches,
    /// Clicks to other sites.
    Outlinks,
    /// Downloads.
    Downloads,
    /// Events.
    Events,
    /// Sum of the events' values, in thousandths.
    EventValue,
    /// The same before it is rounded: whole units. A value may be too large to be counted in small parts.
    EventValueUnits,
    /// And what is behind the point, in billionths.
    EventValueFraction,
    /// Orders.
    Orders,
    /// What is paid, in hundredths of the currency's unit.
    Revenue,
    /// The goods' price, in hundredths.
    Subtotal,
    /// Tax, in hundredths.
    Tax,
    /// Shipping, in hundredths.
    Shipping,
    /// Pieces sold.
    Quantity,
    /// Carts that no order followed in their visit.
    AbandonedCarts,
    /// What lay in them, in hundredths.
    CartRevenue,
}

impl Figure {
    /// How many units of the figure a report's unit has: 100 for money, 1000 for values of events.
    pub fn scale(self) -> i64 {
        match self {
            Self::Revenue | Self::Subtotal | Self::Tax | Self::Shipping | Self::CartRevenue => 100,
            Self::EventValue => 1000,
            _ => 1,
        }
    }
}

/// What a figure lies between: sure and possible. Written as one number when they are the same, else as a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// If nothing of what is unknown was recorded.
    pub least: i64,
    /// If all of it was.
    pub most: i64,
}

impl Span {
    /// A figure that is known.
    pub fn exactly(figure: i64) -> Self {
        Self { least: figure, most: figure }
    }

    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.least = self.least.saturating_add(other.least);
        self.most = self.most.saturating_add(other.most);
    }

    /// Whether a figure lies in it.
    pub fn holds(self, figure: i64) -> bool {
        (self.least..=self.most).contains(&figure)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.least == self.most {
            serializer.serialize_i64(self.least)
        } else {
            [self.least, self.most].serialize(serializer)
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(i64),
    Two([i64; 2]),
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::One(figure) => Ok(Self::exactly(figure)),
            Written::Two([least, most]) if least <= most => Ok(Self { least, most }),
            Written::Two([least, most]) => Err(D::Error::custom(format!(
                "[{least}, {most}] is no interval: the lesser figure goes first"
            ))),
        }
    }
}

impl DayFigures {
    /// Adds to a figure.
    pub fn add(&mut self, table: Table, label: &str, figure: Figure, span: Span) {
        if span == Span::default() {
            return;
        }
        let rows = self.0.entry(table).or_default();
        if let Some(row) = rows.get_mut(label) {
            row.entry(figure).or_default().add(span);
        } else {
            rows.insert(label.to_owned(), Row::from([(figure, span)]));
        }
    }

    /// Adds all figures of another part of the same day.
    pub fn merge(&mut self, other: &Self) {
        for (&table, rows) in &other.0 {
            for (label, row) in rows {
                for (&figure, &span) in row {
                    self.add(table, label, figure, span);
                }
            }
        }
    }

    /// The figures as reports have them: the values of each group of events are rounded to hundredths before they are
    /// added up (seen at a real Matomo 5.2).
    #[must_use]
    pub fn as_reported(&self) -> Self {
        let mut reported = self.clone();
        for (label, row) in self.0.get(&Table::EventGroups).into_iter().flatten() {
            let exact = |figure| row.get(&figure).copied().unwrap_or_default();
            let (units, fractions) = (exact(Figure::EventValueUnits), exact(Figure::EventValueFraction));
            let value = Span {
                least: to_hundredths(units.least, fractions.least),
                most: to_hundredths(units.most, fractions.most),
            };
            let tables = [Table::EventCategories, Table::EventActions, Table::EventNames];
            for (table, part) in tables.into_iter().zip(group_parts(label)) {
                if table != Table::EventNames || is_event_name(&part) {
                    reported.add(table, &part, Figure::EventValue, value);
                }
            }
        }
        reported
    }

    /// A figure; 0 when nothing of the kind was counted.
    pub fn get(&self, table: Table, label: &str, figure: Figure) -> Span {
        self.0
            .get(&table)
            .and_then(|rows| rows.get(label))
            .and_then(|row| row.get(&figure))
            .copied()
            .unwrap_or_default()
    }

    /// A figure of the site as a whole.
    pub fn site(&self, figure: Figure) -> Span {
        self.get(Table::Site, "all", figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Matomo rounds the sum of each category, action and name to hundredths and adds up what is rounded: three groups of
    /// 12.345 are 37.05 in their category's row, and not 37.04.
    #[test]
    fn values_of_events_with_three_digits_were_called_missing() {
        let mut day = DayFigures::default();
        for name in ["a", "b", "c"] {
            let group = format!("video{GROUP_JOINT}play{GROUP_JOINT}{name}");
            day.add(Table::EventGroups, &group, Figure::EventValueUnits, Span::exactly(12));
            day.add(Table::EventGroups, &group, Figure::EventValueFraction, Span::exactly(345_000_000));
        }
        let unnamed = format!("video{GROUP_JOINT}stop");
        let mut add =
            |figure, least, most| day.add(Table::EventGroups, &unnamed, figure, Span { least, most });
        add(Figure::EventValueUnits, -2, 0);
        add(Figure::EventValueFraction, -505_000_000, 3_000_000);
        let reported = day.as_reported();
        let value = |table, label| reported.get(table, label, Figure::EventValue);
        assert_eq!(value(Table::EventActions, "play"), Span::exactly(37_050));
        assert_eq!(value(Table::EventNames, "a"), Span::exactly(12_350));
        assert_eq!(value(Table::EventActions, "stop"), Span { least: -2_510, most: 0 });
        assert_eq!(value(Table::EventCategories, "video"), Span { least: 34_540, most: 37_050 });
    }

    #[test]
    fn values_of_events_of_a_billion_each_ran_over() {
        for (units, fractions, thousandths) in [
            (1_000_000, 1_000_000, 1_000_000_000),
            (1_000_000, 4_999_900, 1_000_000_000),
            (1_000_000, 5_000_000, 1_000_000_010),
            (-1_000_000, -5_000_000, -1_000_000_010),
            (13_703_703_688, 214_999_600, 13_703_703_688_220),
            (13_703_703, 214_999_600, 13_703_703_210),
            (0, 4_999_999, 0),
            (0, 5_000_000, 10),
            (10_000_000_000_000, 0, 10_000_000_000_000_000),
            (i64::MAX, 0, i64::MAX),
            (i64::MIN, 0, i64::MIN),
        ] {
            assert_eq!(to_hundredths(units, fractions), thousandths, "{units} + {fractions}");
        }
    }

    /// Matomo rounds by what was sent, and its reports decode that.
    #[test]
    fn values_of_events_that_reports_write_alike_were_rounded_together() {
        let mut day = DayFigures::default();
        for name in ["a b", "a+b"] {
            let group = format!("video{GROUP_JOINT}play{GROUP_JOINT}{name}");
            day.add(Table::EventGroups, &group, Figure::EventValueFraction, Span::exactly(4_000_000));
        }
        let value = day.as_reported().get(Table::EventNames, "a b", Figure::EventValue);
        assert_eq!(value, Span::exactly(0));
    }

    /// Matomo asks whether a name is empty, and to PHP `0` is.
    #[test]
    fn events_named_0_had_a_row_of_their_own() {
        let mut day = DayFigures::default();
        let group = format!("video{GROUP_JOINT}play{GROUP_JOINT}0");
        day.add(Table::EventGroups, &group, Figure::EventValueUnits, Span::exactly(3));
        let reported = day.as_reported();
        assert_eq!(reported.get(Table::EventActions, "play", Figure::EventValue), Span::exactly(3000));
        assert_eq!(reported.get(Table::EventNames, "0", Figure::EventValue), Span::default());
    }
}

//! Asks the Reporting API for what a ledger counts, and puts the answers under the ledger's own names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::ToSpan as _;
use jiff::civil::Date;
use ledger::{DayFigures, Figure, Span, Table, flat_page_label};
use matomo::reporting::{Client, Error};
use serde_json::Value;

/// Days that are asked for at once.
const DAYS_AT_ONCE: i32 = 14;

/// A day that the target gave up on is asked for so many times more.
const MOST_TRIES: u32 = 2;

/// The row that stands for all that a table had no room for.
pub(crate) const OTHERS: &str = "(others)";

/// A report and where its figures go.
struct Report {
    method: &'static str,
    more: &'static [(&'static str, &'static str)],
    table: Table,
    columns: &'static [(&'static str, Figure)],
}

const ORDERS: &[(&str, &str)] = &[("idGoal", "ecommerceOrder")];
const CARTS: &[(&str, &str)] = &[("idGoal", "ecommerceAbandonedCart")];
const FLAT: &[(&str, &str)] = &[("flat", "1")];
const VISITS: &[(&str, Figure)] = &[("nb_visits", Figure::Visits)];
const EVENTS: &[(&str, Figure)] = &[("nb_events", Figure::Events), ("sum_event_value", Figure::EventValue)];

/// All that is asked for. The first one tells which days have visits at all.
const REPORTS: &[Report] = &[
    Report {
        method: "VisitsSummary.get",
        more: &[],
        table: Table::Site,
        columns: &[
            ("nb_visits", Figure::Visits),
            ("nb_uniq_visitors", Figure::UniqueVisitors),
            ("nb_actions", Figure::Actions),
            ("bounce_count", Figure::Bounces),
            ("sum_visit_length", Figure::Length),
        ],
    },
    Report {
        method: "Actions.get",
        more: &[],
        table: Table::Site,
        columns: &[
            ("nb_pageviews", Figure::PageViews),
            ("nb_searches", Figure::Searches),
            ("nb_outlinks", Figure::Outlinks),
            ("nb_downloads", Figure::Downloads),
        ],
    },
    Report {
        method: "Goals.get",
        more: ORDERS,
        table: Table::Site,
        columns: &[
            ("nb_conversions", Figure::Orders),
            ("revenue", Figure::Revenue),
            ("revenue_subtotal", Figure::Subtotal),
            ("revenue_tax", Figure::Tax),
            ("revenue_shipping", Figure::Shipping),
            ("items", Figure::Quantity),
        ],
    },
    Report {
        method: "Goals.get",
        more: CARTS,
        table: Table::Site,
        columns: &[("nb_conversions", Figure::AbandonedCarts), ("revenue", Figure::CartRevenue)],
    },
    Report {
        method: "VisitTime.getVisitInformationPerServerTime",
        more: &[],
        table: Table::Hours,
        columns: &[("nb_visits", Figure::Visits), ("sum_visit_length", Figure::Length)],
    },
    Report {
        method: "Actions.getPageUrls",
        more: FLAT,
        table: Table::Pages,
        columns: &[
            ("nb_hits", Figure::PageViews),
            ("entry_nb_visits", Figure::Entries),
            ("exit_nb_visits", Figure::Exits),
        ],
    },
    Report { method: "Events.getCategory", more: &[], table: Table::EventCategories, columns: EVENTS },
    Report { method: "Events.getAction", more: &[], table: Table::EventActions, columns: EVENTS },
    Report { method: "Events.getName", more: &[], table: Table::EventNames, columns: EVENTS },
    Report {
        method: "Actions.getSiteSearchKeywords",
        more: &[],
        table: Table::Keywords,
        columns: &[("nb_hits", Figure::Searches)],
    },
    Report {
        method: "Actions.getSiteSearchCategories",
        more: &[],
        table: Table::SearchCategories,
        columns: &[("nb_actions", Figure::Searches)],
    },
    Report {
        method: "Actions.getOutlinks",
        more: FLAT,
        table: Table::Outlinks,
        columns: &[("nb_hits", Figure::Outlinks)],
    },
    Report {
        method: "Actions.getDownloads",
        more: FLAT,
        table: Table::Downloads,
        columns: &[("nb_hits", Figure::Downloads)],
    },
    Report {
        method: "Goals.getItemsSku",
        more: &[],
        table: Table::Products,
        columns: &[("orders", Figure::Orders), ("quantity", Figure::Quantity), ("revenue", Figure::Revenue)],
    },
    Report { method: "UserCountry.getCountry", more: &[], table: Table::Countries, columns: VISITS },
    Report { method: "Referrers.getReferrerType", more: &[], table: Table::Referrers, columns: VISITS },
    Report { method: "Referrers.getCampaigns", more: &[], table: Table::Campaigns, columns: VISITS },
    Report { method: "DevicesDetection.getType", more: &[], table: Table::Devices, columns: VISITS },
];

/// What the reports say, and which of them the target does not give.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) days: BTreeMap<Date, DayFigures>,
    /// Tables and figures that are not given, with the target's reason.
    pub(crate) refused: Vec<Refused>,
}

/// A report that the target does not give.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused {
    pub(crate) table: Table,
    pub(crate) figures: Vec<Figure>,
    pub(crate) reason: String,
}

/// Asks for all reports of some days.
///
/// # Errors
/// When the target is not reached or does not let itself be asked at all.
pub(crate) async fn ask(client: &Client, site_id: u64, days: &BTreeSet<Date>) -> Result<Recorded, Error> {
    let mut recorded = Recorded::default();
    recorded.days.extend(days.iter().map(|&day| (day, DayFigures::default())));
    let mut wanted: BTreeSet<Date> = days.clone();
    for report in REPORTS {
        let mut left: VecDeque<(Date, Date, u32)> =
            stretches(&wanted).into_iter().map(|(first, last)| (first, last, 0)).collect();
        while let Some((first, last, tries)) = left.pop_front() {
            match report.ask(client, site_id, first, last).await {
                Ok(answers) => {
                    for (day, answer) in answers {
                        if let Some(figures) = recorded.days.get_mut(&day) {
                            report.read(&answer, figures);
                        }
                    }
                }
                // A target that makes its reports when they are asked for may need longer than its web server waits,
                // above all for many days at once. What is made by then is there the next time.
                Err(error) if gave_up(&error) && (first != last || tries < MOST_TRIES) => {
                    for &day in wanted.range(first..=last).rev() {
                        left.push_front((day, day, if first == last { tries + 1 } else { 0 }));
                    }
                }
                // One report that is switched off says nothing about the others.
                Err(Error::Refused { message, .. }) if report.method != "VisitsSummary.get" => {
                    let figures = report.columns.iter().map(|(_, figure)| *figure).collect();
                    recorded.refused.push(Refused { table: report.table, figures, reason: message });
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if report.method == "VisitsSummary.get" {
            // Days without visits have nothing in any other report: they need not be asked for.
            wanted.retain(|day| recorded.days[day].site(Figure::Visits).most > 0);
        }
    }
    Ok(recorded)
}

/// Whether the target's web server, or we, gave up waiting for it.
fn gave_up(error: &Error) -> bool {
    matches!(error, Error::Timeout { .. } | Error::NotTheApi { status: 500..=599, .. })
}

/// Neighbouring days together, so many at the most.
fn stretches(days: &BTreeSet<Date>) -> Vec<(Date, Date)> {
    let mut stretches: Vec<(Date, Date)> = Vec::new();
    for &day in days {
        match stretches.last_mut() {
            Some((first, last))
                if last.tomorrow().is_ok_and(|next| next == day)
                    && first.checked_add(DAYS_AT_ONCE.days()).is_ok_and(|end| day < end) =>
            {
                *last = day;
            }
            _ => stretches.push((day, day)),
        }
    }
    stretches
}

impl Report {
    async fn ask(
        &self,
        client: &Client,
        site_id: u64,
        first: Date,
        last: Date,
    ) -> Result<Vec<(Date, Value)>, Error> {
        let (site, dates) = (site_id.to_string(), format!("{first},{last}"));
        let mut params = vec![("idSite", site.as_str()), ("period", "day"), ("date", dates.as_str())];
        params.extend_from_slice(self.more);
        Ok(match client.report(self.method, &params).await? {
            Value::Object(by_day) if by_day.keys().all(|key| key.parse::<Date>().is_ok()) => {
                by_day.into_iter().filter_map(|(day, answer)| Some((day.parse().ok()?, answer))).collect()
            }
            answer => vec![(first, answer)],
        })
    }

    fn read(&self, answer: &Value, figures: &mut DayFigures) {
        if self.table == Table::Site {
            for (column, figure) in self.columns {
                figures.add(Table::Site, "all", *figure, number(answer, column, *figure));
            }
            return;
        }
        let rows = match answer {
            Value::Array(rows) => rows.as_slice(),
            row => std::slice::from_ref(row),
        };
        for row in rows {
            let Some(label) = self.label(row) else { continue };
            for (column, figure) in self.columns {
                figures.add(self.table, &label, *figure, number(row, column, *figure));
            }
            // The sum over categories is what there is of all events.
            if self.table == Table::EventCategories {
                figures.add(Table::Site, "all", Figure::Events, number(row, "nb_events", Figure::Events));
            }
        }
    }

    /// The row's name in the ledger; `None` for a row that the ledger does not know.
    fn label(&self, row: &Value) -> Option<String> {
        let label = match row.get("label")? {
            Value::String(label) => canonical(self.table, label)?,
            Value::Number(label) => label.to_string(),
            _ => return None,
        };
        if label == OTHERS || row.get("is_summary").is_some_and(|flag| flag == 1 || flag == true) {
            return Some(OTHERS.to_owned());
        }
        Some(match self.table {
            Table::Hours => format!("{label:0>2}"),
            Table::Countries => row.get("code").and_then(Value::as_str).unwrap_or(&label).to_lowercase(),
            Table::Referrers => referrer(&label),
            table if is_in_small_letters(table) => label.to_lowercase(),
            Table::Devices => device(&label),
            _ => label,
        })
    }
}

/// A label in the one form in which rows of the reports and of the ledger are compared: a row may well be called as the
/// row for the rest is, or be written as it would be in a page. `None` for what reports have no row for.
pub(crate) fn canonical(table: Table, label: &str) -> Option<String> {
    let label = unescaped(label.trim());
    let has_directories = matches!(table, Table::Pages | Table::Outlinks | Table::Downloads);
    match label.as_str() {
        "Event Name not defined" if table == Table::EventNames => None,
        "Others" => Some(OTHERS.to_owned()),
        "others" if is_in_small_letters(table) => Some(OTHERS.to_owned()),
        rest if has_directories && rest.ends_with(" - Others") => Some(OTHERS.to_owned()),
        // Blanks between slashes fall away a step at a time.
        page if table == Table::Pages => Some(flat_page_label(&flat_page_label(page))),
        _ => Some(label),
    }
}

/// Tables in whose labels Matomo does not tell capitals from small letters.
fn is_in_small_letters(table: Table) -> bool {
    matches!(table, Table::Campaigns | Table::Keywords | Table::SearchCategories)
}

/// A ledger's figures under canonical labels.
pub(crate) fn with_canonical_labels(figures: &DayFigures) -> DayFigures {
    let mut all = DayFigures::default();
    for (&table, rows) in &figures.0 {
        for (label, row) in rows {
            let Some(label) = canonical(table, label) else { continue };
            for (&figure, &span) in row {
                all.add(table, &label, figure, span);
            }
        }
    }
    all
}

fn referrer(label: &str) -> String {
    let name = match label {
        "Direct Entry" => "direct",
        "Search Engines" => "search",
        "Websites" => "website",
        "Campaigns" => "campaign",
        "Social Networks" => "social",
        other => other,
    };
    name.to_owned()
}

/// Large phones have a row of their own.
fn device(label: &str) -> String {
    match label {
        "Smartphone" | "Phablet" | "Feature phone" => "mobile".to_owned(),
        other => other.to_lowercase(),
    }
}

/// Some labels are kept as they would be written in a page.
fn unescaped(label: &str) -> String {
    if !label.contains('&') {
        return label.to_owned();
    }
    let mut label = label.to_owned();
    for (written, meant) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&amp;", "&")]
    {
        label = label.replace(written, meant);
    }
    label
}

/// A cell in the ledger's units. Numbers come as numbers or as texts, by method and version.
fn number(row: &Value, column: &str, figure: Figure) -> Span {
    let value = match row.get(column) {
        Some(Value::Number(number)) => number.as_f64().unwrap_or(0.0),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0.0),
        _ => 0.0,
    };
    // Reports give hundredths; of large values a thousandth is beyond what the number can hold.
    let scale = figure.scale();
    let parts = scale.min(100);
    let counted = (value * parts as f64).round() as i64;
    Span::exactly(counted.saturating_mul(scale / parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_days_are_asked_for_together() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let days = ["2026-01-30", "2026-01-31", "2026-02-01", "2026-03-01"].map(day).into();
        assert_eq!(
            stretches(&days),
            [(day("2026-01-30"), day("2026-02-01")), (day("2026-03-01"), day("2026-03-01"))]
        );
        let month: BTreeSet<Date> = day("2026-01-01").series(1.day()).take(30).collect();
        assert_eq!(stretches(&month).len(), 3);
    }

    #[test]
    fn rows_are_put_under_the_ledgers_names() {
        let report = |table| REPORTS.iter().find(|report| report.table == table).unwrap();
        let label = |table, row: Value| report(table).label(&row);
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for (table, row, name) in [
            (Table::Pages, r#"{"label":"/a/b?c=1"}"#, Some("/a/b")),
            (Table::Pages, r#"{"label":"/blog/ - Others"}"#, Some(OTHERS)),
            (Table::Hours, r#"{"label":"7"}"#, Some("07")),
            (Table::Hours, r#"{"label":7}"#, Some("07")),
            (Table::EventNames, r#"{"label":"Event Name not defined"}"#, None),
            (Table::Countries, r#"{"label":"Germany","code":"de"}"#, Some("de")),
            (Table::Devices, r#"{"label":"Phablet"}"#, Some("mobile")),
            (Table::Keywords, r#"{"label":"a &amp; b"}"#, Some("a & b")),
            (Table::Keywords, r#"{"label":"blog - Others"}"#, Some("blog - others")),
        ] {
            assert_eq!(label(table, json(row)).as_deref(), name, "{row}");
        }
    }

    #[test]
    fn events_called_as_the_row_for_the_rest_or_with_an_entity_were_called_missing() {
        let mut expected = DayFigures::default();
        for label in ["Others", "Tom &amp; Jerry", "Tom & Jerry", "blog - Others", "Event Name not defined"] {
            expected.add(Table::EventNames, label, Figure::Events, Span::exactly(1));
        }
        expected.add(Table::Keywords, "others", Figure::Searches, Span::exactly(2));
        let canonical = with_canonical_labels(&expected);
        assert_eq!(canonical.get(Table::Keywords, OTHERS, Figure::Searches), Span::exactly(2));
        let events = |label| canonical.get(Table::EventNames, label, Figure::Events).most;
        let labels = [OTHERS, "Tom & Jerry", "Tom &amp; Jerry", "blog - Others", "Event Name not defined"];
        assert_eq!(labels.map(events), [1, 2, 0, 1, 0]);
    }

    #[test]
    fn values_of_events_of_billions_were_a_thousandth_off() {
        let row = serde_json::json!({"sum_event_value": 2_997_415_484_871.28, "nb_events": "7"});
        let value = number(&row, "sum_event_value", Figure::EventValue);
        assert_eq!(value, Span::exactly(2_997_415_484_871_280));
        assert_eq!(number(&row, "nb_events", Figure::Events), Span::exactly(7));
    }
}

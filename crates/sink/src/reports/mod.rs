//! The Reporting API: a method and its parameters in, the figures as Matomo gives them out.

mod dimensions;
mod events;
mod goals;
mod live;
mod metrics;
mod pages;
mod period;
mod query;
mod referrers;
mod segment;
mod setup;
mod visits;

use http::StatusCode;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::params::Params;
use crate::sites::{Registry, Right, Site, Token};
use crate::store::words::WordKind;
use crate::tracker::time;
use metrics::{CART, Cells, ORDER, sort_rows};
use pages::{Only, Pages, Show};
use period::{Period, Periods, Span};
use visits::Interest;

/// What a report is made from.
pub(crate) struct Context<'a> {
    db: &'a Connection,
    site: &'a Site,
    zone: TimeZone,
    /// Unix seconds.
    now: i64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("the token is missing, not known, or may not read this site's reports")]
    Forbidden,
    #[error("the method {0:?} does not exist or is not available here")]
    UnknownMethod(String),
    #[error("the parameter {0:?} is missing")]
    Missing(&'static str),
    #[error("idSite {0:?} is not a site")]
    UnknownSite(String),
    #[error("the format {0:?} is not answered here; ask for format=JSON")]
    Format(String),
    #[error(transparent)]
    Period(#[from] period::PeriodError),
    #[error(transparent)]
    Segment(#[from] segment::SegmentError),
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

/// A request to the API, with the token that came with it.
pub(crate) struct Call<'a> {
    pub(crate) params: &'a Params,
    pub(crate) registry: &'a Registry,
    pub(crate) token_in_url: bool,
    /// Unix seconds.
    pub(crate) now: i64,
}

impl Call<'_> {
    /// Answers it. `db` is opened only when the call may read something.
    pub(crate) fn answer(&self, db: impl FnOnce() -> rusqlite::Result<Connection>) -> Answer {
        match self.run(db) {
            Ok(value) => Answer::json(StatusCode::OK, &value),
            Err(error) => {
                let status = match error {
                    ReportError::Forbidden => StatusCode::UNAUTHORIZED,
                    ReportError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
                    _ => StatusCode::OK,
                };
                Answer::json(status, &json!({"result": "error", "message": error.to_string()}))
            }
        }
    }

    fn run(&self, db: impl FnOnce() -> rusqlite::Result<Connection>) -> Result<Value, ReportError> {
        let token = self
            .params
            .text("token_auth")
            .and_then(|token| self.registry.token(token))
            .filter(|token| !(token.post_only && self.token_in_url))
            .ok_or(ReportError::Forbidden)?;
        if let Some(format) = self.params.text("format").filter(|format| !format.eq_ignore_ascii_case("json"))
        {
            return Err(ReportError::Format(format.to_owned()));
        }
        let method = self.params.text("method").ok_or(ReportError::Missing("method"))?;
        if let Some(value) = setup::answer(method, self.params, self.registry, token)? {
            return Ok(value);
        }
        let report = Report::of(method).ok_or_else(|| ReportError::UnknownMethod(method.to_owned()))?;
        let site = self.site(token)?;
        let db = db()?;
        let context = Context { db: &db, site, zone: self.registry.zone(site.id), now: self.now };
        // All figures of one answer are of one moment.
        db.execute_batch("BEGIN")?;
        self.report(&context, report)
    }

    fn site(&self, token: &Token) -> Result<&Site, ReportError> {
        let id = self.params.text("idSite").ok_or(ReportError::Missing("idSite"))?;
        let number: i64 = id.parse().map_err(|_| ReportError::UnknownSite(id.to_owned()))?;
        if !token.may(Right::View, number) {
            return Err(ReportError::Forbidden);
        }
        self.registry.site(number).ok_or_else(|| ReportError::UnknownSite(id.to_owned()))
    }

    fn report(&self, context: &Context<'_>, report: Report) -> Result<Value, ReportError> {
        let (kind, date) = (self.params.text("period"), self.params.text("date"));
        let today = time::civil(context.now, &context.zone).date();
        if let Report::Log(log) = report {
            let periods = match (kind, date) {
                (Some(kind), Some(date)) => Some(Periods::parse(kind, date, today)?),
                _ => None,
            };
            return self.log(context, log, periods.as_ref());
        }
        let kind = kind.ok_or(ReportError::Missing("period"))?;
        let date = date.ok_or(ReportError::Missing("date"))?;
        let periods = Periods::parse(kind, date, today)?;
        self.pick(context, periods.span(&context.zone), segment::Rows::All)?;
        match periods {
            Periods::One(period) => self.one(context, report, period),
            Periods::Many(periods) => {
                let mut by_date = Map::new();
                for period in periods {
                    by_date.insert(period.name(), self.one(context, report, period)?);
                }
                Ok(Value::Object(by_date))
            }
        }
    }

    /// From here on, the connection shows the visits of the segment only.
    fn pick(&self, context: &Context<'_>, span: Span, rows: segment::Rows) -> Result<(), ReportError> {
        match self.params.text("segment") {
            Some(text) => segment::apply(context.db, context.site.id, span, text, rows),
            None => Ok(()),
        }
    }

    fn log(&self, context: &Context<'_>, log: Log, periods: Option<&Periods>) -> Result<Value, ReportError> {
        let span = periods.map(|periods| periods.span(&context.zone));
        let any = Span { from: i64::MIN, to: i64::MAX };
        if log == Log::Counters {
            let minutes = self.params.int("lastMinutes").unwrap_or(30);
            let since = context.now.saturating_sub(minutes.saturating_mul(60));
            self.pick(context, Span { from: since, ..any }, segment::Rows::Visits)?;
            return live::counters(context, since);
        }
        self.pick(context, span.unwrap_or(any), segment::Rows::Visits)?;
        let visitor = self.params.text("visitorId").and_then(|id| u64::from_str_radix(id, 16).ok());
        let which = live::Which {
            span,
            limit: self.params.int("filter_limit").unwrap_or(10),
            offset: self.params.int("filter_offset").unwrap_or(0).max(0),
            visitor: visitor.map(u64::cast_signed),
            after: self.params.int("minTimestamp"),
        };
        live::visits(context, which).map(Value::Array)
    }

    fn one(&self, context: &Context<'_>, report: Report, period: Period) -> Result<Value, ReportError> {
        let rows = match report {
            Report::Summary => {
                let figures = visits::figures(context, period, visits::ALL)?;
                return Ok(Value::Object(visits::summary(&figures, period, "")));
            }
            Report::SummaryFigure(name) => {
                let figures = visits::figures(context, period, visits::ALL)?;
                let mut cells = visits::summary(&figures, period, "");
                return Ok(json!({"value": cells.remove(name).unwrap_or_else(|| 0.into())}));
            }
            Report::Frequency => return visits::frequency(context, period).map(Value::Object),
            Report::ActionsGet => return actions_get(context, period).map(Value::Object),
            Report::GoalsGet => {
                let asked = goals::Asked::parse(self.params.text("idGoal"));
                return goals::get(context, period, asked).map(Value::Object);
            }
            Report::Log(_) => return Err(ReportError::Missing("period")),
            Report::Interest(by) => return Ok(self.listed(visits::interest(context, period, by)?, None)),
            Report::ServerHour => return Ok(self.listed(visits::by_server_hour(context, period)?, None)),
            Report::LocalHour => return Ok(self.listed(visits::by_local_hour(context, period)?, None)),
            Report::Dimension(by) => dimensions::rows(context, period, by)?,
            Report::Events(by) => events::rows(context, period, by)?,
            Report::SearchCategories => events::search_categories(context, period)?,
            Report::Items(by) => {
                let carts = self.params.flag("abandonedCarts");
                return Ok(self.listed(goals::items(context, period, by, carts)?, Some("revenue")));
            }
            Report::ReferrersAll => referrers::Referrers::read(context, period)?.all(),
            Report::Referrers(list) => {
                let all = referrers::Referrers::read(context, period)?;
                match self.params.int("idSubtable") {
                    Some(number) => all.under(list, number),
                    None => all.rows(list),
                }
            }
            Report::Pages(kind, only) => self.pages(context, period, kind, only)?,
        };
        Ok(self.listed(rows, Some("nb_visits")))
    }

    fn pages(
        &self,
        context: &Context<'_>,
        period: Period,
        kind: WordKind,
        only: Only,
    ) -> Result<Vec<Cells>, ReportError> {
        let pages = read_pages(context, period, kind)?;
        let conversions = goals::totals(context, period)?;
        let (column, segment) = match (kind, only) {
            (WordKind::PageUrl, Only::Entries) => ("Actions_EntryPageUrl", "entryPageUrl"),
            (WordKind::PageUrl, Only::Exits) => ("Actions_ExitPageUrl", "exitPageUrl"),
            (WordKind::PageUrl, _) => ("Actions_PageUrl", "pageUrl"),
            (WordKind::PageTitle, Only::Entries) => ("Actions_EntryPageTitle", "entryPageTitle"),
            (WordKind::PageTitle, Only::Exits) => ("Actions_ExitPageTitle", "exitPageTitle"),
            (WordKind::PageTitle, _) => ("Actions_PageTitle", "pageTitle"),
            (WordKind::Outlink, _) => ("Actions_ClickedUrl", "outlinkUrl"),
            (WordKind::Download, _) => ("Actions_DownloadUrl", "downloadUrl"),
            _ => ("", "siteSearchKeyword"),
        };
        let show = Show {
            kind,
            is_long: period.is_long(),
            column,
            segment,
            flat: self.params.flag("flat"),
            timed: pages::timed(&pages),
            conversions: &conversions,
            only,
        };
        Ok(pages::rows(&pages, &show))
    }

    /// Rows sorted and cut as the call asks, `by` its own figure where it does not.
    fn listed(&self, mut rows: Vec<Cells>, by: Option<&str>) -> Value {
        let column = self.params.text("filter_sort_column").or(by);
        if let Some(column) = column {
            sort_rows(&mut rows, column, self.params.text("filter_sort_order") == Some("asc"));
        }
        if let Some(pattern) = self.params.text("filter_pattern") {
            let pattern = pattern.to_lowercase();
            let label =
                |row: &Cells| row.get("label").and_then(Value::as_str).unwrap_or_default().to_lowercase();
            rows.retain(|row| label(row).contains(&pattern));
        }
        let offset = self.params.int("filter_offset").unwrap_or(0).max(0) as usize;
        let limit = match self.params.int("filter_limit").unwrap_or(100) {
            limit if limit < 0 => usize::MAX,
            limit => limit as usize,
        };
        let mut rows: Vec<Cells> = rows.into_iter().skip(offset).take(limit).collect();
        rows.iter_mut().for_each(decode_label);
        rows.into_iter().map(Value::Object).collect::<Vec<_>>().into()
    }
}

/// A Matomo decodes each label as it would a URL, and leaves out the bytes that are no text then.
fn decode_label(row: &mut Cells) {
    if let Some(Value::String(label)) = row.get_mut("label")
        && label.contains(['%', '+'])
    {
        let text = label.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
        *label = decoded.replace(char::REPLACEMENT_CHARACTER, "");
    }
}

/// A report that this receiver makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Summary,
    SummaryFigure(&'static str),
    Frequency,
    Interest(Interest),
    ServerHour,
    LocalHour,
    Dimension(dimensions::By),
    ActionsGet,
    Pages(WordKind, Only),
    SearchCategories,
    Events(events::By),
    GoalsGet,
    Items(goals::Items),
    ReferrersAll,
    Referrers(referrers::List),
    Log(Log),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    Visits,
    Counters,
}

impl Report {
    fn of(method: &str) -> Option<Self> {
        use dimensions::By;
        Some(match method {
            "VisitsSummary.get" => Self::Summary,
            "VisitsSummary.getVisits" => Self::SummaryFigure("nb_visits"),
            "VisitsSummary.getUniqueVisitors" => Self::SummaryFigure("nb_uniq_visitors"),
            "VisitsSummary.getActions" => Self::SummaryFigure("nb_actions"),
            "VisitsSummary.getMaxActions" => Self::SummaryFigure("max_actions"),
            "VisitsSummary.getBounceCount" => Self::SummaryFigure("bounce_count"),
            "VisitsSummary.getVisitsConverted" => Self::SummaryFigure("nb_visits_converted"),
            "VisitsSummary.getSumVisitsLength" => Self::SummaryFigure("sum_visit_length"),
            "VisitFrequency.get" => Self::Frequency,
            "VisitorInterest.getNumberOfVisitsPerPage" => Self::Interest(Interest::Actions),
            "VisitorInterest.getNumberOfVisitsPerVisitDuration" => Self::Interest(Interest::Length),
            "VisitorInterest.getNumberOfVisitsByVisitCount" => Self::Interest(Interest::Count),
            "VisitTime.getVisitInformationPerServerTime" => Self::ServerHour,
            "VisitTime.getVisitInformationPerLocalTime" => Self::LocalHour,
            "DevicesDetection.getBrowsers" => Self::Dimension(By::Browser),
            "DevicesDetection.getBrowserVersions" => Self::Dimension(By::BrowserVersion),
            "DevicesDetection.getBrowserEngines" => Self::Dimension(By::BrowserEngine),
            "DevicesDetection.getOsFamilies" => Self::Dimension(By::OsFamily),
            "DevicesDetection.getOsVersions" => Self::Dimension(By::OsVersion),
            "DevicesDetection.getType" => Self::Dimension(By::DeviceType),
            "DevicesDetection.getBrand" => Self::Dimension(By::Brand),
            "DevicesDetection.getModel" => Self::Dimension(By::Model),
            "Resolution.getResolution" => Self::Dimension(By::Resolution),
            "Resolution.getConfiguration" => Self::Dimension(By::Configuration),
            "UserCountry.getCountry" => Self::Dimension(By::Country),
            "UserCountry.getContinent" => Self::Dimension(By::Continent),
            "UserCountry.getRegion" => Self::Dimension(By::Region),
            "UserCountry.getCity" => Self::Dimension(By::City),
            "UserLanguage.getLanguage" => Self::Dimension(By::Language),
            "UserLanguage.getLanguageCode" => Self::Dimension(By::LanguageCode),
            "UserId.getUsers" => Self::Dimension(By::User),
            "Actions.get" => Self::ActionsGet,
            "Actions.getPageUrls" => Self::Pages(WordKind::PageUrl, Only::All),
            "Actions.getEntryPageUrls" => Self::Pages(WordKind::PageUrl, Only::Entries),
            "Actions.getExitPageUrls" => Self::Pages(WordKind::PageUrl, Only::Exits),
            "Actions.getPageTitles" => Self::Pages(WordKind::PageTitle, Only::All),
            "Actions.getEntryPageTitles" => Self::Pages(WordKind::PageTitle, Only::Entries),
            "Actions.getExitPageTitles" => Self::Pages(WordKind::PageTitle, Only::Exits),
            "Actions.getOutlinks" => Self::Pages(WordKind::Outlink, Only::All),
            "Actions.getDownloads" => Self::Pages(WordKind::Download, Only::All),
            "Actions.getSiteSearchKeywords" => Self::Pages(WordKind::Search, Only::All),
            "Actions.getSiteSearchNoResultKeywords" => Self::Pages(WordKind::Search, Only::WithoutResult),
            "Actions.getSiteSearchCategories" => Self::SearchCategories,
            "Events.getCategory" => Self::Events(events::By::Category),
            "Events.getAction" => Self::Events(events::By::Action),
            "Events.getName" => Self::Events(events::By::Name),
            "Goals.get" => Self::GoalsGet,
            "Goals.getItemsSku" => Self::Items(goals::Items::Sku),
            "Goals.getItemsName" => Self::Items(goals::Items::Name),
            "Goals.getItemsCategory" => Self::Items(goals::Items::Category),
            "Referrers.getAll" => Self::ReferrersAll,
            "Referrers.getReferrerType" => Self::Referrers(referrers::List::Kinds),
            "Referrers.getKeywords" | "Referrers.getSearchEnginesFromKeywordId" => {
                Self::Referrers(referrers::List::Keywords)
            }
            "Referrers.getSearchEngines" | "Referrers.getKeywordsFromSearchEngineId" => {
                Self::Referrers(referrers::List::Engines)
            }
            "Referrers.getWebsites" | "Referrers.getUrlsFromWebsiteId" => {
                Self::Referrers(referrers::List::Websites)
            }
            "Referrers.getCampaigns" | "Referrers.getKeywordsFromCampaignId" => {
                Self::Referrers(referrers::List::Campaigns)
            }
            "Referrers.getSocials" | "Referrers.getUrlsForSocial" => {
                Self::Referrers(referrers::List::Socials)
            }
            "Live.getLastVisitsDetails" => Self::Log(Log::Visits),
            "Live.getCounters" => Self::Log(Log::Counters),
            _ => return None,
        })
    }
}

/// The rows of a kind of text over a period.
fn read_pages(context: &Context<'_>, period: Period, kind: WordKind) -> Result<Pages, ReportError> {
    let mut total = Pages::new();
    for day in read_days(context, period) {
        let day = day?;
        pages::add_day(
            &mut total,
            match kind {
                WordKind::PageTitle => day.titles,
                WordKind::Outlink => day.outlinks,
                WordKind::Download => day.downloads,
                WordKind::Search => day.searches,
                _ => day.urls,
            },
        );
    }
    Ok(if period.is_long() { pages::cut(total) } else { total })
}

fn read_days<'a>(
    context: &'a Context<'a>,
    period: Period,
) -> impl Iterator<Item = Result<pages::Day, ReportError>> + 'a {
    let mut goals: Vec<i64> = context.site.goals.iter().map(|goal| goal.id).collect();
    if context.site.ecommerce {
        goals.extend([CART, ORDER]);
    }
    period.days().map(move |day| {
        let span = period::span(day, &context.zone);
        Ok(pages::Day::read(context.db, context.site.id, span, &goals)?)
    })
}

/// `Actions.get`.
fn actions_get(context: &Context<'_>, period: Period) -> Result<Cells, ReportError> {
    let mut sums = [0.0; 7];
    let mut searches = Pages::new();
    for day in read_days(context, period) {
        let day = day?;
        let (hits, visits) = pages::totals(&day.urls);
        let (downloads, unique_downloads) = pages::totals(&day.downloads);
        let (outlinks, unique_outlinks) = pages::totals(&day.outlinks);
        let (found, _) = pages::totals(&day.searches);
        let figures = [hits, visits, downloads, unique_downloads, outlinks, unique_outlinks, found];
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum += figure;
        }
        pages::add_day(&mut searches, day.searches);
    }
    let names = [
        "nb_pageviews",
        "nb_uniq_pageviews",
        "nb_downloads",
        "nb_uniq_downloads",
        "nb_outlinks",
        "nb_uniq_outlinks",
        "nb_searches",
    ];
    let mut cells = Cells::new();
    for (name, sum) in names.into_iter().zip(sums) {
        metrics::put(&mut cells, name, sum);
    }
    metrics::put(&mut cells, "nb_keywords", pages::keywords(&searches).len() as f64);
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_decoded() {
        for (label, shown) in
            [("/caf%C3%A9/a+b", "/café/a b"), ("c++", "c  "), ("100% wool", "100% wool"), ("caf%E9", "caf")]
        {
            let mut row = Cells::new();
            row.insert("label".to_owned(), label.into());
            decode_label(&mut row);
            assert_eq!(row["label"], shown);
        }
    }
}

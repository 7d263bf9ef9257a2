//! Writing an accepted hit: its visit, what was done, what was converted, and the hit as it came.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::{OptionalExtension, params};

use super::action::{Action, Kind};
use super::conversion::{Conversion, Scene};
use super::request::Request;
use super::visit::{Effect, Visit, page_of};
use super::{Engine, Problem, time, url};
use crate::params::Params;
use crate::sites::Registry;
use crate::store::words::WordKind;

/// The numbers of an action's texts.
#[derive(Debug, Default)]
struct Texts {
    url: Option<i64>,
    /// Title, keyword or event name.
    name: Option<i64>,
    event_category: Option<i64>,
    event_action: Option<i64>,
    content: [Option<i64>; 4],
}

/// Page timings by their parameters, in the order of the columns.
const TIMINGS: [&str; 6] = ["pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl"];

impl Engine {
    pub(super) fn record(&mut self, request: &Request<'_>, registry: &Registry) -> Result<Kind, Problem> {
        // Which action it would be is settled first, as a hit that claims to be one and is none fails, whatever
        // else it says.
        let action = Action::of(request.params, request.site)?;
        let below_zero = |name: &&str| request.params.int(name).is_some_and(|time| time < -1);
        if matches!(action, Action::PageView { .. }) && TIMINGS.iter().any(below_zero) {
            return Err(Problem::Refused("a page timing below 0"));
        }
        let stated = Conversion::stated(request)?;
        let is_ping = request.params.int("ping") == Some(1);
        let (agent_id, agent) = self.words.agent(&self.db, request.user_agent)?;
        let day = i64::from(time::civil(request.time, &registry.zone(request.site.id)).date().day_of_year());
        let fingerprint = request.fingerprint(&agent, day);
        let last = Visit::find_last(&self.db, request, fingerprint)?.filter(|visit| !visit.is_full());
        let under_way = last.as_ref().filter(|visit| visit.goes_on(request, registry)).cloned();
        if is_ping && under_way.is_none() {
            return Err(Problem::Ignored("a ping without a visit"));
        }
        let action = (stated.is_none() && !is_ping).then_some(action);
        let conversion = match (stated, &action) {
            _ if is_ping => None,
            (Some(stated), _) => Some(stated),
            (None, Some(action)) => Conversion::of_action(request, action),
            (None, None) => None,
        };
        if let Some(conversion) = &conversion {
            conversion.check(&self.db, request)?;
        }
        let texts = match &action {
            Some(action) => self.texts(action)?,
            None => Texts::default(),
        };
        let effect = Effect {
            page: action.as_ref().and_then(|action| page_of(action, texts.url, texts.name)),
            kind: if is_ping { Some(Kind::Ping) } else { action.as_ref().map(Action::kind) },
            goal_parameter: request.params.int("idgoal").unwrap_or(-1),
            converts: matches!(conversion, Some(Conversion::Goals(_) | Conversion::Order { .. })),
            is_order: matches!(conversion, Some(Conversion::Order { .. })),
            is_cart: matches!(conversion, Some(Conversion::Cart)),
        };
        let before = under_way.clone().unwrap_or_default();
        let visit = if let Some(mut visit) = under_way {
            visit.go_on(request, registry, effect);
            visit.update(&self.db)?;
            visit
        } else {
            let mut visit =
                Visit::begin(request, registry, last.as_ref(), effect, self.random_visitor(fingerprint))?;
            visit.insert(&self.db, request, fingerprint, agent_id)?;
            self.visits += 1;
            visit
        };
        if let Some(action) = &action {
            self.insert_hit(request, action, &texts, &before, &visit)?;
        }
        self.update_timings(request, action.as_ref(), &visit)?;
        if let Some(conversion) = &conversion {
            let is_page = matches!(action, Some(Action::PageView { .. }));
            let scene = Scene {
                request,
                registry,
                visit: &visit,
                agent: agent_id,
                had_cart: matches!(before.buyer, 2 | 3),
                pages_before: before.interactions - before.searches + i64::from(is_page),
            };
            conversion.record(&self.db, &mut self.words, &scene)?;
        }
        let kind = match (&conversion, &action) {
            _ if is_ping => Kind::Ping,
            (_, Some(action)) => action.kind(),
            (Some(Conversion::Order { .. }), None) => Kind::Order,
            (Some(Conversion::Cart), None) => Kind::Cart,
            (_, None) => Kind::Goal,
        };
        self.keep(request, &visit, kind)?;
        Ok(kind)
    }

    /// An id for a visitor who has none: no two alike, the same in every run over the same hits.
    fn random_visitor(&self, fingerprint: i64) -> i64 {
        let mut hasher = DefaultHasher::new();
        (self.visits, self.counts.received, fingerprint).hash(&mut hasher);
        hasher.finish().cast_signed()
    }

    fn texts(&mut self, action: &Action) -> rusqlite::Result<Texts> {
        let (db, words) = (&self.db, &mut self.words);
        let mut texts = Texts::default();
        let page = |words: &mut crate::store::words::Words, url: &Option<String>| match url {
            Some(url) => {
                let (name, prefix) = url::normalize(url);
                words.id(db, WordKind::PageUrl, name, prefix).map(Some)
            }
            None => Ok(None),
        };
        match action {
            Action::PageView { url, title } => {
                texts.url = page(words, url)?;
                if !title.is_empty() {
                    texts.name = Some(words.id(db, WordKind::PageTitle, title, None)?);
                }
            }
            Action::Search { keyword, .. } => {
                texts.name = Some(words.id(db, WordKind::Search, keyword, None)?);
            }
            Action::Event { url, category, action, name, .. } => {
                texts.url = page(words, url)?;
                texts.event_category = Some(words.id(db, WordKind::EventCategory, category, None)?);
                texts.event_action = Some(words.id(db, WordKind::EventAction, action, None)?);
                if let Some(name) = name {
                    texts.name = Some(words.id(db, WordKind::EventName, name, None)?);
                }
            }
            Action::Content { url, name, piece, target, interaction } => {
                texts.url = page(words, url)?;
                let parts = [
                    (WordKind::ContentName, Some(name)),
                    (WordKind::ContentPiece, piece.as_ref()),
                    (WordKind::ContentTarget, target.as_ref()),
                    (WordKind::ContentInteraction, interaction.as_ref()),
                ];
                for (slot, (kind, text)) in texts.content.iter_mut().zip(parts) {
                    if let Some(text) = text {
                        *slot = Some(words.id(db, kind, text, None)?);
                    }
                }
            }
            Action::Outlink { url: Some(url) } => {
                texts.url = Some(words.id(db, WordKind::Outlink, url, None)?);
            }
            Action::Download { url: Some(url) } => {
                texts.url = Some(words.id(db, WordKind::Download, url, None)?);
            }
            Action::Outlink { url: None } | Action::Download { url: None } => {}
        }
        Ok(texts)
    }

    fn insert_hit(
        &mut self,
        request: &Request<'_>,
        action: &Action,
        texts: &Texts,
        before: &Visit,
        visit: &Visit,
    ) -> rusqlite::Result<()> {
        let hit = request.params;
        let kind = action.kind();
        // 0 stands for a page without a URL or title; a search has no page at all.
        let url = if kind == Kind::Search { None } else { Some(texts.url.unwrap_or(0)) };
        let name = match kind {
            Kind::PageView | Kind::Search => Some(texts.name.unwrap_or(0)),
            _ => texts.name,
        };
        let time_before = if before.id == 0 {
            0
        } else {
            (request.time - before.last_time).clamp(0, super::visit::VISIT_LENGTH)
        };
        let (category, count) = match action {
            Action::Search { category, results, .. } => (category.as_deref(), *results),
            _ => (None, None),
        };
        let value = match action {
            Action::Event { value, .. } => *value,
            _ => None,
        };
        let timings = timings(hit);
        let product = self.product(hit)?;
        self.db
            .prepare_cached(
                "INSERT INTO hit (visit, site, visitor, time, kind, url, name, url_before, name_before, time_before, \
                 position, page_view, search_category, search_count, event_category, event_action, value, network, \
                 server, transfer, dom_processing, dom_completion, on_load, content_name, content_piece, \
                 content_target, content_interaction, product_sku, product_name, product_category, product_price) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
                 ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)",
            )?
            .execute(params![
                visit.id,
                request.site.id,
                visit.visitor,
                request.time,
                kind as i64,
                url,
                name,
                before.exit_url,
                before.exit_title,
                time_before,
                (visit.interactions > 0).then_some(visit.interactions),
                hit.text("pv_id").map(|id| id.chars().take(6).collect::<String>()),
                category,
                count,
                texts.event_category,
                texts.event_action,
                value,
                timings[0],
                timings[1],
                timings[2],
                timings[3],
                timings[4],
                timings[5],
                texts.content[0],
                texts.content[1],
                texts.content[2],
                texts.content[3],
                product.0,
                product.1,
                product.2,
                hit.float("_pkp"),
            ])?;
        Ok(())
    }

    /// SKU, name and category of a product that the page shows.
    fn product(&mut self, hit: &Params) -> rusqlite::Result<(Option<i64>, Option<i64>, Option<i64>)> {
        let mut word = |kind, name| match hit.text(name) {
            Some(text) => self.words.id(&self.db, kind, &url::clean_text(text), None).map(Some),
            None => Ok(None),
        };
        Ok((
            word(WordKind::Sku, "_pks")?,
            word(WordKind::ProductName, "_pkn")?,
            word(WordKind::Category, "_pkc")?,
        ))
    }

    /// A later hit of the same page view may bring its timings.
    fn update_timings(
        &mut self,
        request: &Request<'_>,
        action: Option<&Action>,
        visit: &Visit,
    ) -> rusqlite::Result<()> {
        let timings = timings(request.params);
        let Some(page_view) = request.params.text("pv_id") else { return Ok(()) };
        if matches!(action, Some(Action::PageView { .. })) || timings.iter().all(Option::is_none) {
            return Ok(());
        }
        let page: Option<i64> = self
            .db
            .prepare_cached(
                "SELECT id FROM hit WHERE visit = ?1 AND page_view = ?2 AND kind = 1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![visit.id, page_view], |row| row.get(0))
            .optional()?;
        if let Some(page) = page {
            self.db
                .prepare_cached(
                    "UPDATE hit SET network = coalesce(?2, network), server = coalesce(?3, server), \
                     transfer = coalesce(?4, transfer), dom_processing = coalesce(?5, dom_processing), \
                     dom_completion = coalesce(?6, dom_completion), on_load = coalesce(?7, on_load) WHERE id = ?1",
                )?
                .execute(params![page, timings[0], timings[1], timings[2], timings[3], timings[4], timings[5]])?;
        }
        Ok(())
    }

    /// The hit as it came, for whoever compares.
    fn keep(&mut self, request: &Request<'_>, visit: &Visit, kind: Kind) -> rusqlite::Result<()> {
        let params = self.keep_params.then(|| stored_form(request.params));
        self.db
            .prepare_cached(
                "INSERT INTO received (site, visit, visitor, kind, time, params) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![request.site.id, visit.id, visit.visitor, kind.name(), request.time, params])?;
        Ok(())
    }
}

fn timings(hit: &Params) -> [Option<i64>; 6] {
    TIMINGS.map(|name| hit.int(name).filter(|milliseconds| (0..=1 << 24).contains(milliseconds)))
}

/// The parameters as a query string again, without the token.
fn stored_form(hit: &Params) -> String {
    let mut query = ::url::form_urlencoded::Serializer::new(String::with_capacity(256));
    for (name, value) in hit.iter().filter(|(name, _)| *name != "token_auth") {
        query.append_pair(name, value);
    }
    query.finish()
}

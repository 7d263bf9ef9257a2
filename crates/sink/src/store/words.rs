//! The texts that hits share, kept once: looked up by name and kind, remembered for the next hit.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use crate::tracker::agent::Agent;

/// What a text is. The numbers are those that Matomo uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum WordKind {
    PageUrl = 1,
    Outlink = 2,
    Download = 3,
    PageTitle = 4,
    Sku = 5,
    ProductName = 6,
    Category = 7,
    Search = 8,
    EventCategory = 10,
    EventAction = 11,
    EventName = 12,
    ContentName = 13,
    ContentPiece = 14,
    ContentTarget = 15,
    ContentInteraction = 16,
}

/// So many texts of a kind are remembered before the memory starts afresh: bounded, and large enough that a site's
/// pages stay.
const REMEMBERED: usize = 50_000;

/// The lookups with their memory. Must forget when a transaction is rolled back: what it remembers may be gone.
#[derive(Debug, Default)]
pub(crate) struct Words {
    ids: HashMap<WordKind, HashMap<String, i64>>,
    agents: HashMap<String, (i64, Arc<Agent>)>,
}

impl Words {
    /// The number of a text, which is added when it is new.
    pub(crate) fn id(
        &mut self,
        db: &Connection,
        kind: WordKind,
        name: &str,
        prefix: Option<u8>,
    ) -> rusqlite::Result<i64> {
        let remembered = self.ids.entry(kind).or_default();
        if let Some(id) = remembered.get(name) {
            return Ok(*id);
        }
        let known = db
            .prepare_cached("SELECT id FROM action WHERE name = ?1 AND type = ?2")?
            .query_row(params![name, kind as i64], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = known {
            id
        } else {
            db.prepare_cached("INSERT INTO action (type, name, prefix) VALUES (?1, ?2, ?3)")?
                .execute(params![kind as i64, name, prefix])?;
            db.last_insert_rowid()
        };
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The number of a user agent with what it says.
    pub(crate) fn agent(&mut self, db: &Connection, user_agent: &str) -> rusqlite::Result<(i64, Arc<Agent>)> {
        if let Some(known) = self.agents.get(user_agent) {
            return Ok((known.0, Arc::clone(&known.1)));
        }
        let agent = Arc::new(Agent::parse(user_agent));
        let known = db
            .prepare_cached("SELECT id FROM agent WHERE user_agent = ?1")?
            .query_row(params![user_agent], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = known {
            id
        } else {
            let parsed =
                serde_json::to_string(&*agent).expect("an agent is plain text, which always has a JSON form");
            db.prepare_cached("INSERT INTO agent (user_agent, parsed) VALUES (?1, ?2)")?
                .execute(params![user_agent, parsed])?;
            db.last_insert_rowid()
        };
        if self.agents.len() >= REMEMBERED {
            self.agents.clear();
        }
        self.agents.insert(user_agent.to_owned(), (id, Arc::clone(&agent)));
        Ok((id, agent))
    }

    pub(crate) fn forget(&mut self) {
        self.ids.clear();
        self.agents.clear();
    }
}

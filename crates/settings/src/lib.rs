//! The one definition of every setting of the load generator: parse, validate, explain.
//!
//! [`definitions`] lists every setting once: name, kind, range, default, group, help. All else follows from that list:
//! [`parse`] turns variables into valid [`Settings`] or names every fault at once, [`from_json`] takes what an API
//! receives, [`mask`] hides what must not be shown, [`presets`] are ready-made loads, and [`render`] writes the
//! documents and schemas.
//!
//! Pure: variables, files and the time come in as arguments. A map of two entries makes settings for a test:
//!
//! ```
//! use std::collections::BTreeMap;
//! let vars: BTreeMap<String, String> =
//!     [("MATOMO_URL", "http://127.0.0.1:8080/matomo.php"), ("RANDOMIZE_VISITOR_COUNTRIES", "false")]
//!         .map(|(name, value)| (name.into(), value.into()))
//!         .into();
//! let read_file = |path: &str| Err(format!("{path} is not there"));
//! let context = settings::Context { now: "2025-06-15T12:00:00Z".parse()?, read_file: &read_file };
//! let parsed = settings::parse(&vars, &context)?;
//! assert_eq!(parsed.settings.visits.pageviews.max, 6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod api;
mod assemble;
mod backfill;
mod definition;
pub mod env_file;
mod finding;
mod mask;
mod model;
mod parse;
pub mod presets;
pub mod render;
mod rules;
mod suggest;
mod table;
mod threshold;
mod value;

pub use api::{from_json, normalize};
pub use definition::{Condition, Definition, Group, Kind};
pub use finding::{Finding, Rejected, Severity};
pub use mask::{MASK, mask, mask_url, merge_masked};
pub use model::*;
pub use parse::{Context, Parsed, parse};
pub use table::{definition, definitions};
pub use threshold::{Figure, Relation, Statistic, Threshold};

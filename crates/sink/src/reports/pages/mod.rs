//! Reports about what visitors did: page URLs and titles, entries and exits, outlinks, downloads, site searches.

mod cut;
mod figures;
mod path;
mod read;
mod show;

pub(super) use cut::cut;
pub(super) use figures::{Pages, add_day, keywords, timed, totals};
pub(super) use read::Day;
pub(super) use show::{Only, Show, rows};

//! What Matomo's reports should say about the visits of a run.
//!
//! A [`Ledger`] is told what became of every hit and counts, per day of the site, the figures that the Reporting API
//! should give if all that was acknowledged is recorded. Where an answer is missing, a figure is an interval: from what
//! is sure to what is possible. Its rules about visits are written from what a real Matomo was seen to do, and from
//! nothing that the receiver of this workspace does: a proof against shared code proves nothing.
//!
//! Pure: times come in with the hits, and what is kept goes out as a [`Book`] for whoever writes files.

mod book;
mod day;
mod label;
mod layout;
mod ledger;
mod rules;
mod scenario;
mod seen;
mod site;
mod zone;

pub use book::{BOOK_VERSION, Book, DayFigures, Figure, OpenVisit, Row, Span, Table, Times, group_parts};
pub use label::{flat_page_label, link_label, page_label};
pub use ledger::{Fate, Ledger, Settled, Setup};
pub use scenario::{Deviation, What};
pub use site::Site;
pub use zone::Zone;

//! The Matomo tracking protocol, as far as a client needs it.
//!
//! Three questions are answered here, each in its own module: how a hit is written ([`Encoder`]), what an
//! answer means ([`answer`]), and whether the address and the token in the settings are good for anything
//! ([`reporting`]). Nothing here decides when to send, how often to try again, or what to count.

pub mod answer;
mod encoder;
mod params;
pub mod reporting;
pub mod tls;
mod write;

pub use encoder::Encoder;
pub use params::params;

//! What the content files hold, what is refused and how.

#[path = "content/accepted.rs"]
mod accepted;
#[path = "content/built_in.rs"]
mod built_in;
#[path = "content/never_panics.rs"]
mod never_panics;
#[path = "content/refused.rs"]
mod refused;

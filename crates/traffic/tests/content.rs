//! What the content files hold, what is refused and how.

#[path = "content/built_in.rs"]
mod built_in;
#[path = "content/refused.rs"]
mod refused;

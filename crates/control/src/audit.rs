//! A line in the log for every change: who, what, from where.

use crate::auth::Caller;

/// Writes the line. `action` is a verb and its kind, as in `config.create`; `object` says which one.
pub fn changed(caller: &Caller, action: &str, object: &str) {
    tracing::info!(target: "audit", key = caller.key_id, client = %caller.client, action, object, "changed");
}

//! Secrets that a client sends back masked, since it was never shown them: found again where they are kept.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    AppState,
    configuration::{self, Config},
    engine::configuration::{TOKEN, TOKEN_FILE, settings_of},
    error::ApiError,
    store::Kind,
};

/// The configuration with the secrets of the saved one of that id in the place of their masks, and for what is still masked
/// those that the load generator has at present.
///
/// # Errors
/// When there is no saved configuration of that id.
pub async fn unmask(state: &AppState, config: Config, saved: Option<i64>) -> Result<Config, ApiError> {
    let config = with_saved(state, config, saved).await?;
    Ok(configuration::keep_masked(&present(state), config))
}

/// The configuration with the secrets of the saved one of that id in the place of their masks.
///
/// Who starts with a saved configuration must name it: the secrets of the load generator as it is are those of another
/// target, perhaps.
///
/// # Errors
/// When there is no saved configuration of that id.
pub async fn with_saved(state: &AppState, config: Config, saved: Option<i64>) -> Result<Config, ApiError> {
    Ok(match saved {
        Some(_) => configuration::keep_masked(&stored(state, saved).await?, config),
        None => config,
    })
}

/// What masks stand for: the saved configuration of that id, or the settings of the load generator as it is.
///
/// # Errors
/// When there is no saved configuration of that id.
pub async fn stored(state: &AppState, saved: Option<i64>) -> Result<Config, ApiError> {
    Ok(match saved {
        Some(id) => state.store.get_saved(Kind::Config, id).await?.full(),
        None => present(state),
    })
}

/// The settings of the load generator as it is, its token in clear where that is known here.
pub fn present(state: &AppState) -> Config {
    let Some(unit) = state.load.view().unit else { return Config::new() };
    let env = &unit.blueprint.env;
    let mut vars: BTreeMap<String, String> = settings_of(env);
    match state.load.folder().token(env) {
        Some(token) => {
            vars.insert(TOKEN.to_owned(), token);
        }
        // A container secret that only the load generator can read: that there is one is known, and all that matters.
        None if env.contains_key(TOKEN_FILE) => {
            vars.insert(TOKEN.to_owned(), "0".repeat(32));
        }
        None => {}
    }
    vars.into_iter().map(|(name, text)| (name, Value::String(text))).collect()
}

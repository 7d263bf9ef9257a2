//! A client of the target's Reporting API, made from the settings.

use std::time::Duration;

use anyhow::Context as _;
use matomo::reporting::{Client, Options};
use settings::Settings;

/// The client, with `timeout` for one request.
///
/// # Errors
/// When the TLS files are unusable.
pub fn client(settings: &Settings, timeout: Duration) -> anyhow::Result<Client> {
    let target = &settings.target;
    let ca_pem = target.ca_file.as_ref().map(|path| {
        std::fs::read(path).with_context(|| format!("TLS_CA_FILE: cannot read {path}; it must be a PEM file"))
    });
    let options = Options { timeout, ca_pem: ca_pem.transpose()?, insecure: target.insecure, permits: None };
    Ok(Client::new(&target.url, target.token.clone(), &options)?)
}

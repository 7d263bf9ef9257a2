//! How the target of a run is asked for its reports: with the address and the token that the load generator has now, where
//! they are those of the run, else with the run's own address and a token that the caller brings.

use std::{path::Path, time::Duration};

use matomo::reporting::{Client, Options};
use proof::RunRecord;
use secrecy::SecretString;
use settings::{MASK, Target};
use url::Url;

use super::RunError;
use crate::{
    clock,
    engine::{EngineKind, LoadGenerator, configuration},
    error::FieldError,
    targets::Targets,
};

/// One report of a busy site may take long to be archived.
const PATIENCE: Duration = Duration::from_mins(5);

/// What to ask.
pub(super) struct Asked {
    pub(super) client: Client,
    /// What may be wrong with the connection and cannot be known from here.
    pub(super) caution: Option<String>,
}

impl Asked {
    /// The target of a run. The token is that of the caller, or the load generator's own where it is for this target.
    pub(super) fn of(
        record: &RunRecord,
        token: Option<SecretString>,
        load: &LoadGenerator,
        targets: &Targets,
    ) -> Result<Self, RunError> {
        let env = load.last_blueprint().map(|blueprint| blueprint.env).unwrap_or_default();
        let present = configuration::validate(&env, load.folder(), clock::now()).ok();
        let present = present.map(|parsed| parsed.settings.target).filter(|target| is_of(target, record));
        let (url, insecure, ca_file) = match &present {
            Some(target) => (target.url.clone(), target.insecure, target.ca_file.clone()),
            None => (address(record)?, is_insecure(record), record.settings.get("TLS_CA_FILE").cloned()),
        };
        let own = || load.folder().token(&env).filter(|_| present.is_some()).map(SecretString::from);
        let token = token.or_else(own).ok_or_else(no_token)?;
        targets.check(&url).map_err(RunError::TargetForbidden)?;
        let ca_pem = ca_file.as_deref().map(|path| read(path, load));
        let caution = ca_pem.as_ref().and_then(|read| read.as_ref().err().cloned());
        let options = Options {
            timeout: PATIENCE,
            ca_pem: ca_pem.and_then(Result::ok),
            insecure,
            permits: Some(targets.address_policy(&url)),
        };
        let client = Client::new(&url, Some(token), &options)
            .map_err(|error| RunError::Unusable(error.to_string()))?;
        Ok(Self { client, caution })
    }
}

/// Whether the load generator's target is that of the run.
fn is_of(target: &Target, record: &RunRecord) -> bool {
    settings::mask_url(target.url.as_str()) == record.target && target.site_id == record.site_id
}

/// The address that the run wrote down, which is without user and password.
fn address(record: &RunRecord) -> Result<Url, RunError> {
    if record.target.contains(MASK) {
        return Err(RunError::Unusable(
            "the address of its target had a user, a password or a token in it, which are not written down: apply a \
             configuration with that address first"
                .to_owned(),
        ));
    }
    Url::parse(&record.target)
        .map_err(|error| RunError::Unusable(format!("its target is no address: {error}")))
}

fn is_insecure(record: &RunRecord) -> bool {
    record.settings.get("TLS_INSECURE").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

fn no_token() -> RunError {
    RunError::Invalid(FieldError::new(
        "token_auth",
        "is missing, and the load generator has none for this target and site that can be read here: give one that may \
         view the site",
    ))
}

/// Certificates of a file of the load generator's.
fn read(path: &str, load: &LoadGenerator) -> Result<Vec<u8>, String> {
    let here = match load.kind() {
        EngineKind::Process => Some(Path::new(path).to_owned()),
        EngineKind::Docker => load.folder().from_unit(path),
    };
    here.and_then(|path| std::fs::read(path).ok()).ok_or_else(|| {
        format!(
            "TLS_CA_FILE={path} of the load generator cannot be read from here, so that its certificates are not trusted: \
             put it into the data folder"
        )
    })
}

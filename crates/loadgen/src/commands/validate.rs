//! `loadgen validate`: is this configuration good, before any traffic?

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use matomo::reporting::{ConnectionReport, Site, check_connection};
use serde::Serialize;
use settings::{Finding, Settings};

use super::{environment, faults, print};
use crate::cli::{EXIT_CONFIG, ValidateArgs};
use crate::clock::Clock;
use crate::{content, reporting};

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Findings {
    valid: bool,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
    /// Faults of content files, one line each.
    content: Vec<String>,
    /// What the target said; null when it was not asked.
    connection: Option<Connection>,
}

/// What a connection test found, as it is printed.
#[derive(Debug, Default, Serialize)]
struct Connection {
    success: bool,
    reachable: bool,
    status_code: Option<u16>,
    response_time_ms: Option<f64>,
    version: Option<String>,
    token_valid: Option<bool>,
    may_override_country: Option<bool>,
    may_send_old_dates: Option<bool>,
    site: Option<Site>,
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl From<ConnectionReport> for Connection {
    fn from(report: ConnectionReport) -> Self {
        Self {
            success: report.success(),
            reachable: report.reachable,
            status_code: report.status_code,
            response_time_ms: report.response_time.map(|time| time.as_secs_f64() * 1e3),
            version: report.version,
            token_valid: report.token_valid,
            may_override_country: report.may_override_country,
            may_send_old_dates: report.may_send_old_dates,
            site: report.site,
            errors: report.errors,
            warnings: report.warnings,
        }
    }
}

pub(super) fn check(args: &ValidateArgs, clock: Clock) -> ExitCode {
    let findings = match variables(args) {
        Ok(variables) => examine(&variables, args.skip_connection, clock),
        Err(errors) => Findings { errors, ..Findings::default() },
    };
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&findings).expect("findings have only string keys"))
    } else {
        spoken(&findings)
    };
    print(text.as_bytes());
    if findings.valid { ExitCode::SUCCESS } else { ExitCode::from(EXIT_CONFIG) }
}

fn variables(args: &ValidateArgs) -> Result<BTreeMap<String, String>, Vec<Finding>> {
    let Some(path) = &args.env_file else { return Ok(environment(&args.settings)) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        vec![Finding {
            field: "--env-file".to_owned(),
            message: format!("cannot read {}: {error}; correct the path", path.display()),
            severity: settings::Severity::Error,
        }]
    })?;
    let mut variables = settings::env_file::parse(&text)?;
    variables.extend(args.settings.0.clone());
    Ok(variables)
}

fn examine(variables: &BTreeMap<String, String>, skip_connection: bool, clock: Clock) -> Findings {
    let read_file = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let context = settings::Context { now: clock.now(), read_file: &read_file };
    let parsed = match settings::parse(variables, &context) {
        Ok(parsed) => parsed,
        Err(rejected) => {
            return Findings { errors: rejected.errors, warnings: rejected.warnings, ..Findings::default() };
        }
    };
    let content = content::load(&parsed.settings).err().unwrap_or_default();
    let connection = (!skip_connection).then(|| ask(&parsed.settings, clock));
    let reached = connection.as_ref().is_none_or(|report| report.success);
    Findings {
        valid: content.is_empty() && reached,
        errors: Vec::new(),
        warnings: parsed.warnings,
        content,
        connection,
    }
}

fn ask(settings: &Settings, clock: Clock) -> Connection {
    match test(settings, clock) {
        Ok(report) => report.into(),
        Err(error) => Connection { errors: vec![format!("{error:#}")], ..Connection::default() },
    }
}

fn test(settings: &Settings, clock: Clock) -> anyhow::Result<ConnectionReport> {
    let client = reporting::client(settings, Duration::from_secs_f64(settings.transport.timeout_s))?;
    let monotonic = || Duration::from_micros(clock.now_us().unsigned_abs());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let now_s = clock.now_us() / 1_000_000;
    Ok(runtime.block_on(check_connection(&client, settings.target.site_id, now_s, &monotonic)))
}

fn spoken(findings: &Findings) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(findings.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.extend(findings.errors.iter().map(|error| format!("error: {error}")));
    lines.extend(findings.content.iter().map(|fault| format!("error: {fault}")));
    if let Some(connection) = &findings.connection {
        lines.extend(connection.lines());
    }
    lines.push(if findings.valid {
        "The configuration is valid.".to_owned()
    } else {
        let count = findings.errors.len() + findings.content.len();
        format!(
            "The configuration cannot run: {}.",
            if count == 0 { "the target does not take our hits".to_owned() } else { faults(count) }
        )
    });
    lines.join("\n") + "\n"
}

impl Connection {
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.warnings.iter().map(|warning| format!("warning: target: {warning}")).collect();
        lines.extend(self.errors.iter().map(|error| format!("error: target: {error}")));
        let may = |right: Option<bool>| match right {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        if self.reachable {
            let time = self.response_time_ms.unwrap_or_default();
            let version = self.version.as_deref().unwrap_or("version not told");
            lines.push(format!("target: answered in {time:.0} ms ({version})"));
            lines.push(format!("target: may set a visitor's country: {}", may(self.may_override_country)));
            lines.push(format!("target: may send dates older than a day: {}", may(self.may_send_old_dates)));
        }
        if let Some(site) = &self.site {
            let zone = site.time_zone.as_deref().unwrap_or("not known");
            lines.push(format!("target: site {:?}, time zone {zone}", site.name));
        }
        lines
    }
}

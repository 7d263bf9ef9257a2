//! A configuration on its way into a unit's environment, and out of it again.
//!
//! The token never stands in the environment, where `docker inspect` would show it: it goes into a file of its own for
//! each unit, so that an older unit still has its own when a new one fails.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use settings::{Finding, MASK, Parsed, Rejected};

/// Settings by name, as an environment has them.
pub type Vars = BTreeMap<String, String>;

/// The setting that holds the token.
pub const TOKEN: &str = "MATOMO_TOKEN_AUTH";
/// The setting that names the token's file.
pub const TOKEN_FILE: &str = "MATOMO_TOKEN_AUTH_FILE";
/// The folder of token files in the data folder.
const SECRETS: &str = "secrets";

/// Where a unit runs, rather than what it does: kept when a configuration does not speak of it.
const OF_THE_PLACE: [&str; 14] = [
    "AUTO_START",
    "START_SIGNAL_FILE",
    "START_CHECK_INTERVAL",
    "STATE_DIR",
    "METRICS_PORT",
    "GRACE_PERIOD",
    "SHARD",
    "LOG_FORMAT",
    "STATS_INTERVAL",
    "URLS_FILE",
    "EVENTS_FILE",
    "FUNNEL_CONFIG_PATH",
    "CONTENT_DIR",
    "TLS_CA_FILE",
];

/// The data folder from both sides, and the token files in it.
#[derive(Debug, Clone)]
pub struct Folder {
    /// As the control plane sees it.
    pub here: PathBuf,
    /// As a unit sees it.
    pub there: PathBuf,
}

impl Folder {
    /// A unit's path as the control plane sees it; `None` when it is not in the data folder.
    pub fn from_unit(&self, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(&self.there).ok()?;
        let plain = below.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        plain.then(|| self.here.join(below))
    }

    /// A path below the data folder as a unit sees it.
    pub fn to_unit(&self, below: &str) -> PathBuf {
        self.there.join(below)
    }

    /// The token file that a unit is given, when it is one of ours.
    fn own_token_file(&self, vars: &Vars) -> Option<PathBuf> {
        let path = self.from_unit(vars.get(TOKEN_FILE)?)?;
        path.starts_with(self.here.join(SECRETS)).then_some(path)
    }

    /// Writes a token for a unit, and returns the path by which the unit finds it. Only the unit's user and ours can read
    /// it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write_token(
        &self,
        unit: &str,
        token: &str,
        user: Option<(u32, u32)>,
        now: Timestamp,
    ) -> io::Result<String> {
        let folder = self.here.join(SECRETS);
        fs::create_dir_all(&folder)?;
        // Passable, since the unit may run as another user; the names in it tell nothing.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o711)).ok();
        let name = format!("{unit}.{}.token", now.as_nanosecond());
        let path = folder.join(&name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(token.as_bytes())?;
        file.sync_all()?;
        give_to(&path, user)?;
        Ok(self.to_unit(SECRETS).join(name).to_string_lossy().into_owned())
    }

    /// Lets a user read the token file that this environment names, when it is one of ours.
    ///
    /// # Errors
    /// When the file cannot be changed.
    pub fn give_token(&self, env: &Vars, user: Option<(u32, u32)>) -> io::Result<()> {
        self.own_token_file(env).map_or(Ok(()), |path| give_to(&path, user))
    }

    /// Makes a folder below the data folder in which a user may write, and every folder above it that is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_folder(&self, below: &str, user: Option<(u32, u32)>) -> io::Result<()> {
        let mut path = self.here.clone();
        for part in Path::new(below).components() {
            path.push(part);
            match fs::create_dir(&path) {
                Ok(()) => give_to(&path, user)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes the token file that this environment names, when it is one of ours.
    pub fn remove_token(&self, env: &Vars) {
        if let Some(path) = self.own_token_file(env) {
            fs::remove_file(path).ok();
        }
    }

    /// Removes the token files that were written for this unit, save the one that it has.
    pub fn sweep_tokens(&self, unit: &str, env: Option<&Vars>) {
        let kept = env.and_then(|env| self.own_token_file(env));
        let Ok(entries) = fs::read_dir(self.here.join(SECRETS)) else { return };
        for entry in entries.flatten().filter(|entry| Some(entry.path()) != kept) {
            let name = entry.file_name();
            let of_unit = name
                .to_str()
                .and_then(|name| name.strip_prefix(unit)?.strip_prefix('.')?.strip_suffix(".token"));
            if of_unit.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
                fs::remove_file(entry.path()).ok();
            }
        }
    }

    /// The token that a unit has, where it can be read from here.
    pub fn token(&self, env: &Vars) -> Option<String> {
        let from_file = self.own_token_file(env).and_then(|path| fs::read_to_string(path).ok());
        from_file
            .or_else(|| env.get(TOKEN).cloned())
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty())
    }

    /// The text of a file that a unit's setting names, as far as it can be known here.
    fn read(&self, path: &str) -> Result<String, String> {
        match self.from_unit(path) {
            Some(path) => fs::read_to_string(path).map_err(|error| error.kind().to_string()),
            // Something that the deployment gave the unit alone, for example a container secret.
            None => Ok("0".repeat(32)),
        }
    }
}

/// Lets another user than ours use a file or folder.
fn give_to(path: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    let Some((uid, gid)) = user.filter(|(uid, _)| *uid != nix::unistd::geteuid().as_raw()) else {
        return Ok(());
    };
    // Without the right to give files away, a common group is the only way.
    match std::os::unix::fs::chown(path, Some(uid), Some(gid)) {
        Ok(()) => Ok(()),
        Err(_) if path.is_dir() => fs::set_permissions(path, fs::Permissions::from_mode(0o770)),
        Err(_) => fs::set_permissions(path, fs::Permissions::from_mode(0o440)),
    }
}

/// The settings in an environment, without whatever else is there. Compose files pass on what is not set as blank, which
/// is as good as none.
pub fn settings_of(env: &Vars) -> Vars {
    env.iter()
        .filter(|(name, value)| settings::definition(name).is_some() && !value.trim().is_empty())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What may be shown of a unit's configuration.
pub fn shown(env: &Vars, folder: &Folder) -> Vars {
    let mut vars = settings_of(env);
    if folder.own_token_file(&vars).is_some() {
        vars.remove(TOKEN_FILE);
        vars.insert(TOKEN.to_owned(), MASK.to_owned());
    }
    settings::mask(&vars)
}

/// A configuration that a unit can be given.
#[derive(Debug)]
pub struct Resolved {
    /// The settings, without the token.
    pub vars: Vars,
    /// The token, to be put into a file; `None` when there is none, or when `vars` name a file that is there already.
    pub token: Option<String>,
    /// All of it, parsed.
    pub parsed: Parsed,
}

/// Completes a configuration with what the present unit has: secrets that came back masked, and settings of the place.
///
/// # Errors
/// Everything that is wrong with it.
pub fn resolve(
    given: &Vars,
    present: Option<&Vars>,
    folder: &Folder,
    now: Timestamp,
) -> Result<Resolved, Rejected> {
    let empty = Vars::new();
    let present = present.unwrap_or(&empty);
    let mut stored = settings_of(present);
    let own_file = folder.own_token_file(present).is_some();
    if let Some(token) = folder.token(present) {
        stored.insert(TOKEN.to_owned(), token);
    }
    let mut vars = settings::merge_masked(&stored, given);
    vars.retain(|_, value| !value.trim().is_empty());
    for name in OF_THE_PLACE {
        if let (false, Some(value)) = (given.contains_key(name), stored.get(name)) {
            vars.insert(name.to_owned(), value.clone());
        }
    }
    // A file that the deployment gave the unit (a container secret) cannot be read here, and stays unless there is a
    // token in its place.
    let foreign = stored.get(TOKEN_FILE).filter(|_| !own_file);
    let unspoken = vars.get(TOKEN).is_none_or(|token| token == MASK) && !given.contains_key(TOKEN_FILE);
    if let (Some(path), true) = (foreign, unspoken) {
        vars.remove(TOKEN);
        vars.insert(TOKEN_FILE.to_owned(), path.clone());
    }
    let parsed = validate(&vars, folder, now)?;
    let token = if vars.contains_key(TOKEN_FILE) { None } else { vars.get(TOKEN).cloned() };
    vars.remove(TOKEN);
    Ok(Resolved { vars, token: token.map(|token| token.trim().to_owned()), parsed })
}

/// Whether a unit with this environment can start.
///
/// # Errors
/// Everything that is wrong with it.
pub fn validate(env: &Vars, folder: &Folder, now: Timestamp) -> Result<Parsed, Rejected> {
    let context = settings::Context { now, read_file: &|path| folder.read(path) };
    settings::parse(&settings_of(env), &context)
}

/// An environment with these settings in the place of those that it had. All else that is in it stays.
pub fn with_settings(env: &Vars, vars: &Vars) -> Vars {
    let mut env: Vars = env
        .iter()
        .filter(|(name, _)| settings::definition(name).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    env.extend(vars.iter().map(|(name, value)| (name.clone(), value.clone())));
    env
}

/// Passwords in addresses and tokens: all that a log must not show of this environment.
pub fn secrets(env: &Vars, folder: &Folder) -> Vec<String> {
    let password = |value: &String| url::Url::parse(value).ok()?.password().map(str::to_owned);
    folder.token(env).into_iter().chain(env.values().filter_map(password)).collect()
}

/// What one finding says, with its field before it.
pub fn sentence(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn vars<const N: usize>(pairs: [(&str, &str); N]) -> Vars {
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder { here: dir.path().to_owned(), there: "/app/data".into() };
        (dir, folder)
    }

    #[test]
    fn a_token_goes_into_a_file_and_comes_back_masked_only() {
        let (_dir, folder) = folder();
        let given = vars([
            ("MATOMO_URL", "http://m.example/matomo.php"),
            (TOKEN, "c0ffee00c0ffee00c0ffee00c0ffee00"),
        ]);
        let resolved = resolve(&given, None, &folder, NOW).unwrap();
        assert!(!resolved.vars.contains_key(TOKEN));
        let path =
            folder.write_token("matomo-loadgen", resolved.token.as_deref().unwrap(), None, NOW).unwrap();
        assert!(path.starts_with("/app/data/secrets/matomo-loadgen."), "{path}");
        let mode = fs::metadata(folder.from_unit(&path).unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let mut env = with_settings(&vars([("PATH", "/bin")]), &resolved.vars);
        env.insert(TOKEN_FILE.to_owned(), path);
        let shown = shown(&env, &folder);
        assert_eq!(shown.get(TOKEN).map(String::as_str), Some(MASK));
        assert!(!shown.contains_key(TOKEN_FILE) && !shown.contains_key("PATH"));

        // what was shown comes back: the token is still known
        let again = resolve(&shown, Some(&env), &folder, NOW).unwrap();
        assert_eq!(again.token.as_deref(), Some("c0ffee00c0ffee00c0ffee00c0ffee00"));
        folder.sweep_tokens("matomo-loadgen", Some(&env));
        folder.sweep_tokens("matomo", None);
        assert!(folder.token(&env).is_some());
        folder.sweep_tokens("matomo-loadgen", None);
        assert!(folder.token(&env).is_none());
    }

    #[test]
    fn a_configuration_is_whole_but_for_the_place() {
        let (_dir, folder) = folder();
        let present = vars([
            ("MATOMO_URL", "http://old.example/"),
            ("MAX_TOTAL_VISITS", "10"),
            ("STATE_DIR", "/app/data/state"),
            ("METRICS_PORT", "9464"),
            ("GRACE_PERIOD", ""),
        ]);
        let given = vars([
            ("MATOMO_URL", "http://new.example/"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "false"),
            ("METRICS_PORT", "1234"),
            ("SEED", " "),
        ]);
        let resolved = resolve(&given, Some(&present), &folder, NOW).unwrap().vars;
        let expected = vars([
            ("MATOMO_URL", "http://new.example/"),
            ("RANDOMIZE_VISITOR_COUNTRIES", "false"),
            ("STATE_DIR", "/app/data/state"),
            ("METRICS_PORT", "1234"),
        ]);
        assert_eq!(resolved, expected);
    }

    #[test]
    fn a_container_secret_stays_until_there_is_a_token() {
        let (_dir, folder) = folder();
        let present = vars([("MATOMO_URL", "http://m.example/"), (TOKEN_FILE, "/run/secrets/matomo")]);
        let masked = vars([("MATOMO_URL", "http://m.example/"), (TOKEN, MASK)]);
        let kept = resolve(&masked, Some(&present), &folder, NOW).unwrap();
        assert_eq!(kept.vars.get(TOKEN_FILE).map(String::as_str), Some("/run/secrets/matomo"));
        assert_eq!(kept.token, None);
        let token = vars([("MATOMO_URL", "http://m.example/"), (TOKEN, "c0ffee00c0ffee00c0ffee00c0ffee00")]);
        let replaced = resolve(&token, Some(&present), &folder, NOW).unwrap();
        assert!(!replaced.vars.contains_key(TOKEN_FILE));
        assert!(replaced.token.is_some());
    }

    #[test]
    fn what_is_wrong_is_said_before_anything_is_touched() {
        let (_dir, folder) = folder();
        let given = vars([("CONCURRENCY", "3.0"), (TOKEN, MASK)]);
        let rejected = resolve(&given, None, &folder, NOW).unwrap_err();
        let fields: Vec<&str> = rejected.errors.iter().map(|finding| finding.field.as_str()).collect();
        assert!(
            fields.contains(&"MATOMO_URL") && fields.contains(&"CONCURRENCY") && fields.contains(&TOKEN),
            "{fields:?}"
        );
    }

    #[test]
    fn a_path_out_of_the_data_folder_is_not_ours() {
        let (_dir, folder) = folder();
        assert_eq!(folder.from_unit("/app/data/x/y"), Some(folder.here.join("x/y")));
        for other in ["/app/data/../etc/passwd", "/run/secrets/x", "/app/database", "data/x"] {
            assert_eq!(folder.from_unit(other), None, "{other}");
        }
    }
}

//! The command line. Each setting is a flag as well, and a flag wins over the variable of the same name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand};

/// The answer is no: a threshold was broken, or a difference is left unexplained.
pub const EXIT_NO: u8 = 1;
/// Wrong settings, content files or flags (`EX_USAGE`).
pub const EXIT_CONFIG: u8 = 64;
/// The target answered nothing during the whole run (`EX_UNAVAILABLE`).
pub const EXIT_UNAVAILABLE: u8 = 69;
/// Something that should not have happened (`EX_SOFTWARE`).
pub const EXIT_SOFTWARE: u8 = 70;

/// The default of the setting of that name.
const DEFAULT_STATE_DIR: &str = "/app/data/state";

const AFTER: &str = "\
Examples:
  MATOMO_URL=https://matomo.example.org/matomo.php RANDOMIZE_VISITOR_COUNTRIES=false loadgen
  loadgen run --visits 1000 --summary-json summary.json
  loadgen validate --env-file config/presets/light.env
  loadgen plan --visits 3 --seed 1 --start 2026-01-05T08:00:00Z

Exit codes:
   0  finished, or stopped by a signal
   1  a threshold was broken
  64  wrong settings, content files or flags
  69  the target answered nothing during the whole run
  70  an internal error";

/// Plays a crowd of believable visitors against a Matomo and accounts for every hit.
#[derive(Debug, Parser)]
#[command(name = "loadgen", version, about, after_help = AFTER, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without one, `run`.
    #[command(subcommand)]
    pub command: Option<Action>,
    /// The same as `loadgen run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Generate traffic as the environment and the flags say.
    #[command(
        after_help = "Example:\n  loadgen run --matomo-url http://127.0.0.1:8080/matomo.php --randomize-visitor-countries false --visits 100"
    )]
    Run(Box<RunArgs>),
    /// Print the hits that would be sent, as JSON lines. Nothing is sent.
    #[command(after_help = "Example:\n  loadgen plan --visits 3 --seed 1 --start 2026-01-05T08:00:00Z")]
    Plan(Box<PlanArgs>),
    /// Check settings, content files, and the connection to the target. No visit is left in its reports.
    #[command(after_help = "Example:\n  loadgen validate --env-file config/presets/light.env --json")]
    Validate(Box<ValidateArgs>),
    /// Set what the target's reports say beside what a run should have left in them. Exit 0: nothing is left unexplained.
    #[command(
        after_help = "Examples:\n  loadgen verify --run last\n  loadgen verify --run mf3k2a9x-1 --wait 900 --format markdown"
    )]
    Verify(Box<VerifyArgs>),
    /// Find the most visits a day that the target bears. It records visits, as a run does.
    #[command(
        after_help = "Examples:\n  loadgen capacity --from 100000\n  loadgen capacity --thresholds 'p95<300ms,success>99.9%' --confirm 300 --json"
    )]
    Capacity(Box<CapacityArgs>),
    /// List the runs that this `STATE_DIR` has records of, the latest first.
    #[command(after_help = "Example:\n  loadgen runs")]
    Runs(RunsArgs),
    /// Print the record of a run: as one page with graphs, or as JSON.
    #[command(after_help = "Example:\n  loadgen report --run last --out run.html")]
    Report(ReportArgs),
    /// Set two runs side by side: what differs, and whether chance explains it.
    #[command(after_help = "Example:\n  loadgen compare --a mwtkbvq4-1 --b last --format markdown")]
    Compare(CompareArgs),
    /// Explain every setting.
    #[command(after_help = "Example:\n  loadgen settings --env > .env")]
    Settings(SettingsArgs),
    /// Print a script that completes this command line in a shell.
    #[command(after_help = "Example:\n  loadgen completions bash > /etc/bash_completion.d/loadgen")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Example:\n  loadgen man > /usr/local/share/man/man1/loadgen.1")]
    Man,
}

/// Flags of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Only the first N visits of the plan; then finish and exit.
    #[arg(long, value_name = "N")]
    pub visits: Option<u64>,
    /// Write the final report here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub summary_json: Option<PathBuf>,
    /// Every setting.
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Flags of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// How many visits.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub visits: u64,
    /// When the first visit may start (RFC 3339); a backfill has its own days.
    #[arg(long, value_name = "TIME")]
    pub start: Option<jiff::Timestamp>,
    /// Every visit runs this funnel.
    #[arg(long, value_name = "NAME")]
    pub funnel: Option<String>,
    /// Every setting. `MATOMO_URL` may be missing, and `SEED` is 0 when it is.
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Flags of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Read variables from this file instead of the environment.
    #[arg(long, value_name = "F")]
    pub env_file: Option<PathBuf>,
    /// Check the settings and files only.
    #[arg(long)]
    pub skip_connection: bool,
    /// Print what was found as JSON.
    #[arg(long)]
    pub json: bool,
    /// Every setting.
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The run's name, as its log and its report say it; `last` is the latest in `STATE_DIR`.
    #[arg(long, value_name = "ID", default_value = "last")]
    pub run: String,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ProofFormat::Text)]
    pub format: ProofFormat,
    /// Seconds to wait for the target to archive what it has recorded. It is no longer waited than needed.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub wait: u64,
    /// Every setting; those of the run where none is given, but for the token.
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Flags of `capacity`.
#[derive(Debug, Args)]
pub struct CapacityArgs {
    /// The first rate in visits a day; `TARGET_VISITS_PER_DAY` when it is not given.
    #[arg(long, value_name = "RATE", value_parser = positive)]
    pub from: Option<f64>,
    /// The lowest rate that is tried, in visits a day.
    #[arg(long, value_name = "RATE", default_value = "1000", value_parser = positive)]
    pub least: f64,
    /// The highest rate that is tried, in visits a day.
    #[arg(long, value_name = "RATE", default_value = "1000000000", value_parser = positive)]
    pub most: f64,
    /// The factor from step to step while everything holds.
    #[arg(long, value_name = "FACTOR", default_value = "1.6", value_parser = above_one)]
    pub step: f64,
    /// How near the answer must be, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "3", value_parser = positive)]
    pub precision: f64,
    /// Seconds before each measurement, so that as many visits end as begin.
    #[arg(long, value_name = "SECONDS", default_value = "4", value_parser = positive)]
    pub warm_up: f64,
    /// Seconds that each rate is measured.
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = positive)]
    pub step_time: f64,
    /// Seconds that the answer must hold.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = positive)]
    pub confirm: f64,
    /// Print what was found as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write what is known here as JSON, after every step.
    #[arg(long, value_name = "FILE")]
    pub json_file: Option<PathBuf>,
    /// Do not show the steps on standard error.
    #[arg(long)]
    pub quiet: bool,
    /// Every setting. `THRESHOLDS` says what must hold; by default `success>=99.9%,response_p95<1s,skipped<=0.1%`.
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// A finite number above 0, small enough to be a time or a rate.
fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if number > 0.0 && number <= 1e10 {
        Ok(number)
    } else {
        Err("give a number above 0, up to 1e10".to_owned())
    }
}

fn above_one(text: &str) -> Result<f64, String> {
    positive(text).and_then(|number| {
        if (1.01..=100.0).contains(&number) {
            Ok(number)
        } else {
            Err("give a number from 1.01 to 100".to_owned())
        }
    })
}

/// Where records lie.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// The load generator's `STATE_DIR`.
    #[arg(long, env = "STATE_DIR", value_name = "DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run; `last` is the latest.
    #[arg(long, value_name = "ID", default_value = "last")]
    pub run: String,
    /// As what.
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    pub format: ReportFormat,
    /// Where to; standard output when it is not given.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where records lie.
    #[command(flatten)]
    pub runs: RunsArgs,
}

/// Flags of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The run before.
    #[arg(long, value_name = "ID")]
    pub a: String,
    /// The run after; `last` is the latest.
    #[arg(long, value_name = "ID", default_value = "last")]
    pub b: String,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ProofFormat::Text)]
    pub format: ProofFormat,
    /// Where records lie.
    #[command(flatten)]
    pub runs: RunsArgs,
}

/// How a run's record is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// One page that needs nothing else.
    Html,
    /// The record, the run over time and the proof.
    Json,
}

/// How a proof or a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ProofFormat {
    /// For a terminal.
    Text,
    /// With every figure.
    Json,
    /// For a ticket or a page.
    Markdown,
}

/// Flags of `settings`.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct SettingsArgs {
    /// As a table in Markdown (the default).
    #[arg(long)]
    pub markdown: bool,
    /// As JSON, with types, ranges and groups.
    #[arg(long)]
    pub json: bool,
    /// As an environment file to fill in.
    #[arg(long)]
    pub env: bool,
}

/// Settings given as flags, under their variables' names.
#[derive(Debug, Clone, Default)]
pub struct SettingFlags(pub BTreeMap<String, String>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        settings::definitions().iter().fold(command, |command, definition| {
            let flag = definition.flag();
            let default = if definition.default.is_empty() {
                String::new()
            } else {
                format!(" [default: {}]", definition.default)
            };
            command.arg(
                Arg::new(definition.name)
                    .long(&*flag.trim_start_matches('-').to_owned().leak())
                    .alias(definition.name)
                    .value_name("VALUE")
                    .allow_hyphen_values(true)
                    .help(format!("{}{default}", definition.help))
                    .help_heading(definition.group.title()),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = settings::definitions().iter().filter_map(|definition| {
            let value = matches.get_one::<String>(definition.name)?;
            Some((definition.name.to_owned(), value.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

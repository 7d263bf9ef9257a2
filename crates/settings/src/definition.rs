//! What is known about a setting before anyone gives it a value.

/// One setting, as an operator meets it.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The environment variable, in upper case.
    pub name: &'static str,
    /// What its values look like.
    pub kind: Kind,
    /// What an unset variable means, written as a value would be; empty = nothing.
    pub default: &'static str,
    /// Where it stands in documents and forms.
    pub group: Group,
    /// What it does, for an operator: sentences that end in a full stop.
    pub help: &'static str,
    /// What a number counts: `seconds`, `minutes`; empty when the help says it.
    pub unit: &'static str,
    /// There is no default, and no start without it.
    pub required: bool,
    /// Never shown, logged or returned.
    pub secret: bool,
    /// When a form should show it; `None` = always.
    pub shown_when: Option<Condition>,
    /// A number above the first deserves a warning that says the second.
    pub warn_above: Option<(f64, &'static str)>,
}

/// What values of a setting look like, with inclusive ranges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// http or https, with a host.
    Url,
    /// A whole number.
    Integer {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A finite number.
    Number {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// true or false, 1 or 0, yes or no, on or off.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The path of a file or folder.
    Path,
    /// A token: printable, without white space.
    Token,
    /// An IANA time zone.
    TimeZone,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A code of ISO 4217, in upper case.
    Currency,
    /// At least one number, separated by commas.
    Numbers {
        /// Least of each.
        min: f64,
        /// Most of each.
        max: f64,
    },
    /// `name=weight`, separated by commas; the names are these.
    Weights(&'static [&'static str]),
    /// `index/count`.
    Shard,
    /// Limits of a report's figures, separated by commas: see [`crate::Threshold`].
    Thresholds,
    /// Some of these words, separated by commas.
    Words(&'static [&'static str]),
}

/// When a setting matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// That setting has this value.
    Is(&'static str, &'static str),
    /// That setting has another value than this.
    IsNot(&'static str, &'static str),
}

/// A chapter of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Who is visited and how much.
    Core,
    /// What one visit is like.
    Visits,
    /// What ends or slows a run.
    Limits,
    /// What visitors do.
    Features,
    /// Orders.
    Ecommerce,
    /// How the process starts, logs and keeps state.
    StartUp,
    /// How visits are spread.
    TrafficShape,
    /// How hits travel.
    Transport,
    /// Replaying a past window.
    Backfill,
    /// What a run is held to.
    Judgement,
}

impl Group {
    /// All, in the order of the documents.
    pub const ALL: [Group; 10] = [
        Group::Core,
        Group::Visits,
        Group::Limits,
        Group::Features,
        Group::Ecommerce,
        Group::StartUp,
        Group::TrafficShape,
        Group::Transport,
        Group::Backfill,
        Group::Judgement,
    ];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Group::Core => "Core",
            Group::Visits => "Visits",
            Group::Limits => "Limits",
            Group::Features => "Features",
            Group::Ecommerce => "Ecommerce",
            Group::StartUp => "Start-up",
            Group::TrafficShape => "Traffic shape",
            Group::Transport => "Transport",
            Group::Backfill => "Backfill",
            Group::Judgement => "Judgement",
        }
    }

    /// One sentence under the heading.
    pub const fn about(self) -> &'static str {
        match self {
            Group::Core => "Which Matomo is visited, how much, and what is logged.",
            Group::Visits => "What one visit is like, and where its content comes from.",
            Group::Limits => "What ends, pauses or slows a run. 0 is off.",
            Group::Features => "What visitors do: probabilities per visit, from 0 to 1.",
            Group::Ecommerce => "What an order is like. How many there are is ECOMMERCE_PROBABILITY.",
            Group::StartUp => {
                "When the traffic begins, what is kept across restarts, and what part this process plays."
            }
            Group::TrafficShape => "How visits are spread over time and over pages.",
            Group::Transport => "How hits travel to Matomo.",
            Group::Backfill => {
                "Replays a window of past days once, instead of live traffic. It needs a token."
            }
            Group::Judgement => "What a run is held to, and how fast Matomo's reports stay meanwhile.",
        }
    }
}

impl Kind {
    /// Whether a bare number is a value of it.
    pub(crate) const fn is_numeric(self) -> bool {
        matches!(self, Kind::Integer { .. } | Kind::Number { .. } | Kind::Numbers { .. })
    }
}

impl Condition {
    /// The setting that decides.
    pub const fn name(self) -> &'static str {
        match self {
            Condition::Is(name, _) | Condition::IsNot(name, _) => name,
        }
    }
}

/// A table entry is written as `Definition::new(...)` with what is particular about it appended.
impl Definition {
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        let secret = matches!(kind, Kind::Token);
        Definition {
            name,
            kind,
            default,
            group: Group::Core,
            help,
            unit: "",
            required: false,
            secret,
            shown_when: None,
            warn_above: None,
        }
    }

    pub(crate) const fn within(mut self, group: Group) -> Self {
        self.group = group;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    pub(crate) const fn when(mut self, condition: Condition) -> Self {
        self.shown_when = Some(condition);
        self
    }

    pub(crate) const fn warn_above(mut self, limit: f64, why: &'static str) -> Self {
        self.warn_above = Some((limit, why));
        self
    }

    /// The long command-line flag of the same name: `--target-visits-per-day`.
    pub fn flag(&self) -> String {
        format!("--{}", self.name.to_ascii_lowercase().replace('_', "-"))
    }
}

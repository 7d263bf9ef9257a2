//! The suites of `cargo xtask test` that go beyond cargo's own tests: each names what it needs, and is set up or
//! loudly skipped.

use std::process::Command;

use crate::{
    chaos, demo, docker_setup, images, prove, signals, soak,
    steps::{Outcome, Steps},
    tools::{self, Tool},
    web,
    workspace::{must, root},
};

/// A suite.
pub(crate) struct Suite {
    /// Its name on the command line and in the summary.
    pub(crate) name: &'static str,
    /// What it must find or set up first.
    pub(crate) needs: &'static [Tool],
    /// Why it cannot run here, when that is not about a program that can be set up.
    pub(crate) usable: fn() -> Result<(), String>,
    /// Whether it needs a container engine.
    pub(crate) engine: bool,
    /// The suite itself.
    pub(crate) run: fn() -> anyhow::Result<()>,
}

const PYTHON: Tool = Tool { program: "python3", package: "python3-venv" };
const CURL: Tool = Tool { program: "curl", package: "curl" };

/// No more is needed than the programs that are named.
const ANYWHERE: fn() -> Result<(), String> = || Ok(());

fn script(path: &str) -> Command {
    Command::new(root().join(path))
}

/// Every suite, in the order in which they run.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "demo",
        needs: &[],
        usable: ANYWHERE,
        engine: false,
        run: || demo::run(&demo::Arguments::of_visits(1000)),
    },
    Suite {
        name: "chaos",
        needs: &[],
        usable: ANYWHERE,
        engine: false,
        run: || chaos::run(&chaos::Arguments::standard()),
    },
    Suite { name: "prove", needs: &[], engine: false, usable: ANYWHERE, run: prove::suite },
    Suite {
        name: "soak",
        needs: &[],
        usable: ANYWHERE,
        engine: false,
        run: || soak::run(&soak::Arguments::short()),
    },
    Suite {
        name: "api",
        needs: &[PYTHON, CURL],
        usable: ANYWHERE,
        engine: false,
        run: || must(&mut script("tests/api/suite.sh")),
    },
    Suite { name: "web", needs: &[], usable: web::usable, engine: false, run: web::check },
    Suite { name: "browser", needs: &[web::CHROMIUM], usable: web::usable, engine: false, run: web::suite },
    Suite {
        name: "firefox",
        needs: &[web::FIREFOX],
        usable: web::usable,
        engine: false,
        run: || web::engine("firefox"),
    },
    Suite {
        name: "webkit",
        needs: &[web::WEBKIT, web::SCREEN],
        usable: web::usable,
        engine: false,
        run: || web::engine("webkit"),
    },
    Suite {
        name: "workflows",
        needs: &[PYTHON],
        usable: ANYWHERE,
        engine: false,
        run: || must(&mut script("tests/workflows.sh")),
    },
    Suite { name: "containers", needs: &[], usable: ANYWHERE, engine: true, run: images::suite },
];

impl Suite {
    /// Runs it as a step.
    pub(crate) fn step(&self, steps: &mut Steps) {
        steps.run(self.name, || {
            signals::check()?;
            if let Err(why) = (self.usable)().and_then(|()| tools::ensure(self.needs)) {
                return Ok(Outcome::Skipped(why));
            }
            let engine = self.engine.then(docker_setup::ensure_engine).transpose();
            let _engine = match engine {
                Ok(engine) => engine,
                Err(why) => return Ok(Outcome::Skipped(why)),
            };
            (self.run)()?;
            signals::check()?;
            Ok(Outcome::Passed)
        });
    }
}

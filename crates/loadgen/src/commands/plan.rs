//! `loadgen plan`: what would be sent, one hit a line.

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use matomo::Encoder;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use settings::Settings;
use traffic::{Content, Model, Visit, shard_of};

use super::{internal, parse_without_target, refuse};
use crate::cli::PlanArgs;
use crate::clock::{Clock, timestamp};
use crate::encode::Timeline;
use crate::{content, log, run};

/// A hit as `plan` prints it.
#[derive(Serialize)]
struct Line<'a> {
    visit: u64,
    seq: usize,
    at: String,
    user_agent: &'a str,
    params: Params,
}

/// Parameters in the order in which they are sent.
struct Params(Vec<(String, String)>);

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(super) fn print(args: &PlanArgs, clock: Clock) -> ExitCode {
    let settings = match parse_without_target(&args.settings, clock) {
        Ok(settings) => settings,
        Err(lines) => return refuse(&lines),
    };
    log::start(&settings.process);
    let content = match content::load(&settings) {
        Ok(content) => Arc::new(content),
        Err(lines) => return refuse(&lines),
    };
    let start = args.start.unwrap_or_else(|| run::default_start(clock));
    let seed = settings.backfill.as_ref().and_then(|window| window.seed).or(settings.seed).unwrap_or(0);
    let mut model = Model::new(&settings, Arc::clone(&content), seed);
    if let Some(name) = &args.funnel {
        model = match model.with_only_funnel(name) {
            Ok(model) => model,
            Err(error) => return refuse(&[format!("--funnel: {error}")]),
        };
    }
    match write(args.visits, &settings, &content, &model, seed, start.as_microsecond()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => internal(&error.into()),
    }
}

fn write(
    visits: u64,
    settings: &Settings,
    content: &Content,
    model: &Model,
    seed: u64,
    start_us: i64,
) -> std::io::Result<()> {
    let schedule = run::schedule(settings, model, seed, start_us, start_us);
    let encoder = Encoder::new(content, settings, &run::run_tag(start_us));
    let timeline = Timeline::of(settings);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut visit, mut query) = (Visit::default(), Vec::new());
    let starts = schedule.cursor(0).take_while(|start| start.index < visits);
    let owned = starts.filter(|start| {
        settings.shard.count == 1
            || shard_of(model.visitor(start.index), settings.shard.count) == settings.shard.index
    });
    for start in owned {
        model.visit(start.index, &mut visit);
        let base_ms = timeline.base_ms(&visit, start.at_us);
        for seq in 0..visit.hits.len() {
            query.clear();
            encoder.query(&visit, seq, base_ms, &mut query);
            let at_us = match timeline {
                Timeline::Replayed => start.at_us + i64::from(visit.hits[seq].offset_ms) * 1000,
                _ => timeline.due_us(&visit, seq, start.at_us),
            };
            let line = Line {
                visit: start.index,
                seq,
                at: format!("{:.3}", timestamp(at_us)),
                user_agent: encoder.user_agent(&visit),
                params: Params(matomo::params(&query)),
            };
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

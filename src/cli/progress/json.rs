//! Progress for programs: an object per line.

use super::super::host;
use super::super::output::Output;
use super::whole::{Whole, left};
use memspike::scenario::progress::{Measured, Progress};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// Between two objects that tell how far it is.
const SELDOM: Duration = Duration::from_millis(500);

/// Says what a run says of itself as objects with a `kind`: `phase`, `progress`, `measured`, `line`.
pub struct Json {
    output: Output,
    phase: Option<Phase>,
    whole: Option<Whole>,
}

struct Phase {
    name: String,
    total: u64,
    done: u64,
    message: String,
    step: Option<(f64, &'static str)>,
    begun: Instant,
    told: Instant,
}

impl Json {
    pub fn new(output: Output) -> Self {
        Self { output, phase: None, whole: None }
    }

    fn tell(&self, phase: &Phase) {
        let (now, done) = (Instant::now(), phase.done);
        let seconds = now.duration_since(phase.begun).as_secs_f64();
        let mut object =
            json!({ "kind": "progress", "phase": phase.name, "done": done, "total": phase.total });
        if let Some(whole) = self.whole {
            object["part"] = json!(whole.done + 1);
            object["parts"] = json!(whole.parts);
        }
        if let (Some((each, unit)), true) = (phase.step, done > 0 && seconds > 0.0) {
            object["per_second"] = json!(each * done as f64 / seconds);
            object["unit"] = json!(unit);
        }
        let later = self.whole.map(|whole| whole.after_this_part(now));
        let rest = seconds * phase.total.saturating_sub(done) as f64 / done.max(1) as f64;
        // A rest that no clock has is not told.
        let rest = Duration::try_from_secs_f64(rest).ok().and_then(|rest| left(rest, done > 0, later));
        if let Some((left, false)) = rest {
            object["left_s"] = json!(left.as_secs_f64());
        }
        if let Some(bytes) = host::rss_bytes() {
            object["memory_bytes"] = json!(bytes);
        }
        if !phase.message.is_empty() {
            object["message"] = json!(phase.message);
        }
        self.output.object(&object);
    }
}

impl Progress for Json {
    fn phase(&mut self, name: &str, total: u64) {
        self.done();
        self.output.object(&json!({ "kind": "phase", "phase": name, "total": total }));
        let (name, message, now) = (name.to_string(), String::new(), Instant::now());
        self.phase = Some(Phase { name, total, done: 0, message, step: None, begun: now, told: now });
    }

    fn whole(&mut self, done: u64, parts: u64) {
        Whole::begin(&mut self.whole, done, parts);
    }

    fn advance(&mut self, by: u64) {
        let Some(mut phase) = self.phase.take() else { return };
        phase.done += by;
        if phase.told.elapsed() >= SELDOM {
            phase.told = Instant::now();
            self.tell(&phase);
        }
        self.phase = Some(phase);
    }

    fn message(&mut self, text: &str) {
        if let Some(phase) = &mut self.phase {
            phase.message = text.to_string();
        }
    }

    fn steps(&mut self, each: f64, unit: &'static str) {
        if let Some(phase) = &mut self.phase {
            phase.step = Some((each, unit));
        }
    }

    fn measured(&mut self, measured: Measured<'_>) {
        let values: Map<String, Value> =
            measured.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let Measured { axis, step, .. } = measured;
        self.output.object(&json!({ "kind": "measured", "axis": axis, "step": step, "values": values }));
    }

    fn line(&mut self, text: &str) {
        self.output.object(&json!({ "kind": "line", "text": text }));
    }

    fn done(&mut self) {
        if let Some(phase) = self.phase.take() {
            self.tell(&phase);
        }
    }
}

impl Drop for Json {
    fn drop(&mut self) {
        self.done();
    }
}

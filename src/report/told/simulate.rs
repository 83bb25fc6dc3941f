//! A network that was run as it is.

use super::entry::Told;
use crate::report::row::{Row, row, time};
use crate::scenario::plan::Plan;

pub struct Simulated;

impl Told for Simulated {
    fn plan(&self, plan: &Plan) -> Vec<(String, Vec<Row>)> {
        vec![("Protocol: simulate".into(), vec![row("duration", time(plan.protocol.episode(0)))])]
    }
}

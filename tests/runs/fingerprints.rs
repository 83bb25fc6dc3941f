//! The table of fingerprints holds: every shipped scenario, shortened, under both engines and on one and two threads.
//!
//! `fingerprints.toml` names what is run and what must come out. A change that is to keep all bits leaves the table
//! as it is; one that is not takes the new table from the message of this test, in the commit that declares it.

use crate::common::{Way, folder, plan};
use crate::scenarios::carried_out;
use memspike::dataset::Search;
use memspike::scenario::run::context::Engine;
use memspike::scenario::shipped;
use serde::Deserialize;
use std::fmt::Write as _;

const TABLE: &str = include_str!("fingerprints.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    run: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    scenario: String,
    /// What makes it short, as after `--set`.
    #[serde(default)]
    set: Vec<String>,
    /// Whether a data set is the published one, where that can be found, or made up in its form.
    #[serde(default)]
    published: bool,
    fingerprint: String,
}

impl Row {
    /// What came out, by engine and threads.
    fn carry_out(&self, made_up: &Search, published: &Search) -> Vec<(String, String)> {
        let settings: Vec<&str> = self.set.iter().map(String::as_str).collect();
        let plan = plan(&self.scenario, &settings);
        let search = if self.published { published } else { made_up };
        let mut found = Vec::new();
        for (engine, name) in [(Engine::Fast, "fast"), (Engine::Reference, "reference")] {
            for threads in [1, 2] {
                let outcome = carried_out(&plan, Way { engine, threads, ..Way::new(search) });
                found.push((format!("{name} engine, threads: {threads}"), outcome.fingerprint));
            }
        }
        found
    }

    fn text(&self, fingerprint: &str) -> String {
        let mut text = format!("[[run]]\nscenario = \"{}\"\n", self.scenario);
        if !self.set.is_empty() {
            let _ = writeln!(text, "set = [");
            for setting in &self.set {
                let _ = writeln!(text, "    '{setting}',");
            }
            let _ = writeln!(text, "]");
        }
        if self.published {
            let _ = writeln!(text, "published = true");
        }
        let _ = writeln!(text, "fingerprint = \"{fingerprint}\"\n");
        text
    }
}

fn table() -> Vec<Row> {
    toml::from_str::<Table>(TABLE).unwrap().run
}

#[test]
fn every_fingerprint_is_that_of_the_table() {
    let (_folder, made_up) = folder(200, 50);
    let environment = std::env::var_os("MEMSPIKE_DATA").map(Into::into);
    let published = Search { environment, ..Search::default() };
    let (mut anew, mut faults) = (String::new(), String::new());
    for row in table() {
        if row.published && published.environment.is_none() {
            println!("skipped: `{}` on the published data, MEMSPIKE_DATA is not set", row.scenario);
            anew.push_str(&row.text(&row.fingerprint));
            continue;
        }
        let found = row.carry_out(&made_up, &published);
        anew.push_str(&row.text(&found[0].1));
        for (way, fingerprint) in found.iter().filter(|found| found.1 != row.fingerprint) {
            let name = &row.scenario;
            let _ = writeln!(faults, "{name} ({way}): {fingerprint}, in the table {}", row.fingerprint);
        }
    }
    assert!(faults.is_empty(), "{faults}\nThe table as it would be now:\n\n{anew}");
}

#[test]
fn every_shipped_scenario_is_in_the_table() {
    let table = table();
    for shipped in shipped::all() {
        let name = shipped.path().to_str().unwrap();
        assert!(table.iter().any(|row| row.scenario == name && !row.published), "`{name}` has no row");
    }
}

//! Joules by category.

use super::number;
use super::style::{AXIS, GRID, HEAD, INK, MUTED, SERIES, SHADE, sheet, ticks};
use super::svg::{At, Colour, text};
use super::{Figure, Shape};
use crate::energy::Ledger;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;

const ROW: f64 = 32.0;
/// From where to where each scale reaches.
const LINEAR: (f64, f64) = (128.0, 356.0);
const LOG: (f64, f64) = (520.0, 712.0);

pub fn figure(plan: &Plan, outcome: &Outcome) -> Option<Figure> {
    let (ledger, what, mac) = match &outcome.inference {
        Some(inference) => (&inference.per_inference, "per inference", Some(inference.mac_reference_j)),
        None => (&outcome.energy, "of the whole run", None),
    };
    if ledger.entries.iter().all(|entry| entry.joules <= 0.0) {
        return None;
    }
    let each = number::si(plan.record.mac_energy.get(), "J");
    let mut caption =
        "Energy by category: on a linear scale, and beside it on a logarithmic one.".to_string();
    if mac.is_some() {
        caption.push_str(&format!(
            " The grey bar is the same network as floating-point multiply-accumulates at {each} each."
        ));
    }
    let svg = draw(ledger, what, mac);
    Some(Figure { name: "energy".into(), shape: Shape::Half, caption, svg })
}

fn draw(ledger: &Ledger, what: &str, mac: Option<f64>) -> String {
    let total = ledger.total();
    let mut bars: Vec<(String, f64, Colour, String)> = Vec::new();
    for (k, (category, joules)) in ledger.by_category().into_iter().enumerate() {
        let share = if total > 0.0 { joules / total } else { 0.0 };
        let share = if share < 0.001 { "< 0.1 %".into() } else { format!("{:.1} %", 100.0 * share) };
        bars.push((category.name().replace('_', "-"), joules, SERIES[k % SERIES.len()], share));
    }
    bars.push(("total".into(), total, INK, String::new()));
    if let Some(mac) = mac {
        bars.push(("as float MACs".into(), mac, SHADE, String::new()));
    }
    let positive = || bars.iter().map(|bar| bar.1).filter(|j| *j > 0.0);
    let most = positive().fold(f64::MIN_POSITIVE, f64::max).log10();
    let least = positive().fold(f64::INFINITY, f64::min).log10().min(most);
    // At most eight decades: below that a bar says "next to nothing" whatever its length.
    let (lo, hi) = ((least - 0.3).floor().max(most.ceil() - 8.0), (most + 1e-9).ceil());
    let (lo, hi) = if hi - lo < 1.0 { (hi - 1.0, hi) } else { (lo, hi) };

    let top = HEAD + 8.0;
    let bottom = top + ROW * bars.len() as f64;
    let not_modelled: Vec<String> = ledger.not_modelled.iter().map(|c| c.name().replace('_', "-")).collect();
    let size = (740, (bottom + if not_modelled.is_empty() { 50.0 } else { 74.0 }) as u32);
    let subtitle = format!("total {}", number::si(total, "J"));
    let mut sheet = sheet(size, &format!("Energy {what}"), &subtitle);
    // A reference much larger than the network itself would leave nothing to be seen of it: it runs out of the picture.
    let full = mac.filter(|mac| *mac <= 3.0 * total).unwrap_or(0.0).max(total).max(f64::MIN_POSITIVE);
    let (left, right) = LINEAR;
    for (tick, _) in ticks(0.0, 1.0, 2) {
        let x = left + tick * (right - left);
        sheet.line((x, top), (x, bottom), GRID, 1.0);
        let label = if tick == 0.0 { "0".into() } else { number::si(tick * full, "J") };
        sheet.write(&label, x, bottom + 14.0, At::Middle, text(11.5, MUTED));
    }
    let decades = (hi - lo).round() as i32;
    let x_of = |log: f64| LOG.0 + (log.max(lo) - lo) / (hi - lo) * (LOG.1 - LOG.0);
    for decade in 0..=decades {
        let x = x_of(lo + f64::from(decade));
        sheet.line((x, top), (x, bottom), GRID, 1.0);
        // The exponent is whole, so parsing its text gives the nearest f64 without `powi`.
        let value: f64 = format!("1e{}", lo as i32 + decade).parse().unwrap_or(0.0);
        let label = number::si(value, "J").replace(".00", "").replace("0.0", "0");
        if decade % ((decades + 2) / 3).max(1) == 0 {
            sheet.write(&label, x, bottom + 14.0, At::Middle, text(11.5, MUTED));
        }
    }
    for (k, (name, joules, colour, share)) in bars.iter().enumerate() {
        let y = top + ROW * k as f64;
        let middle = y + ROW / 2.0;
        sheet.write(name, left - 10.0, middle, At::Right, text(12.5, INK));
        let beyond = *joules > full * (1.0 + 1e-9);
        let width = (joules / full).clamp(0.0, 1.0) * (right - left);
        sheet.fill(left, y + 7.0, width.max(1.5), ROW - 14.0, *colour);
        if beyond {
            sheet.write("\u{25b6}", right + 8.0, middle, At::Middle, text(11.0, *colour));
        }
        sheet.write(&number::si(*joules, "J"), 442.0, middle, At::Right, text(12.0, INK));
        sheet.write(share, 500.0, middle, At::Right, text(12.0, MUTED));
        let x = if *joules > 0.0 { x_of(joules.log10()) } else { LOG.0 };
        sheet.fill(LOG.0, y + 7.0, (x - LOG.0).max(1.5), ROW - 14.0, *colour);
    }
    for ((from, to), scale) in [(LINEAR, "energy"), (LOG, "energy, logarithmic")] {
        sheet.line((from, top), (from, bottom), AXIS, 1.0);
        sheet.write(scale, f64::midpoint(from, to), bottom + 34.0, At::Middle, text(12.0, INK));
    }
    if !not_modelled.is_empty() {
        let label = format!("not modelled, not in the total: {}", not_modelled.join(", "));
        sheet.write(&label, 20.0, bottom + 58.0, At::Left, text(11.5, MUTED));
    }
    sheet.finish()
}

//! A volatile switch in the circuits `load` and `node`: a resistor to the drive, and a capacitor across the switch.
//!
//! C dV/dt = (V_in - V)/R_s - G V,  tau du/dt = -(u - u_rest) + V off, and on as in `bare` under V
//!
//! with G = G_off off and G_on on. The node lags behind the drive and the filament behind the node: two exponentials. Where an
//! oscillator turns at voltages of its node, a filament turns where it is itself at V_th or V_h. The resistor limits the source;
//! nothing limits what the capacitor discharges through the switch.
//!
//! Off, nothing takes the filament below rest, where nothing is left to dissolve: while the node is negative it stays there. The
//! node does not know of it.
//!
//! Between turns all is in closed form. u moves up or down at most three times under a linear drive: its slope, V - u, has one
//! extremum at most, so that crossings lie between places that are found one after the other, by bisection to the last bit.

use super::ThresholdSwitch;
use crate::device::circuit::{Energies, Ramp};
use crate::numeric::first_order::{advance, crossing};
use crate::numeric::{bisected, exp, gauss, relaxation};

/// The circuit while the switch stays on or off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    r_s: f64,
    /// Conductance of the switch.
    g: f64,
    /// What the node goes to, of the drive, and how fast, in seconds.
    share: f64,
    lag: f64,
    on: bool,
}

/// A filament above rest and the node, in volts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loaded {
    /// u - u_rest.
    pub x: f64,
    /// V.
    pub node: f64,
}

/// From so many time constants on nothing is left of an exponential.
const GONE: f64 = 45.0;

/// How often an on filament may be told to follow something else within one linear drive.
const STAGES: u32 = 64;

/// How often an off filament may come to rest and leave it: the node, an exponential beside a line, changes its sign twice.
const SPELLS: u32 = 8;

/// From one place on: the node goes to a + b t, the filament to the node.
#[derive(Clone, Copy)]
struct Course {
    tau: f64,
    lag: f64,
    from: Loaded,
    a: f64,
    b: f64,
}

impl Course {
    fn node(&self, t: f64) -> f64 {
        advance(self.lag, self.from.node, self.a, self.b, t)
    }

    /// The filament under a + b (t - lag) + (V - a + b lag) e^(-t/lag).
    fn x(&self, t: f64) -> f64 {
        let Self { tau, lag, from, a, b } = *self;
        let (level, s, nu) = (a - b * lag, t / tau, tau / lag);
        let z = (1.0 - nu).abs() * s;
        let part = if z < 1e-20 { 1.0 } else { relaxation(z).0 / z };
        let slower = if nu <= 1.0 { exp(-(nu * s)) } else { exp(-s) };
        advance(tau, from.x, level, b, t) + (from.node - level) * slower * s * part
    }

    fn at(&self, t: f64) -> Loaded {
        Loaded { x: self.x(t), node: self.node(t) }
    }

    /// When the filament passes `level` upwards, or downwards, within `limit` seconds.
    fn passes(&self, level: f64, up: bool, limit: f64) -> Option<f64> {
        let sign = if up { 1.0 } else { -1.0 };
        let over = |t: f64| sign * (self.x(t) - level);
        let slope = |t: f64| sign * (self.node(t) - self.x(t));
        let bend = |t: f64| {
            let node = self.node(t);
            sign * ((self.a + self.b * t - node) / self.lag - (node - self.x(t)) / self.tau)
        };
        let changes = |f: &dyn Fn(f64) -> f64, low: f64, high: f64| {
            ((f(low) > 0.0) != (f(high) > 0.0)).then(|| bisected(low, high, f).1)
        };
        let end = limit.min(GONE * self.tau.max(self.lag));
        let mut places = [0.0, 0.0, 0.0, 0.0, end, limit];
        places[2] = changes(&bend, 0.0, end).unwrap_or(0.0);
        places[1] = changes(&slope, 0.0, places[2]).unwrap_or(0.0);
        places[3] = changes(&slope, places[2], end).unwrap_or(places[2]);
        for piece in places.windows(2).filter(|piece| piece[1] > piece[0]) {
            let (low, high) = (piece[0], piece[1]);
            if over(low) >= 0.0 && slope(0.5 * (low + high)) > 0.0 {
                return Some(low);
            }
            if over(low) < 0.0 && over(high) > 0.0 {
                return Some(bisected(low, high, &over).1);
            }
        }
        None
    }
}

impl Load {
    /// A resistor, infinite if there is none, and a capacitor, in ohms and farads, around a switch that is on, or off.
    #[must_use]
    pub fn new(device: &ThresholdSwitch, (r_s, c): (f64, f64), on: bool) -> Self {
        let g = device.conductance(on).get();
        let share = 1.0 / (1.0 + r_s * g);
        // Through no resistor nothing flows: the capacitor discharges through the switch.
        let lag = if r_s < f64::INFINITY { share * r_s * c } else { c / g };
        Self { r_s, g, share, lag, on }
    }

    fn course(&self, device: &ThresholdSwitch, from: Loaded, (a, b): (f64, f64)) -> Course {
        let Self { share, lag, .. } = *self;
        Course { tau: device.tau.get(), lag, from, a: share * a, b: share * b }
    }

    /// An off switch `t` seconds later that does not turn on meanwhile; with a wall at rest or without.
    #[must_use]
    pub fn off(
        &self,
        device: &ThresholdSwitch,
        from: Loaded,
        drive: (f64, f64),
        (t, wall): (f64, bool),
    ) -> Loaded {
        self.spells(device, from, drive, None, (t, wall)).0
    }

    /// An off switch after `limit` seconds, or where it reaches `theta` if that is sooner, and when it did.
    fn spells(
        &self,
        device: &ThresholdSwitch,
        from: Loaded,
        drive: (f64, f64),
        theta: Option<f64>,
        (limit, wall): (f64, bool),
    ) -> (Loaded, Option<f64>) {
        let (mut now, mut t) = (from, 0.0);
        for _ in 0..SPELLS {
            let left = limit - t;
            let course = self.course(device, now, (drive.0 + drive.1 * t, drive.1));
            let falls = course.a < now.node || (course.a == now.node && course.b < 0.0);
            if wall && now.x <= 0.0 && (now.node < 0.0 || (now.node == 0.0 && falls)) {
                let lets_go = crossing(self.lag, now.node, course.a, course.b, 0.0, left);
                let Some(after) = lets_go else {
                    return (Loaded { x: 0.0, node: course.node(left) }, None);
                };
                // Exactly the level.
                (now, t) = (Loaded { x: 0.0, node: 0.0 }, t + after);
                continue;
            }
            // Where node and drive are not negative nothing pulls it down.
            let pulled = wall && (now.node < 0.0 || course.a < 0.0 || course.a + course.b * left < 0.0);
            let down = if pulled { course.passes(0.0, false, left) } else { None };
            let on = theta.and_then(|theta| course.passes(theta, true, left));
            let down = down.filter(|down| on.is_none_or(|on| *down < on));
            let Some(down) = down else {
                let at = course.at(on.unwrap_or(left));
                return (
                    Loaded { x: if on.is_some() { theta.unwrap_or(at.x) } else { at.x }, ..at },
                    on.map(|on| t + on),
                );
            };
            (now, t) = (Loaded { x: 0.0, node: course.node(down).min(0.0) }, t + down);
        }
        (now, None)
    }

    /// A switch after `limit` seconds, or where it turns if that is sooner, and when it turned. `wall`: no drive takes it below rest.
    #[must_use]
    pub fn through(
        &self,
        device: &ThresholdSwitch,
        from: Loaded,
        drive: (f64, f64),
        theta: f64,
        (limit, wall): (f64, bool),
    ) -> (Loaded, Option<f64>) {
        if !self.on {
            return self.spells(device, from, drive, Some(theta), (limit, wall));
        }
        let hold = device.hold();
        let (mut now, mut t) = (from, 0.0);
        for _ in 0..STAGES {
            let left = limit - t;
            let course = self.course(device, now, (drive.0 + drive.1 * t, drive.1));
            let rises = course.a > now.node || (course.a == now.node && course.b > 0.0);
            let above = |level: f64| now.node > level || (now.node == level && rises);
            let (held, over) = (above(hold), above(theta));
            // Where the node begins to do something else.
            let meets = |level: f64, down: bool| {
                let s = if down { -1.0 } else { 1.0 };
                crossing(self.lag, s * now.node, s * course.a, s * course.b, s * level, left)
            };
            let at_hold = meets(hold, held).map(|at| (at, hold));
            let at_theta = if held { meets(theta, over).map(|at| (at, theta)) } else { None };
            let next = [at_hold, at_theta].into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0));
            let until = next.map_or(left, |(at, _)| at);
            let pinned = held && now.x >= theta;
            let passes = match (pinned, held, over) {
                (false, true, true) => course.passes(theta, true, until),
                (false, false, _) => course.passes(hold, false, until),
                _ => None,
            };
            let length = passes.unwrap_or(until);
            let x = match (pinned, held && !over) {
                (true, _) => theta,
                (_, true) => advance(course.tau, now.x, theta, 0.0, length),
                _ => course.x(length).min(theta),
            };
            now = Loaded { x, node: course.node(length) };
            t += length;
            if passes.is_some() && !held {
                return (Loaded { x: hold, ..now }, Some(t));
            }
            if passes.is_some() {
                now.x = theta;
            } else if let Some((_, level)) = next {
                // Exactly the level.
                now.node = level;
            } else {
                break;
            }
        }
        (now, None)
    }

    /// What device and resistor take while `ramp` drives a node that begins at `node`. The capacitor keeps the rest.
    #[must_use]
    pub fn spent(&self, device: &ThresholdSwitch, node: f64, ramp: Ramp) -> Energies {
        if ramp.length <= 0.0 {
            return Energies::default();
        }
        let slope = (ramp.to - ramp.from) / ramp.length;
        let course = self.course(device, Loaded { x: 0.0, node }, (ramp.from, slope));
        let of = |power: &dyn Fn(f64, f64) -> f64| {
            super::conductance::in_pieces(&[self.lag], ramp.length, &mut |t0, t1| {
                gauss(t0, t1, |t| power(ramp.at(t), course.node(t)))
            })
        };
        Energies {
            source: of(&|v, node| v * (v - node) / self.r_s),
            device: of(&|_, node| node * node * self.g),
            limiter: of(&|v, node| (v - node) * (v - node) / self.r_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Circuit, SwitchState};
    use super::*;
    use crate::units::{Farad, Ohm, Volt};

    #[test]
    fn a_passive_column_goes_where_its_rows_say_and_the_sooner_the_more_they_are() {
        let device = ThresholdSwitch::default();
        let (r, v_row, c, g, tau, theta) = (1e6, 0.6, 2e-9, 1e-7, 9.41e-3, 0.24957);
        let circuit = Circuit::Node { r_s: Ohm::new(r), v_row: Volt::new(v_row), c: Farad::new(c) };
        let mut before = f64::INFINITY;
        for rows in [1.0, 2.0, 4.0] {
            let (level, lag) = (v_row * rows / (rows + r * g), c / (rows / r + g));
            // Both start at zero: u = V_inf (1 - (tau e^(-t/tau) - lag e^(-t/lag))/(tau - lag)).
            let u = |t: f64| {
                level * (1.0 - (tau * (-t / tau).exp() - lag * (-t / lag).exp()) / (tau - lag)) - theta
            };
            let want = bisected(0.0, 1.0, &u).1;
            let ramp = Ramp { from: rows * v_row, to: rows * v_row, length: 20e-3 };
            let (mut state, mut turned) = (device.rest(), Vec::new());
            let spent = device.apply(&mut state, &circuit, ramp, |_| device.theta(), &mut turned);
            assert!((turned[0].after - want).abs() < 1e-14, "{rows} rows: {turned:?}, not {want}");
            assert!(want < before, "{rows} rows: {turned:?}");
            before = want;
            // What the rows give and neither they nor the switch have taken is on the column.
            let spent = spent.off + spent.on;
            let kept = spent.source - spent.device - spent.limiter;
            let want = 0.5 * c * state.node * state.node;
            assert!((kept - want).abs() < 1e-9 * spent.source, "{rows} rows: {kept} J, not {want} J");
        }
        // Idle rows float: the column goes back through the switch alone.
        let mut state = SwitchState { node: 0.1, ..device.rest() };
        let idle = Ramp { from: 0.0, to: 0.0, length: 5e-3 };
        device.apply(&mut state, &circuit, idle, |_| device.theta(), &mut Vec::new());
        assert!((state.node - 0.1 * (-0.25f64).exp()).abs() < 1e-15, "{state:?}");
        // 1 row fires again and again, many latch, and what the load line says is what it does.
        let (from, to) = circuit.drives(&device).unwrap();
        let fires = |v: f64| {
            let (mut state, mut turned) = (device.rest(), Vec::new());
            let held = Ramp { from: v, to: v, length: 1.0 };
            device.apply(&mut state, &circuit, held, |_| device.theta(), &mut turned);
            turned.len()
        };
        assert!(fires(0.99 * from) == 0 && fires(1.01 * from) > 2, "from {from} V");
        assert!(fires(0.99 * to) > 2 && fires(1.01 * to) == 1, "to {to} V");
    }

    fn turns(r_s: f64, c: f64, drive: &[Ramp]) -> (Vec<f64>, SwitchState, Energies) {
        let device = ThresholdSwitch::default();
        let circuit = Circuit::Load { r_s: Ohm::new(r_s), c: Farad::new(c) };
        let (mut state, mut begin) = (device.rest(), 0.0);
        let (mut times, mut spent) = (Vec::new(), Energies::default());
        for &ramp in drive {
            let mut turned = Vec::new();
            let part = device.apply(&mut state, &circuit, ramp, |_| device.theta(), &mut turned);
            spent += part.off + part.on;
            times.extend(turned.iter().map(|turn| begin + turn.after));
            begin += ramp.length;
        }
        (times, state, spent)
    }

    /// The two equations in steps of fourth order; a step in which it turns, or is told to follow something else, is halved down
    /// to there.
    fn stepped(r_s: f64, c: f64, drive: &[Ramp]) -> (Vec<f64>, [f64; 2]) {
        let device = ThresholdSwitch::default();
        let (tau, theta, hold) = (device.tau.get(), device.theta(), device.hold());
        let (mut x, mut v, mut on, mut begin, mut times) = (0.0, 0.0, false, 0.0, Vec::new());
        let mut dissolved = false;
        for ramp in drive {
            let mut t = 0.0;
            while t < ramp.length {
                let follows = |v: f64| (v > hold, v > theta);
                let (held, over) = follows(v + 1e-15);
                let pinned = on && held && x >= theta;
                let g = device.conductance(on).get();
                let slopes = |t: f64, x: f64, v: f64| {
                    let target = if on && held && !over { theta } else { v };
                    let dx = if pinned || dissolved { 0.0 } else { (target - x) / tau };
                    (dx, ((ramp.at(t) - v) / r_s - g * v) / c)
                };
                let step = |h: f64| {
                    let k1 = slopes(t, x, v);
                    let k2 = slopes(t + h / 2.0, x + h / 2.0 * k1.0, v + h / 2.0 * k1.1);
                    let k3 = slopes(t + h / 2.0, x + h / 2.0 * k2.0, v + h / 2.0 * k2.1);
                    let k4 = slopes(t + h, x + h * k3.0, v + h * k3.1);
                    (
                        x + h / 6.0 * (k1.0 + 2.0 * k2.0 + 2.0 * k3.0 + k4.0),
                        v + h / 6.0 * (k1.1 + 2.0 * k2.1 + 2.0 * k3.1 + k4.1),
                    )
                };
                let changes = |(x, v): (f64, f64)| match on {
                    false if dissolved => v > 0.0,
                    false => x >= theta || x < 0.0,
                    true => {
                        follows(v) != (held, over)
                            || (held && over && !pinned && x >= theta)
                            || (!held && x <= hold)
                    }
                };
                let (mut low, mut high) = (0.0, (ramp.length - t).min(2e-6));
                let ends = !changes(step(high));
                while !ends && high - low > 1e-15 {
                    let middle = 0.5 * (low + high);
                    if changes(step(middle)) { high = middle } else { low = middle }
                }
                (x, v) = step(high);
                t += high;
                if !on && x < 0.0 {
                    (x, dissolved) = (0.0, true);
                } else if dissolved && v > 0.0 {
                    dissolved = false;
                } else if !on && x >= theta {
                    (x, on) = (theta, true);
                    times.push(begin + t);
                } else if on && !follows(v).0 && x <= hold {
                    on = false;
                    times.push(begin + t);
                } else if on && x >= theta {
                    x = theta;
                }
            }
            begin += ramp.length;
        }
        (times, [x, v])
    }

    fn ramp(from: f64, to: f64, ms: f64) -> Ramp {
        Ramp { from, to, length: ms * 1e-3 }
    }

    #[test]
    fn node_and_filament_follow_their_equations() {
        let drive = [
            ramp(0.5, 0.5, 60.0),
            ramp(0.5, -0.2, 20.0),
            ramp(-0.2, 0.9, 30.0),
            ramp(0.0, 0.0, 15.0),
            ramp(0.3, 0.3, 40.0),
            ramp(1.0, 0.1, 50.0),
            ramp(-0.3, -0.3, 40.0),
            ramp(-0.3, 0.9, 60.0),
            ramp(0.4, -0.6, 40.0),
            ramp(-0.1, 0.7, 70.0),
        ];
        for (r_s, c) in [(2e5, 1e-9), (2e5, 1e-8), (2e5, 9.41e-3 / 2e5), (2e5, 1e-7), (1e5, 5e-8)] {
            let (times, state, _) = turns(r_s, c, &drive);
            let (want, [x, v]) = stepped(r_s, c, &drive);
            assert_eq!(times.len(), want.len(), "{r_s} Ohm, {c} F: {times:?} {want:?}");
            assert!(times.len() > 2, "{times:?}");
            for (got, want) in times.iter().zip(&want) {
                assert!((got - want).abs() < 2e-10, "{r_s} Ohm, {c} F: {got} s, stepped {want} s");
            }
            assert!((state.x - x).abs() < 1e-9 && (state.node - v).abs() < 1e-9, "{state:?} {x} {v}");
        }
    }

    #[test]
    fn no_drive_takes_an_off_filament_below_rest() {
        let (_, state, _) = turns(2e5, 1e-8, &[ramp(-0.5, -0.5, 30.0)]);
        assert_eq!(state.x, 0.0);
        // The node is where it would be anyway.
        let device = ThresholdSwitch::default();
        let load = Load::new(&device, (2e5, 1e-8), false);
        let free =
            |t: f64, wall: bool| load.off(&device, Loaded { x: 0.0, node: 0.0 }, (-0.5, 0.0), (t, wall));
        assert_eq!(free(0.03, true).node, free(0.03, false).node);
        assert!(free(0.03, false).x < -0.4);
        // After it a step of 0.5 V turns it on as one from rest does whose node begins below.
        let (times, ..) = turns(2e5, 1e-8, &[ramp(-0.5, -0.5, 30.0), ramp(0.5, 0.5, 40.0)]);
        let from = Loaded { x: 0.0, node: state.node };
        let (_, on) = load.through(&device, from, (0.5, 0.0), device.theta(), (0.04, true));
        assert_eq!(times[0], 0.03 + on.unwrap());
        // From where its node is positive: C R_eq ln(1 + |V_0|/a), and then the step from rest at an uncharged node.
        let (_, rest) =
            load.through(&device, Loaded { x: 0.0, node: 0.0 }, (0.5, 0.0), device.theta(), (0.04, true));
        let (share, node) = (1.0 / (1.0 + 2e5 * 1e-7), state.node);
        let lag = share * 2e5 * 1e-8;
        let want = lag * (1.0 - node / (share * 0.5)).ln() + rest.unwrap();
        assert!((on.unwrap() - want).abs() < 1e-15, "{on:?} {want}");
    }

    #[test]
    fn cutting_a_drive_in_two_changes_nothing_at_the_wall() {
        let whole = turns(2e5, 4e-8, &[ramp(0.3, -0.4, 40.0), ramp(-0.4, 0.9, 60.0)]);
        let cut = turns(
            2e5,
            4e-8,
            &[ramp(0.3, -0.05, 20.0), ramp(-0.05, -0.4, 20.0), ramp(-0.4, 0.25, 30.0), ramp(0.25, 0.9, 30.0)],
        );
        assert!(!whole.0.is_empty() && whole.0.len() == cut.0.len(), "{whole:?} {cut:?}");
        whole.0.iter().zip(&cut.0).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} {b}"));
        assert!((whole.1.x - cut.1.x).abs() < 1e-13 && (whole.1.node - cut.1.node).abs() < 1e-13);
    }

    #[test]
    fn without_a_capacitor_it_is_the_circuit_series() {
        let (times, ..) = turns(2e5, 1e-18, &[ramp(0.5, 0.5, 45.0)]);
        let first = 6.695792e-3;
        for (k, want) in [0.0, 15.231730, 19.790938, 35.022668].into_iter().enumerate() {
            assert!((times[k] - first - want * 1e-3).abs() < 2e-9, "{times:?}");
        }
        let (latched, ..) = turns(1e5, 1e-9, &[ramp(0.5, 0.5, 1000.0)]);
        let (silent, ..) = turns(2e5, 1e-9, &[ramp(0.25, 0.25, 1000.0)]);
        assert_eq!((latched.len(), silent.len()), (1, 0));
    }

    #[test]
    fn what_the_source_gives_is_in_device_resistor_and_capacitor() {
        let c = 2e-8;
        let drive = [ramp(0.5, 0.5, 33.0), ramp(0.2, 0.8, 25.0), ramp(0.0, 0.0, 3.0)];
        let (_, state, spent) = turns(2e5, c, &drive);
        let kept = 0.5 * c * state.node * state.node;
        assert!(
            (spent.source - spent.device - spent.limiter - kept).abs() < 1e-12 * spent.source,
            "{spent:?}"
        );
    }
}

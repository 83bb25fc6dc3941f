"""Reference spikes of the leak-free integrator: see reference.py."""

from mpmath import mpf
from reference import MS, Neuron, case, poisson, rng


class Integrator(Neuron):
    keys = dict(c_m=9.41e-9, u_rest=0.0, v_th=0.25, u_reset=0.0, t_ref=0.0, r_m=1e6, i_bias=0.0)

    def start(self):
        return [self.u_rest]

    def derivative(self, k, s, extra, drive):
        return [(drive[k] / self.r_m + (self.i_bias if k == 0 else 0)) / self.c_m]

    def dead_derivative(self, k, s, extra, drive):
        return [mpf(0)]

    def rises(self, s):
        return [s[0][0] - self.v_th] + s[0][1:]

    def above(self):
        return self.state[0] >= self.v_th

    def jump(self, volts):
        self.state[0] += volts

    def fire(self):
        self.state = [self.u_reset]
        return self.t_ref


if __name__ == "__main__":
    case(Integrator, "bias", dict(i_bias=3e-7, u_reset=-0.1), 0.0, 0.0, [], [], 100 * MS)
    case(Integrator, "ramp up and down", dict(t_ref=1e-3), -0.1, 8.0, [], [(70 * MS, "change", 0.0, -20.0)], 150 * MS)
    for k in range(6):
        end = 120 * MS
        values = dict(v_th=rng.uniform(0.05, 0.3), t_ref=rng.choice([0.0, 2e-3]))
        arrivals = [(t, "jump", rng.uniform(-0.05, 0.1)) for t in poisson(rng, 100, end)]
        arrivals += [(t, "current", rng.randrange(2), rng.uniform(-0.2, 0.3), rng.choice([0.0, rng.uniform(0, 0.4)]))
                     for t in poisson(rng, 150, end)]
        case(Integrator, f"random {k}", values, rng.uniform(-0.1, 0.2), rng.uniform(-1, 1),
             [rng.uniform(1e-3, 8e-3), rng.uniform(5e-3, 4e-2)], arrivals, end)

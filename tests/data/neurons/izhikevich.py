"""Reference spikes of Izhikevich's equation: see reference.py. Here in volts and seconds."""

from mpmath import mpf, sqrt
from reference import MS, Neuron, case, poisson, rng, times

TAU = mpf(1) / 1000


class Izhikevich(Neuron):
    keys = dict(a=0.02, b=0.2, c=-65e-3, d=8e-3, v_peak=30e-3, r_m=1e9, t_ref=0.0, i_bias=0.0)

    def start(self):
        # Lower zero of 0.04 v^2 + (5 - b) v + 140, in mV; the vertex of the parabola if there is none.
        square = (5 - self.b) ** 2 - mpf("22.4")
        v = (-(5 - self.b) - sqrt(square)) / mpf("0.08") / 1000 if square >= 0 else mpf("-0.0625")
        return [v, self.b * v]

    def derivative(self, k, s, extra, drive):
        v, u = s
        slope = 40 * times(v, v, k) + 5 * v[k] - u[k] + drive[k]
        if k == 0:
            slope += mpf("0.14") + self.r_m * self.i_bias
        return [slope / TAU, self.a * (self.b * v[k] - u[k]) / TAU]

    def dead_derivative(self, k, s, extra, drive):
        v, u = s
        return [mpf(0), self.a * ((self.b * v[0] if k == 0 else 0) - u[k]) / TAU]

    def rises(self, s):
        return [s[0][0] - self.v_peak] + s[0][1:]

    def above(self):
        return self.state[0] >= self.v_peak

    def jump(self, volts):
        self.state[0] += volts

    def fire(self):
        self.state = [self.c, self.state[1] + self.d]
        return self.t_ref


if __name__ == "__main__":
    # Figure 2 of the paper.
    case(Izhikevich, "regular spiking", {}, 0.01, 0.0, [], [], 200 * MS)
    case(Izhikevich, "intrinsically bursting", dict(c=-55e-3, d=4e-3), 0.01, 0.0, [], [], 120 * MS)
    case(Izhikevich, "chattering", dict(c=-50e-3, d=2e-3, i_bias=10e-12), 0.0, 0.0, [], [], 120 * MS)
    case(Izhikevich, "fast spiking", dict(a=0.1, d=2e-3), 0.01, 0.0, [], [], 100 * MS)
    case(Izhikevich, "low threshold", dict(b=0.25, d=2e-3), 0.004, 0.0, [], [], 100 * MS)
    for k in range(4):
        end = 100 * MS
        values = dict(t_ref=rng.choice([0.0, 2e-3]), a=rng.uniform(0.01, 0.1), b=rng.uniform(0.1, 0.25), d=rng.uniform(1e-3, 8e-3))
        arrivals = [(t, "current", 0, rng.uniform(-5e-3, 1.5e-2), 0.0) for t in poisson(rng, 150, end)]
        arrivals += [(t, "current", 1, 0.0, rng.uniform(0, 1e-2)) for t in poisson(rng, 100, end)]
        arrivals += [(t, "jump", rng.uniform(-4e-3, 6e-3)) for t in poisson(rng, 80, end)]
        case(Izhikevich, f"random {k}", values, rng.uniform(0, 8e-3), rng.uniform(-0.02, 0.02), [rng.uniform(1e-3, 5e-3), rng.uniform(4e-3, 2e-2)],
             arrivals, end)

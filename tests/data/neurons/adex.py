"""Reference spikes of the adaptive exponential neuron: see reference.py."""

from mpmath import exp, mpf
from reference import MS, Neuron, case, poisson, rng


class Adex(Neuron):
    keys = dict(c_m=281e-12, g_l=30e-9, u_rest=-70.6e-3, v_t=-50.4e-3, delta_t=2e-3, a=4e-9, tau_w=144e-3, b=80.5e-12,
                u_reset=-70.6e-3, v_peak=0.0, t_ref=0.0, i_bias=0.0)

    def start(self):
        return [self.u_rest, mpf(0)]

    def prepare(self):
        # (u - V_T)/Delta_T and its exponential.
        return [[], []]

    def derivative(self, k, s, extra, drive):
        u, w = s
        x, e = extra
        x.append((u[k] - (self.v_t if k == 0 else 0)) / self.delta_t)
        e.append(exp(x[0]) if k == 0 else sum(i * x[i] * e[k - i] for i in range(1, k + 1)) / k)
        above = u[k] - (self.u_rest if k == 0 else 0)
        current = self.g_l * (drive[k] - above + self.delta_t * e[k]) - w[k] + (self.i_bias if k == 0 else 0)
        return [current / self.c_m, (self.a * above - w[k]) / self.tau_w]

    def dead_derivative(self, k, s, extra, drive):
        u, w = s
        above = u[0] - self.u_rest if k == 0 else mpf(0)
        return [mpf(0), (self.a * above - w[k]) / self.tau_w]

    def rises(self, s):
        return [s[0][0] - self.v_peak] + s[0][1:]

    def above(self):
        return self.state[0] >= self.v_peak

    def jump(self, volts):
        self.state[0] += volts

    def fire(self):
        self.state = [self.u_reset, self.state[1] + self.b]
        return self.t_ref


if __name__ == "__main__":
    # Parameter sets of Naud et al. 2008, table 1, as published: pF, nS, mV, ms, pA.
    def naud(c, g, e, vt, d, a, tw, b, vr):
        return dict(c_m=c * 1e-12, g_l=g * 1e-9, u_rest=e * 1e-3, v_t=vt * 1e-3, delta_t=d * 1e-3, a=a * 1e-9,
                    tau_w=tw * 1e-3, b=b * 1e-12, u_reset=vr * 1e-3)

    case(Adex, "defaults", {}, 0.033, 0.0, [], [], 120 * MS)
    case(Adex, "tonic", dict(naud(200, 10, -70, -50, 2, 2, 30, 0, -58), i_bias=500e-12), 0.0, 0.0, [], [], 60 * MS)
    case(Adex, "initial burst", dict(naud(130, 18, -58, -50, 2, 4, 150, 120, -50), i_bias=400e-12), 0.0, 0.0, [], [], 100 * MS)
    case(Adex, "regular bursting", dict(naud(200, 10, -58, -50, 2, 2, 120, 100, -46), i_bias=210e-12), 0.0, 0.0, [], [], 150 * MS)
    case(Adex, "ramp", dict(t_ref=2e-3), 0.0, 0.8, [], [], 80 * MS)
    for k in range(4):
        end = 80 * MS
        values = dict(t_ref=rng.choice([0.0, 2e-3]), a=rng.uniform(-2e-9, 8e-9), b=rng.uniform(0, 1e-10),
                      tau_w=rng.uniform(20e-3, 0.2), u_reset=rng.uniform(-70e-3, -52e-3))
        arrivals = [(t, "current", 0, rng.uniform(-0.01, 0.03), 0.0) for t in poisson(rng, 150, end)]
        arrivals += [(t, "current", 1, 0.0, rng.uniform(0, 0.03)) for t in poisson(rng, 150, end)]
        arrivals += [(t, "jump", rng.uniform(-3e-3, 5e-3)) for t in poisson(rng, 80, end)]
        case(Adex, f"random {k}", values, rng.uniform(0.005, 0.015), 0.0, [rng.uniform(1e-3, 5e-3), rng.uniform(4e-3, 2e-2)], arrivals, end)

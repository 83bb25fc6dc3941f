"""Reference spikes of the adaptive leaky integrate-and-fire neuron: see reference.py."""

from reference import MS, Neuron, case, mpf, poisson, rng


class AdaptiveLif(Neuron):
    keys = dict(tau_m=9.41e-3, u_rest=0.43e-3, v_th=0.25, u_reset=0.43e-3, t_ref=0.0, r_m=1e6, i_bias=0.0,
                q_theta=0.02, tau_theta=0.1, i_jump=1e-8, tau_w=0.1)

    def start(self):
        return [self.u_rest, mpf(0), mpf(0)]

    def derivative(self, k, s, extra, drive):
        u, q, w = s
        rest = self.u_rest + self.r_m * self.i_bias if k == 0 else 0
        return [(rest - u[k] - self.r_m * w[k] + drive[k]) / self.tau_m, -q[k] / self.tau_theta, -w[k] / self.tau_w]

    def dead_derivative(self, k, s, extra, drive):
        return [mpf(0), *self.derivative(k, s, extra, drive)[1:]]

    def rises(self, s):
        u, q, _ = s
        return [u[0] - q[0] - self.v_th] + [x - y for x, y in zip(u[1:], q[1:])]

    def above(self):
        return self.state[0] - self.state[1] >= self.v_th

    def jump(self, volts):
        self.state[0] += volts

    def fire(self):
        self.state = [self.u_reset, self.state[1] + self.q_theta, self.state[2] + self.i_jump]
        return self.t_ref


if __name__ == "__main__":
    case(AdaptiveLif, "steady", {}, 0.5, 0.0, [], [], 300 * MS)
    case(AdaptiveLif, "fast threshold", dict(tau_theta=1e-3, q_theta=0.1, t_ref=2e-3), 0.6, 0.0, [], [], 150 * MS)
    case(AdaptiveLif, "equal time constants", dict(tau_theta=9.41e-3, tau_w=9.41e-3, u_reset=0.1), 0.5, 0.0, [9.41e-3],
         [(int(t * MS), "current", 0, 0.1, 0.2) for t in (3.3, 21.0, 21.7)], 120 * MS)
    case(AdaptiveLif, "facilitating current", dict(i_jump=-2e-8, tau_w=5e-3, t_ref=1e-3), 0.28, 0.0, [], [], 150 * MS)
    case(AdaptiveLif, "ramp and bias", dict(i_bias=1e-7), 0.0, 3.0, [], [(60 * MS, "change", 0.0, -5.0)], 150 * MS)
    for k in range(6):
        end = 120 * MS
        values = dict(tau_m=rng.uniform(5e-3, 25e-3), tau_theta=rng.uniform(4e-3, 0.2), tau_w=rng.uniform(4e-3, 0.2),
                      q_theta=rng.uniform(0, 0.1), i_jump=rng.uniform(-2e-8, 5e-8), t_ref=rng.choice([0.0, 2e-3]))
        arrivals = [(t, "jump", rng.uniform(-0.05, 0.1)) for t in poisson(rng, 200, end)]
        arrivals += [(t, "current", rng.randrange(2), rng.uniform(-0.1, 0.3), rng.choice([0.0, rng.uniform(0, 0.4)]))
                     for t in poisson(rng, 300, end)]
        case(AdaptiveLif, f"random {k}", values, rng.uniform(0, 0.2), 0.0, [rng.uniform(1e-3, 8e-3), rng.uniform(5e-3, 4e-2)],
             arrivals, end)

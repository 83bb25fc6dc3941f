"""Reference spikes of the conductance-based leaky integrate-and-fire neuron: see reference.py.

The cases named `brette` have equal synaptic time constants and are not integrated: between arrivals u is given by the
incomplete gamma function (Brette, Neural Computation 18, 2004 (2006)). With the whole conductance g = g_e + g_i in units of the
leak, its constant reversal potential E, a = tau_s/tau_m and z = a g(t), relative to rest,

    u(t) = e^(-S) [u0 + E (a g0)^a e^(a g0) (Gamma(1 - a, z) - Gamma(1 - a, a g0))],  S = t/tau_m + a g0 - z.
"""

from mpmath import exp, gammainc, mpf, nstr
from reference import FS, MS, Neuron, case, poisson, rng, times

KEYS = dict(tau_m=20e-3, u_rest=-60e-3, v_th=-50e-3, u_reset=-60e-3, t_ref=5e-3, r_m=100e6, i_bias=0.0, e_exc=0.0,
            e_inh=-80e-3, tau_exc=5e-3, tau_inh=10e-3)


class ConductanceLif(Neuron):
    keys = KEYS

    def start(self):
        return [self.u_rest, mpf(0), mpf(0)]

    def derivative(self, k, s, extra, drive):
        u, ge, gi = s
        flows = self.u_rest + self.r_m * self.i_bias if k == 0 else mpf(0)
        flows += drive[k] - u[k]
        flows += self.r_m * (self.e_exc * ge[k] + self.e_inh * gi[k] - times(u, ge, k) - times(u, gi, k))
        return [flows / self.tau_m, -ge[k] / self.tau_exc, -gi[k] / self.tau_inh]

    def dead_derivative(self, k, s, extra, drive):
        return [mpf(0), -s[1][k] / self.tau_exc, -s[2][k] / self.tau_inh]

    def rises(self, s):
        return [s[0][0] - self.v_th] + s[0][1:]

    def above(self):
        return self.state[0] >= self.v_th

    def jump(self, volts):
        self.state[0] += volts

    def conductance(self, receptor, siemens):
        self.state[1 + receptor] += siemens

    def fire(self):
        self.state[0] = self.u_reset
        return self.t_ref


def brette(name, values, arrivals, end):
    """One case with equal time constants, conductances only."""
    p = {key: mpf(value) for key, value in {**KEYS, **values}.items()}
    assert p["tau_exc"] == p["tau_inh"]
    tau, a = p["tau_exc"], p["tau_exc"] / p["tau_m"]
    theta, reset = p["v_th"] - p["u_rest"], p["u_reset"] - p["u_rest"]
    e_exc, e_inh = p["e_exc"] - p["u_rest"], p["e_inh"] - p["u_rest"]

    def solution(u0, ge, gi, t):
        g0 = ge + gi
        if g0 == 0:
            return u0 * exp(-t / p["tau_m"])
        z0 = a * g0
        z = z0 * exp(-t / tau)
        e = (ge * e_exc + gi * e_inh) / g0
        s = t / p["tau_m"] + z0 - z
        return exp(-s) * (u0 + e * z0**a * exp(z0) * (gammainc(1 - a, z) - gammainc(1 - a, z0)))

    arrivals = sorted(arrivals)
    print(f"case,brette {name}")
    for key, value in values.items():
        print(f"set,{key},{value!r}")
    print("drive,0.0,0.0")
    for t, receptor, siemens in arrivals:
        print(f"conductance,{t},{receptor},{siemens!r}")
    print(f"end,{end}")
    u, ge, gi, now, dead = mpf(0), mpf(0), mpf(0), mpf(0), mpf(0)
    for t, receptor, siemens in arrivals + [(end, 0, 0.0)]:
        until = mpf(t) / FS
        while now < until:
            if dead > now:
                span = min(dead, until) - now
                ge, gi, now = ge * exp(-span / tau), gi * exp(-span / tau), now + span
                continue
            span = until - now
            # The drive at threshold falls through zero once, and until then u passes at most once.
            lo, hi, places = mpf(0), None, max(4, int(span / tau * 40))
            for k in range(1, places + 1):
                if solution(u, ge, gi, span * k / places) > theta:
                    hi = span * k / places
                    break
                lo = span * k / places
            if hi is not None:
                while hi - lo > mpf(10) ** -32:
                    mid = (lo + hi) / 2
                    if solution(u, ge, gi, mid) > theta:
                        hi = mid
                    else:
                        lo = mid
                span = hi
            u = solution(u, ge, gi, span)
            ge, gi, now = ge * exp(-span / tau), gi * exp(-span / tau), now + span
            if hi is not None:
                print(f"spike,{nstr(now, 25)}")
                u, dead = reset, now + p["t_ref"]
        if receptor == 0:
            ge += p["r_m"] * mpf(siemens)
        else:
            gi += p["r_m"] * mpf(siemens)


def conductances(rate_e, rate_i, g_e, g_i, end):
    arrivals = [(t, 0, rng.uniform(0.3, 1.7) * g_e) for t in poisson(rng, rate_e, end)]
    return sorted(arrivals + [(t, 1, rng.uniform(0.3, 1.7) * g_i) for t in poisson(rng, rate_i, end)])


if __name__ == "__main__":
    for tau in (5e-3, 20e-3, 33e-3):
        brette(f"{tau * 1e3:g} ms", dict(tau_exc=tau, tau_inh=tau), conductances(500, 200, 2.5e-9, 5e-9, 100 * MS), 100 * MS)
    case(ConductanceLif, "bias alone", dict(i_bias=1.3e-10), 0.0, 0.0, [], [], 200 * MS)
    case(ConductanceLif, "one strong arrival", dict(t_ref=1e-3), 0.0, 0.0, [], [(3 * MS + 17, "conductance", 0, 2e-7)], 40 * MS)
    case(ConductanceLif, "strong inhibition and then release", dict(i_bias=1.5e-10, tau_inh=50e-3), 0.0, 0.0, [],
         [(2 * MS, "conductance", 1, 5e-7)], 400 * MS)
    for k in range(6):
        end = 100 * MS
        values = dict(tau_m=rng.uniform(5e-3, 25e-3), tau_exc=rng.uniform(0.2e-3, 8e-3), tau_inh=rng.uniform(1e-3, 20e-3),
                      t_ref=rng.choice([0.0, 2e-3]))
        arrivals = [(t, "conductance", receptor, g) for t, receptor, g in conductances(800, 300, 5e-9, 8e-9, end)]
        arrivals += [(t, "jump", rng.uniform(-4e-3, 6e-3)) for t in poisson(rng, 60, end)]
        arrivals += [(t, "current", 0, rng.uniform(-4e-3, 1e-2), rng.choice([0.0, rng.uniform(0, 1e-2)]))
                     for t in poisson(rng, 100, end)]
        arrivals += [(end // 2, "change", rng.uniform(-5e-3, 5e-3), rng.uniform(-0.1, 0.2))]
        case(ConductanceLif, f"random {k}", values, rng.uniform(0, 5e-3), 0.0, [rng.uniform(1e-3, 2e-2)], arrivals, end)

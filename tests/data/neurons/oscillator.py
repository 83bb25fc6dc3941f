"""Reference spikes of the relaxation oscillator: see reference.py."""

from mpmath import mpf
from reference import Neuron, case, poisson, rng

US = 10**9


class Oscillator(Neuron):
    keys = dict(v_dc=3.1, r_s=20e3, c=1e-9, r_off=13.5e3, r_on=2.8e3, v_th=1.2, v_hold=0.4, i_bias=0.0)

    def start(self):
        self.on = False
        # The drive is in volts of the two resistors side by side, off.
        self.r = self.r_s * self.r_off / (self.r_s + self.r_off)
        return [mpf(0)]

    def derivative(self, k, s, extra, drive):
        v = s[0]
        current = drive[k] / self.r - v[k] / (self.r_on if self.on else self.r_off) - v[k] / self.r_s
        if k == 0:
            current += self.v_dc / self.r_s + self.i_bias
        return [current / self.c]

    def rises(self, s):
        if self.on:
            return [self.v_hold - s[0][0]] + [-x for x in s[0][1:]]
        return [s[0][0] - self.v_th] + s[0][1:]

    def inner(self):
        was, self.on = self.on, False
        return was

    def above(self):
        return not self.on and self.state[0] >= self.v_th

    def jump(self, volts):
        self.state[0] += volts
        if self.state[0] <= self.v_hold:
            self.on = False

    def fire(self):
        self.on = True
        return mpf(0)


if __name__ == "__main__":
    case(Oscillator, "alone", {}, 0.0, 0.0, [], [], 300 * US)
    case(Oscillator, "slow supply", {}, -0.5, 5000.0, [], [(200 * US, "change", 0.0, -7000.0)], 500 * US)
    for k in range(5):
        end = 250 * US
        values = dict(r_on=rng.uniform(2.7e3, 2.85e3), i_bias=rng.uniform(0, 2e-6))
        arrivals = [(t, "jump", rng.uniform(-0.2, 0.3)) for t in poisson(rng, 2e4, end)]
        arrivals += [(t, "current", rng.randrange(2), rng.uniform(-0.1, 0.3), rng.choice([0.0, rng.uniform(0, 0.3)]))
                     for t in poisson(rng, 3e4, end)]
        case(Oscillator, f"random {k}", values, rng.uniform(-0.02, 0.05), 0.0, [rng.uniform(1e-6, 8e-6), rng.uniform(5e-6, 4e-5)],
             arrivals, end)

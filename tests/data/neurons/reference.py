"""Spikes of one neuron by Taylor series in 40-digit arithmetic: what the models are compared with.

A model is written as the power series of its variables: given the coefficients 0..k of every variable it
returns those of order k of their derivatives. Steps are as long as a remainder of 1e-34 allows, every step is looked at
in 24 places for a rise over the level at which the neuron fires, and the rise is found by Newton's method on the series.
Nothing is shared with the implementation, and no closed form is used.

`python3 NAME.py > NAME.csv` writes the cases of a model:
case,name  set,key,value  drive,V,V/s  tau,s  end,fs and, with time in femtoseconds first,
jump,t,V  current,t,index,p,q  change,t,V,V/s  conductance,t,receptor,S;  spike,s is what comes out.
"""

import random
from mpmath import mp, mpf, exp

mp.dps = 40
ORDER = 36
REMAINDER = mpf(10) ** -34
FS = mpf(10) ** 15


def times(x, y, k):
    """Coefficient k of the product of two series."""
    return sum((x[i] * y[k - i] for i in range(k + 1)), mpf(0))


class Drive:
    """a + b t + sum (p + q t/tau) e^(-t/tau), from now on."""

    def __init__(self, a, b, taus):
        self.a, self.b = mpf(a), mpf(b)
        self.taus = [mpf(tau) for tau in taus]
        self.currents = [[mpf(0), mpf(0)] for _ in taus]

    def series(self, order):
        c = [self.a, self.b] + [mpf(0)] * (order - 1)
        for (p, q), tau in zip(self.currents, self.taus):
            if p == 0 and q == 0:
                continue
            e = mpf(1)
            for k in range(order + 1):
                c[k] += p * e
                if k < order:
                    c[k + 1] += q / tau * e
                e *= -1 / (tau * (k + 1))
        return c

    def move(self, t):
        self.a += self.b * t
        for current, tau in zip(self.currents, self.taus):
            e = exp(-t / tau)
            current[0] = (current[0] + current[1] * t / tau) * e
            current[1] *= e


class Neuron:
    """To be derived from: state is a list of mpf."""

    keys = {}

    def __init__(self, values):
        self.__dict__.update({name: mpf(value) for name, value in {**self.keys, **values}.items()})
        self.state = self.start()
        self.dead_until = mpf(0)

    def prepare(self):
        """Starts a series: other variables made of the state, as their coefficient 0."""
        return []

    def derivative(self, k, s, extra, drive):
        """Coefficient k of the derivative of every state; may append coefficient k of extra series."""
        raise NotImplementedError

    def dead_derivative(self, k, s, extra, drive):
        raise NotImplementedError

    def inner(self):
        """At a rise: whether it is a change of its own and no spike."""
        return False

    def rises(self, s):
        """Series of what is above zero where the neuron fires."""
        raise NotImplementedError

    def series(self, drive, dead):
        s = [[x] for x in self.state]
        extra = self.prepare()
        d = drive.series(ORDER)
        f = self.dead_derivative if dead else self.derivative
        for k in range(ORDER):
            for x, c in zip(s, f(k, s, extra, d)):
                x.append(c / (k + 1))
        return s


def at(c, t):
    return mp.polyval(c[::-1], t)


def slope(c):
    return [k * x for k, x in enumerate(c)][1:]


def step(s):
    """How far the series are good."""
    h = mpf(1)
    for c in s:
        size = max(abs(c[0]), mpf("1e-3"))
        for k in (ORDER, ORDER - 1):
            if c[k] != 0:
                h = min(h, (REMAINDER * size / abs(c[k])) ** (mpf(1) / k))
    return h


def first_rise(c, h):
    """Where the series first becomes positive within h."""
    before, places = mpf(0), 24
    for i in range(1, places + 1):
        t = h * i / places
        if at(c, t) > 0 >= at(c, before):
            lo, hi, d = before, t, slope(c)
            x = (lo + hi) / 2
            for _ in range(200):
                if at(c, x) > 0:
                    hi = x
                else:
                    lo = x
                new = x - at(c, x) / at(d, x)
                if abs(new - x) <= mpf(10) ** -36:
                    return new
                x = new if lo < new < hi else (lo + hi) / 2
            return x
        before = t
    return None


def run(neuron, drive, arrivals, end):
    """Spikes in seconds."""
    spikes, now = [], mpf(0)

    def fire():
        spikes.append(now)
        neuron.dead_until = now + neuron.fire()

    def to(until):
        nonlocal now
        while now < until:
            dead = neuron.dead_until > now
            stop = min(until, neuron.dead_until) if dead else until
            s = neuron.series(drive, dead)
            h = min(step(s), stop - now)
            rise = None if dead else first_rise(neuron.rises(s), h)
            t = h if rise is None else rise
            neuron.state = [at(c, t) for c in s]
            drive.move(t)
            now = stop if t == stop - now else now + t
            if rise is not None and not neuron.inner():
                fire()

    for arrival in arrivals:
        t, what, *v = arrival
        to(mpf(t) / FS)
        dead = neuron.dead_until > now
        v = [mpf(x) for x in v]
        if what == "jump":
            if not dead:
                neuron.jump(v[0])
        elif what == "current":
            drive.currents[int(v[0])][0] += v[1]
            drive.currents[int(v[0])][1] += v[2]
        elif what == "change":
            drive.a += v[0]
            drive.b += v[1]
        else:
            neuron.conductance(int(v[0]), v[1])
        if not dead and neuron.above():
            fire()
    to(mpf(end) / FS)
    return spikes


def case(make, name, values, a, b, taus, arrivals, end, seed=None):
    """Runs and prints one. Arrivals: (fs, what, numbers)."""
    arrivals = sorted(arrivals, key=lambda arrival: arrival[0])
    print(f"case,{name}")
    for key, value in values.items():
        print(f"set,{key},{value!r}")
    if seed is not None:
        print(f"seed,{seed}")
    print(f"drive,{a!r},{b!r}")
    for tau in taus:
        print(f"tau,{tau!r}")
    for t, what, *v in arrivals:
        print(f"{what},{t}," + ",".join(repr(x) for x in v))
    print(f"end,{end}")
    for spike in run(make(values), Drive(a, b, taus), arrivals, end):
        print(f"spike,{mp.nstr(spike, 25)}")


def poisson(rng, rate, end):
    """Times in fs."""
    t, times = 0.0, []
    while True:
        t += rng.expovariate(rate)
        if t >= end * 1e-15:
            return times
        times.append(int(t * 1e15))


MS = 10**12
rng = random.Random(20261129)

"""Writes lif_crossings.csv: first threshold crossings of a leaky integrator, with 50 digits.

x(t) = A + b t + C exp(-t/tau), A = a - b tau, C = x0 - A. Each monotone piece is bisected in mpmath
to 1e-40 of its length; inputs are f64 numbers, written so that they read back exactly.
Run: python3 lif_crossings.py > lif_crossings.csv
"""
import random
from mpmath import mp, mpf, exp, log, findroot

mp.dps = 50
rng = random.Random(20240607)


def crossing(tau, x0, a, b, theta, limit):
    """Earliest t in (0, limit] above which x exceeds theta; None if there is none; 'skip' if undecided."""
    tau, x0, a, b, theta, limit = map(mpf, (tau, x0, a, b, theta, limit))
    level, c = a - b * tau, x0 - a + b * tau
    x = lambda t: level + b * t + c * exp(-t / tau)
    edges = [mpf(0), limit]
    if b != 0 and c / (b * tau) > 1:
        turn = tau * log(c / (b * tau))
        if turn < limit:
            edges.insert(1, turn)
    for lo, hi in zip(edges, edges[1:]):
        over = x(hi) - theta
        if x(lo) <= theta and abs(over) < mpf(10) ** -12 * abs(theta) and b != 0:
            return "skip"
        if x(lo) <= theta < x(hi):
            for _ in range(140):
                mid = (lo + hi) / 2
                lo, hi = (mid, hi) if x(mid) <= theta else (lo, mid)
            return hi
    return None


def log_uniform(lo, hi):
    return 10 ** rng.uniform(lo, hi)


def cases():
    for _ in range(100):  # constant drive
        yield log_uniform(-4, -1), rng.uniform(-0.2, 0.249), rng.uniform(-0.2, 2), 0.0, 0.25, 10.0
    for k in range(1, 15):  # constant drive, just above its threshold
        yield 9.41e-3, rng.uniform(0, 0.2), 0.24957 * (1 + 10.0**-k), 0.0, 0.24957, 10.0
    for _ in range(120):  # rising ramps over 18 decades of slope
        tau = log_uniform(-3, -1)
        yield tau, rng.uniform(-0.2, 0.249), rng.uniform(-1, 1), log_uniform(-9, 9) / tau, 0.25, 1e12
    for _ in range(100):  # falling ramps
        tau = log_uniform(-3, -1)
        yield tau, rng.uniform(-0.2, 0.249), rng.uniform(0.3, 3), -log_uniform(-6, 1) / tau, 0.25, 10.0
    for i in range(90):  # falling ramps that graze the threshold from above or below
        tau, x0, beta = 9.41e-3, rng.uniform(-0.2, 0.2), -log_uniform(-3, 2)
        peak = mpf(0.25) * (1 + (-1) ** i * mpf(log_uniform(-9, -2)))
        goal = lambda a: a + beta * log(1 + (a - x0) / -beta) - peak
        lo, hi = mpf(0.25), mpf(200) + 300 * abs(beta)
        for _ in range(200):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if goal(mid) < 0 else (lo, mid)
        yield tau, x0, float(lo), beta / tau, 0.25, 10.0
    for _ in range(70):  # the membrane falls towards a rising drive first
        tau = log_uniform(-3, -1)
        x0 = rng.uniform(0, 0.249)
        yield tau, x0, x0 - rng.uniform(0, 2), log_uniform(-3, 6) / tau, 0.25, 1e9
    for _ in range(60):  # a membrane that starts next to its threshold
        tau, theta = log_uniform(-3, -1), rng.uniform(0.01, 1)
        x0 = theta * (1 - log_uniform(-14, -3))
        yield tau, x0, rng.uniform(0.5, 3), rng.choice([-1, 1]) * log_uniform(-12, 12) / tau, theta, 1.0
    for _ in range(60):  # a limit that may come first
        yield 9.41e-3, rng.uniform(0, 0.2), rng.uniform(0, 0.6), rng.uniform(-50, 50), 0.25, rng.uniform(0, 0.02)


print("tau [s],x0 [V],a [V],b [V/s],theta [V],limit [s],t [s]")
for case in cases():
    t = crossing(*case)
    if t != "skip":
        print(",".join(repr(v) for v in case) + "," + ("never" if t is None else mp.nstr(t, 25)))

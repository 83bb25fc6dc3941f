"""Writes current_crossings.csv: spikes of a leaky integrator under steps and ramps of current, with 50 digits.

tau x' = -x + d(t), reset to 0 at theta. Within a piece d = a + b t, so x(t) = A + b t + C exp(-t/tau), A = a - b tau,
C = x0 - A; each monotone part is bisected in mpmath. A crossing is rounded up to a femtosecond, where the integrator
begins anew. Times are whole microseconds, drives whole microvolts, so that both are exact.
Run: python3 current_crossings.py > current_crossings.csv
"""
import random
from mpmath import mp, mpf, exp, log, ceil, nstr

mp.dps = 50
rng = random.Random(20260112)
FS = mpf(10) ** 15


def crossing(tau, x0, a, b, theta, limit):
    """Earliest t in (0, limit] at which x exceeds theta; None if there is none."""
    level, c = a - b * tau, x0 - a + b * tau
    x = lambda t: level + b * t + c * exp(-t / tau)
    edges = [mpf(0), limit]
    if b != 0 and c / (b * tau) > 1 and tau * log(c / (b * tau)) < limit:
        edges.insert(1, tau * log(c / (b * tau)))
    for lo, hi in zip(edges, edges[1:]):
        if x(lo) <= theta < x(hi):
            for _ in range(170):
                mid = (lo + hi) / 2
                lo, hi = (mid, hi) if x(mid) <= theta else (lo, mid)
            return hi, x
    return None, x


def spikes(tau, theta, pieces):
    """Femtoseconds; pieces are (start us, end us, value uV, value at the end uV)."""
    found, x = [], mpf(0)
    for start, end, low, high in pieces:
        now, stop = mpf(start) / 10**6, mpf(end) / 10**6
        b = mpf(high - low) / 10**6 / (stop - now)
        while now < stop:
            a = mpf(low) / 10**6 + b * (now - mpf(start) / 10**6)
            t, course = crossing(tau, x, a, b, theta, stop - now)
            if t is None:
                x, now = course(stop - now), stop
                continue
            at = ceil((now + t) * FS) / FS
            if at > stop:
                x, now = course(stop - now), stop
                continue
            found.append(int(at * FS))
            now, x = at, mpf(0)
    return found


print("kind,tau [us],theta [uV],times [us],drives [uV],end [us],spikes [fs]")
for number in range(60):
    kind = ("steps", "ramps")[number % 2]
    tau, theta = rng.randint(2_000, 30_000), rng.randint(50_000, 400_000)
    times = sorted(rng.sample(range(0, 60_000), rng.randint(1, 6)))
    drives = [rng.choice([0, 1, 1, 1]) * rng.randint(-theta, 5 * theta) for _ in times]
    end = 80_000
    pieces = []
    for k, start in enumerate(times):
        stop = times[k + 1] if k + 1 < len(times) else end
        high = drives[k + 1] if kind == "ramps" and k + 1 < len(times) else drives[k]
        pieces.append((start, stop, drives[k], high))
    found = spikes(mpf(tau) / 10**6, mpf(theta) / 10**6, pieces)
    lists = [" ".join(map(str, values)) for values in (times, drives)]
    print(f"{kind},{tau},{theta},{lists[0]},{lists[1]},{end},{' '.join(map(str, found))}")

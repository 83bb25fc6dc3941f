"""First threshold crossings of a membrane under decaying currents, in 50-digit arithmetic.

tau dx/dt = -x + a + b t + sum (p + q t/tau_k) e^(-t/tau_k),   x(0) = x0 < theta

The closed form is built from the partial fractions with mpmath (equal time constants by their own formula), the
extrema are isolated on a grid in 50 digits and refined, and each rise through theta between two extrema is found
by bisection. Nothing is shared with the implementation. Writes synaptic_crossings.csv.
"""

import random
import mpmath as mp

mp.mp.dps = 50
random.seed(20240501)
M = mp.mpf


def shape(tau, x0, a, b, currents):
    """x(t) and v(t) - x(t) as functions of mp numbers."""
    level = a - b * tau
    poly = []  # (coefficients of t^0.., rate)
    free = x0 - level
    for tk, p, q in currents:
        if tk == tau:
            poly.append(((M(0), p / tau, q / (2 * tau * tau)), 1 / tau))
            continue
        # x_p = (c + d t) e^(-t/tk):  tau (d - (c + d t)/tk) = -(c + d t) + p + q t/tk
        k = 1 - tau / tk
        d = (q / tk) / k
        c = (p - tau * d) / k
        poly.append(((c, d), 1 / tk))
        free -= c

    def x(t):
        total = level + b * t + free * mp.exp(-t / tau)
        for coefficients, rate in poly:
            total += mp.polyval(coefficients[::-1], t) * mp.exp(-t * rate)
        return total

    def v(t):
        return a + b * t + sum((p + q * t / tk) * mp.exp(-t / tk) for tk, p, q in currents)

    return x, lambda t: v(t) - x(t)


def bisect(f, lo, hi):
    flo = f(lo)
    for _ in range(170):
        mid = (lo + hi) / 2
        if (f(mid) > 0) == (flo > 0):
            lo = mid
        else:
            hi = mid
    return (lo + hi) / 2


def first(tau, x0, a, b, theta, limit, currents):
    x, slope = shape(tau, x0, a, b, currents)
    taus = [tau] + [c[0] for c in currents]
    shortest, longest = min(taus), max(taus)
    grid, t, step = [M(0)], M(0), shortest / 60
    while t < limit:
        t = min(t + step, limit)
        grid.append(t)
        if t > 12 * shortest:
            step = min(step * M("1.04"), longest / 20 if t < 60 * longest else limit)
    points, before = [M(0)], slope(M(0))
    for lo, hi in zip(grid, grid[1:]):
        after = slope(hi)
        if (after > 0) != (before > 0):
            points.append(bisect(slope, lo, hi))
        before = after
    points.append(limit)
    for lo, hi in zip(points, points[1:]):
        if x(lo) <= theta < x(hi):
            return bisect(lambda t: x(t) - theta, lo, hi)
    return None


def peak(tau, x0, a, currents, limit):
    """Largest x over the extrema."""
    x, slope = shape(tau, x0, a, M(0), currents)
    best, t, step = x(M(0)), M(0), min([tau] + [c[0] for c in currents]) / 60
    before = slope(t)
    while t < limit:
        after = slope(t + step)
        if (after > 0) != (before > 0):
            best = max(best, x(bisect(slope, t, t + step)))
        t, before = t + step, after
        step = min(step * M("1.02"), tau / 10)
    return best


def main():
    rows = []
    tau0 = 9.41e-3

    def add(tau, x0, a, b, theta, limit, currents):
        f = [tau, x0, a, b, theta, limit] + [c for current in currents for c in current]
        f = [float(v) for v in f]
        exact = [M(v) for v in f]
        pairs = [tuple(exact[i : i + 3]) for i in range(6, len(exact), 3)]
        t = first(*exact[:6], pairs)
        f += [0.0] * (15 - len(f))
        rows.append(",".join(repr(v) for v in f) + "," + ("never" if t is None else mp.nstr(t, 25)))

    u = random.uniform
    for n in range(260):  # one current of either kind, all ratios of time constants
        tau = tau0 * 10 ** u(-1, 1)
        tk = tau * 10 ** u(-1.5, 1.5)
        kind = n % 3
        p = u(0.1, 3) if kind != 1 else 0.0
        q = u(0.5, 8) if kind != 0 else 0.0
        add(tau, u(-0.2, 0.24), u(-0.2, 0.2), 0.0, 0.25, 50 * max(tau, tk), [(tk, p, q)])
    for n in range(120):  # equal and nearly equal time constants
        relative = random.choice([0.0, 1e-16, 3e-16, -2e-16, 1e-12, -1e-12, 1e-9, -1e-9, 1e-6, -1e-4])
        tk = tau0 * (1.0 + relative)
        add(tau0, u(-0.2, 0.24), u(-0.2, 0.2), 0.0, 0.25, 1.0, [(tk, u(0, 1.2), u(0, 2.5))])
    for n in range(160):  # excitation against inhibition: two or three currents, several turning points
        currents = [(10 ** u(-3, -1.3), u(-1, 1.5), u(-3, 4)) for _ in range(random.choice([2, 2, 3]))]
        add(tau0, u(-0.2, 0.24), u(-0.1, 0.3), 0.0, 0.25, 2.0, currents)
    for n in range(60):  # bias above threshold, held down at first
        add(tau0, u(-0.3, 0.2), u(0.2500001, 0.5), 0.0, 0.25, 5.0, [(10 ** u(-2.5, -1), u(-2, 0), u(-3, 0))])
    for n in range(60):  # a ramp beside a current
        add(tau0, u(-0.2, 0.2), u(-0.2, 0.3), u(-20, 20), 0.25, 0.06, [(10 ** u(-3, -1.5), u(-1, 1), u(-2, 2))])
    for n in range(120):  # grazing: scaled so that the maximum is above or below threshold by 1e-12 to 1e-3 of it
        tk = tau0 * 10 ** u(-1, 1) if n % 4 else tau0 * (1 + random.choice([0.0, 1e-9, -1e-9]))
        currents = [(tk, u(0.2, 1), u(0, 1))]
        if n % 3 == 0:
            currents.append((tk * u(1.5, 3), -u(0.0, 0.2), 0.0))
        exact = [tuple(M(v) for v in c) for c in currents]
        top = peak(M(tau0), M(0), M(0), exact, 20 * max(M(tau0), exact[0][0]))
        side = random.choice([1, 1, -1])
        theta = float(top / (1 + side * M(10) ** -random.choice([3, 5, 7, 9])))
        add(tau0, 0.0, 0.0, 0.0, theta, 1.0, currents)
    with open("synaptic_crossings.csv", "w") as out:
        out.write("tau_m,x0,a,b,theta,limit,tau_1,p_1,q_1,tau_2,p_2,q_2,tau_3,p_3,q_3,t\n")
        out.write("\n".join(rows) + "\n")


main()

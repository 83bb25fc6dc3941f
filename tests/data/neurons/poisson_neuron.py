"""Reference spikes of the neuron with escape noise: see reference.py. The integrated hazard is a variable of its own."""

from mpmath import exp, log, mpf
from reference import MS, Neuron, case, poisson, rng

# Words of stream `Escape` of neuron 0, episode 0, for seeds 1 to 6; a test in poisson_neuron.rs holds them.
WORDS = {
    1: [
        6957487886366532888, 9407819644844620507, 17799653743778476932, 18219271365359538978,
        5013104908728750279, 16610612044145532408, 783860239636137051, 2243102652074852258,
        16837357769015770718, 11044925771102707568, 12876692791794421295, 5994402046525007098,
        11221763354009815176, 2093240257311197263,
    ],
    2: [
        11236986449725392526, 14324065277020095695, 146170360190313782, 7353971950495004602,
        10986376081308065993, 3023663804728313171, 17903020543590162526, 9494110033985728489,
        14069270471183133901, 5782432226334222557, 18410425069198404393, 7798472575612058469,
        11123953324827951172, 8774546904028051760,
    ],
    3: [
        14243086909930690540, 11725859998896037748, 18387984639338600430, 15711416535331369460,
        860999915289246713, 12719352248155668531, 14413062293552968685, 15069955631308278897,
        9650494632619561272, 18232503586156706701, 7235556785548659851, 7464080754385297153,
        9776343836937282173, 11168739551121300104,
    ],
    4: [
        10310621491927083553, 16174450747185466636, 16297216890920380677, 17983009411790184788,
        13764339997381299375, 6031635428458916449, 8190507365010765201, 3314183570222351909,
        601811597147995960, 9245670106995634025, 6632240813176771473, 12059086760077352163,
        1494767275483591853, 4371036552994346822,
    ],
    5: [
        5574964158271788365, 14928026254613495334, 14220885521793838240, 339472002290258051,
        16139661519251270758, 16385485462502735939, 9860161114660850270, 8318788524209188665,
        15914630638392543567, 18022218865924757254, 14361218090646990386, 4100185756181717749,
        11647092219167229303, 18128074938648252435,
    ],
    6: [
        14141550105251279180, 8620499474815946124, 9274472592888340557, 5905142863284156045,
        2269113738766153704, 16655361135359508878, 269017632703734291, 6048631163814675642,
        6558946506417693295, 10222380006994358244, 15028106470162984998, 15265167264537982942,
        10763825129015360481, 3561396497985978890,
    ],
}


class PoissonNeuron(Neuron):
    keys = dict(tau_m=9.41e-3, u_rest=0.43e-3, v_th=0.25, v_scale=0.01, tau0=1e-3, u_reset=0.43e-3, t_ref=0.0, r_m=1e6, i_bias=0.0)
    seed = 0

    def start(self):
        self.count = 0
        return [self.u_rest, mpf(0)]

    def draw(self):
        # -ln u, u = 1 - k 2^-52 with the upper 52 bits k.
        return -log(1 - mpf(WORDS[self.seed][self.count] >> 12) / 2**52)

    def prepare(self):
        return [[], []]

    def derivative(self, k, s, extra, drive):
        u, _ = s
        x, e = extra
        x.append((u[k] - (self.v_th if k == 0 else 0)) / self.v_scale)
        e.append(exp(x[0]) if k == 0 else sum(i * x[i] * e[k - i] for i in range(1, k + 1)) / k)
        rest = self.u_rest + self.r_m * self.i_bias if k == 0 else 0
        return [(rest - u[k] + drive[k]) / self.tau_m, e[k] / self.tau0]

    def dead_derivative(self, k, s, extra, drive):
        return [mpf(0), mpf(0)]

    def rises(self, s):
        return [s[1][0] - self.draw()] + s[1][1:]

    def above(self):
        return False

    def jump(self, volts):
        self.state[0] += volts

    def fire(self):
        self.state = [self.u_reset, mpf(0)]
        self.count += 1
        return self.t_ref


def with_seed(seed):
    return type("Seeded", (PoissonNeuron,), dict(seed=seed))


if __name__ == "__main__":
    case(with_seed(1), "constant drive", dict(t_ref=1e-3), 0.26, 0.0, [], [], 80 * MS, seed=1)
    case(with_seed(2), "silent and then pushed", dict(v_scale=0.02), 0.1, 0.0, [], [(30 * MS, "change", 0.3, 0.0)], 50 * MS, seed=2)
    for seed in (3, 4, 5, 6):
        end = 60 * MS
        values = dict(v_scale=rng.uniform(5e-3, 3e-2), tau0=rng.uniform(1e-3, 3e-3), tau_m=rng.uniform(5e-3, 2e-2), t_ref=rng.choice([0.0, 2e-3]))
        arrivals = [(t, "jump", rng.uniform(-0.05, 0.1)) for t in poisson(rng, 100, end)]
        arrivals += [(t, "current", 0, rng.uniform(-0.1, 0.2), rng.choice([0.0, rng.uniform(0, 0.2)])) for t in poisson(rng, 100, end)]
        case(with_seed(seed), f"random {seed}", values, rng.uniform(0.1, 0.2), 0.0, [rng.uniform(2e-3, 2e-2)], arrivals, end, seed=seed)

"""NEST: iaf_psc_delta on a grid, or with precise spike times (`nest_precise_networks.py`)."""

import nest
from common import BRUNEL, SPARSE, arguments, report, timed


def start(resolution, seed):
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.SetKernelStatus({"resolution": resolution, "rng_seed": seed, "local_num_threads": 1})


def finish(recorder, n, seconds):
    nest.Prepare()
    cpu_s = timed(lambda: nest.Run(1000.0 * seconds))
    nest.Cleanup()
    report(nest.__version__, cpu_s, recorder.n_events / n / seconds)


def brunel(sizes, seed, suffix):
    n_e, n_i, c_e, c_i, seconds = sizes
    start(0.1, seed)
    model = f"iaf_psc_delta{suffix}"
    neuron = {
        "C_m": 1.0, "tau_m": 20.0, "t_ref": 2.0, "E_L": 0.0, "V_reset": 10.0, "V_m": 0.0, "V_th": 20.0,
    }
    excitatory = nest.Create(model, n_e, params=neuron)
    inhibitory = nest.Create(model, n_i, params=neuron)
    everybody = excitatory + inhibitory
    # One generator gives every target a train of its own.
    noise = nest.Create(f"poisson_generator{suffix}", params={"rate": 20_000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(noise, everybody, syn_spec={"weight": 0.1, "delay": 0.1})
    for sources, degree, weight in ((excitatory, c_e, 0.1), (inhibitory, c_i, -0.5)):
        rule = {"rule": "fixed_indegree", "indegree": degree, "allow_multapses": True}
        nest.Connect(sources, everybody, rule, {"weight": weight, "delay": 1.5})
    nest.Connect(excitatory, recorder)
    finish(recorder, n_e, seconds)


def sparse(sizes, seed, suffix):
    n, degree, seconds = sizes
    start(0.1 if suffix else 1.0, seed)
    # A refractory time of 0 is not allowed in all models: one step.
    neuron = {
        "C_m": 1.0, "tau_m": 9.41, "t_ref": 0.1 if suffix else 1.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0,
        "V_th": 250.0,
    }
    cells = nest.Create(f"iaf_psc_delta{suffix}", n, params=neuron)
    kicks = nest.Create(f"poisson_generator{suffix}", params={"rate": 1.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(kicks, cells, syn_spec={"weight": 1000.0, "delay": 1.0})
    rule = {"rule": "fixed_outdegree", "outdegree": degree, "allow_multapses": False}
    nest.Connect(cells, cells, rule, {"weight": 1.0, "delay": nest.random.uniform(1.0, 10.0)})
    nest.Connect(cells, recorder)
    finish(recorder, n, seconds)


def main(suffix=""):
    name, number = arguments()
    if name in BRUNEL:
        brunel(BRUNEL[name], number, suffix)
    else:
        sparse(SPARSE[name], number, suffix)


if __name__ == "__main__":
    main()

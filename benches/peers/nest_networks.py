"""NEST: iaf_psc_delta on a grid."""

import nest
from common import BRUNEL, SPARSE, arguments, report, timed


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": 0.1, "rng_seed": seed, "local_num_threads": 1})
    neuron = {
        "C_m": 1.0, "tau_m": 20.0, "t_ref": 2.0, "E_L": 0.0, "V_reset": 10.0, "V_m": 0.0, "V_th": 20.0,
    }
    excitatory = nest.Create("iaf_psc_delta", n_e, params=neuron)
    inhibitory = nest.Create("iaf_psc_delta", n_i, params=neuron)
    everybody = excitatory + inhibitory
    # One generator gives every target a train of its own.
    noise = nest.Create("poisson_generator", params={"rate": 20_000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(noise, everybody, syn_spec={"weight": 0.1, "delay": 0.1})
    for sources, degree, weight in ((excitatory, c_e, 0.1), (inhibitory, c_i, -0.5)):
        rule = {"rule": "fixed_indegree", "indegree": degree, "allow_multapses": False}
        nest.Connect(sources, everybody, rule, {"weight": weight, "delay": 1.5})
    nest.Connect(excitatory, recorder)
    nest.Prepare()
    cpu_s = timed(lambda: nest.Run(1000.0 * seconds))
    nest.Cleanup()
    report(cpu_s, recorder.n_events / n_e / seconds)


def sparse(sizes, seed):
    n, degree, seconds = sizes
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": 1.0, "rng_seed": seed, "local_num_threads": 1})
    neuron = {
        "C_m": 1.0, "tau_m": 9.41, "t_ref": 1.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "V_th": 250.0,
    }
    cells = nest.Create("iaf_psc_delta", n, params=neuron)
    kicks = nest.Create("poisson_generator", params={"rate": 1.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(kicks, cells, syn_spec={"weight": 1000.0, "delay": 1.0})
    rule = {"rule": "fixed_outdegree", "outdegree": degree, "allow_multapses": False}
    nest.Connect(cells, cells, rule, {"weight": 1.0, "delay": nest.random.uniform(1.0, 10.0)})
    nest.Connect(cells, recorder)
    nest.Prepare()
    cpu_s = timed(lambda: nest.Run(1000.0 * seconds))
    nest.Cleanup()
    report(cpu_s, recorder.n_events / n / seconds)


if __name__ == "__main__":
    network, seed = arguments()
    if network in BRUNEL:
        brunel(BRUNEL[network], seed)
    else:
        sparse(SPARSE[network], seed)

"""A current is changed in the middle of a run, and the rate of the neurons follows.

    python live_current.py

Expected: silence, then the rate that the closed form of a leaky neuron under a constant current gives.
"""

import numpy as np
from memspike import Network, Simulation
from memspike.units import ms, mV, nA, pA

TAU, R, V_TH, T_REF = 20e-3, 100e6, 15e-3, 2e-3

network = Network()
bias = network.current("bias")
cells = network.population("cells", 5, tau_m=20 * ms, r_m="100 MOhm", v_th=15 * mV, u_rest="0 V", t_ref=2 * ms)
network.projection("in", bias, cells, weight=np.ones((1, 5)), kernel="current")
simulation = Simulation(network)

for current in (0.1 * nA, 200 * pA, 0.3 * nA, 0 * pA):
    simulation.set_current(bias, current)
    simulation.run(1000 * ms)
    spikes = simulation.spikes()
    amperes = float(current.magnitude) * {"nA": 1e-9, "pA": 1e-12}[current.units]
    drive = R * amperes
    # The time from reset to threshold, u = R I (1 - e^(-t/tau)), and the refractory time.
    expected = 1 / (T_REF + TAU * np.log(drive / (drive - V_TH))) if drive > V_TH else 0.0
    rate = spikes.rows / 5
    print(f"{current!s:>8}  {rate:5.1f} Hz, closed form {expected:5.1f} Hz")
    assert abs(rate - expected) <= 1

"""A measured switch becomes the neurons of a network that learns digits.

    python fitted_device.py

The measurement is simulated here, with noise; with one of your own, its two arrays take the place of `loops`.
"""

import memspike
from memspike import Device, fit
from memspike.units import V, uA

measured = Device("ag-tio2-pt-ts", v_th=0.42 * V, v_hold=0.15 * V, i_cc=20 * uA, g_on="80 uS", v_max=0.7 * V, cycle_cv=0.03)
loops = measured.iv(cycles=12, vary=True, noise="1 %")
found = fit.iv(loops["voltage"], loops["current"])
for name in ("v_th", "v_hold", "i_cc"):
    print(f"{name}: {found.parameters[name]}")
found.save("my-switch.toml")

few = {"protocol.epochs": 2, "protocol.train_samples": 500, "protocol.test_samples": 100}
for preset in ("ag-tio2-pt-ts", "my-switch.toml"):
    result = memspike.run("digits", set={"device.switch.preset": preset, **few})
    test, joules = result.accuracy["test"], result.summary["energy_per_inference_j"]
    print(f"{preset}: accuracy {100 * test:.0f} %, {1e9 * joules:.0f} nJ per inference")

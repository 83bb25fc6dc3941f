"""Images of one's own, as arrays, go through two layers whose weights are a device that was fitted.

    python two_layers.py

Expected: three kinds of images are told apart, as numbers and on the devices.
"""

import numpy as np
from memspike import Device, Layers, fit

# The device: a train of pulses as it would be measured, with noise, and what is fitted to it.
pulse = {"amplitude": "0.2 V", "width": "100 ms"}
train = Device("ag-tio2-pt-rs-analog").pulses(**pulse, count=200, noise="2 uS", seed=2)
found = fit.pulses(train["conductance"][:201], **pulse, anyway=True, base="ag-tio2-pt-rs-analog")
found.save("mine.toml")

rng = np.random.default_rng(3)
classes = np.arange(360) % 3
x = rng.uniform(0, 60, (360, 8, 8))
for image, kind in zip(x, classes):
    # A bar at the top, in the middle or on the diagonal, somewhere near there.
    shift = rng.integers(0, 2)
    if kind == 2:
        image[np.arange(8), np.arange(8)] = 220
    else:
        image[2 + 3 * kind + shift] = 220
images = x.astype(np.uint8)

layers = Layers([30, 3], synapse="mine.toml", levels=32, spread=0.03)
layers.fit(images[:300], classes[:300], test=(images[300:], classes[300:]), epochs=8)
tested = layers.evaluate(images[300:], classes[300:])
programmed = layers.program(images[300:], classes[300:], draws=5)
print(f"as numbers {100 * tested.accuracy:.1f} %, programmed {100 * programmed.mean:.1f} +- {100 * programmed.sd:.1f} %")
print(f"{1e9 * tested.joules['total']:.1f} nJ per image")
assert tested.accuracy > 0.9 and programmed.mean > 0.85

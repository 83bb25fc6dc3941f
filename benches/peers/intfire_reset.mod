: IntFire1 of NEURON with a reset that need not be 0: a leaky membrane with threshold 1 and jumps.
NEURON {
    ARTIFICIAL_CELL IntFireReset
    RANGE tau, refrac, reset, m
}
PARAMETER {
    tau = 20 (ms)
    refrac = 2 (ms)
    reset = 0.5
}
ASSIGNED {
    m
    t0 (ms)
    refractory
}
INITIAL {
    m = 0
    t0 = 0
    refractory = 0
}
NET_RECEIVE (w) {
    if (flag == 1) {
        refractory = 0
        t0 = t
        m = reset
    } else if (refractory == 0) {
        m = m * exp(-(t - t0) / tau) + w
        t0 = t
        if (m >= 1) {
            net_event(t)
            if (refrac > 0) {
                refractory = 1
                net_send(refrac, 1)
            } else {
                m = reset
            }
        }
    }
}

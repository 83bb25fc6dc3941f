"""NEST with precise spike times: iaf_psc_delta_ps, steps of 0.1 ms."""

from nest_networks import main

if __name__ == "__main__":
    main("_ps")

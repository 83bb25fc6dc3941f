//! The examples run, and what they assert of their results holds.

#[path = "../examples/energy.rs"]
mod energy;
#[cfg(feature = "scenario")]
#[path = "../examples/own_device.rs"]
mod own_device;
#[cfg(feature = "scenario")]
#[path = "../examples/own_encoder.rs"]
mod own_encoder;
#[cfg(feature = "scenario")]
#[path = "../examples/own_neuron.rs"]
mod own_neuron;
#[cfg(feature = "scenario")]
#[path = "../examples/own_objective.rs"]
mod own_objective;
#[path = "../examples/own_recorder.rs"]
mod own_recorder;
#[cfg(feature = "scenario")]
#[path = "../examples/own_rule.rs"]
mod own_rule;
#[cfg(feature = "scenario")]
#[path = "../examples/own_source.rs"]
mod own_source;
#[path = "../examples/two_neurons.rs"]
mod two_neurons;

#[test]
fn two_neurons_fire_together() {
    two_neurons::main().unwrap();
}

#[test]
fn a_spike_of_a_switch_costs_what_flows_until_its_circuit_opens() {
    energy::main().unwrap();
}

#[test]
fn an_own_recorder_sees_every_spike() {
    own_recorder::main().unwrap();
}

#[cfg(feature = "scenario")]
#[test]
fn a_scenario_names_an_own_neuron() {
    own_neuron::main().unwrap();
}

#[cfg(feature = "scenario")]
#[test]
fn a_scenario_names_an_own_learning_rule() {
    own_rule::main().unwrap();
}

#[cfg(feature = "scenario")]
#[test]
fn a_scenario_names_an_own_code_of_samples() {
    own_encoder::main().unwrap();
}

#[cfg(feature = "scenario")]
#[test]
fn a_scenario_names_an_own_source() {
    own_source::main().unwrap();
}

#[cfg(feature = "scenario")]
#[test]
fn a_scenario_names_an_own_objective() {
    own_objective::main().unwrap();
}

#[cfg(feature = "scenario")]
#[test]
fn a_scenario_measures_an_own_kind_of_device() {
    own_device::main().unwrap();
}

//! How a run tells how far it is, without knowing who listens.

/// Numbers that a run has measured on its way.
///
/// They are a function of the run: whatever the threads, and wherever it was cut, the same steps have the same values.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// What steps count: `epoch`, `sample`, or `time`: nanoseconds of simulated time.
    pub axis: &'static str,
    /// How many of them are over.
    pub step: u64,
    /// Names and values, with the unit in the name where there is one: `accuracy/test`, `rate/e [Hz]`.
    pub values: &'a [(String, f64)],
}

/// Listens to a run. A phase is begun, advanced to its total, and done.
pub trait Progress: Send {
    /// A phase of `total` steps begins: `"train"`, `"test"`, `"download"`.
    fn phase(&mut self, name: &str, total: u64);
    /// So many of the equal parts of the whole run (epochs) are done, before the next phase begins.
    fn whole(&mut self, _done: u64, _parts: u64) {}
    /// So many steps more are done.
    fn advance(&mut self, by: u64);
    /// Says what is happening now, beside the bar: `"epoch 3/20  loss 0.31  train 91.2 %"`.
    fn message(&mut self, text: &str);
    /// What each step of this phase is: so many of `unit`, such as 1 of `samples`.
    fn steps(&mut self, _each: f64, _unit: &'static str) {}
    /// Numbers that were measured at a step.
    fn measured(&mut self, _: Measured<'_>) {}
    /// A line that stays: the result of an epoch.
    fn line(&mut self, text: &str);
    /// The phase is over.
    fn done(&mut self);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn message(&mut self, _: &str) {}
    fn line(&mut self, _: &str) {}
    fn done(&mut self) {}
}

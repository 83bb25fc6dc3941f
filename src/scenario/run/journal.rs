//! What a protocol has been answered since its last epoch: the answers that are whole, and the one under way.
//!
//! A checkpoint keeps it. Who goes on from there asks the same questions in the same order, and those that were
//! answered are not asked again.

use serde::{Deserialize, Serialize};

/// Answers of type `T` in the order of their questions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Journal<T> {
    whole: Vec<T>,
    /// As far as it has come.
    pub begun: T,
    /// How many of `whole` were asked for again.
    #[serde(skip)]
    again: usize,
}

impl<T: Default> Default for Journal<T> {
    fn default() -> Self {
        Self { whole: Vec::new(), begun: T::default(), again: 0 }
    }
}

impl<T: Clone + Default> Journal<T> {
    /// The answer to the next question, if it was given before the run was cut.
    pub fn known(&mut self) -> Option<T> {
        let known = self.whole.get(self.again).cloned();
        self.again += usize::from(known.is_some());
        known
    }

    /// The question under way is answered.
    pub fn answered(&mut self, answer: &T) {
        self.whole.push(answer.clone());
        self.again = self.whole.len();
    }

    /// Forgets everything: an epoch is over.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::Journal;

    #[test]
    fn answers_come_back_in_order_and_once() {
        let mut journal = Journal::default();
        assert_eq!(journal.known(), None);
        for answer in [3, 1] {
            journal.answered(&answer);
            assert_eq!(journal.known(), None);
        }
        journal.begun = 4;
        let bytes = serde_json::to_string(&journal).unwrap();
        let mut again: Journal<i32> = serde_json::from_str(&bytes).unwrap();
        assert_eq!([again.known(), again.known(), again.known()], [Some(3), Some(1), None]);
        assert_eq!(std::mem::take(&mut again.begun), 4);
        again.answered(&5);
        assert_eq!(again.known(), None);
        again.clear();
        assert_eq!((again.known(), again.begun), (None, 0));
    }
}

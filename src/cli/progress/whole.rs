//! How long a run still takes.

use std::time::{Duration, Instant};

/// How far the whole run is: its epochs take about the same time each.
#[derive(Clone, Copy)]
pub struct Whole {
    /// When the first of the parts that this process does began, and how many were done before.
    start: Instant,
    before: u64,
    pub done: u64,
    pub parts: u64,
}

impl Whole {
    pub fn begin(whole: &mut Option<Self>, done: u64, parts: u64) {
        let whole = whole.get_or_insert_with(|| Self { start: Instant::now(), before: done, done, parts });
        (whole.done, whole.parts) = (done, parts);
    }

    /// Time left after the part that is being done now, if a part was finished to judge by.
    pub fn after_this_part(&self, now: Instant) -> Option<Duration> {
        let finished = u32::try_from(self.done - self.before).ok().filter(|&n| n > 0)?;
        let left = u32::try_from(self.parts.saturating_sub(self.done + 1)).unwrap_or(u32::MAX);
        Some((now.duration_since(self.start) / finished).saturating_mul(left))
    }
}

/// Time left, and whether that is of the epoch alone: the first tells nothing yet about how long the others take.
pub fn left(now: Duration, begun: bool, later: Option<Option<Duration>>) -> Option<(Duration, bool)> {
    match later {
        _ if !begun => None,
        Some(Some(later)) => Some((now + later, false)),
        Some(None) => Some((now, true)),
        None => Some((now, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_epochs_that_are_left() {
        let start = Instant::now();
        let now = start + Duration::from_secs(12);
        let whole = |before, done| Whole { start, before, done, parts: 10 };
        assert_eq!(whole(0, 0).after_this_part(now), None);
        assert_eq!(whole(0, 4).after_this_part(now), Some(Duration::from_secs(15)));
        // A run that goes on after three epochs has done one in this process.
        assert_eq!(whole(3, 4).after_this_part(now), Some(Duration::from_secs(60)));
        assert_eq!(whole(0, 9).after_this_part(now), Some(Duration::ZERO));
        let second = Duration::from_secs(1);
        assert_eq!(left(second, true, Some(Some(second))), Some((2 * second, false)));
        assert_eq!(left(second, true, Some(None)), Some((second, true)));
        assert_eq!(left(second, false, None), None);
    }
}

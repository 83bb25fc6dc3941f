//! The threads of a run, which share what there is to do in each window.
//!
//! A window takes a millisecond or so, and to wake a sleeping thread takes a good part of that. So the threads of the
//! pool are kept awake from window to window, as long as these follow each other closely.

use super::fault::SimulationError;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How often a thread without work looks for some before it goes to sleep: for something like half a millisecond.
const PATIENCE: u32 = 10_000;

/// Threads to share work with.
pub type Pool = Arc<rayon::ThreadPool>;

/// The threads that a run may use. They are lent for one call at a time: a run keeps none.
#[derive(Clone, Debug)]
pub struct Threads {
    /// What a network is cut into.
    pub(super) shares: usize,
    pub(super) pool: Option<Pool>,
}

impl Default for Threads {
    fn default() -> Self {
        Self::one()
    }
}

impl Threads {
    /// The thread that calls.
    #[must_use]
    pub const fn one() -> Self {
        Self { shares: 1, pool: None }
    }

    /// So many threads; 0 is taken for 1.
    ///
    /// # Errors
    /// If the system does not give them.
    pub fn new(count: usize) -> Result<Self, SimulationError> {
        let pool = match count {
            0 | 1 => return Ok(Self::one()),
            _ => rayon::ThreadPoolBuilder::new().num_threads(count).build(),
        };
        let pool = pool.map_err(|error| SimulationError::Threads { count, cause: error.to_string() })?;
        Ok(Self { shares: count, pool: Some(Arc::new(pool)) })
    }

    /// Those of a pool that is there.
    #[must_use]
    pub fn of(pool: &Pool) -> Self {
        Self { shares: pool.current_num_threads(), pool: Some(Arc::clone(pool)) }
    }

    /// They, with a network cut into so many shares in place of one for each: no bit depends on it.
    #[must_use]
    pub fn cut_into(self, shares: usize) -> Self {
        Self { shares: shares.max(1), ..self }
    }

    /// They as a team, as long as it is kept.
    pub(crate) fn team(&self) -> Team {
        Team::new(self.pool.as_ref())
    }
}

/// This thread and those of a pool, if there is one.
#[derive(Default)]
pub struct Team {
    pool: Option<Pool>,
    watch: Arc<Watch>,
}

#[derive(Default)]
struct Watch {
    /// Threads that stay awake.
    awake: AtomicUsize,
    /// Whether they may go to sleep at once.
    over: AtomicBool,
}

impl Team {
    pub fn new(pool: Option<&Pool>) -> Self {
        Self { pool: pool.cloned(), watch: Arc::default() }
    }

    /// Does something with each of a few jobs. This thread is one of the team: it need not be woken, and what the others
    /// are too late for it does itself.
    pub fn share<J: Send>(
        &self,
        jobs: impl IntoIterator<Item = J, IntoIter: ExactSizeIterator + Send>,
        work: impl Fn(J) + Sync,
    ) {
        let jobs = jobs.into_iter();
        let Some(pool) = self.pool.as_ref().filter(|_| jobs.len() > 1) else { return jobs.for_each(work) };
        let helpers = (pool.current_num_threads() - 1).min(jobs.len() - 1);
        self.keep_awake(pool, helpers);
        let jobs = Mutex::new(jobs);
        // Of many jobs some at a time, fewer and fewer.
        let next = |mine: &mut Vec<J>| {
            let Ok(mut jobs) = jobs.lock() else { return false };
            let count = (jobs.len() / (8 * (helpers + 1))).max(1);
            mine.extend(jobs.by_ref().take(count));
            !mine.is_empty()
        };
        let take = || {
            let mut mine = Vec::new();
            while next(&mut mine) {
                mine.drain(..).for_each(&work);
            }
        };
        let back = AtomicUsize::new(0);
        pool.in_place_scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| {
                    take();
                    back.fetch_add(1, Ordering::Release);
                });
            }
            take();
            // The scope would go to sleep.
            wait(|| back.load(Ordering::Acquire) == helpers);
        });
    }

    fn keep_awake(&self, pool: &Pool, helpers: usize) {
        for _ in self.watch.awake.load(Ordering::Relaxed)..helpers {
            self.watch.awake.fetch_add(1, Ordering::Relaxed);
            let watch = Arc::clone(&self.watch);
            pool.spawn(move || {
                let over = || watch.over.load(Ordering::Relaxed);
                let mut working = true;
                while working && !over() {
                    working = wait(|| over() || executed());
                }
                watch.awake.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.watch.over.store(true, Ordering::Relaxed);
    }
}

/// Whether this thread of a pool has found a job and done it.
fn executed() -> bool {
    rayon::yield_now() == Some(rayon::Yield::Executed)
}

/// Waits for something to happen, awake and not too long; whether it has.
fn wait(mut happened: impl FnMut() -> bool) -> bool {
    for _ in 0..PATIENCE {
        if happened() {
            return true;
        }
        spin_loop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once_whether_threads_are_awake_or_not() {
        for threads in 1..=4 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let pool = Arc::new(pool);
            for pool in [None, Some(&pool)] {
                let team = Team::new(pool);
                for round in 0..200usize {
                    let done: Vec<AtomicUsize> = (0..round % 7).map(|_| AtomicUsize::new(0)).collect();
                    team.share(&done, |job| _ = job.fetch_add(1, Ordering::Relaxed));
                    assert!(done.iter().all(|job| job.load(Ordering::Relaxed) == 1));
                    if round % 50 == 0 {
                        std::thread::sleep(std::time::Duration::from_millis(5));
                    }
                }
            }
        }
    }
}

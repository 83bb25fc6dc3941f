//! The threads of a run, which share what there is to do: the only place that knows how.
//!
//! A window of a simulation takes a millisecond or so, and to wake a sleeping thread takes a good part of that. So the
//! threads of the pool are kept awake from window to window, as long as these follow each other closely. One thread is the
//! one that calls, and needs no pool.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How often a thread without work looks for some before it goes to sleep: for something like half a millisecond.
const PATIENCE: u32 = 10_000;

type Pool = Arc<rayon_core::ThreadPool>;

/// Threads that the system does not give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be started: {cause}", crate::hint::many(count, "thread"))]
pub struct ThreadsError {
    /// How many were asked for.
    pub count: usize,
    /// What the system says.
    pub cause: String,
}

/// The threads that a run may use. They are lent for one call at a time: a run keeps none.
#[derive(Clone, Debug)]
pub struct Threads {
    shares: usize,
    pool: Option<Pool>,
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

    /// So many threads; 0 is taken for 1. What they trace goes where this thread sends what it traces now.
    ///
    /// # Errors
    /// If the system does not give them.
    pub fn new(count: usize) -> Result<Self, ThreadsError> {
        if count <= 1 {
            return Ok(Self::one());
        }
        if let Some(cause) = crate::limits::addresses_left().and_then(|left| beyond(count, left)) {
            return Err(ThreadsError { count, cause });
        }
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(count).stack_size(STACK as usize);
        let pool = pool.start_handler(traced()).build();
        let pool = pool.map_err(|error| ThreadsError { count, cause: error.to_string() })?;
        Ok(Self { shares: count, pool: Some(Arc::new(pool)) })
    }

    /// How many threads there are.
    #[must_use]
    pub fn count(&self) -> usize {
        count(self.pool.as_ref())
    }

    /// What a network is cut into.
    pub(crate) fn shares(&self) -> usize {
        self.shares
    }

    /// They, with a network cut into so many shares in place of one for each: no bit depends on it.
    #[must_use]
    pub fn cut_into(self, shares: usize) -> Self {
        Self { shares: shares.max(1), ..self }
    }

    /// They as a team, as long as it is kept.
    #[must_use]
    pub fn team(&self) -> Team {
        Team { pool: self.pool.clone(), watch: Arc::default() }
    }
}

/// Bytes of the stack of a thread.
const STACK: u64 = 2 << 20;

/// What is to be left beside the stacks: a thread that finds no memory for what is its own ends the process.
const BESIDE: u64 = 64 << 20;

/// Why so many stacks do not fit into what is left of the addresses of the process, if they do not.
fn beyond(count: usize, left: u64) -> Option<String> {
    let needed = (count as u64).saturating_mul(STACK).saturating_add(BESIDE);
    let [needed, allowed] = [needed, left].map(|bytes| bytes.div_ceil(1 << 20));
    (needed > allowed)
        .then(|| format!("they take {needed} MiB of addresses, and a limit (ulimit -v) leaves {allowed} MiB"))
}

/// Threads of a pool, or the one that calls.
fn count(pool: Option<&Pool>) -> usize {
    pool.map_or(1, |pool| pool.current_num_threads())
}

/// Makes the threads of a pool, which ends with the run, send their events where this thread does.
fn traced() -> impl Fn(usize) + Send + Sync + 'static {
    let to = tracing::dispatcher::get_default(Clone::clone);
    move |_| {
        // Nothing is set where nobody listens: an event costs least then.
        if !to.is::<tracing::subscriber::NoSubscriber>() {
            std::mem::forget(tracing::dispatcher::set_default(&to));
        }
    }
}

/// This thread and those of a pool, if there is one, that stay awake from one thing to the next.
#[derive(Debug, Default)]
pub struct Team {
    pool: Option<Pool>,
    watch: Arc<Watch>,
}

#[derive(Debug, Default)]
struct Watch {
    /// Threads that stay awake.
    awake: AtomicUsize,
    /// Whether they may go to sleep at once.
    over: AtomicBool,
}

impl Team {
    /// How many they are.
    #[must_use]
    pub fn count(&self) -> usize {
        count(self.pool.as_ref())
    }

    /// Does something with each of a few jobs. This thread is one of the team: it need not be woken, and what the others
    /// are too late for it does itself.
    pub fn share<J: Send>(
        &self,
        jobs: impl IntoIterator<Item = J, IntoIter: ExactSizeIterator + Send>,
        work: impl Fn(J) + Sync,
    ) {
        self.share_with(jobs, || (), |(), job| work(job));
    }

    /// What is made of each of some things, in their order. Every thread that takes part makes itself something to work with.
    pub fn map<T: Sync, S, U: Send>(
        &self,
        things: &[T],
        begin: impl Fn() -> S + Sync,
        make: impl Fn(&mut S, &T) -> U + Sync,
    ) -> Vec<U> {
        let mut made: Vec<Option<U>> = things.iter().map(|_| None).collect();
        let jobs = things.iter().zip(&mut made);
        self.share_with(jobs, begin, |own, (thing, place)| *place = Some(make(own, thing)));
        made.into_iter().flatten().collect()
    }

    /// As [`Team::share`], with something that every thread that takes part has made for itself.
    fn share_with<J: Send, S>(
        &self,
        jobs: impl IntoIterator<Item = J, IntoIter: ExactSizeIterator + Send>,
        begin: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, J) + Sync,
    ) {
        let jobs = jobs.into_iter();
        let Some(pool) = self.pool.as_ref().filter(|_| jobs.len() > 1) else {
            let mut own = begin();
            return jobs.for_each(|job| work(&mut own, job));
        };
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
            let mut own = None;
            while next(&mut mine) {
                let own = own.get_or_insert_with(&begin);
                mine.drain(..).for_each(|job| work(own, job));
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
    rayon_core::yield_now() == Some(rayon_core::Yield::Executed)
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
    fn threads_whose_stacks_do_not_fit_are_refused() {
        assert_eq!(beyond(1024, 1 << 40), None);
        assert_eq!(beyond(2, 68 << 20), None);
        assert_eq!(
            beyond(1024, 1_000_000_000).unwrap(),
            "they take 2112 MiB of addresses, and a limit (ulimit -v) leaves 954 MiB"
        );
    }

    #[test]
    fn every_job_is_done_once_whether_threads_are_awake_or_not() {
        for threads in 1..=4 {
            let threads = Threads::new(threads).unwrap();
            let team = threads.team();
            assert_eq!(team.count(), threads.count());
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

    #[test]
    fn what_is_made_of_things_is_in_their_order_and_each_thread_has_something_of_its_own() {
        for count in [1, 3] {
            let team = Threads::new(count).unwrap().team();
            let begun = AtomicUsize::new(0);
            let begin = || (begun.fetch_add(1, Ordering::Relaxed), 0u64);
            let things: Vec<u64> = (0..1000).collect();
            let made = team.map(&things, begin, |(thread, done), &thing| {
                *done += 1;
                (thing * thing, *thread, *done)
            });
            assert!(made.iter().zip(&things).all(|(made, thing)| made.0 == thing * thing));
            // Each thread has counted its own, from 1 on.
            let begun = begun.into_inner();
            assert!((1..=count).contains(&begun));
            let most = |thread| made.iter().filter(|made| made.1 == thread).map(|made| made.2).max();
            assert_eq!((0..begun).filter_map(most).sum::<u64>(), 1000);
        }
    }
}

//! Arrivals of synapses that have delays of their own: buckets of time in a ring, each sorted when its turn
//! comes.
//!
//! A push goes to the end of its bucket, whatever is there; the ring is long enough for the longest delay,
//! so no bucket holds two turns. What has one time is in order of the synapses' numbers.

use crate::simd::prefetch_after;

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// In femtoseconds.
    pub time: u64,
    /// Number of the synapse among all that end at the population and have their own delays.
    pub synapse: u32,
    /// The neuron it ends at.
    pub target: u32,
}

/// The ring.
#[derive(Clone, Debug)]
pub struct Wheel {
    buckets: Vec<Vec<Entry>>,
    /// Memory of buckets that have had their turn, for those that get their first entry: what is pending is a small
    /// part of the ring, and stays in the cache if always the same memory is used.
    free: Vec<Vec<Entry>>,
    /// A bucket is 2^`shift` fs wide.
    shift: u32,
    /// Number of the first bucket that may hold anything, counted from time 0; `u64::MAX` if none does.
    cursor: u64,
    /// Entries of that bucket in order: those from `head` to `end` are still to come.
    sorted: Vec<Entry>,
    head: usize,
    end: usize,
    /// Whether these are all entries of the bucket.
    complete: bool,
    count: usize,
    /// Of the sort.
    ends: Vec<u32>,
}

impl Wheel {
    /// A ring for arrivals up to `span` fs ahead, in about `buckets` buckets.
    #[must_use]
    pub fn new(span: u64, buckets: u64) -> Self {
        let width = (span / buckets.max(1)).max(1).next_power_of_two();
        let shift = width.trailing_zeros();
        // The first and the last bucket are reached only in part.
        let count = ((span >> shift) + 2).next_power_of_two();
        Self {
            buckets: vec![Vec::new(); count as usize],
            free: Vec::new(),
            shift,
            cursor: u64::MAX,
            sorted: Vec::new(),
            head: 0,
            end: 0,
            complete: false,
            count: 0,
            ends: Vec::new(),
        }
    }

    /// Pending entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buckets.iter_mut().for_each(Vec::clear);
        (self.cursor, self.head, self.end, self.complete, self.count) = (u64::MAX, 0, 0, false, 0);
    }

    #[inline(always)]
    fn slot(&self, bucket: u64) -> usize {
        bucket as usize & (self.buckets.len() - 1)
    }

    /// Adds an arrival, not before what was taken last and not beyond the span.
    #[inline]
    pub fn push(&mut self, entry: Entry) {
        self.extend(std::iter::once(entry));
    }

    /// Adds arrivals, each as [`Wheel::push`].
    #[inline]
    pub fn extend(&mut self, entries: impl ExactSizeIterator<Item = Entry>) {
        // Not one by one: the loop is short of registers.
        self.count += entries.len();
        for entry in entries {
            let bucket = entry.time >> self.shift;
            if bucket <= self.cursor {
                self.turn_back(bucket);
            }
            let slot = self.slot(bucket);
            let bucket = &mut self.buckets[slot];
            if bucket.capacity() == 0 {
                *bucket = self.free.pop().unwrap_or_default();
            }
            bucket.push(entry);
            // The next line of it: there are too many buckets for the processor to foresee that.
            prefetch_after(bucket, 6);
        }
    }

    /// Makes ready for an entry in a bucket not after the first.
    #[cold]
    fn turn_back(&mut self, bucket: u64) {
        if bucket < self.cursor {
            debug_assert!(self.cursor == u64::MAX || self.head == 0, "the wheel has turned past this time");
            let slot = self.slot(self.cursor);
            self.buckets[slot].extend_from_slice(&self.sorted[self.head..self.end]);
            (self.cursor, self.head, self.end) = (bucket, 0, 0);
        }
        self.complete = false;
    }

    /// The entries of the first bucket that has any, in order.
    #[inline]
    pub fn front(&mut self) -> &[Entry] {
        if !self.complete {
            self.fill();
        }
        &self.sorted[self.head..self.end]
    }

    /// Sorts the first bucket that has any entries.
    fn fill(&mut self) {
        if self.cursor == u64::MAX {
            return;
        }
        let mut slot = self.slot(self.cursor);
        while self.head == self.end && self.buckets[slot].is_empty() {
            self.cursor += 1;
            slot = self.slot(self.cursor);
        }
        let mut entries = std::mem::take(&mut self.buckets[slot]);
        entries.extend_from_slice(&self.sorted[self.head..self.end]);
        sort(&entries, self.shift, &mut self.ends, &mut self.sorted);
        (self.head, self.end, self.complete) = (0, entries.len(), true);
        entries.clear();
        self.free.push(entries);
    }

    /// Takes the first `count` entries of [`Wheel::front`].
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.head += count;
        self.count -= count;
        if self.head == self.end {
            (self.head, self.end) = (0, 0);
            if self.complete {
                self.cursor += 1;
                self.complete = false;
            }
            if self.count == 0 {
                self.cursor = u64::MAX;
            }
        }
    }

    /// Time of the next arrival.
    #[inline]
    pub fn next_time(&mut self) -> Option<u64> {
        self.front().first().map(|entry| entry.time)
    }

    /// Everything pending, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.sorted[self.head..self.end].iter().chain(self.buckets.iter().flatten())
    }
}

/// Entries below which the parts of a bucket are not worth counting, and most entries of a part.
const FEW: usize = 24;
/// Most bits of the time that are counted.
const BITS: u32 = 12;

/// Sorts the entries of one bucket into the beginning of `sorted`: first into about twice as many parts as there are
/// entries, by the next bits of the time, then within them.
fn sort(entries: &[Entry], shift: u32, ends: &mut Vec<u32>, sorted: &mut Vec<Entry>) {
    let order = |entry: &Entry| (entry.time, entry.synapse);
    let count = entries.len();
    if sorted.len() < count {
        sorted.resize(count.next_power_of_two(), Entry { time: 0, synapse: 0, target: 0 });
    }
    let sorted = &mut sorted[..count];
    let bits = (count.max(1).ilog2() + 1).min(BITS);
    let mut counted = count >= FEW && bits <= shift;
    if counted {
        let part = |entry: &Entry| (entry.time >> (shift - bits)) as usize & ((1 << bits) - 1);
        ends.clear();
        ends.resize(1 << bits, 0);
        entries.iter().for_each(|entry| ends[part(entry)] += 1);
        let (mut end, mut most) = (0, 0);
        for part in ends.iter_mut() {
            most = most.max(*part);
            end += std::mem::replace(part, end);
        }
        counted = most <= FEW as u32;
        if counted {
            for &entry in entries {
                let end = &mut ends[part(&entry)];
                if let Some(place) = sorted.get_mut(*end as usize) {
                    *place = entry;
                }
                *end += 1;
            }
        }
    }
    if !counted {
        sorted.copy_from_slice(entries);
        sorted.sort_unstable_by_key(order);
        return;
    }
    // Nearly sorted: each has at most its own part before it, and no part is crowded.
    for index in 1..count {
        let entry = sorted[index];
        let mut place = index;
        while place > 0 && order(&sorted[place - 1]) > order(&entry) {
            sorted[place] = sorted[place - 1];
            place -= 1;
        }
        sorted[place] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_crowded_bucket_is_sorted() {
        // All in one part, in descending order, is the worst case; here it is also long.
        for spread in [1u64, 40, 1 << 20, 1 << 33] {
            let mut wheel = Wheel::new(1 << 34, 2);
            for k in 0..2000u64 {
                let time = (k * 7919) % spread;
                wheel.push(Entry { time, synapse: (2000 - k) as u32, target: 0 });
            }
            let mut last = (0, 0);
            while let Some(&entry) = wheel.front().first() {
                assert!((entry.time, entry.synapse) > last);
                last = (entry.time, entry.synapse);
                wheel.consume(1);
            }
        }
    }

    proptest! {
        #[test]
        fn hands_out_what_a_heap_would(
            steps in proptest::collection::vec((0u64..5000, 1usize..4, 0usize..6), 1..300),
            buckets in 1u64..64,
        ) {
            let mut wheel = Wheel::new(5000, buckets);
            let mut heap = std::collections::BinaryHeap::new();
            let mut now = 0;
            let mut number = 0;
            for (delay, pushes, pops) in steps {
                for push in 0..pushes {
                    let time = now + delay / (push as u64 + 1);
                    let entry = Entry { time, synapse: (number * 7919) % 1_000_003, target: number };
                    number += 1;
                    wheel.push(entry);
                    heap.push(std::cmp::Reverse((entry.time, entry.synapse, entry.target)));
                }
                prop_assert_eq!(wheel.len(), heap.len());
                let mut all: Vec<_> = wheel.pending().map(|e| (e.time, e.synapse, e.target)).collect();
                all.sort_unstable();
                let mut want: Vec<_> = heap.iter().map(|entry| entry.0).collect();
                want.sort_unstable();
                prop_assert_eq!(all, want);
                for _ in 0..pops {
                    let front = wheel.front().first().copied();
                    prop_assert_eq!(front.map(|e| (e.time, e.synapse)), heap.peek().map(|e| (e.0.0, e.0.1)));
                    let Some(front) = front else { break };
                    now = front.time;
                    wheel.consume(1);
                    heap.pop();
                }
            }
        }
    }
}

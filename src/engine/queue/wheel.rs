//! Arrivals of synapses that have delays of their own: buckets of time in a ring, each sorted when its turn
//! comes.
//!
//! A push goes to the end of its bucket, whatever is there; the ring is long enough for the longest delay,
//! so no bucket holds two turns. What has one time is in order of the synapses' numbers.

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
    /// A bucket is 2^`shift` fs wide.
    shift: u32,
    /// Number of the first bucket that may hold anything, counted from time 0.
    cursor: u64,
    /// Entries of that bucket that are gone, and whether the rest is sorted.
    head: usize,
    sorted: bool,
    count: usize,
    scratch: Vec<Entry>,
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
            shift,
            cursor: 0,
            head: 0,
            sorted: false,
            count: 0,
            scratch: Vec::new(),
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
        (self.cursor, self.head, self.sorted, self.count) = (0, 0, false, 0);
    }

    fn slot(&self, bucket: u64) -> usize {
        bucket as usize & (self.buckets.len() - 1)
    }

    /// Adds an arrival, not before what was taken last and not beyond the span.
    #[inline]
    pub fn push(&mut self, entry: Entry) {
        let bucket = entry.time >> self.shift;
        if self.count == 0 {
            // Nothing is pending, so the ring may turn anywhere.
            (self.cursor, self.head, self.sorted) = (bucket, 0, false);
        } else if bucket <= self.cursor {
            debug_assert!(bucket == self.cursor || self.head == 0, "the wheel has turned past this time");
            (self.cursor, self.sorted) = (bucket, false);
        }
        let slot = self.slot(bucket);
        self.buckets[slot].push(entry);
        self.count += 1;
    }

    /// The entries of the first bucket that has any, in order.
    #[inline]
    pub fn front(&mut self) -> &[Entry] {
        if self.count == 0 {
            return &[];
        }
        let mut slot = self.slot(self.cursor);
        while self.buckets[slot].is_empty() {
            self.cursor += 1;
            slot = self.slot(self.cursor);
        }
        if !self.sorted {
            sort(&mut self.buckets[slot][self.head..], self.shift, &mut self.scratch);
            self.sorted = true;
        }
        &self.buckets[slot][self.head..]
    }

    /// Takes the first `count` entries of [`Wheel::front`].
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.head += count;
        self.count -= count;
        let slot = self.slot(self.cursor);
        if self.head == self.buckets[slot].len() {
            self.buckets[slot].clear();
            self.cursor += 1;
            (self.head, self.sorted) = (0, false);
        }
    }

    /// Time of the next arrival.
    #[inline]
    pub fn next_time(&mut self) -> Option<u64> {
        self.front().first().map(|entry| entry.time)
    }

    /// Everything pending, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = &Entry> {
        let slot = self.slot(self.cursor);
        let head = self.head;
        self.buckets
            .iter()
            .enumerate()
            .flat_map(move |(index, bucket)| &bucket[if index == slot { head } else { 0 }..])
    }
}

/// Entries below which the parts of a bucket are not worth counting.
const FEW: usize = 24;

/// Sorts the entries of one bucket: first into as many parts as there are entries, by the next bits of the
/// time, then within them.
fn sort(entries: &mut [Entry], shift: u32, scratch: &mut Vec<Entry>) {
    let order = |entry: &Entry| (entry.time, entry.synapse);
    let bits = entries.len().max(1).ilog2().min(9);
    if entries.len() < FEW || bits > shift {
        entries.sort_unstable_by_key(order);
        return;
    }
    let part = |entry: &Entry| (entry.time >> (shift - bits)) as usize & ((1 << bits) - 1);
    let mut ends = [0u32; 513];
    let ends = &mut ends[..(1 << bits) + 1];
    entries.iter().for_each(|entry| ends[part(entry) + 1] += 1);
    if ends.iter().any(|&count| count > FEW as u32) {
        entries.sort_unstable_by_key(order);
        return;
    }
    for index in 1..ends.len() {
        ends[index] += ends[index - 1];
    }
    scratch.clear();
    scratch.extend_from_slice(entries);
    for &entry in scratch.iter() {
        let end = &mut ends[part(&entry)];
        entries[*end as usize] = entry;
        *end += 1;
    }
    // Nearly sorted: each has at most its own part before it, and no part is crowded.
    for index in 1..entries.len() {
        let entry = entries[index];
        let mut place = index;
        while place > 0 && order(&entries[place - 1]) > order(&entry) {
            entries[place] = entries[place - 1];
            place -= 1;
        }
        entries[place] = entry;
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

//! The general lane: any event, on the `priority-queue` crate.

use crate::engine::key::EventKey;
use priority_queue::PriorityQueue;
use std::cmp::Reverse;

/// A heap of events by key. Items are the keys themselves, which are distinct by construction; the
/// crate would silently merge equal ones.
#[derive(Clone, Debug, Default)]
pub struct General {
    heap: PriorityQueue<EventKey, Reverse<EventKey>>,
}

impl General {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.heap.clear();
    }

    /// Adds an event.
    pub fn push(&mut self, key: EventKey) {
        let merged = self.heap.push(key, Reverse(key));
        debug_assert!(merged.is_none(), "two pending events with the key {key:?}");
    }

    /// The next event.
    pub fn peek(&self) -> Option<&EventKey> {
        self.heap.peek().map(|(key, _)| key)
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<EventKey> {
        self.heap.pop().map(|(key, _)| key)
    }

    /// Pending events in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = EventKey> + '_ {
        self.heap.iter().map(|(key, _)| *key)
    }
}

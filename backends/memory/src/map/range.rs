//! Iterates over a range of a map, in either direction.

use std::cmp::Ordering;

use genledger_contract::statement::Direction;

use super::{LEFT, Link, Map, Node, RIGHT};

impl<K, V> Map<K, V> {
    /// The entries for which `locate` returns `Equal`; it returns `Less` for a key before the range and
    /// `Greater` for one after it, so it must be monotonic in the keys.
    pub(crate) fn range<F: Fn(&K) -> Ordering>(
        &self,
        direction: Direction,
        locate: F,
    ) -> Range<'_, K, V, F> {
        let mut range = Range {
            near: match direction {
                Direction::Ascending => LEFT,
                Direction::Descending => RIGHT,
            },
            locate,
            path: Vec::new(),
        };
        range.descend(&self.root);
        range
    }
}

/// An iterator over a range of a map.
pub(crate) struct Range<'m, K, V, F> {
    /// The side that is visited first.
    near: usize,
    locate: F,
    /// Nodes inside the range that are still to be visited, the next one last.
    path: Vec<&'m Node<K, V>>,
}

impl<'m, K, V, F: Fn(&K) -> Ordering> Range<'m, K, V, F> {
    fn descend(&mut self, mut link: &'m Link<K, V>) {
        while let Some(node) = link {
            link = match (self.locate)(&node.key) {
                Ordering::Equal => {
                    self.path.push(node);
                    &node.children[self.near]
                }
                Ordering::Less => &node.children[RIGHT],
                Ordering::Greater => &node.children[LEFT],
            };
        }
    }
}

impl<'m, K, V, F: Fn(&K) -> Ordering> Iterator for Range<'m, K, V, F> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.path.pop()?;
        self.descend(&node.children[1 - self.near]);
        Some((&node.key, &node.value))
    }
}

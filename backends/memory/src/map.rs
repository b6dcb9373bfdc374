//! An ordered map whose clones share their entries: a clone is a snapshot that costs one reference count, and
//! a change copies only the path to it that a snapshot still shares.
//!
//! It is an AVL tree. Transactions are built on it: a reader keeps a snapshot while others write, a savepoint
//! is a clone, and a rollback drops the changed map.

mod range;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::mem;
use std::sync::Arc;

/// The two sides of a node, in ascending order.
const LEFT: usize = 0;
const RIGHT: usize = 1;

type Link<K, V> = Option<Arc<Node<K, V>>>;

#[derive(Clone)]
struct Node<K, V> {
    key: K,
    value: V,
    height: u8,
    children: [Link<K, V>; 2],
}

/// An ordered map with cheap clones.
#[derive(Clone)]
pub(crate) struct Map<K, V> {
    root: Link<K, V>,
    len: usize,
}

impl<K, V> Map<K, V> {
    pub(crate) const fn new() -> Self {
        Self { root: None, len: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }
}

impl<K: Ord + Clone, V: Clone> Map<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.get_entry(key).map(|(_, value)| value)
    }

    /// The stored key beside the value.
    pub(crate) fn get_entry(&self, key: &K) -> Option<(&K, &V)> {
        let mut link = &self.root;
        while let Some(node) = link {
            link = match key.cmp(&node.key) {
                Ordering::Equal => return Some((&node.key, &node.value)),
                Ordering::Less => &node.children[LEFT],
                Ordering::Greater => &node.children[RIGHT],
            };
        }
        None
    }

    /// Inserts an entry, replacing one with the same key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if insert(&mut self.root, key, value) {
            self.len += 1;
        }
    }

    pub(crate) fn remove(&mut self, key: &K) {
        // Checked first, since the descent copies nodes that a snapshot shares.
        if self.get(key).is_some() {
            remove(&mut self.root, key);
            self.len -= 1;
        }
    }
}

fn height<K, V>(link: &Link<K, V>) -> u8 {
    link.as_ref().map_or(0, |node| node.height)
}

impl<K: Clone, V: Clone> Node<K, V> {
    fn update_height(&mut self) {
        let [left, right] = &self.children;
        self.height = 1 + height(left).max(height(right));
    }

    /// The side that is higher by at least `by`.
    fn heavier(&self, by: u8) -> Option<usize> {
        let (left, right) = (height(&self.children[LEFT]), height(&self.children[RIGHT]));
        if left >= right + by {
            Some(LEFT)
        } else if right >= left + by {
            Some(RIGHT)
        } else {
            None
        }
    }
}

/// Inserts an entry and returns whether its key is new.
fn insert<K: Ord + Clone, V: Clone>(link: &mut Link<K, V>, key: K, value: V) -> bool {
    let Some(node) = link else {
        *link = Some(Arc::new(Node {
            key,
            value,
            height: 1,
            children: [None, None],
        }));
        return true;
    };
    let node = Arc::make_mut(node);
    let side = match key.cmp(&node.key) {
        Ordering::Equal => {
            node.value = value;
            return false;
        }
        Ordering::Less => LEFT,
        Ordering::Greater => RIGHT,
    };
    let new = insert(&mut node.children[side], key, value);
    if new {
        balance(link);
    }
    new
}

fn remove<K: Ord + Clone, V: Clone>(link: &mut Link<K, V>, key: &K) {
    let Some(node) = link.as_mut().map(Arc::make_mut) else {
        return;
    };
    match key.cmp(&node.key) {
        Ordering::Less => remove(&mut node.children[LEFT], key),
        Ordering::Greater => remove(&mut node.children[RIGHT], key),
        Ordering::Equal => match pop_first(&mut node.children[RIGHT]) {
            // The next entry replaces the removed one.
            Some((key, value)) => (node.key, node.value) = (key, value),
            None => *link = node.children[LEFT].take(),
        },
    }
    balance(link);
}

fn pop_first<K: Clone, V: Clone>(link: &mut Link<K, V>) -> Option<(K, V)> {
    let node = link.as_mut().map(Arc::make_mut)?;
    if let Some(first) = pop_first(&mut node.children[LEFT]) {
        balance(link);
        return Some(first);
    }
    let first = (node.key.clone(), node.value.clone());
    *link = node.children[RIGHT].take();
    Some(first)
}

/// Restores the balance: the heights of two siblings differ by at most one.
fn balance<K: Clone, V: Clone>(link: &mut Link<K, V>) {
    let Some(node) = link.as_mut().map(Arc::make_mut) else {
        return;
    };
    let Some(heavy) = node.heavier(2) else {
        node.update_height();
        return;
    };
    let child = &mut node.children[heavy];
    let inner = 1 - heavy;
    if child.as_ref().and_then(|child| child.heavier(1)) == Some(inner) {
        rotate(child, inner);
    }
    rotate(link, heavy);
}

/// Replaces a node by its child on `side`.
fn rotate<K: Clone, V: Clone>(link: &mut Link<K, V>, side: usize) {
    let Some(parent) = link.as_mut().map(Arc::make_mut) else {
        return;
    };
    let Some(mut child) = parent.children[side].take() else {
        return;
    };
    let top = Arc::make_mut(&mut child);
    mem::swap(&mut parent.children[side], &mut top.children[1 - side]);
    parent.update_height();
    mem::swap(&mut top.children[1 - side], link);
    top.update_height();
    *link = Some(child);
}

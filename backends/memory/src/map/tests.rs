use std::cmp::Ordering;
use std::collections::BTreeMap;

use genledger_contract::statement::Direction;
use proptest::prelude::*;

use super::{Link, Map, height};

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u16),
    Remove(u8),
    Snapshot,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (any::<u8>(), any::<u16>()).prop_map(|(key, value)| Step::Insert(key, value)),
        4 => any::<u8>().prop_map(Step::Remove),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
    ]
}

/// Panics unless the tree is balanced; returns its number of entries.
fn check(link: &Link<u8, u16>) -> usize {
    let Some(node) = link else { return 0 };
    let [left, right] = &node.children;
    assert!(height(left).abs_diff(height(right)) <= 1, "out of balance");
    assert_eq!(node.height, 1 + height(left).max(height(right)));
    1 + check(left) + check(right)
}

fn entries(map: &Map<u8, u16>, direction: Direction) -> Vec<(u8, u16)> {
    map.range(direction, |_| Ordering::Equal)
        .map(|(key, value)| (*key, *value))
        .collect()
}

proptest! {
    #[test]
    fn behaves_as_the_standard_map(steps in prop::collection::vec(step(), 0..400), low: u8, high: u8) {
        let mut map = (Map::new(), BTreeMap::new());
        let mut snapshot = map.clone();
        for step in steps {
            match step {
                Step::Insert(key, value) => {
                    map.0.insert(key, value);
                    map.1.insert(key, value);
                }
                Step::Remove(key) => {
                    map.0.remove(&key);
                    map.1.remove(&key);
                }
                Step::Snapshot => snapshot = map.clone(),
                Step::Restore => map = snapshot.clone(),
            }
            prop_assert_eq!(map.0.len(), map.1.len());
        }
        for (ours, standard) in [&map, &snapshot] {
            prop_assert_eq!(check(&ours.root), standard.len());
            let mut expected: Vec<_> = standard.iter().map(|(key, value)| (*key, *value)).collect();
            prop_assert_eq!(&entries(ours, Direction::Ascending), &expected);
            expected.reverse();
            prop_assert_eq!(&entries(ours, Direction::Descending), &expected);
            for key in 0..=u8::MAX {
                prop_assert_eq!(ours.get(&key), standard.get(&key));
            }
            let part: Vec<_> = ours
                .range(Direction::Ascending, |key| {
                    if *key < low {
                        Ordering::Less
                    } else if *key > high {
                        Ordering::Greater
                    } else {
                        Ordering::Equal
                    }
                })
                .map(|(key, _)| *key)
                .collect();
            let expected: Vec<_> = standard
                .keys()
                .copied()
                .filter(|key| (low..=high).contains(key))
                .collect();
            prop_assert_eq!(part, expected);
        }
    }
}

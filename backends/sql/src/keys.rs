//! Conditions on primary keys.

use genledger_contract::{Predicate, TableDef, Value};

/// The most keys of one condition: a list is cheap, a composite key is a pair of conditions that the
/// planner looks at one by one.
pub(crate) const fn most(table: &TableDef) -> usize {
    if table.primary_key.len() == 1 {
        1_024
    } else {
        128
    }
}

/// The rows with one of these keys, of which there is at least one.
pub(crate) fn any_of(table: &TableDef, keys: &[Vec<Value>]) -> Predicate {
    let positions = table.key_positions();
    if let [column] = positions[..] {
        return Predicate::In {
            column,
            values: keys.iter().flatten().cloned().collect(),
        };
    }
    // Filled up to a power of two, so that few statements are prepared.
    let count = keys.len().next_power_of_two();
    let filled = keys.iter().chain(std::iter::repeat_n(
        keys.last().unwrap_or(&NO_KEY),
        count - keys.len(),
    ));
    Predicate::Or(
        filled
            .map(|key| Predicate::equals(&positions, key.clone()))
            .collect(),
    )
}

static NO_KEY: Vec<Value> = Vec::new();

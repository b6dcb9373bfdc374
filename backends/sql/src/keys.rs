//! Conditions on primary keys.

use genledger_contract::row::Value;
use genledger_contract::statement::Predicate;
use genledger_contract::table::TableDef;

use crate::dialect::{Dialect, Limits, Message};

/// The most keys of one condition: a list is cheap, while the planner examines the condition of each
/// composite key.
const fn most(table: &TableDef) -> usize {
    if table.primary_key.len() == 1 {
        1_024
    } else {
        128
    }
}

/// Splits keys into groups, each for one condition.
pub(crate) fn groups<'k>(
    dialect: &Dialect,
    limits: Limits,
    table: &TableDef,
    keys: &'k [Vec<Value>],
) -> Vec<&'k [Vec<Value>]> {
    // Composite keys are padded to at most twice their number; half of the rest is kept for other conditions.
    let room = limits.packet / 4;
    let mut groups = Vec::with_capacity(keys.len() / most(table) + 1);
    let mut rest = keys;
    while !rest.is_empty() {
        let mut message = Message::new(dialect.family());
        let fitting = rest
            .iter()
            .take(most(table))
            .take_while(|key| {
                message = key
                    .iter()
                    .fold(message, |message, value| message.with(value.as_ref()));
                message.bytes(0) <= room
            })
            .count();
        let (group, after) = rest.split_at(fitting.max(1));
        groups.push(group);
        rest = after;
    }
    groups
}

/// The condition for rows with one of these keys, which are not empty.
pub(crate) fn any_of(table: &TableDef, keys: &[Vec<Value>]) -> Predicate {
    let positions = table.key_positions();
    if let [column] = positions[..] {
        return Predicate::In {
            column,
            values: keys.iter().flatten().cloned().collect(),
        };
    }
    // Padded to a power of two, so that few statements are prepared.
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

#[cfg(test)]
mod tests {
    use genledger_contract::Entity;
    use genledger_contract::row::Value;

    use super::groups;
    use crate::dialect::{Limits, MYSQL};

    #[derive(Clone, Debug, Entity)]
    #[entity(crate = genledger_contract, table = "named", key(name))]
    struct Named {
        /// Its name.
        #[column(max_chars = 255)]
        name: String,
    }

    #[test]
    fn keys_of_one_condition_fit_into_a_packet() {
        let keys: Vec<Vec<Value>> = (0..100)
            .map(|number| vec![Value::Text(format!("{number:0200}"))])
            .collect();
        let limits = |packet| Limits {
            packet,
            ..Limits::of(MYSQL.family())
        };
        let sizes = |packet| -> Vec<usize> {
            let groups = groups(&MYSQL, limits(packet), Named::TABLE, &keys);
            groups.into_iter().map(<[_]>::len).collect()
        };
        assert_eq!(sizes(16 << 20), [100]);
        // A quarter of 16 KiB: fewer than 20 keys of 200 bytes.
        let small = sizes(16 << 10);
        assert_eq!(small.iter().sum::<usize>(), 100);
        assert!(small.iter().all(|size| *size <= 20), "{small:?}");
        // A key that is larger than that is sent alone.
        assert_eq!(sizes(4), [1; 100]);
    }
}

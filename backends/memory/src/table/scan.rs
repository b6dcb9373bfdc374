//! Finds the rows that a filter selects.

use std::collections::BTreeSet;
use std::iter;

use genledger_contract::row::Value;
use genledger_contract::statement::{Comparison, Direction, Predicate};

use super::Table;
use super::key::{Key, Row};
use super::key_range::{KeyRange, comparisons, listed};

type Entries<'t> = Box<dyn Iterator<Item = (&'t Key, &'t Row)> + 't>;

impl Table {
    /// The rows that the filter selects, by primary key. Conditions on the primary key and on unique keys are
    /// looked up; any other filter scans all rows.
    pub(crate) fn scan<'t>(&'t self, filter: &'t Predicate, direction: Direction) -> Entries<'t> {
        let candidates: Entries<'t> = match self.candidates(filter) {
            Some(keys) => {
                let rows = keys.into_iter().filter_map(|key| self.rows.get_entry(&key));
                match direction {
                    Direction::Ascending => Box::new(rows),
                    Direction::Descending => Box::new(rows.rev()),
                }
            }
            None if *filter == Predicate::False => Box::new(iter::empty()),
            None => {
                let key_range = KeyRange::of(filter, &self.key);
                Box::new(self.rows.range(direction, move |key| key_range.locate(key)))
            }
        };
        Box::new(candidates.filter(|(_, row)| filter.selects(&|column| row[column].as_ref())))
    }

    /// The only keys that can be selected, where the filter names them.
    fn candidates(&self, filter: &Predicate) -> Option<BTreeSet<Key>> {
        let of_unique = self.unique.iter().find_map(|unique| {
            let values = equal(filter, unique.columns_of_all_rows()?)?;
            Some(unique.owner(&values).cloned().into_iter().collect())
        });
        let [column] = self.key.as_slice() else {
            return of_unique;
        };
        of_unique.or_else(|| {
            let keys = listed(filter, *column)?.iter();
            Some(keys.map(|value| Key::new([value.clone()])).collect())
        })
    }
}

/// The values that the columns must equal, if the filter has one for each.
fn equal(filter: &Predicate, columns: &[usize]) -> Option<Key> {
    let values: Option<Vec<Value>> = columns
        .iter()
        .map(|column| {
            comparisons(filter, *column)
                .find(|(how, _)| *how == Comparison::Eq)
                .map(|(_, value)| value.into())
        })
        .collect();
    values.map(Key::new)
}

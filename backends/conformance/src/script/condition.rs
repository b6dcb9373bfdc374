//! Random conditions.

use genledger_contract::{Comparison, Entity, Filter, Kind, TableDef, Value};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;

use super::dynamic::{Any, Dynamic, column, nullable};
use super::value::of_column;

/// A condition over the columns of a table.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    All,
    None,
    Compare(usize, Comparison, Value),
    In(usize, Vec<Value>),
    IsNull(usize),
    StartsWith(usize, String),
    Contains(usize, String),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    pub(super) fn filter<E: Entity>(&self) -> Filter<Dynamic<E>> {
        match self {
            Self::All => Filter::all(),
            Self::None => Filter::none(),
            Self::Compare(at, comparison, value) => {
                let (column, value) = (column::<E>(*at), Any(value.clone()));
                match comparison {
                    Comparison::Eq => column.eq(value),
                    Comparison::Ne => column.ne(value),
                    Comparison::Lt => column.lt(value),
                    Comparison::Le => column.le(value),
                    Comparison::Gt => column.gt(value),
                    Comparison::Ge => column.ge(value),
                }
            }
            Self::In(at, values) => column::<E>(*at).is_in(values.iter().cloned().map(Any)),
            Self::IsNull(at) => nullable::<E>(*at).is_null(),
            Self::StartsWith(at, text) => column::<E>(*at).starts_with(text),
            Self::Contains(at, text) => column::<E>(*at).contains(text),
            Self::And(left, right) => left.filter() & right.filter(),
            Self::Or(left, right) => left.filter() | right.filter(),
            Self::Not(inner) => !inner.filter(),
        }
    }
}

/// The positions of the columns that are compared.
pub(super) fn comparable(table: &TableDef) -> Vec<usize> {
    (0..table.columns.len())
        .filter(|at| table.columns[*at].column_type.is_comparable())
        .collect()
}

fn leaf(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Condition> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let compare = select(comparable(table)).prop_flat_map(move |at| {
        let value = of_column(table, at, extremes);
        (select(vec![Eq, Ne, Lt, Le, Gt, Ge]), value)
            .prop_map(move |(comparison, value)| Condition::Compare(at, comparison, value))
    });
    let list = select(comparable(table)).prop_flat_map(move |at| {
        vec(of_column(table, at, extremes), 0..4).prop_map(move |values| Condition::In(at, values))
    });
    let null = select((0..table.columns.len()).collect::<Vec<_>>()).prop_map(Condition::IsNull);
    let mut leaves = vec![
        (1, Just(Condition::All).boxed()),
        (1, Just(Condition::None).boxed()),
        (8, compare.boxed()),
        (3, list.boxed()),
        (2, null.boxed()),
    ];
    let texts: Vec<usize> = comparable(table)
        .into_iter()
        .filter(|at| table.columns[*at].column_type.kind() == Kind::Text)
        .collect();
    if !texts.is_empty() {
        let parts = [
            "", "a", "A", "a ", " ", "%", "\\", "'", "ä", "b", "\t", "😀",
        ];
        let text = (select(texts), select(parts.to_vec()), proptest::bool::ANY);
        let text = text.prop_map(|(at, part, prefix)| {
            if prefix {
                Condition::StartsWith(at, part.to_owned())
            } else {
                Condition::Contains(at, part.to_owned())
            }
        });
        leaves.push((3, text.boxed()));
    }
    proptest::strategy::Union::new_weighted(leaves).boxed()
}

/// A condition of a few levels.
pub(super) fn condition(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Condition> {
    leaf(table, extremes)
        .prop_recursive(3, 8, 2, |inner| {
            let pair = || {
                (
                    inner.clone().prop_map(Box::new),
                    inner.clone().prop_map(Box::new),
                )
            };
            prop_oneof![
                pair().prop_map(|(left, right)| Condition::And(left, right)),
                pair().prop_map(|(left, right)| Condition::Or(left, right)),
                inner.prop_map(|inner| Condition::Not(Box::new(inner))),
            ]
        })
        .boxed()
}

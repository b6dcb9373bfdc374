//! Random conditions.

use genledger_contract::query::Guard;
use genledger_contract::row::Value;
use genledger_contract::statement::Comparison;
use genledger_contract::table::{ColumnType, Kind, TableDef};
use genledger_contract::{Entity, Filter};
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
    Compare(usize, Comparison, Any),
    /// Two columns, the first one plus an optional value.
    Columns(usize, Option<Any>, Comparison, usize),
    In(usize, Vec<Any>),
    IsNull(usize),
    StartsWith(usize, String),
    Contains(usize, String),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    /// The condition as a filter: columns are compared with each other in guards only.
    pub(super) fn filter<E: Entity>(&self) -> Filter<Dynamic<E>> {
        match self {
            Self::Columns(at, ..) => !nullable::<E>(*at).is_null(),
            Self::All => Filter::all(),
            Self::None => Filter::none(),
            Self::Compare(at, comparison, value) => {
                let (column, value) = (column::<E>(*at), value.clone());
                match comparison {
                    Comparison::Eq => column.eq(value),
                    Comparison::Ne => column.ne(value),
                    Comparison::Lt => column.lt(value),
                    Comparison::Le => column.le(value),
                    Comparison::Gt => column.gt(value),
                    Comparison::Ge => column.ge(value),
                }
            }
            Self::In(at, values) => column::<E>(*at).is_in(values.iter().cloned()),
            Self::IsNull(at) => nullable::<E>(*at).is_null(),
            Self::StartsWith(at, text) => column::<E>(*at).starts_with(text),
            Self::Contains(at, text) => column::<E>(*at).contains(text),
            Self::And(left, right) => left.filter() & right.filter(),
            Self::Or(left, right) => left.filter() | right.filter(),
            Self::Not(inner) => !inner.filter(),
        }
    }
}

impl Condition {
    /// The condition as a guard beside a key.
    pub(super) fn guard<E: Entity>(&self) -> Guard<Dynamic<E>> {
        match self {
            Self::Columns(at, plus, comparison, other) => {
                let (left, right) = (column::<E>(*at), column::<E>(*other));
                let plus = plus.as_ref().map(|plus| left.offset(plus.clone()));
                match (plus, comparison) {
                    (None, Comparison::Eq) => left.eq_column(right),
                    (None, Comparison::Ne) => left.ne_column(right),
                    (None, Comparison::Lt) => left.lt_column(right),
                    (None, Comparison::Le) => left.le_column(right),
                    (None, Comparison::Gt) => left.gt_column(right),
                    (None, Comparison::Ge) => left.ge_column(right),
                    (Some(sum), Comparison::Eq) => sum.eq_column(right),
                    (Some(sum), Comparison::Ne) => sum.ne_column(right),
                    (Some(sum), Comparison::Lt) => sum.lt_column(right),
                    (Some(sum), Comparison::Le) => sum.le_column(right),
                    (Some(sum), Comparison::Gt) => sum.gt_column(right),
                    (Some(sum), Comparison::Ge) => sum.ge_column(right),
                }
            }
            Self::And(left, right) => left.guard() & right.guard(),
            Self::Or(left, right) => left.guard() | right.guard(),
            Self::Not(inner) => !inner.guard(),
            other => other.filter().into(),
        }
    }
}

/// A comparison of two columns that may be compared, with a sum where the first one is a number.
fn columns(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Condition> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let pairs: Vec<(usize, usize)> = comparable(table)
        .into_iter()
        .flat_map(|left| {
            comparable(table)
                .into_iter()
                .map(move |right| (left, right))
        })
        .filter(|(left, right)| {
            left != right && table.columns[*left].column_type == table.columns[*right].column_type
        })
        .collect();
    if pairs.is_empty() {
        return Just(Condition::All).boxed();
    }
    select(pairs)
        .prop_flat_map(move |(left, right)| {
            let number = matches!(
                table.columns[left].column_type,
                ColumnType::I16 | ColumnType::I32 | ColumnType::I64 | ColumnType::Decimal { .. }
            );
            let plus = of_column(table, left, extremes)
                .prop_map(move |plus| Some(plus).filter(|plus| number && plus.0 != Value::Null));
            (plus, select(vec![Eq, Ne, Lt, Le, Gt, Ge])).prop_map(move |(plus, comparison)| {
                Condition::Columns(left, plus, comparison, right)
            })
        })
        .boxed()
}

/// A guard: a condition in which columns are compared as well.
pub(super) fn guard(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Condition> {
    let pair = (columns(table, extremes), condition(table, extremes));
    prop_oneof![
        2 => condition(table, extremes),
        1 => columns(table, extremes),
        1 => pair.prop_map(|(columns, other)| {
            Condition::Or(Box::new(columns), Box::new(Condition::Not(Box::new(other))))
        }),
    ]
    .boxed()
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

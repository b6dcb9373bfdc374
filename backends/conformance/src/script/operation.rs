//! The operations of a script.

use genledger_contract::Entity;
use genledger_contract::query::Change;
use genledger_contract::table::{ColumnType, TableDef};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy};
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::Scripted;
use super::condition::{Condition, condition, guard};
use super::dynamic::{Any, Dynamic, column};
use super::query::{Orders, Sums, Walk, any_orders, any_sums, any_walk};
use super::value::{key, of_column, row};

type Row = Vec<Any>;

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Insert(Row),
    InsertMany(Vec<Row>),
    InsertIfAbsent(Vec<Row>),
    Upsert(Vec<Row>, Vec<Alteration>),
    UpdateIf(Row, Condition, Vec<Alteration>),
    UpdateReturning(Row, Condition, Vec<Alteration>),
    UpdateEach(Vec<(Row, Condition, Vec<Alteration>)>, bool),
    UpdateWhere(Condition, Vec<Alteration>),
    Delete(Row),
    DeleteWhere(Condition),
    Claim(Condition, Orders, u32, Vec<Alteration>),
    Read(Read),
    /// Begins a transaction, nested in the last open one if there is one.
    Begin,
    /// Commits the last one.
    Commit,
    /// Rolls the last one back.
    Rollback,
    /// Drops the last one.
    Drop,
}

/// An operation that changes nothing.
#[derive(Clone, Debug)]
pub(super) enum Read {
    Find(Row),
    Walk(Walk),
    Count(Condition, u64),
    Aggregate(Sums),
}

/// The change of a column.
#[derive(Clone, Debug)]
pub(super) enum Alteration {
    Set(usize, Any),
    Plus(usize, Any),
    Inserted(usize),
    AddInserted(usize),
}

impl Alteration {
    const fn column(&self) -> usize {
        match self {
            Self::Set(at, _) | Self::Plus(at, _) | Self::Inserted(at) | Self::AddInserted(at) => {
                *at
            }
        }
    }

    fn change<E: Entity>(&self) -> Change<Dynamic<E>> {
        match self {
            Self::Set(at, value) => column::<E>(*at).set(value.clone()),
            Self::Plus(at, value) => column::<E>(*at).plus(value.clone()),
            Self::Inserted(at) => column::<E>(*at).inserted(),
            Self::AddInserted(at) => column::<E>(*at).add_inserted(),
        }
    }
}

pub(super) fn changes<E: Entity>(alterations: &[Alteration]) -> Vec<Change<Dynamic<E>>> {
    alterations.iter().map(Alteration::change).collect()
}

/// Whether numbers are added to the column. Not to a unique key: databases differ in whether rows of one
/// update may collide in between.
fn takes_additions(table: &TableDef, at: usize) -> bool {
    let column = &table.columns[at];
    let is_number = matches!(
        column.column_type,
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 | ColumnType::Decimal { .. }
    );
    is_number && !table.is_key_column(column.name)
}

fn alteration<E: Scripted>(at: usize, upsert: bool) -> BoxedStrategy<Alteration> {
    let value = || of_column(E::TABLE, at, E::EXTREMES);
    let mut all = vec![
        value()
            .prop_map(move |value| Alteration::Set(at, value))
            .boxed(),
    ];
    if takes_additions(E::TABLE, at) {
        all.push(
            value()
                .prop_map(move |value| Alteration::Plus(at, value))
                .boxed(),
        );
    }
    if upsert {
        all.push(Just(Alteration::Inserted(at)).boxed());
    }
    if upsert && takes_additions(E::TABLE, at) {
        all.push(Just(Alteration::AddInserted(at)).boxed());
    }
    Union::new(all).boxed()
}

/// Updates with one guard that change the same columns.
fn alike<E: Scripted>() -> BoxedStrategy<Vec<(Row, Condition, Vec<Alteration>)>> {
    let guard = guard(E::TABLE, E::EXTREMES);
    (guard, alterations::<E>(false, None))
        .prop_flat_map(|(guard, with)| {
            let other: Vec<_> = with
                .iter()
                .map(|one| alteration::<E>(one.column(), false))
                .collect();
            let changes = proptest::prop_oneof![Just(with), other];
            vec((key(E::TABLE), Just(guard), changes), 2..7)
        })
        .boxed()
}

/// Changes of one to three columns that are not `except` and not of the primary key.
fn alterations<E: Scripted>(upsert: bool, except: Option<&str>) -> BoxedStrategy<Vec<Alteration>> {
    let keys = E::TABLE.key_positions();
    let columns: Vec<usize> = (0..E::TABLE.columns.len())
        .filter(|at| !keys.contains(at) && Some(E::TABLE.columns[*at].name) != except)
        .collect();
    subsequence(columns, 1..=3)
        .prop_flat_map(move |columns| {
            let each: Vec<_> = columns
                .into_iter()
                .map(|at| alteration::<E>(at, upsert))
                .collect();
            each
        })
        .boxed()
}

pub(super) fn reads<E: Scripted>() -> BoxedStrategy<Read> {
    let table = E::TABLE;
    let count = (condition(table, E::EXTREMES), select(vec![1, 2, 5, 1000]))
        .prop_map(|(condition, cap)| Read::Count(condition, cap));
    Union::new_weighted(vec![
        (1, key(table).prop_map(Read::Find).boxed()),
        (4, any_walk(table, E::EXTREMES).prop_map(Read::Walk).boxed()),
        (1, count.boxed()),
        (
            3,
            any_sums(table, E::EXTREMES)
                .prop_map(Read::Aggregate)
                .boxed(),
        ),
    ])
    .boxed()
}

/// Rows that are inserted, for the reads to read.
pub(super) fn rows<E: Scripted>(count: std::ops::Range<usize>) -> BoxedStrategy<Vec<Row>> {
    vec(row(E::TABLE, E::EXTREMES), count).boxed()
}

pub(super) fn operations<E: Scripted>() -> BoxedStrategy<Operation> {
    use Operation::{
        Begin, Claim, Commit, Delete, DeleteWhere, Drop, Insert, InsertIfAbsent, InsertMany,
        Rollback, UpdateEach, UpdateIf, UpdateReturning, UpdateWhere, Upsert,
    };
    let filter = || condition(E::TABLE, E::EXTREMES);
    let changes = || alterations::<E>(false, None);
    let guarded = || (key(E::TABLE), guard(E::TABLE, E::EXTREMES), changes());
    let mut all = vec![
        (4, row(E::TABLE, E::EXTREMES).prop_map(Insert).boxed()),
        (1, rows::<E>(0..4).prop_map(InsertMany).boxed()),
        (5, rows::<E>(0..6).prop_map(InsertIfAbsent).boxed()),
        (
            5,
            guarded()
                .prop_map(|(key, guard, with)| UpdateIf(key, guard, with))
                .boxed(),
        ),
        (
            3,
            guarded()
                .prop_map(|(key, guard, with)| UpdateReturning(key, guard, with))
                .boxed(),
        ),
        (
            4,
            (vec(guarded(), 0..5), proptest::bool::ANY)
                .prop_map(|(updates, returning)| UpdateEach(updates, returning))
                .boxed(),
        ),
        (
            4,
            (alike::<E>(), proptest::bool::ANY)
                .prop_map(|(updates, returning)| UpdateEach(updates, returning))
                .boxed(),
        ),
        (
            3,
            (filter(), changes())
                .prop_map(|(of, with)| UpdateWhere(of, with))
                .boxed(),
        ),
        (2, key(E::TABLE).prop_map(Delete).boxed()),
        (1, filter().prop_map(DeleteWhere).boxed()),
        (6, reads::<E>().prop_map(Operation::Read).boxed()),
        (5, Just(Begin).boxed()),
        (4, Just(Commit).boxed()),
        (2, Just(Rollback).boxed()),
        (1, Just(Drop).boxed()),
    ];
    if E::UPSERTS {
        let upsert = (rows::<E>(0..4), alterations::<E>(true, None));
        all.push((
            5,
            upsert.prop_map(|(rows, with)| Upsert(rows, with)).boxed(),
        ));
    }
    if let Some(token) = E::TOKEN {
        let orders = any_orders(E::TABLE);
        let limit = select(vec![1, 2, 3, 100]);
        let claim = (
            filter(),
            orders,
            limit,
            alterations::<E>(false, Some(token)),
        );
        let claim = claim.prop_map(|(of, orders, limit, with)| Claim(of, orders, limit, with));
        all.push((6, claim.boxed()));
    }
    Union::new_weighted(all).boxed()
}

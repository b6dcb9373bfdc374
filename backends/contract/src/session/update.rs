//! Guarded updates of one row, for sessions and repositories.

use crate::entity::mapping::{Entity, Versioned};
use crate::error::{Error, ErrorKind, Result};
use crate::query::change::{Change, change_assignments};
use crate::query::filter::Guard;
use crate::query::key::key_predicate;
use crate::row::batch::RowBatch;
use crate::row::value::Value;
use crate::session::read::{find, read};
use crate::session::transaction::Session;
use crate::statement::Statement;
use crate::statement::change::{Action, Assignment, Update};
use crate::statement::predicate::{Comparison, Predicate};

/// The update of the row with a key if it satisfies the guard.
pub(crate) fn guarded_update<E: Entity>(
    key: &E::Key,
    guard: &Guard<E>,
    changes: impl IntoIterator<Item = Change<E>>,
) -> Result<Update> {
    Ok(Update {
        table: E::TABLE,
        assignments: change_assignments(changes)?,
        filter: key_predicate::<E>(key)?.and(guard.predicate()?),
        returning: false,
    })
}

/// Whether the row was there and satisfied the guard.
pub(crate) async fn update_if(
    session: &(impl Session + ?Sized),
    update: Result<Update>,
) -> Result<bool> {
    let reply = session.execute(Statement::Update(update?)).await?;
    Ok(reply.count()? > 0)
}

/// The row as the update left it, if it was there and satisfied the guard.
pub(crate) async fn update_returning<E: Entity>(
    session: &(impl Session + ?Sized),
    update: Result<Update>,
) -> Result<Option<E>> {
    let update = Update {
        returning: true,
        ..update?
    };
    let rows = session.execute(Statement::Update(update)).await?.rows()?;
    rows.iter().next().map(|row| read::<E>(&row)).transpose()
}

/// Stores the entity with the next version over the row with its version, and returns what was stored.
pub(crate) async fn update_version<E: Versioned>(
    session: &(impl Session + ?Sized),
    entity: &E,
) -> Result<E> {
    let (next, update) = next_version(entity)?;
    if update_if(session, Ok(update)).await? {
        return Ok(next);
    }
    let error = match find::<E>(session, key_predicate::<E>(&entity.key())?).await? {
        Some(_) => Error::version_conflict(),
        None => Error::new(ErrorKind::NotFound, "no row has this key"),
    };
    Err(error.with_table(E::TABLE.name))
}

fn next_version<E: Versioned>(entity: &E) -> Result<(E, Update)> {
    let wrong = |message| Error::invalid(message).with_table(E::TABLE.name);
    let column = E::TABLE.version_position();
    let column = column.ok_or_else(|| wrong("the table has no version column"))?;
    let version = entity.version();
    let next = version.checked_add(1);
    let next = next.ok_or_else(|| wrong("the version is the greatest that there is"))?;
    let next = entity.clone().with_version(next);
    let row = RowBatch::of(std::slice::from_ref(&next))?;
    let keys = E::TABLE.key_positions();
    let unchanged = Predicate::compare(column, Comparison::Eq, Value::I64(version));
    let assignments = (0..E::TABLE.columns.len())
        .filter(|column| !keys.contains(column))
        .map(|column| Assignment {
            column,
            action: Action::Set(row.value(0, column).into()),
        });
    let update = Update {
        table: E::TABLE,
        assignments: assignments.collect(),
        filter: Predicate::equals(&keys, row.key(0)).and(unchanged),
        returning: false,
    };
    Ok((next, update))
}

//! The typed methods of every session.

use std::future::Future;
use std::sync::Arc;

use crate::entity::column::{Column, Indexed};
use crate::entity::field::Field;
use crate::entity::mapping::{Entity, Versioned};
use crate::entity::operand::{Operand, encode};
use crate::error::{Error, ErrorKind, Result};
use crate::query::aggregate::{AggregateQuery, AggregateRow, Count};
use crate::query::change::{Change, change_assignments};
use crate::query::claim::ClaimQuery;
use crate::query::filter::{Filter, Guard};
use crate::query::key::key_predicate;
use crate::query::page::{Page, Query, total};
use crate::query::row_update::RowUpdate;
use crate::row::batch::RowBatch;
use crate::row::check::Purpose;
use crate::session::claimed::Claimed;
use crate::session::read::{Unreadable, collector, find, lenient, read, read_page, take};
use crate::session::transaction::Session;
use crate::session::update::{guarded_update, update_if, update_returning, update_version};
use crate::statement::Statement;
use crate::statement::change::{Delete, Update, Upsert};
use crate::statement::insert::{Duplicates, Insert, RowOutcome};
use crate::statement::predicate::{Comparison, Predicate};
use crate::statement::select::Select;
use crate::statement::update_each::UpdateEach;

/// The typed methods of a session or transaction, for applications. Implemented for every [`Session`].
///
/// # Errors
/// Every method returns the errors of [`Session`] for its statement. The methods document further kinds only.
pub trait SessionExt: Session {
    /// Inserts a row. [`UniqueViolation`](ErrorKind::UniqueViolation) when a key is taken.
    fn insert<E: Entity>(&self, entity: &E) -> impl Future<Output = Result<()>> + Send {
        self.insert_many(std::slice::from_ref(entity))
    }

    /// Inserts the rows whose primary keys are absent, keeps those that are present, in one atomic step, and
    /// returns for each, in order, whether it was new, present already, or present with other content.
    /// [`UniqueViolation`](ErrorKind::UniqueViolation), with nothing written, when another unique key is taken.
    fn insert_if_absent<E: Entity>(
        &self,
        entities: &[E],
    ) -> impl Future<Output = Result<Vec<RowOutcome>>> + Send {
        let rows = RowBatch::of(entities);
        async move {
            let insert = Insert {
                rows: Arc::new(rows?),
                duplicates: Duplicates::Keep,
            };
            self.execute(Statement::Insert(insert)).await?.inserted()
        }
    }

    /// Inserts any number of rows in one atomic step.
    /// [`UniqueViolation`](ErrorKind::UniqueViolation), with nothing written, when a key is taken or appears twice.
    fn insert_many<E: Entity>(&self, entities: &[E]) -> impl Future<Output = Result<()>> + Send {
        let rows = RowBatch::of(entities);
        async move {
            let insert = Insert {
                rows: Arc::new(rows?),
                duplicates: Duplicates::Refuse,
            };
            self.execute(Statement::Insert(insert)).await.map(drop)
        }
    }

    /// Inserts rows; where a primary key is present, changes the stored row instead. Does not
    /// compile for a table with a second unique key or without updates.
    fn upsert<E: Entity>(
        &self,
        entities: &[E],
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> impl Future<Output = Result<()>> + Send {
        const { E::TABLE.check_upsert() };
        let rows = RowBatch::of(entities);
        let assignments = change_assignments(changes);
        async move {
            let upsert = Upsert {
                rows: Arc::new(rows?),
                assignments: assignments?,
            };
            self.execute(Statement::Upsert(upsert)).await?.done()
        }
    }

    /// The row with this key, if there is one.
    fn find<E: Entity>(&self, key: &E::Key) -> impl Future<Output = Result<Option<E>>> + Send {
        let filter = key_predicate::<E>(key);
        async move { find(self, filter?).await }
    }

    /// The row with this key. [`NotFound`](ErrorKind::NotFound) when there is none.
    fn get<E: Entity>(&self, key: &E::Key) -> impl Future<Output = Result<E>> + Send {
        let found = self.find(key);
        async move {
            found.await?.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "no row has this key").with_table(E::TABLE.name)
            })
        }
    }

    /// Changes the row with this key if it also satisfies the guard, and returns whether it did.
    /// `false` means that the row is gone or that the guard did not hold. Does not compile for a
    /// table whose rows never change.
    fn update_if<E: Entity>(
        &self,
        key: &E::Key,
        guard: impl Into<Guard<E>>,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> impl Future<Output = Result<bool>> + Send {
        const { E::TABLE.check_update() };
        let update = guarded_update(key, &guard.into(), changes);
        update_if(self, update)
    }

    /// [`update_if`](Self::update_if) that returns the row as it is afterwards; `None` where the row is
    /// gone or the guard did not hold.
    fn update_returning<E: Entity>(
        &self,
        key: &E::Key,
        guard: impl Into<Guard<E>>,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> impl Future<Output = Result<Option<E>>> + Send {
        const { E::TABLE.check_update() };
        let update = guarded_update(key, &guard.into(), changes);
        update_returning(self, update)
    }

    /// Changes many rows, each if it satisfies its own guard, and returns for each, in order, whether it
    /// did. All of it is one atomic step. Does not compile for a table whose rows never change.
    ///
    /// On servers, updates in a row share statements when they differ only in their keys and values, are of
    /// different rows, and change no column of a unique key.
    fn update_each<E: Entity>(
        &self,
        updates: impl IntoIterator<Item = RowUpdate<E>>,
    ) -> impl Future<Output = Result<Vec<bool>>> + Send {
        const { E::TABLE.check_update() };
        let updates = update_each(updates, false);
        async move {
            let updated = self.execute(updates?).await?.updated()?;
            Ok(updated.matched)
        }
    }

    /// [`update_each`](Self::update_each) that returns each row as its update left it; `None` where
    /// the row is gone or the guard did not hold.
    fn update_each_returning<E: Entity>(
        &self,
        updates: impl IntoIterator<Item = RowUpdate<E>>,
    ) -> impl Future<Output = Result<Vec<Option<E>>>> + Send {
        const { E::TABLE.check_update() };
        let updates = update_each(updates, true);
        async move {
            let updated = self.execute(updates?).await?.updated()?;
            let mut rows = updated.rows.iter();
            let row = |matched: &bool| match (matched, matched.then(|| rows.next()).flatten()) {
                (false, _) => Ok(None),
                (true, Some(row)) => read(&row).map(Some),
                (true, None) => Err(Error::corrupt("the store returned too few rows")),
            };
            updated.matched.iter().map(row).collect()
        }
    }

    /// Stores every column of an entity if the stored row still has its version, and returns the entity
    /// with the next version. [`VersionConflict`](ErrorKind::VersionConflict) when the row has another
    /// version, [`NotFound`](ErrorKind::NotFound) when it is gone.
    ///
    /// Every update increments the version, so that a change since the entity was read is never overwritten;
    /// see [`Versioned`].
    fn update_version<E: Versioned>(&self, entity: &E) -> impl Future<Output = Result<E>> + Send {
        update_version(self, entity)
    }

    /// Changes every row that the filter selects and returns their number. Does not compile
    /// for a table whose rows never change.
    fn update_where<E: Entity>(
        &self,
        filter: Filter<E, impl Indexed>,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> impl Future<Output = Result<u64>> + Send {
        const { E::TABLE.check_update() };
        let assignments = change_assignments(changes);
        async move {
            let update = Update {
                table: E::TABLE,
                assignments: assignments?,
                filter: filter.predicate()?,
                returning: false,
            };
            self.execute(Statement::Update(update)).await?.count()
        }
    }

    /// Deletes the row with this key and returns whether there was one.
    fn delete<E: Entity>(&self, key: &E::Key) -> impl Future<Output = Result<bool>> + Send {
        let filter = key_predicate::<E>(key);
        async move {
            let delete = Delete {
                table: E::TABLE,
                filter: filter?,
            };
            Ok(self.execute(Statement::Delete(delete)).await?.count()? > 0)
        }
    }

    /// Deletes every row that the filter selects and returns their number.
    fn delete_where<E: Entity>(
        &self,
        filter: Filter<E, impl Indexed>,
    ) -> impl Future<Output = Result<u64>> + Send {
        async move {
            let delete = Delete {
                table: E::TABLE,
                filter: filter.predicate()?,
            };
            self.execute(Statement::Delete(delete)).await?.count()
        }
    }

    /// One page of a query.
    fn page<E: Entity>(&self, query: &Query<E>) -> impl Future<Output = Result<Page<E>>> + Send {
        let prepared = query.prepare();
        async move { read_page(self, prepared?, read::<E>).await }
    }

    /// [`page`](Self::page) in which a row that cannot be read is an error in its place, instead of failing
    /// the whole page.
    fn page_lenient<E: Entity>(
        &self,
        query: &Query<E>,
    ) -> impl Future<Output = Result<Page<Result<E, Unreadable<E>>>>> + Send {
        let prepared = query.prepare();
        async move { read_page(self, prepared?, |row| Ok(lenient(row))).await }
    }

    /// The number of rows that the filter selects, counted no further than `cap`, which is at least
    /// 1: an exact count of millions of rows takes seconds on most databases.
    fn count<E: Entity>(
        &self,
        filter: Filter<E, impl Indexed>,
        cap: u64,
    ) -> impl Future<Output = Result<Count>> + Send {
        async move {
            let aggregate = Count::statement(E::TABLE, filter.predicate()?, cap)?;
            let reply = self.execute(Statement::Aggregate(aggregate)).await?;
            Count::read(&reply.groups()?, cap)
        }
    }

    /// Sums up rows by groups. A group whose value cannot be read is an error.
    fn aggregate<E: Entity>(
        &self,
        query: AggregateQuery<E>,
    ) -> impl Future<Output = Result<Vec<AggregateRow>>> + Send {
        async move {
            let aggregate = Statement::Aggregate(query.into_statement()?);
            let rows = self.execute(aggregate).await?.groups()?;
            rows.into_iter().map(AggregateRow::readable).collect()
        }
    }

    /// [`aggregate`](Self::aggregate) in which a value that cannot be read does not fail the whole: NULL is in its
    /// place, and [`AggregateRow::unreadable`] returns the error. So there may be several rows with NULL.
    fn aggregate_lenient<E: Entity>(
        &self,
        query: AggregateQuery<E>,
    ) -> impl Future<Output = Result<Vec<AggregateRow>>> + Send {
        async move {
            let aggregate = Statement::Aggregate(query.into_statement()?);
            let rows = self.execute(aggregate).await?.groups()?;
            Ok(rows.into_iter().map(AggregateRow::new).collect())
        }
    }

    /// Claims rows, so that no two callers claim the same, and returns them as they are afterwards.
    ///
    /// A claimed row that cannot be read is returned separately, with its key, so that a service can set it
    /// aside; the other rows are returned all the same.
    fn claim<E: Entity>(
        &self,
        query: ClaimQuery<E>,
    ) -> impl Future<Output = Result<Claimed<E>>> + Send {
        const { E::TABLE.check_update() };
        async move {
            let claim = Statement::Claim(query.into_statement()?);
            let claimed = self.execute(claim).await?.claimed()?;
            Ok(Claimed::from_reply(&claimed))
        }
    }

    /// The rows that a claim with this token has claimed, by primary key: after an
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), those claimed so far. The claim whose outcome is
    /// unknown may still be applied afterwards, so read again later, or claim inside of
    /// [`transaction_once`](crate::StoreExt::transaction_once) where that must not happen.
    fn claimed<E: Entity, T: Field, A>(
        &self,
        column: Column<E, T, A>,
        token: impl Operand<T>,
    ) -> impl Future<Output = Result<Claimed<E>>> + Send {
        let token = encode(E::TABLE, column.position(), Purpose::Compare, token);
        async move {
            let filter = Predicate::compare(column.position(), Comparison::Eq, token?.value);
            let mut select = Select::all_columns(E::TABLE, filter);
            select.order = total(E::TABLE, []);
            let (rows, visitor) = collector(|row| Ok(lenient::<E>(row)));
            self.select(select, visitor).await?;
            Ok(Claimed::from_rows(take(&rows), false))
        }
    }
}

impl<S: Session + ?Sized> SessionExt for S {}

fn update_each<E: Entity>(
    updates: impl IntoIterator<Item = RowUpdate<E>>,
    returning: bool,
) -> Result<Statement> {
    let updates = updates.into_iter().map(RowUpdate::into_untyped);
    Ok(Statement::UpdateEach(UpdateEach {
        table: E::TABLE,
        updates: updates.collect::<Result<_>>()?,
        returning,
    }))
}

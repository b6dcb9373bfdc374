//! The typed methods of every session.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::Session;
use crate::aggregate::{AggregateQuery, AggregateRow, Count};
use crate::batch::RowBatch;
use crate::claim::ClaimQuery;
use crate::encode::ValuesSink;
use crate::entity::{Entity, EntityKey};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::{Filter, Predicate};
use crate::page::{Page, Query};
use crate::statement::{
    Change, Delete, Duplicates, Insert, RowOutcome, RowVisitor, Select, Update, Upsert,
    change_assignments,
};

/// What applications call on a session or transaction. Implemented for every [`Session`].
///
/// # Errors
/// Every method answers what [`Session`] answers for its statement. Only what is said beside that
/// is repeated at the methods.
pub trait SessionExt: Session {
    /// Inserts a row. [`Conflict`](ErrorKind::Conflict) when a key is taken.
    fn insert<E: Entity>(&self, entity: &E) -> impl Future<Output = Result<()>> + Send {
        let rows = RowBatch::of(std::slice::from_ref(entity));
        async move {
            let insert = Insert {
                rows: Arc::new(rows?),
                duplicates: Duplicates::Refuse,
            };
            self.execute_insert(insert).await.map(drop)
        }
    }

    /// Inserts any number of rows in one atomic step and answers for each, in order, whether it was
    /// new, present already, or present with other content.
    fn insert_many<E: Entity>(
        &self,
        entities: &[E],
    ) -> impl Future<Output = Result<Vec<RowOutcome>>> + Send {
        let rows = RowBatch::of(entities);
        async move {
            self.execute_insert(Insert {
                rows: Arc::new(rows?),
                duplicates: Duplicates::Keep,
            })
            .await
        }
    }

    /// Inserts any number of rows in one atomic step; [`Conflict`](ErrorKind::Conflict), with nothing
    /// written, when a key is taken or appears twice.
    fn insert_all<E: Entity>(&self, entities: &[E]) -> impl Future<Output = Result<()>> + Send {
        let rows = RowBatch::of(entities);
        async move {
            let insert = Insert {
                rows: Arc::new(rows?),
                duplicates: Duplicates::Refuse,
            };
            self.execute_insert(insert).await.map(drop)
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
            self.execute_upsert(upsert).await
        }
    }

    /// The row with this key, if there is one.
    fn find<E: Entity>(&self, key: &E::Key) -> impl Future<Output = Result<Option<E>>> + Send {
        let filter = key_predicate::<E>(key);
        async move {
            let mut select = Select::all_columns(E::TABLE, filter?);
            select.limit = Some(1);
            Ok(collect(self, select).await?.pop())
        }
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

    /// Changes the row with this key if it also satisfies the guard, and answers whether it did.
    /// `false` means that the row is gone or that somebody else was faster. Does not compile for a
    /// table whose rows never change.
    fn update_if<E: Entity>(
        &self,
        key: &E::Key,
        guard: Filter<E>,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> impl Future<Output = Result<bool>> + Send {
        const { E::TABLE.check_update() };
        let filter = key_predicate::<E>(key);
        let assignments = change_assignments(changes);
        async move {
            let update = Update {
                table: E::TABLE,
                assignments: assignments?,
                filter: filter?.and(guard.predicate()?),
            };
            Ok(self.execute_update(update).await? > 0)
        }
    }

    /// Changes every row that the filter selects and answers how many they were. Does not compile
    /// for a table whose rows never change.
    fn update_where<E: Entity>(
        &self,
        filter: Filter<E>,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> impl Future<Output = Result<u64>> + Send {
        const { E::TABLE.check_update() };
        let assignments = change_assignments(changes);
        async move {
            let update = Update {
                table: E::TABLE,
                assignments: assignments?,
                filter: filter.predicate()?,
            };
            self.execute_update(update).await
        }
    }

    /// Deletes the row with this key and answers whether there was one.
    fn delete<E: Entity>(&self, key: &E::Key) -> impl Future<Output = Result<bool>> + Send {
        let filter = key_predicate::<E>(key);
        async move {
            let delete = Delete {
                table: E::TABLE,
                filter: filter?,
            };
            Ok(self.execute_delete(delete).await? > 0)
        }
    }

    /// Deletes every row that the filter selects and answers how many they were.
    fn delete_where<E: Entity>(
        &self,
        filter: Filter<E>,
    ) -> impl Future<Output = Result<u64>> + Send {
        async move {
            let delete = Delete {
                table: E::TABLE,
                filter: filter.predicate()?,
            };
            self.execute_delete(delete).await
        }
    }

    /// One page of a query.
    fn page<E: Entity>(&self, query: &Query<E>) -> impl Future<Output = Result<Page<E>>> + Send {
        let prepared = query.prepare();
        async move {
            let prepared = prepared?;
            let rows = collect(self, prepared.select()).await?;
            prepared.page(rows)
        }
    }

    /// The number of rows that the filter selects, counted no further than `cap`, which is at least
    /// 1: an exact count of millions of rows takes seconds on most databases.
    fn count<E: Entity>(
        &self,
        filter: Filter<E>,
        cap: u64,
    ) -> impl Future<Output = Result<Count>> + Send {
        async move {
            let aggregate = Count::statement(E::TABLE, filter.predicate()?, cap)?;
            Count::read(&self.execute_aggregate(aggregate).await?, cap)
        }
    }

    /// Sums up rows by groups.
    fn aggregate<E: Entity>(
        &self,
        query: AggregateQuery<E>,
    ) -> impl Future<Output = Result<Vec<AggregateRow>>> + Send {
        async move {
            let rows = self.execute_aggregate(query.into_statement()?).await?;
            Ok(rows.into_iter().map(AggregateRow::new).collect())
        }
    }

    /// Claims rows, so that no two callers claim the same, and answers them as they are afterwards.
    fn claim<E: Entity>(
        &self,
        query: ClaimQuery<E>,
    ) -> impl Future<Output = Result<Vec<E>>> + Send {
        const { E::TABLE.check_update() };
        async move {
            let (rows, visitor) = collector();
            self.execute_claim(query.into_statement()?, visitor).await?;
            Ok(take(&rows))
        }
    }
}

impl<S: Session + ?Sized> SessionExt for S {}

pub(crate) fn key_predicate<E: Entity>(key: &E::Key) -> Result<Predicate> {
    let mut sink = ValuesSink::new(E::TABLE, E::TABLE.key_positions());
    key.write(&mut sink)
        .map_err(|error| error.with_table(E::TABLE.name))?;
    Ok(Predicate::equals(&E::TABLE.key_positions(), sink.values))
}

/// Reads entities where the rows arrive, which may be another thread.
fn collector<E: Entity>() -> (Arc<Mutex<Vec<E>>>, RowVisitor) {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&rows);
    let visitor: RowVisitor = Box::new(move |row| {
        let entity = E::read(row).map_err(|error| error.with_table(E::TABLE.name))?;
        sink.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entity);
        Ok(())
    });
    (rows, visitor)
}

fn take<E>(rows: &Mutex<Vec<E>>) -> Vec<E> {
    std::mem::take(&mut rows.lock().unwrap_or_else(PoisonError::into_inner))
}

pub(crate) async fn collect<E: Entity, S: Session + ?Sized>(
    session: &S,
    select: Select,
) -> Result<Vec<E>> {
    let (rows, visitor) = collector();
    session.execute_select(select, visitor).await?;
    Ok(take(&rows))
}

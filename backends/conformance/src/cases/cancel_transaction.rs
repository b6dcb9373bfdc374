//! Dropped futures of transactions: of a whole transaction, of its statements, of its beginning and of its end.

use futures_util::future::BoxFuture;
use genledger_contract::{Result, Session, SessionExt, StoreExt, Transaction};

use crate::cut_short::bench::{Bench, entries};
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Account, Entry};

/// A dropped transaction of several statements in two tables.
pub(crate) async fn the_whole(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let work = |round| async move {
        bench
            .store
            .transaction(|tx| async move {
                tx.insert(&Account::new(round)).await?;
                tx.insert_if_absent(&entries(round, 500)).await?;
                let nested = tx.begin().await?;
                let change = [Account::VISITS.plus(1)];
                nested
                    .update_if(&round, Account::VISITS.eq(0), change)
                    .await?;
                nested.commit().await?;
                tx.insert(&Entry::new(round * 10_000 + 500, 1)).await
            })
            .await
    };
    bench
        .everywhere(
            async |_| {},
            work,
            async |round, completed| {
                let account = bench.observer.find::<Account>(&round).await.unwrap();
                let rows = bench.entries_of(round).await;
                match account {
                    Some(account) => assert_eq!((rows, account.visits), (501, 1)),
                    // It may have been committed between the two reads.
                    None => assert!(!completed && (rows == 0 || rows == 501)),
                }
            },
        )
        .await;
    Ok(())
}

/// A dropped `begin` leaves no open transaction.
pub(crate) async fn beginning(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let begin = |_| async move { bench.store.begin().await.map(drop) };
    bench.everywhere(async |_| {}, begin, async |_, _| {}).await;
    Ok(())
}

/// A dropped commit happened in full or not at all.
pub(crate) async fn committing(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    bench
        .ending(
            |tx| Box::pin(tx.commit()),
            async |round, completed| {
                let rows = bench.entries_of(round).await;
                assert!(rows == 100 || (!completed && rows == 0), "{rows} rows");
            },
        )
        .await;
    Ok(())
}

/// After a dropped rollback the transaction is rolled back.
pub(crate) async fn rolling_back(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    bench
        .ending(
            |tx| Box::pin(tx.rollback()),
            async |round, _| {
                assert_eq!(bench.entries_of(round).await, 0);
            },
        )
        .await;
    Ok(())
}

fn insert_2500(tx: &Transaction, round: i64) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move { tx.insert_if_absent(&entries(round, 2500)).await.map(drop) })
}

/// A dropped statement inside a transaction that is dropped, too.
pub(crate) async fn a_statement_before_a_drop(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    bench
        .inside(insert_2500, async |tx, round| {
            drop(tx);
            bench.nothing_of(round).await;
        })
        .await;
    Ok(())
}

/// A dropped statement inside a transaction that is committed all the same: the statement happened in full or
/// not at all, or the commit fails and nothing happened.
pub(crate) async fn a_statement_before_a_commit(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    bench
        .inside(insert_2500, async |tx, round| {
            let committed = tx.commit().await.is_ok();
            let account = bench.observer.find::<Account>(&round).await.unwrap();
            assert_eq!(account.is_some(), committed);
            let rows = bench.entries_of(round).await;
            let all_or_nothing = rows == 0 || (committed && rows == 2500);
            assert!(all_or_nothing, "{committed}: {rows} rows");
        })
        .await;
    Ok(())
}

/// Nested transactions that are dropped while they begin, work, and end.
pub(crate) async fn nested(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    bench
        .inside(
            |tx, round| {
                Box::pin(async move {
                    let nested = tx.begin().await?;
                    nested.insert(&Entry::new(round * 10_000, 1)).await?;
                    nested.rollback().await?;
                    let nested = tx.begin().await?;
                    nested.insert(&Entry::new(round * 10_000 + 1, 1)).await?;
                    nested.commit().await
                })
            },
            async |tx, round| {
                // It is unknown how far it came, but it ends, and is rolled back.
                drop(tx.rollback().await);
                bench.nothing_of(round).await;
            },
        )
        .await;
    Ok(())
}

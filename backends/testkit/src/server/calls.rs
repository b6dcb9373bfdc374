//! Calls that have the same form for all drivers of sqlx, with other types.

/// The methods of a [`TestServer`](crate::TestServer) that are the same for every driver of sqlx.
macro_rules! calls_of_sqlx {
    ($store:ty, $connection:ty, $with_connection:path) => {
        fn laid_out(
            store: $store,
            layout: &genledger_contract::schema::Layout,
        ) -> genledger_contract::Result<$store> {
            store.with_layout(layout)
        }

        async fn run(store: &$store, sql: &str) {
            let sql = sqlx::AssertSqlSafe(sql.to_owned());
            sqlx::raw_sql(sql).execute(store.pool()).await.unwrap();
        }

        async fn number(store: &$store, sql: &str) -> Option<i64> {
            let sql = sqlx::AssertSqlSafe(sql.to_owned());
            sqlx::query_scalar(sql).fetch_one(store.pool()).await.ok()
        }

        async fn lend(
            store: &$store,
            notes: Vec<(crate::store::Note, bool)>,
            commit: bool,
        ) -> Vec<genledger_contract::Result<()>> {
            use crate::store::Note;

            async fn put(
                store: &$store,
                connection: &mut $connection,
                note: Note,
                keep: bool,
            ) -> genledger_contract::Result<()> {
                store
                    .in_transaction(connection, |tx| async move {
                        tx.insert(&note).await?;
                        if keep {
                            Ok(())
                        } else {
                            Err(genledger_contract::Error::invalid("to be rolled back"))
                        }
                    })
                    .await
            }
            let mut alone = store.pool().acquire().await.unwrap();
            let inserted = put(store, &mut alone, Note::new(50, "alone"), true).await;
            inserted.unwrap();
            drop(alone);
            let mut outer = store.pool().begin().await.unwrap();
            let own = "INSERT INTO notes (id, title, hits) VALUES (100, 'own', 0)";
            sqlx::query(own).execute(&mut *outer).await.unwrap();
            let mut results = Vec::new();
            for (note, keep) in notes {
                results.push(put(store, &mut outer, note, keep).await);
            }
            if commit {
                outer.commit().await.unwrap();
            } else {
                outer.rollback().await.unwrap();
            }
            results
        }

        async fn execute(
            transaction: &genledger_contract::Tx,
            sql: &'static str,
        ) -> genledger_contract::Result<()> {
            $with_connection(transaction, |connection| {
                Box::pin(sqlx::query(sql).execute(connection))
            })
            .await
            .map(drop)
        }

        async fn hit(transaction: &genledger_contract::Tx) -> genledger_contract::Result<String> {
            $with_connection(transaction, |connection| {
                Box::pin(async move {
                    // A nested transaction is a savepoint.
                    let mut inner = connection.begin().await?;
                    sqlx::query("UPDATE notes SET title = 'lost'")
                        .execute(&mut *inner)
                        .await?;
                    inner.rollback().await?;
                    sqlx::query("UPDATE notes SET hits = hits + 1")
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query_scalar("SELECT title FROM notes")
                        .fetch_one(connection)
                        .await
                })
            })
            .await
        }

        async fn insert_secrets(
            transaction: &genledger_contract::Tx,
        ) -> genledger_contract::Result<()> {
            $with_connection(transaction, |connection| {
                let insert = sqlx::query(Self::INSERT_SECRETS);
                let insert = insert.bind("secret-2").bind("secret-3");
                Box::pin(insert.execute(connection))
            })
            .await
            .map(drop)
        }
    };
}

/// A function that creates a pool of one connection that runs statements before or after it is prepared.
macro_rules! pool_that_runs {
    ($pool:ty, $pool_options:ty, $options:ty, $prepare:path) => {
        /// A pool of one connection that runs statements, before or after the library prepares it.
        pub async fn pool_that_runs(
            statements: Vec<&'static str>,
            when: crate::hostile::When,
            options: $options,
        ) -> $pool {
            use crate::hostile::When;

            <$pool_options>::new()
                .max_connections(1)
                .after_connect(move |connection, _| {
                    let statements = statements.clone();
                    Box::pin(async move {
                        if when == When::Prepared {
                            $prepare(connection).await?;
                        }
                        for statement in statements {
                            sqlx::query(statement).execute(&mut *connection).await?;
                        }
                        if when == When::Unprepared {
                            $prepare(connection).await?;
                        }
                        Ok(())
                    })
                })
                .connect_with(options)
                .await
                .unwrap()
        }
    };
}

pub(crate) use {calls_of_sqlx, pool_that_runs};

//! Large batches, which are written by COPY, and the cases in which they must not be.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::{Duration, Instant};

use genledger_conformance::{Cut, CutProxy};
use genledger_contract::RowOutcome::{self, Different, New, Present};
use genledger_contract::{Entity, Error, ErrorKind, MigrationSet, SessionExt, Store};
use genledger_postgres::sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use genledger_postgres::sqlx::{AssertSqlSafe, ConnectOptions, Connection, query_scalar, raw_sql};
use genledger_postgres::{PgConfig, PgStore};
use tokio::time::{sleep, timeout};

use genledger_testkit::postgres::{PostgresServer, Schema};
use genledger_testkit::{TestServer, is_wanted};

/// A reading of a sensor.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "readings", key(id))]
struct Reading {
    /// Its number.
    id: i64,
    /// The measured value.
    value: i32,
    /// The time, in a unit of the sensor.
    taken: i64,
    /// A remark.
    #[column(max_chars = 4_000)]
    note: Option<String>,
}

/// More rows than are written by INSERT.
const MANY: i64 = 1_001;

fn reading(id: i64) -> Reading {
    Reading {
        id,
        value: 7,
        taken: id * 1_000_000,
        note: (id % 2 == 0).then(|| format!("\\N\t{id}\r\n\\.")),
    }
}

fn readings(ids: impl Iterator<Item = i64>) -> Vec<Reading> {
    ids.map(reading).collect()
}

/// The table in a separate schema, and a connection for checking it.
struct TestTable {
    schema: Schema,
    own: PgConnection,
}

impl TestTable {
    /// Creates one that records the first word of each statement that inserts rows; `None` if the run does
    /// not include the backend.
    async fn new() -> Option<Self> {
        if !is_wanted("postgres") {
            return None;
        }
        let schema = Schema::on(PostgresServer::Direct.options()).await;
        let options = PostgresServer::Direct
            .options()
            .options([("search_path", schema.name())]);
        let own = options.connect().await.unwrap();
        let mut table = Self { schema, own };
        let set = MigrationSet::of("test", &[Reading::TABLE]);
        table.store().await.migrate(&[set]).await.unwrap();
        table
            .run(
                "CREATE TABLE statements (word text);
                CREATE FUNCTION note_statement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO statements VALUES (split_part(current_query(), ' ', 1));
                    RETURN NULL; END $$;
                CREATE TRIGGER noted AFTER INSERT ON readings
                    FOR EACH STATEMENT EXECUTE FUNCTION note_statement()",
            )
            .await;
        Some(table)
    }

    async fn store(&self) -> PgStore {
        self.store_with(PostgresServer::Direct.options(), |config| config)
            .await
    }

    async fn store_with(
        &self,
        options: PgConnectOptions,
        configure: fn(PgConfig) -> PgConfig,
    ) -> PgStore {
        let config = self.schema.config(options, 1);
        PgStore::connect(configure(config)).await.unwrap()
    }

    async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        raw_sql(sql).execute(&mut self.own).await.unwrap();
    }

    async fn count(&mut self, sql: &'static str) -> i64 {
        query_scalar(sql).fetch_one(&mut self.own).await.unwrap()
    }

    async fn rows(&mut self) -> i64 {
        self.count("SELECT count(*) FROM readings").await
    }

    /// The first words of the statements that have inserted rows since the last call, without repetitions.
    async fn words(&mut self) -> Vec<String> {
        let sql = "WITH gone AS (DELETE FROM statements RETURNING word) \
            SELECT DISTINCT word FROM gone ORDER BY word";
        query_scalar(sql).fetch_all(&mut self.own).await.unwrap()
    }
}

fn kind<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ErrorKind {
    outcome.unwrap_err().kind()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_batches_are_copied() {
    let Some(mut table) = TestTable::new().await else {
        return;
    };
    let store = table.store().await;
    let session = store.session();
    session.insert_if_absent(&readings(0..1_000)).await.unwrap();
    assert_eq!(table.words().await, ["INSERT"]);
    let batch = readings(10_000..10_000 + MANY);
    session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(table.words().await, ["COPY"]);
    session
        .insert_many(&readings(20_000..27_000))
        .await
        .unwrap();
    assert_eq!(table.words().await, ["COPY"]);
    let transaction = store.begin().await.unwrap();
    let many = readings(30_000..30_000 + MANY);
    transaction.insert_if_absent(&many).await.unwrap();
    let all = readings(40_000..40_000 + MANY);
    transaction.insert_many(&all).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(table.words().await, ["COPY"]);
    assert_eq!(table.rows().await, 1_000 + 7_000 + 3 * MANY);
    for row in batch.iter().chain(&many).chain(&all) {
        assert_eq!(session.get::<Reading>(&row.id).await.unwrap(), *row);
    }
}

/// In a transaction, which continues, and in one of the application.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_taken_leaves_everything_else_to_inserts() {
    let Some(mut table) = TestTable::new().await else {
        return;
    };
    let store = table.store().await;
    let other = Reading {
        value: 8,
        ..reading(5)
    };
    store
        .session()
        .insert_many(&[reading(1), other])
        .await
        .unwrap();
    let mut batch = readings(0..MANY);
    batch.push(reading(900));
    let mut expected: Vec<RowOutcome> = vec![New; batch.len()];
    (expected[1], expected[5], expected[1_001]) = (Present, Different, Present);

    let transaction = store.begin().await.unwrap();
    let refused = transaction.begin().await.unwrap();
    assert_eq!(
        kind(refused.insert_many(&batch).await),
        ErrorKind::UniqueViolation
    );
    refused.rollback().await.unwrap();
    assert_eq!(
        transaction.insert_if_absent(&batch).await.unwrap(),
        expected
    );
    transaction.insert(&reading(-1)).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(
        kind(store.session().insert_many(&batch).await),
        ErrorKind::UniqueViolation
    );
    assert_eq!(table.rows().await, 2);

    let store = &store;
    let mut own = PostgresServer::Direct
        .options()
        .options([("search_path", table.schema.name())])
        .connect()
        .await
        .unwrap();
    genledger_postgres::prepare_connection(&mut own)
        .await
        .unwrap();
    raw_sql(AssertSqlSafe(format!(
        "SET search_path = {}",
        table.schema.name()
    )))
    .execute(&mut own)
    .await
    .unwrap();
    table.words().await;
    let outcomes = store.in_transaction(&mut own, |tx| {
        let batch = batch.clone();
        async move {
            tx.insert_if_absent(&readings(5_000..5_000 + MANY)).await?;
            tx.insert_if_absent(&batch).await
        }
    });
    assert_eq!(outcomes.await.unwrap(), expected);
    assert_eq!(table.words().await, ["COPY", "INSERT"]);
    assert_eq!(table.rows().await, MANY + MANY);
}

/// The error of a large batch is the error of its wrong row alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_those_of_an_insert() {
    let Some(mut table) = TestTable::new().await else {
        return;
    };
    let store = table.store().await;
    for (change, back) in [
        (
            "ALTER TABLE readings ADD CONSTRAINT low CHECK (value < 100)",
            "ALTER TABLE readings DROP CONSTRAINT low",
        ),
        (
            "ALTER TABLE readings ALTER note TYPE varchar(30) COLLATE \"C\"",
            "ALTER TABLE readings ALTER note TYPE varchar(4000) COLLATE \"C\"",
        ),
        (
            "ALTER TABLE readings ADD more integer NOT NULL",
            "ALTER TABLE readings DROP more",
        ),
        (
            "ALTER TABLE readings RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO readings",
        ),
    ] {
        table.run(change).await;
        let mut batch = readings(0..MANY);
        batch[1_000].value = 101;
        batch[1_000].note = Some("x".repeat(31));
        let alone = store.session().insert_many(&batch[1_000..]).await;
        let alone = alone.unwrap_err();
        let transaction = store.begin().await.unwrap();
        let inside = transaction.insert_if_absent(&batch).await.unwrap_err();
        assert_eq!(kind(transaction.commit().await), ErrorKind::Aborted);
        let session = store.session();
        let all = session.insert_many(&batch).await.unwrap_err();
        let many = session.insert_if_absent(&batch).await.unwrap_err();
        for error in [inside, all, many] {
            assert_eq!(error.kind(), alone.kind(), "{change}: {error:?}");
            assert_eq!(error.table(), alone.table(), "{change}");
            assert_eq!(error.column(), alone.column(), "{change}");
            let paths = |error: &Error| format!("{:?}", error.violations());
            assert_eq!(paths(&error), paths(&alone), "{change}");
        }
        table.run(back).await;
        assert_eq!(table.rows().await, 0, "{change}");
        // The error does not prevent later use of COPY.
        session.insert_if_absent(&readings(0..MANY)).await.unwrap();
        table.run("TRUNCATE readings").await;
        assert_eq!(table.words().await, ["COPY"], "{change}");
    }
}

/// A number is not stored as a time, which has as many bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_never_taken_for_one_of_another_type() {
    let Some(mut table) = TestTable::new().await else {
        return;
    };
    let store = table.store().await;
    let session = store.session();
    session.insert_if_absent(&readings(0..MANY)).await.unwrap();
    assert_eq!(table.words().await, ["COPY"]);
    table
        .run(
            "TRUNCATE readings; ALTER TABLE readings ALTER taken TYPE timestamptz \
                USING to_timestamp(taken)",
        )
        .await;
    let alone = kind(session.insert(&reading(0)).await);
    assert_eq!(alone, ErrorKind::Schema);
    assert_eq!(
        kind(session.insert_if_absent(&readings(0..MANY)).await),
        alone
    );
    assert_eq!(kind(session.insert_many(&readings(0..MANY)).await), alone);
    assert_eq!(table.rows().await, 0);
}

/// A role with these rights on the table.
async fn role(table: &mut TestTable, rights: &str) -> PgConnectOptions {
    let name = format!("{}_role", table.schema.name());
    let schema = table.schema.name().to_owned();
    table
        .run(&format!(
            "CREATE ROLE {name}; GRANT USAGE ON SCHEMA {schema} TO {name}; \
            GRANT INSERT ON statements TO {name}; GRANT {rights} ON readings TO {name}"
        ))
        .await;
    PostgresServer::Direct
        .options()
        .options([("role", name.as_str())])
}

/// COPY is not used if it is refused or would have another effect, and not retried after a refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_copied_is_inserted() {
    for (change, rights, words) in [
        (
            "CREATE RULE more AS ON INSERT TO readings DO ALSO \
                INSERT INTO statements VALUES ('rule')",
            None,
            &["INSERT", "rule"][..],
        ),
        (
            "ALTER TABLE readings ALTER value TYPE bigint",
            None,
            &["INSERT"],
        ),
        (
            "CREATE DOMAIN moment AS bigint; ALTER TABLE readings ALTER taken TYPE moment",
            None,
            &["INSERT"],
        ),
        (
            "ALTER TABLE readings RENAME TO stored; CREATE VIEW readings AS SELECT * FROM stored",
            None,
            &["INSERT"],
        ),
        (
            "ALTER TABLE readings ENABLE ROW LEVEL SECURITY; \
                CREATE POLICY everything ON readings USING (true)",
            Some("INSERT, SELECT"),
            &["INSERT"],
        ),
        ("", Some("INSERT"), &["INSERT"]),
    ] {
        let Some(mut table) = TestTable::new().await else {
            return;
        };
        let mut options = PostgresServer::Direct.options();
        if let Some(rights) = rights {
            options = role(&mut table, rights).await;
        }
        table.run(change).await;
        let address = (options.get_host(), options.get_port());
        let address = std::net::ToSocketAddrs::to_socket_addrs(&address);
        let proxy = CutProxy::start(address.unwrap().next().unwrap())
            .await
            .unwrap();
        options = options
            .ssl_mode(PgSslMode::Disable)
            .host("127.0.0.1")
            .port(proxy.address().port());
        for in_transaction in [false, true] {
            let store = table.store_with(options.clone(), |config| config).await;
            for batch in 0..3 {
                let first = batch * MANY;
                let batch = readings(first..first + MANY);
                if in_transaction {
                    let transaction = store.begin().await.unwrap();
                    let outcomes = transaction.insert_if_absent(&batch).await;
                    assert_eq!(outcomes.unwrap(), vec![New; batch.len()], "{change}");
                    transaction.commit().await.unwrap();
                } else {
                    store.session().insert_many(&batch).await.unwrap();
                }
                // From now on no COPY is sent.
                proxy.arm(Cut::Before("COPY"));
            }
            assert!(proxy.is_armed(), "{change}");
            proxy.disarm();
            assert_eq!(table.words().await, words, "{change}");
            assert_eq!(table.rows().await, 3 * MANY, "{change}");
            table.run("DELETE FROM readings").await;
            store.close().await;
        }
        if rights.is_some() {
            let name = format!("{}_role", table.schema.name());
            table
                .run(&format!("DROP OWNED BY {name}; DROP ROLE {name}"))
                .await;
        }
    }
}

/// A batch for which the server has to wait, larger than the buffers between server and client.
fn waiting() -> Vec<Reading> {
    let mut batch = readings(1..4_000);
    for row in &mut batch {
        row.note = Some("x".repeat(4_000));
    }
    batch
}

/// The data of the batch are being sent, and its first key is locked by another transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_given_up_leaves_nothing() {
    let Some(mut table) = TestTable::new().await else {
        return;
    };
    let store = table.store().await;
    let batch = waiting();
    let limit = Duration::from_millis(300);
    table
        .run("BEGIN; INSERT INTO readings VALUES (1, 1, 1, NULL)")
        .await;
    let session = store.session();
    assert!(
        timeout(limit, session.insert_if_absent(&batch))
            .await
            .is_err()
    );
    let transaction = store.begin().await.unwrap();
    let cancelled = timeout(limit, transaction.insert_if_absent(&batch)).await;
    assert!(cancelled.is_err());
    assert_eq!(
        kind(transaction.insert(&reading(-1)).await),
        ErrorKind::Aborted
    );
    assert_eq!(kind(transaction.commit().await), ErrorKind::Aborted);
    // A COPY that the server ends.
    let end = async {
        sleep(limit).await;
        let mut other = PostgresServer::Direct.options().connect().await.unwrap();
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE application_name = $1 AND query LIKE 'COPY%'";
        let end = query_scalar::<_, i64>(end).bind(table.schema.name());
        assert_eq!(end.fetch_one(&mut other).await.unwrap(), 1);
    };
    let (ended, ()) = tokio::join!(session.insert_if_absent(&batch), end);
    assert_eq!(kind(ended), ErrorKind::Unavailable);
    // The only connection of the pool is free, and the server has stopped the statement.
    session.insert(&reading(-1)).await.unwrap();
    table.run("ROLLBACK").await;
    let begun = Instant::now();
    let left = "SELECT count(*) FROM pg_locks WHERE relation = 'readings'::regclass";
    while table.count(left).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "not stopped");
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(table.rows().await, 1);
    assert_eq!(table.words().await, ["INSERT"]);
    session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(table.rows().await, 4_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_takes_no_longer_than_allowed() {
    let Some(mut table) = TestTable::new().await else {
        return;
    };
    let limited = |config: PgConfig| config.with_statement_timeout(Duration::from_millis(300));
    let store = table
        .store_with(PostgresServer::Direct.options(), limited)
        .await;
    let session = store.session();
    table
        .run("BEGIN; INSERT INTO readings VALUES (1, 1, 1, NULL)")
        .await;
    let batch = readings(0..MANY);
    let late = kind(session.insert_if_absent(&batch).await);
    assert_eq!(late, ErrorKind::Timeout);
    table.run("ROLLBACK").await;
    assert_eq!(table.rows().await, 0);
    session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(table.words().await, ["COPY"]);
    table.own.close().await.unwrap();
}

//! What is in a database.

use std::ops::Deref;

use genledger_mysql::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection, Row};

use crate::kept::{Content, Pool};
use crate::server::{Database, Server};

static FREE_OF_MARIADB: Pool<Tables> = Pool::new("GENLEDGER_MARIADB_CONTROL");
static FREE_OF_MYSQL: Pool<Tables> = Pool::new("GENLEDGER_MYSQL_CONTROL");

/// So many rows are deleted; a table with more is made anew.
const FEW: usize = 500;

/// The databases that earlier cases have left on a server.
pub(crate) fn free(server: Server) -> &'static Pool<Tables> {
    match server {
        Server::MariaDb => &FREE_OF_MARIADB,
        Server::MySql => &FREE_OF_MYSQL,
    }
}

/// A database, and where it is.
pub(crate) struct Tables {
    server: Server,
    database: Database,
}

impl Tables {
    /// A new database.
    pub(crate) async fn on(server: Server) -> Self {
        Self {
            server,
            database: Database::on(server.options()).await,
        }
    }
}

impl Deref for Tables {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Content for Tables {
    type Error = sqlx::Error;

    fn pool(&self) -> &'static Pool<Self> {
        free(self.server)
    }

    async fn clear(&self) -> sqlx::Result<String> {
        let options = self.server.options().database(self.name());
        let mut connection = options.connect().await?;
        let described = clear(&mut connection, self.name()).await;
        connection.close().await?;
        described
    }
}

async fn clear(connection: &mut sqlx::MySqlConnection, name: &str) -> sqlx::Result<String> {
    const OTHERS: &str = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
        WHERE db = ? AND id <> connection_id()";
    loop {
        let others: Vec<i64> = sqlx::query_scalar(OTHERS)
            .bind(name)
            .fetch_all(&mut *connection)
            .await?;
        if others.is_empty() {
            break;
        }
        for id in others {
            // It may be gone by now.
            drop(run(connection, format!("KILL {id}")).await);
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let tables: Vec<String> = sqlx::raw_sql("SHOW TABLES")
        .fetch_all(&mut *connection)
        .await?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<sqlx::Result<_>>()?;
    let own = || tables.iter().filter(|table| !table.starts_with('_'));
    for table in own() {
        let deleted = run(connection, format!("DELETE FROM `{table}` LIMIT {FEW}")).await?;
        if deleted >= u64::try_from(FEW).unwrap() {
            run(connection, format!("TRUNCATE TABLE `{table}`")).await?;
        }
    }
    let mut description = String::new();
    for table in &tables {
        let show = AssertSqlSafe(format!("SHOW CREATE TABLE `{table}`"));
        let row = sqlx::raw_sql(show).fetch_one(&mut *connection).await?;
        description += row.try_get::<&str, _>(1)?;
        let sum = AssertSqlSafe(format!("CHECKSUM TABLE `{table}`"));
        let row = sqlx::raw_sql(sum).fetch_one(&mut *connection).await?;
        description += &format!("\n{:?}\n", row.try_get::<Option<i64>, _>(1)?);
    }
    Ok(description)
}

async fn run(connection: &mut sqlx::MySqlConnection, sql: String) -> sqlx::Result<u64> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// A case may do what it likes to its database.
async fn only_what_is_as_before_is_used_again(server: Server) {
    if server.wanted().is_err() {
        return;
    }
    for (change, again) in [
        ("INSERT INTO notes VALUES (1)", true),
        ("INSERT INTO _kept VALUES (2)", false),
        ("ALTER TABLE notes ADD COLUMN extra bigint", false),
        ("CREATE INDEX ix ON notes (id)", false),
        ("DROP TABLE notes", false),
    ] {
        let tables = Tables::on(server).await;
        let options = server.options().database(tables.name());
        let run = async |sql: &'static str| {
            let mut connection = options.connect().await.unwrap();
            let done = sqlx::raw_sql(sql).execute(&mut connection).await;
            done.unwrap();
            connection.close().await.unwrap();
        };
        run("CREATE TABLE notes (id bigint PRIMARY KEY)").await;
        run("CREATE TABLE _kept (id bigint PRIMARY KEY)").await;
        run("INSERT INTO _kept VALUES (1)").await;
        let before = tables.clear().await.unwrap();
        run(change).await;
        assert_eq!(tables.clear().await.unwrap() == before, again, "{change}");
    }
}

mod backend_mariadb {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_database_that_was_changed_is_not_used_again() {
        super::only_what_is_as_before_is_used_again(super::Server::MariaDb).await;
    }
}

mod backend_mysql {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_database_that_was_changed_is_not_used_again() {
        super::only_what_is_as_before_is_used_again(super::Server::MySql).await;
    }
}

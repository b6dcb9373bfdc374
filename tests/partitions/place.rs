//! A database with a store whose layout has months, and SQL of other programs on it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger::contract::query::Explain;
use genledger::contract::schema::{Month, Partitions};
use genledger::prelude::*;
use genledger::schema;
use genledger::time::ManualClock;

/// A database, and a store with months on it.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) backend: &'static str,
    pub(crate) url: String,
}

impl Place {
    /// Another store, of another process.
    pub(crate) async fn another(&self) -> Arc<dyn Store> {
        open(&self.url).await
    }

    /// A store of a process without the layout.
    pub(crate) async fn plain(&self) -> Arc<dyn Store> {
        genledger::connect(&self.url).await.unwrap()
    }

    pub(crate) async fn migrated(&self) -> UsageLogs {
        self.store.migrate(schema::all()).await.unwrap();
        UsageLogs::new(Arc::clone(&self.store))
    }

    pub(crate) fn partitions(&self) -> Arc<dyn Partitions> {
        self.store.partitions(UsageLog::TABLE).unwrap()
    }

    /// The number of rows in a partition of the logs.
    pub(crate) async fn rows_in(&self, partition: &str) -> i64 {
        let from = if self.backend == "postgres" {
            format!("ONLY \"{partition}\"")
        } else {
            format!("logs PARTITION (`{partition}`)")
        };
        self.number(&format!("SELECT COUNT(*) FROM {from}")).await
    }

    /// The number that a query of another program returns.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        match self.backend {
            #[cfg(feature = "postgres")]
            "postgres" => postgres::number(&self.url, sql).await,
            #[cfg(feature = "mysql")]
            "mariadb" | "mysql" => mysql::number(&self.url, sql).await,
            other => panic!("{other} has no partitions"),
        }
    }

    /// The plan of a query, with its partitions. That of MySQL names them only in the traditional form, which needs the
    /// values of the query.
    pub(crate) async fn plan<Q: Explain + genledger_sql::ToSql>(
        &self,
        query: &Q,
        values: &[i64],
    ) -> String {
        if self.backend != "mysql" {
            return self.store.explain(query).await.unwrap();
        }
        let sql = query.to_sql(&genledger_sql::MYSQL).unwrap();
        let mut parts = sql.split('?');
        let mut filled = parts.next().unwrap().to_owned();
        // The size of a page is the last one.
        let mut values = values.iter().chain(std::iter::once(&51));
        for part in parts {
            filled.push_str(&values.next().unwrap_or_else(|| panic!("{sql}")).to_string());
            filled.push_str(part);
        }
        match self.backend {
            #[cfg(feature = "mysql")]
            "mysql" => partitions_of_explain(&self.url, &filled).await,
            _ => filled,
        }
    }

    /// Runs SQL of another program, each statement on one connection.
    pub(crate) async fn execute(&self, statements: &[&str]) {
        match self.backend {
            #[cfg(feature = "postgres")]
            "postgres" => postgres::execute(&self.url, statements).await,
            #[cfg(feature = "mysql")]
            "mariadb" | "mysql" => mysql::execute(&self.url, statements).await,
            other => panic!("{other} has no partitions"),
        }
    }
}

macro_rules! driver {
    ($module:ident $feature:literal $connection:ident) => {
        #[cfg(feature = $feature)]
        mod $module {
            use genledger::backends::$module::sqlx::{
                self, AssertSqlSafe, ConnectOptions, Connection, $connection,
            };

            type Options = <$connection as Connection>::Options;

            async fn connect(url: &str) -> $connection {
                let options: Options = url.parse().unwrap();
                options.connect().await.unwrap()
            }

            pub(super) async fn number(url: &str, sql: &str) -> i64 {
                let mut connection = connect(url).await;
                let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
                let number = query.fetch_one(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                number
            }

            pub(super) async fn execute(url: &str, statements: &[&str]) {
                let mut connection = connect(url).await;
                for sql in statements {
                    let query = sqlx::raw_sql(AssertSqlSafe((*sql).to_owned()));
                    query.execute(&mut connection).await.unwrap();
                }
                connection.close().await.unwrap();
            }
        }
    };
}

driver!(postgres "postgres" PgConnection);
driver!(mysql "mysql" MySqlConnection);

/// The column `partitions` of an EXPLAIN.
#[cfg(feature = "mysql")]
async fn partitions_of_explain(url: &str, sql: &str) -> String {
    use genledger::backends::mysql::sqlx::mysql::MySqlConnectOptions;
    use genledger::backends::mysql::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection, Row};

    let options: MySqlConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    // The library groups by the columns that it selects, spelled in another way.
    let mode = sqlx::raw_sql("SET SESSION sql_mode = ''");
    mode.execute(&mut connection).await.unwrap();
    let sql = format!("EXPLAIN FORMAT=TRADITIONAL {sql}");
    let row = sqlx::query(AssertSqlSafe(sql))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    row.get("partitions")
}

pub(crate) async fn open(url: &str) -> Arc<dyn Store> {
    genledger::connect_with_layout(url, &schema::by_month())
        .await
        .unwrap()
}

/// Runs a case on an empty database.
pub(crate) fn run(backend: &'static str, test: impl AsyncFnOnce(&Place)) {
    genledger_testkit::run_on_database(backend, async |database| {
        let place = Place {
            store: open(&database.url).await,
            backend,
            url: database.url.clone(),
        };
        test(&place).await;
        place.store.close().await;
    });
}

/// One test for each case and each backend with partitions.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        #[cfg(feature = "postgres")]
        mod backend_postgres {
            $(#[test] fn $case() { crate::place::run("postgres", super::$case); })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb {
            $(#[test] fn $case() { crate::place::run("mariadb", super::$case); })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql {
            $(#[test] fn $case() { crate::place::run("mysql", super::$case); })+
        }
    };
}

pub(crate) use cases;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn month(year: i32, month: u32) -> Month {
    Month::new(year, month).unwrap()
}

/// Logs of these times, with quotas from 1 on and ids of a clock that stands still.
pub(crate) fn logs_at(times: impl IntoIterator<Item = DateTime<Utc>>) -> Vec<UsageLog> {
    let clock = Arc::new(ManualClock::at(at("2024-01-15T12:00:00Z")));
    let ids = UsageLogIdGenerator::new(NodeId::new(7).unwrap(), clock);
    let log = |(number, time)| {
        NewUsageLog::new(UsageLogType::Consume, 42)
            .model_name("gpt-4o")
            .quota(number)
            .created_at(time)
            .into_log(&ids)
            .unwrap()
    };
    (1..).zip(times).map(log).collect()
}

/// The quotas of all stored logs, in order.
pub(crate) async fn quotas(store: &Arc<dyn Store>) -> Vec<i64> {
    use futures_util::TryStreamExt;

    let logs = UsageLogs::new(Arc::clone(store));
    let rows = logs.stream(&UsageLogFilter::new());
    let rows: Vec<UsageLog> = rows.try_collect().await.unwrap();
    let mut quotas: Vec<i64> = rows.iter().map(|row| row.quota).collect();
    quotas.sort_unstable();
    quotas
}

/// The names of the partitions.
pub(crate) async fn names(partitions: &Arc<dyn Partitions>) -> Vec<String> {
    let listed = partitions.list().await.unwrap();
    listed.into_iter().map(|one| one.name).collect()
}

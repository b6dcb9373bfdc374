//! Two databases of different kinds as one store: balances in one, usage logs and their roll-ups in the
//! other.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use genledger::contract::query::Count;
use genledger::contract::store::RoutedStore;
use genledger::contract::table::TableDef;
use genledger::contract::{
    Entity, ErrorKind, Filter, MigrationSet, Result, SessionExt, Store, StoreExt,
};
use genledger::id::{NodeId, UsageLogIdGenerator};
use genledger::schema;
use genledger::time::SystemClock;
use genledger::usage::{
    NewUsageLog, UsageLog, UsageLogFilter, UsageLogType, UsageLogs, UsageRollup,
    UsageRollupCoverage,
};
use genledger_testkit::TestDatabase;
use rust_decimal::Decimal;

/// The balance of a user.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger::contract, table = "balances", key(user_id))]
struct Balance {
    /// The user.
    user_id: i64,
    /// The exact amount.
    #[column(precision = 18, scale = 6)]
    left: Decimal,
}

const BALANCES: MigrationSet = MigrationSet::of("balances", &[Balance::TABLE]);
const LOGS: &[&TableDef] = &[
    UsageLog::TABLE,
    UsageRollup::TABLE,
    UsageRollupCoverage::TABLE,
];

/// The kind of the other database: one that behaves differently where allowed, and that the run
/// includes.
fn other(main: &str) -> &'static str {
    let kinds: &[&str] = match main {
        "postgres" => &["mysql", "mariadb", "sqlite", "memory"],
        "mariadb" | "mysql" => &["postgres", "sqlite", "memory"],
        "sqlite" => &["memory", "postgres", "mysql"],
        _ => &["sqlite", "postgres", "mariadb", "mysql"],
    };
    let compiled = [
        Some("memory"),
        cfg!(feature = "sqlite").then_some("sqlite"),
        cfg!(feature = "postgres").then_some("postgres"),
        cfg!(feature = "mysql").then_some("mysql"),
        cfg!(feature = "mysql").then_some("mariadb"),
    ];
    let is_there = |kind: &&&str| {
        compiled.contains(&Some(**kind))
            && (**kind == "memory" || genledger_testkit::wanted(kind).is_ok())
    };
    kinds.iter().find(is_there).copied().unwrap_or("memory")
}

struct Two {
    main: Arc<dyn Store>,
    logs: Arc<dyn Store>,
    both: Arc<dyn Store>,
}

/// Two empty databases, migrated as one.
fn run(backend: &str, test: impl AsyncFnOnce(&Two)) {
    genledger_testkit::run_on_database(backend, async |database| {
        let second = TestDatabase::on(other(backend)).await;
        let main = genledger::connect(&database.url).await.unwrap();
        let logs = genledger::connect(&second.url).await.unwrap();
        let both = RoutedStore::new(Arc::clone(&main)).route(LOGS, Arc::clone(&logs));
        both.migrate(&[schema::usage(), BALANCES]).await.unwrap();
        let two = Two {
            main,
            logs,
            both: Arc::new(both),
        };
        test(&two).await;
        two.both.close().await;
    });
}

fn balance(user_id: i64) -> Balance {
    let left = Decimal::new(1_234_567, 6);
    Balance { user_id, left }
}

fn log() -> UsageLog {
    let ids = UsageLogIdGenerator::new(NodeId::new(1).unwrap(), Arc::new(SystemClock));
    let log = NewUsageLog::new(UsageLogType::Consume, 42).model_name("gpt-4o");
    log.quota(900).into_log(&ids).unwrap()
}

/// The numbers of balances and logs in a store; `None` if it does not have the table.
async fn counts(store: &dyn Store) -> (Option<u64>, Option<u64>) {
    async fn of<E: Entity>(store: &dyn Store) -> Option<u64> {
        let session = store.session();
        match session.count::<E>(Filter::all(), 100).await {
            Ok(Count::Exactly(count)) => Some(count),
            Ok(count) => panic!("{count:?}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Schema, "{error:?}");
                None
            }
        }
    }
    (of::<Balance>(store).await, of::<UsageLog>(store).await)
}

async fn each_entity_goes_to_its_own(two: &Two) {
    assert_ne!(
        two.main.capability().dialect,
        two.logs.capability().dialect,
        "the databases are of the same kind"
    );
    let (balance, log) = (balance(1), log());
    two.both.session().insert(&balance).await.unwrap();
    let logs = UsageLogs::new(Arc::clone(&two.both)).with_rollups();
    assert!(logs.append(&log).await.unwrap());
    assert_eq!(counts(&*two.main).await, (Some(1), None));
    assert_eq!(counts(&*two.logs).await, (None, Some(1)));
    assert_eq!(counts(&*two.both).await, (Some(1), Some(1)));
    // As it was written, whichever database contains it.
    let session = two.both.session();
    assert_eq!(session.get::<Balance>(&1).await.unwrap(), balance);
    assert_eq!(session.get::<UsageLog>(&log.id).await.unwrap(), log);
    let counted = logs.count(&UsageLogFilter::new(), 10).await.unwrap();
    assert_eq!(counted, Count::Exactly(1));
    let tables = [Balance::TABLE, UsageLog::TABLE, UsageRollup::TABLE];
    assert_eq!(two.both.verify_schema(&tables).await.unwrap(), []);
    // The schema exists already.
    let again = two.both.migrate(&[schema::usage(), BALANCES]).await;
    assert_eq!(again.unwrap().applied, [""; 0]);
}

async fn a_transaction_over_both_is_refused(two: &Two) {
    let written = two
        .both
        .transaction(|tx| async move {
            tx.insert(&balance(1)).await?;
            UsageLogs::new(Arc::clone(&two.both))
                .within(&tx)
                .append(&log())
                .await
        })
        .await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Unsupported);
    let written = two
        .both
        .transaction(|tx| async move {
            let logs = UsageLogs::new(Arc::clone(&two.both)).within(&tx);
            logs.append(&log()).await?;
            tx.insert(&balance(1)).await
        })
        .await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(counts(&*two.both).await, (Some(0), Some(0)));
}

async fn a_transaction_on_one_store_continues(two: &Two) {
    // The statement that was refused is not one of the transaction.
    let tx = two.both.begin().await.unwrap();
    tx.insert(&balance(1)).await.unwrap();
    let refused: Result<()> = tx.insert(&log()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
    tx.insert(&balance(2)).await.unwrap();
    // It does not lock the other database.
    let logs = UsageLogs::new(Arc::clone(&two.both)).with_rollups();
    assert!(logs.append(&log()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(counts(&*two.both).await, (Some(2), Some(1)));
}

genledger_testkit::database_cases!(crate::run;
    each_entity_goes_to_its_own,
    a_transaction_over_both_is_refused,
    a_transaction_on_one_store_continues,
);

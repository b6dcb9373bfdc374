//! The events and spans of `tracing`.

use genledger_contract::entity::JsonText;
use genledger_contract::query::{AggregateQuery, ClaimQuery, RowUpdate};
use genledger_contract::{Entity, Error, ErrorKind, Filter, Query, SessionExt, StoreExt};
use rust_decimal::Decimal;
use tracing::{Instrument, Level};
use uuid::Uuid;

use crate::databases::{Database, Databases};
use crate::event_recorder::{EventRecorder, RecordedEvent};
use crate::harness::{Applicable, NotApplicable};
use crate::model::{Account, Job, JobState, Specimen, ValuesColumns};

/// The content of every text of the case.
const TEXT: &str = "s3cret";

/// The digits in every number of the case.
const NUMBER: &str = "47110815";

/// No event shows a value: of a row, a filter, a change, a token or an error.
pub(crate) async fn hold_no_value(databases: &Databases) {
    let database = databases.migrated().await;
    let recorder = EventRecorder::up_to(Level::TRACE);
    let guard = recorder.record();
    everything(&database).await;
    drop(guard);
    for event in recorder.events() {
        let fields = event.fields.iter().filter(|(name, _)| **name != "micros");
        for shown in fields.map(|(_, value)| value).chain(&event.spans) {
            let shows = shown.contains(TEXT) || shown.contains(NUMBER);
            assert!(!shows, "{event:?}");
        }
    }
}

/// A store that emits events of its statements emits one for each: its operation, table, rows, time and
/// outcome, and its SQL text if it has one.
pub(crate) async fn exist_for_each_statement(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    everything(&database).await;
    drop(guard);
    let dialect = database.store.capability().dialect;
    let events = statements(&recorder)?;
    for one in &events {
        assert_eq!(one.level, Level::DEBUG, "{one:?}");
        assert_eq!(one.get("dialect"), Some(dialect), "{one:?}");
        assert!(one.get("micros").is_some_and(is_number), "{one:?}");
        assert_eq!(one.get("message"), Some("statement"), "{one:?}");
        let of_rows = !matches!(one.get("sql"), None | Some("BEGIN" | "COMMIT" | "ROLLBACK"))
            && one.get("operation") != Some("savepoint")
            && !one.get("sql").is_some_and(|sql| sql.contains("SAVEPOINT"));
        let ok = one.get("outcome") == Some("ok");
        assert!(
            !(of_rows && ok) || one.get("rows").is_some_and(is_number),
            "{one:?}"
        );
        assert!(ok || one.get("rows").is_none(), "{one:?}");
    }
    let has = |operation: &str, table: &str, outcome: &str| {
        events.iter().any(|one| {
            one.get("operation") == Some(operation)
                && one.get("table") == Some(table)
                && one.get("outcome") == Some(outcome)
                && one.get("sql").is_some() == (dialect != "memory")
        })
    };
    for operation in [
        "insert",
        "upsert",
        "update",
        "update_each",
        "aggregate",
        "select",
    ] {
        assert!(
            has(operation, Account::TABLE.name, "ok"),
            "{operation}: {events:#?}"
        );
    }
    assert!(has("claim", Job::TABLE.name, "ok"), "{events:#?}");
    assert!(has("delete", Specimen::TABLE.name, "ok"), "{events:#?}");
    assert!(
        has("insert", Specimen::TABLE.name, "unique violation"),
        "{events:#?}"
    );
    // The last event of each has one row.
    let last = |operation: &str, table: &str| {
        let is = |one: &&RecordedEvent| {
            one.get("operation") == Some(operation) && one.get("table") == Some(table)
        };
        events.iter().rfind(is).and_then(|one| one.get("rows"))
    };
    assert_eq!(
        last("delete", Specimen::TABLE.name),
        Some("1"),
        "{events:#?}"
    );
    assert_eq!(
        last("select", Account::TABLE.name),
        Some("1"),
        "{events:#?}"
    );
    Ok(())
}

/// The event of a statement is in the span of its caller, whichever thread executes it.
pub(crate) async fn have_the_span_of_the_caller(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let session = database.session();
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    let work = async {
        session.insert(&Account::new(1)).await.unwrap();
        assert!(session.find::<Account>(&1).await.unwrap().is_some());
        let transaction = database.store.begin().await.unwrap();
        transaction.insert(&Account::new(2)).await.unwrap();
        transaction.commit().await.unwrap();
    };
    work.instrument(tracing::info_span!("request", number = 7))
        .await;
    drop(guard);
    let events = statements(&recorder)?;
    assert!(events.len() >= 3, "{events:#?}");
    for one in &events {
        assert_eq!(one.spans, ["request{number=7}"], "{one:?}");
    }
    Ok(())
}

/// The statements of an attempt of a transaction are in a span with the number of the attempt, and each retry
/// has an event.
pub(crate) async fn number_the_attempts(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    let mut attempt = 0;
    let work = database.store.transaction(|tx| {
        attempt += 1;
        let attempt = attempt;
        async move {
            tx.insert(&Account::new(attempt)).await?;
            if attempt < 3 {
                return Err(Error::new(ErrorKind::SerializationFailure, "again"));
            }
            Ok(())
        }
    });
    work.await.unwrap();
    drop(guard);
    let inserts: Vec<Vec<String>> = statements(&recorder)?
        .into_iter()
        .filter(|one| one.get("operation") == Some("insert"))
        .map(|one| one.spans)
        .collect();
    let spans = [1, 2, 3].map(|attempt| vec![format!("transaction{{attempt={attempt}}}")]);
    assert_eq!(inserts, spans);
    let again: Vec<Option<String>> = recorder
        .events()
        .iter()
        .filter(|event| event.target == "genledger::transaction")
        .map(|event| event.get("attempt").map(str::to_owned))
        .collect();
    assert_eq!(again, [Some("1".to_owned()), Some("2".to_owned())]);
    Ok(())
}

/// A query plan is text, and explaining executes nothing; a store without plans returns an error.
pub(crate) async fn explain_a_query(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    let query = Query::matching(Account::OWNER.eq("unowned"));
    let plan = match database.store.explain(&query).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return Err(NotApplicable("no plans"));
        }
        plan => plan.unwrap(),
    };
    assert!(!plan.trim().is_empty());
    let sum = AggregateQuery::over(Account::OWNER.eq("unowned")).sum(Account::BALANCE);
    assert!(
        !database
            .store
            .explain(&sum)
            .await
            .unwrap()
            .trim()
            .is_empty()
    );
    let wrong = Query::matching(Filter::<Account>::all()).page_size(0);
    let error = database.store.explain(&wrong).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    Ok(())
}

fn statements(recorder: &EventRecorder) -> Applicable<Vec<RecordedEvent>> {
    let events = recorder.statements();
    if events.is_empty() {
        return Err(NotApplicable("no events of statements"));
    }
    Ok(events)
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

/// A row with the text and the number of the case in every column that can hold them.
fn specimen(number: i64) -> Specimen {
    let uuid = Uuid::parse_str("47110815-4711-0815-4711-081547110815").unwrap();
    let amount = Decimal::new(47_110_815, 1);
    Specimen::new(4_711_081_500 + number).with(|row| {
        row.tenant = format!("{TEXT} tenant");
        row.label = Some(format!("{TEXT} label {number}"));
        row.values.medium = 471_108_150;
        row.values.big = 4_711_081_599;
        row.values.amount = amount;
        row.values.name = format!("{TEXT} name");
        row.values.story = format!("{TEXT} story");
        row.values.raw = format!("{TEXT} bytes").into_bytes();
        row.values.document = JsonText::new(format!("{{\"{TEXT}\":47110815}}")).unwrap();
        row.values.long_uuid = uuid;
        row.values.short_uuid = uuid;
        row.options.maybe_name = Some(format!("{TEXT} name"));
        row.options.maybe_story = Some(format!("{TEXT} story"));
        row.options.maybe_amount = Some(amount);
    })
}

fn account(number: i64) -> Account {
    let mut account = Account::new(4_711_081_500 + number);
    account.owner = format!("{TEXT} owner");
    account.visits = 471_108_150;
    account.note = Some(format!("{TEXT} note"));
    account
}

/// Every kind of statement, with values that must not be shown, and errors of several kinds.
async fn everything(database: &Database) {
    let session = database.session();
    specimens(database).await;
    accounts(database).await;

    let mut job = Job::new(4_711_081_501);
    job.priority = 471_108_151;
    session.insert(&job).await.unwrap();
    let claim = ClaimQuery::new(
        Job::STATE
            .eq(JobState::Free)
            .and(Job::PRIORITY.eq(471_108_151)),
        Job::TOKEN,
        format!("{TEXT} token"),
    )
    .set(Job::STATE.set(JobState::Taken));
    let claimed = session.claim(claim.clone()).await.unwrap();
    assert_eq!(claimed.rows.len(), 1);
    assert!(session.claim(claim).await.unwrap().rows.is_empty());

    let tables = [Account::TABLE, Job::TABLE];
    database.store.verify_schema(&tables).await.unwrap();
    database.store.time().await.unwrap();
}

async fn specimens(database: &Database) {
    let session = database.session();
    let rows = [specimen(1), specimen(2), specimen(3)];
    session.insert(&rows[0]).await.unwrap();
    let taken = session.insert(&rows[0]).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::UniqueViolation);
    session.insert_if_absent(&rows).await.unwrap();
    // The label is taken.
    let mut other = specimen(1);
    other.number += 50;
    let taken = session
        .insert_many(&[specimen(60), other])
        .await
        .unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::UniqueViolation);
    let tenant = || Specimen::TENANT.eq(format!("{TEXT} tenant"));
    let amount = Decimal::new(47_110_815, 3);
    let queries = [
        Query::matching(Specimen::TENANT.starts_with(TEXT)),
        Query::matching(tenant().and(Specimen::NAME.contains(TEXT))),
        Query::matching(Specimen::NUMBER.is_in([4_711_081_501_i64, 4_711_081_502])),
        Query::matching(tenant().and(Specimen::AMOUNT.gt(amount))),
        Query::matching(tenant().and(!Specimen::STORY.eq(format!("{TEXT} none")))),
    ];
    for query in queries {
        let query = query.page_size(1);
        let page = session.page(&query).await.unwrap();
        let rest = query.clone().after_maybe(page.next);
        session.page(&rest).await.unwrap();
        drop(database.store.explain(&query).await);
    }
    session.count(tenant(), 10).await.unwrap();
    let key = (format!("{TEXT} tenant"), 4_711_081_503);
    assert!(session.delete::<Specimen>(&key).await.unwrap());
}

async fn accounts(database: &Database) {
    let session = database.session();
    session
        .insert_many(&[account(1), account(2)])
        .await
        .unwrap();
    session
        .upsert(
            &[account(1), account(3)],
            [Account::VISITS.plus(471_108_150)],
        )
        .await
        .unwrap();
    let key = 4_711_081_501;
    let note = || Account::NOTE.set(format!("{TEXT} other"));
    assert!(
        session
            .update_if(&key, Account::VISITS.ge(47_110_815), [note()])
            .await
            .unwrap()
    );
    session
        .update_returning(&key, Filter::all(), [note()])
        .await
        .unwrap()
        .unwrap();
    let updates = (1..=3).map(|number| {
        let key = 4_711_081_500 + number;
        RowUpdate::new(&key, Filter::all(), [Account::VERSION.plus(47_110_815)])
    });
    session.update_each(updates).await.unwrap();
    // More than the column can hold.
    let overflow = session.update_where(Account::ID.eq(key), [Account::VISITS.plus(2_147_110_815)]);
    assert_eq!(overflow.await.unwrap_err().kind(), ErrorKind::Invalid);
    let overflow =
        session.update_returning(&key, Filter::all(), [Account::VISITS.plus(2_147_110_815)]);
    assert_eq!(overflow.await.unwrap_err().kind(), ErrorKind::Invalid);
    let owner = || Account::OWNER.eq(format!("{TEXT} owner"));
    let sums = AggregateQuery::over(owner())
        .group_by(Account::OWNER)
        .sum(Account::VERSION);
    session.aggregate(sums).await.unwrap();
    session.find::<Account>(&key).await.unwrap().unwrap();

    let transaction = database.store.begin().await.unwrap();
    let nested = transaction.begin().await.unwrap();
    nested.insert(&account(4)).await.unwrap();
    assert!(nested.insert(&account(4)).await.is_err());
    drop(nested.rollback().await);
    transaction.insert(&account(5)).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = database.store.begin().await.unwrap();
    transaction.update_where(owner(), [note()]).await.unwrap();
    transaction.rollback().await.unwrap();
}

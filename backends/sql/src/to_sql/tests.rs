//! Snapshots of the SQL in every dialect.

use std::fmt::Write as _;
use std::sync::Arc;

use genledger_contract::query::{AggregateQuery, ClaimQuery};
use genledger_contract::row::{RowBatch, Value};
use genledger_contract::schema::Layout;
use genledger_contract::statement::{
    Action, Assignment, Delete, Duplicates, Insert, Predicate, Statement, Update,
};
use genledger_contract::{Entity, ErrorKind, Filter, Query};

use super::ToSql;
use crate::dialect::{MYSQL, POSTGRES, SQLITE};

/// A ticket that one worker takes.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "tickets", key(id), index(queue, priority desc, id))]
struct Ticket {
    /// Its number.
    id: i64,
    /// Where it waits.
    #[column(max_chars = 20)]
    queue: String,
    /// Those with a greater one go first.
    priority: i32,
    /// Who has it.
    #[column(max_chars = 20, filter)]
    token: Option<String>,
}

fn ticket(id: i64) -> Ticket {
    Ticket {
        id,
        queue: "secret".to_owned(),
        priority: 1,
        token: None,
    }
}

/// One text with those of all dialects.
fn each(statement: &impl ToSql) -> String {
    let mut all = String::new();
    for dialect in [&SQLITE, &POSTGRES, &MYSQL] {
        let sql = statement.to_sql(dialect).unwrap();
        assert!(!sql.contains("secret"), "{sql}");
        writeln!(all, "-- {}\n{sql}\n", dialect.name()).unwrap();
    }
    all
}

fn waiting() -> Filter<Ticket, genledger_contract::entity::Filterable> {
    Ticket::QUEUE.eq("secret").and(Ticket::TOKEN.is_null())
}

#[test]
fn query() {
    let query = Query::matching(waiting())
        .order_by([Ticket::PRIORITY.desc()])
        .page_size(20);
    insta::assert_snapshot!(each(&query));
}

#[test]
fn aggregate() {
    let query = AggregateQuery::over(waiting())
        .group_by(Ticket::QUEUE)
        .count()
        .sum(Ticket::PRIORITY);
    insta::assert_snapshot!(each(&query));
}

#[test]
fn claim() {
    let claim = ClaimQuery::new(waiting(), Ticket::TOKEN, "secret")
        .order_by([Ticket::PRIORITY.desc()])
        .limit(5);
    insta::assert_snapshot!(each(&claim));
}

#[test]
fn update() {
    let statement = Statement::Update(Update {
        table: Ticket::TABLE,
        assignments: Vec::new(),
        filter: Predicate::equals(&[0], vec![Value::I64(1)]),
        returning: false,
    });
    // Nothing would change.
    let error = statement.to_sql(&SQLITE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let assignment = |column, action| Assignment { column, action };
    let statement = Statement::Update(Update {
        table: Ticket::TABLE,
        assignments: vec![
            assignment(2, Action::Add(Value::I32(1))),
            assignment(3, Action::Set(Value::Text("secret".into()))),
        ],
        filter: Predicate::equals(&[0], vec![Value::I64(1)]),
        returning: false,
    });
    insta::assert_snapshot!(each(&statement));
}

#[test]
fn delete() {
    let statement = Statement::Delete(Delete {
        table: Ticket::TABLE,
        filter: Predicate::equals(&[0, 1], vec![Value::I64(1), Value::Text("secret".into())]),
    });
    insta::assert_snapshot!(each(&statement));
}

#[test]
fn insert() {
    let insert = |rows: &[Ticket], duplicates| {
        Statement::Insert(Insert {
            rows: Arc::new(RowBatch::of(rows).unwrap()),
            duplicates,
        })
    };
    let one = insert(&[ticket(1)], Duplicates::Refuse);
    insta::assert_snapshot!(each(&one));
    let many = insert(&[ticket(1), ticket(2)], Duplicates::Keep);
    insta::assert_snapshot!(each(&many));
}

#[test]
fn tables_with_names_of_their_own() {
    let layout = Layout::new().table::<Ticket>("OldTickets");
    let query = Query::matching(Ticket::ID.eq(1));
    for dialect in [&SQLITE, &POSTGRES, &MYSQL] {
        let placed = dialect.with_layout(&layout).unwrap();
        let sql = query.to_sql(placed).unwrap();
        assert!(
            sql.contains("OldTickets") && !sql.contains("tickets"),
            "{sql}"
        );
        assert_eq!(
            sql.replace("OldTickets", "tickets"),
            query.to_sql(dialect).unwrap()
        );
    }
}

#[test]
fn what_cannot_be_has_no_text() {
    let query = Query::matching(Filter::<Ticket>::all()).page_size(0);
    let error = query.to_sql(&POSTGRES).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

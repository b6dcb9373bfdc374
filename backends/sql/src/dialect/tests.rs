//! Conversions of chosen types, and the tables of layouts.

use chrono::{DateTime, Utc};
use genledger_contract::Entity;
use genledger_contract::schema::Layout;
use genledger_contract::table::{Code, CodeDef, ColumnDef};

use super::{MYSQL, POSTGRES};

/// An order.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "orders", key(id))]
struct Order {
    /// Its number.
    id: i64,
    /// Its state.
    #[column(max_chars = 2)]
    state: String,
    /// When it was made.
    #[column(time = "datetime6")]
    made_at: DateTime<Utc>,
}

/// The same table, without the states.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "orders", key(id))]
struct OrderTime {
    /// Its number.
    id: i64,
    /// When it was made.
    #[column(time = "datetime6")]
    made_at: DateTime<Utc>,
}

const STATE: ColumnDef = Order::TABLE.columns[1];
const MADE_AT: ColumnDef = Order::TABLE.columns[2];

fn with_codes(codes: &[&'static str]) -> ColumnDef {
    let code = |text: &&'static str| CodeDef {
        code: Code::Text(text),
        name: "",
        description: "",
    };
    ColumnDef {
        codes: codes.iter().map(code).collect::<Vec<_>>().leak(),
        ..STATE
    }
}

/// CHAR removes the spaces at the end.
#[test]
fn a_fixed_text_contains_known_codes() {
    for dialect in [&MYSQL, &POSTGRES] {
        let fits = |codes: &[&'static str]| {
            let codec = dialect.codec_of("CHAR(2)", &with_codes(codes));
            codec.is_ok()
        };
        assert!(fits(&["a", "ab"]));
        for codes in [&["ab", "a "][..], &["abc"], &[]] {
            assert!(!fits(codes), "{codes:?}");
        }
    }
}

/// A declared enum sorts in the order of its declaration.
#[test]
fn an_enum_compares_as_text() {
    for (dialect, sql) in [(&MYSQL, "ENUM('b','a')"), (&POSTGRES, "state")] {
        let codec = dialect.codec_of(sql, &STATE).unwrap();
        assert!(!codec.ordered && codec.read.is_some());
    }
}

#[test]
fn a_timestamp_has_the_digits_of_its_moments() {
    assert!(MYSQL.codec_of("TIMESTAMP(6)", &MADE_AT).is_ok());
    for sql in ["TIMESTAMP", "TIMESTAMP(3)"] {
        assert!(MYSQL.codec_of(sql, &MADE_AT).is_err(), "{sql}");
    }
}

#[test]
fn every_entity_of_a_table_has_the_types_of_its_layout() {
    let layout = Layout::new()
        .table::<Order>("old_orders")
        .column(Order::MADE_AT, "TIMESTAMP(6)");
    let dialect = MYSQL.with_layout(&layout).unwrap();
    for table in [Order::TABLE, OrderTime::TABLE] {
        let placed = dialect.place(table);
        assert_eq!(placed.name, "old_orders");
        let made_at = &placed.columns[placed.position("made_at").unwrap()];
        assert_eq!(dialect.chosen_type(made_at), Some("TIMESTAMP(6)"));
    }
}

//! Each difference by itself, in a table that otherwise matches its description.

use genledger_contract::Entity;
use genledger_contract::schema::Severity;
use genledger_contract::table::ColumnType;

use super::compare::compare;
use crate::dialect::Family;
use crate::introspected::{IntrospectedColumn, IntrospectedIndex, IntrospectedTable, TypeClass};
use crate::{POSTGRES, SQLITE};

/// A seat.
#[derive(Clone, Debug, Entity)]
#[entity(
    crate = genledger_contract,
    table = "seats",
    key(hall, number),
    unique(name = "uk_seats_label", columns(label), live),
    index(price, number desc),
    soft_delete = gone
)]
struct Seat {
    /// The hall; the first half of the key.
    hall: i32,
    /// The second half.
    number: i64,
    /// What stands on it.
    #[column(max_chars = 40)]
    label: Option<String>,
    /// In cents.
    price: i64,
    /// Whether it is gone.
    gone: bool,
}

fn column(name: &str, class: TypeClass) -> IntrospectedColumn {
    IntrospectedColumn {
        name: name.to_owned(),
        sql_type: format!("{class:?}"),
        class,
        nullable: false,
        binary_collation: true,
        generated: false,
        default: None,
    }
}

fn index(name: &str, columns: &[(&str, bool)], live_only: bool) -> IntrospectedIndex {
    let columns = columns
        .iter()
        .map(|(name, down)| ((*name).to_owned(), *down));
    IntrospectedIndex {
        name: name.to_owned(),
        columns: columns.collect(),
        live_only,
    }
}

/// The table as it is described.
fn described() -> IntrospectedTable {
    let label = TypeClass::Text {
        max_chars: Some(40),
    };
    IntrospectedTable {
        columns: vec![
            column("hall", TypeClass::Integer { bytes: 4 }),
            column("number", TypeClass::Integer { bytes: 8 }),
            IntrospectedColumn {
                nullable: true,
                ..column("label", label)
            },
            column("price", TypeClass::Integer { bytes: 8 }),
            column("gone", TypeClass::Bool),
        ],
        primary_key: vec!["hall".to_owned(), "number".to_owned()],
        unique: vec![index("a", &[("label", false)], true)],
        indexes: vec![index("b", &[("price", false), ("number", true)], false)],
        checks: Vec::new(),
        remarks: Vec::new(),
        partitioned_by: None,
    }
}

/// The differences after a change.
fn found(change: impl FnOnce(&mut IntrospectedTable)) -> Vec<(String, Severity)> {
    let mut table = described();
    change(&mut table);
    let found = compare(&POSTGRES, Seat::TABLE, Some(&table));
    found
        .into_iter()
        .map(|one| (one.item, one.severity))
        .collect()
}

fn breaks(item: &str) -> Vec<(String, Severity)> {
    vec![(item.to_owned(), Severity::Breaks)]
}

fn slow(item: &str) -> Vec<(String, Severity)> {
    vec![(item.to_owned(), Severity::Slow)]
}

#[test]
fn a_table_as_described_has_no_difference() {
    assert_eq!(found(|_| ()), []);
    // Wider columns are allowed, an index may be read backwards, and generated or nullable columns
    // belong to the application.
    let same = found(|table| {
        table.columns[0].class = TypeClass::Integer { bytes: 8 };
        table.columns[2].class = TypeClass::Text { max_chars: None };
        table.indexes[0] = index("c", &[("price", true), ("number", false)], false);
        let bytes = 8;
        table.columns.push(IntrospectedColumn {
            generated: true,
            ..column("computed", TypeClass::Integer { bytes })
        });
        table.columns.push(IntrospectedColumn {
            nullable: true,
            ..column("optional", TypeClass::Integer { bytes })
        });
    });
    assert_eq!(same, []);
}

#[test]
fn differences_of_columns() {
    let bytes = 2;
    let narrow = found(|table| table.columns[0].class = TypeClass::Integer { bytes });
    assert_eq!(narrow, breaks("hall"));
    let short = Some(39);
    let narrow = found(|table| table.columns[2].class = TypeClass::Text { max_chars: short });
    assert_eq!(narrow, breaks("label"));
    assert_eq!(
        found(|table| drop(table.columns.remove(3))),
        breaks("price")
    );
    assert_eq!(
        found(|table| table.columns[3].nullable = true),
        breaks("price")
    );
    assert_eq!(
        found(|table| table.columns[2].nullable = false),
        breaks("label")
    );
    let collation = found(|table| table.columns[2].binary_collation = false);
    assert_eq!(collation, breaks("label"));
    let class = TypeClass::Integer { bytes: 8 };
    let extra = found(|table| table.columns.push(column("row", class)));
    assert_eq!(extra, breaks("row"));
}

#[test]
fn differences_of_keys_and_indexes() {
    assert_eq!(
        found(|table| table.primary_key.reverse()),
        breaks("primary key")
    );
    assert_eq!(
        found(|table| drop(table.primary_key.pop())),
        breaks("primary key")
    );
    let name = Seat::TABLE.unique[0].name;
    assert_eq!(found(|table| table.unique.clear()), breaks(name));
    // A key of all rows rejects rows that a key of live rows accepts, so it is also an extra key.
    let all = found(|table| table.unique[0].live_only = false);
    assert_eq!(all, [breaks(name), breaks("a")].concat());
    let extra = found(|table| table.unique.push(index("z", &[("price", false)], false)));
    assert_eq!(extra, breaks("z"));
    let name = Seat::TABLE.indexes[0].name;
    assert_eq!(found(|table| table.indexes.clear()), slow(name));
    let other = [("price", false), ("number", false)];
    let turned = found(|table| table.indexes[0] = index("b", &other, false));
    assert_eq!(turned, slow(name));
}

#[test]
fn remarks_and_missing_tables() {
    let remark = (Severity::Differs, "is odd".to_owned());
    let remarked = found(|table| table.remarks.push(remark));
    assert_eq!(remarked, [(String::new(), Severity::Differs)]);
    let missing = compare(&SQLITE, Seat::TABLE, None);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].severity, Severity::Breaks);
}

#[test]
fn a_class_holds_no_less_than_the_type() {
    let integer = |bytes| TypeClass::Integer { bytes };
    let decimal = |precision, scale| TypeClass::Decimal { precision, scale };
    let money = ColumnType::Decimal {
        precision: 18,
        scale: 6,
    };
    let postgres = |class: TypeClass, column| class.holds(Family::Postgres, column);
    for (column, least) in [
        (ColumnType::I16, 2),
        (ColumnType::I32, 4),
        (ColumnType::I64, 8),
    ] {
        assert!(postgres(integer(least), column) && !postgres(integer(least / 2), column));
    }
    assert!(postgres(decimal(18, 6), money) && postgres(decimal(20, 8), money));
    assert!(!postgres(decimal(18, 5), money) && !postgres(decimal(18, 7), money));
    assert!(!postgres(integer(8), money) && integer(8).holds(Family::Sqlite, money));
    assert!(!postgres(integer(2), ColumnType::Bool));
    assert!(integer(1).holds(Family::MySql, ColumnType::Bool));
    assert!(!postgres(TypeClass::Other, ColumnType::LongText));
}

//! The form of an adopted table on `PostgreSQL`.

use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};

use super::found::{Found, lacks_default};
use super::names::quote;
use super::rules::literal;
use super::unit::Change;
use crate::ddl;
use crate::dialect::Dialect;
use crate::introspected::{IntrospectedColumn, TypeClass};
use crate::verify::range_differs;

/// The statements.
///
/// A change of a type locks the table for as long as it is rewritten. All other changes hold a lock for a moment: a
/// constraint is added without being checked, then checked next to other writers, and NOT NULL rests on it.
pub(super) fn form(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Vec<Change> {
    let name = adoption.table.name;
    let table = quote(dialect, name);
    let alter = |changes: &[String]| format!("ALTER TABLE {table} {}", changes.join(", "));
    let mut all = Vec::new();
    let types: Vec<String> = found
        .described(adoption)
        .flat_map(|(column, one)| column_type(dialect, column, one))
        .collect();
    if !types.is_empty() {
        let key = adoption.table.primary_key[0];
        // A sequence of integers would end before the column does.
        let sequence = format!(
            "DO $genledger$ DECLARE s text := pg_get_serial_sequence('{table}', '{key}'); \
             BEGIN IF s IS NOT NULL THEN EXECUTE 'ALTER SEQUENCE ' || s || ' AS bigint'; END IF; \
             END $genledger$"
        );
        all.push(Change::Together(vec![alter(&types), sequence]));
    }
    let mut defaults = Vec::new();
    let mut required = Vec::new();
    let mut ranges = Vec::new();
    for (column, one) in found.described(adoption) {
        let quoted = quote(dialect, column.name);
        // A default of numbers is lost where a column becomes a boolean.
        let loses = column.column_type == ColumnType::Bool && one.class != TypeClass::Bool;
        let needs_default = loses || lacks_default(adoption, column, one);
        if let (true, Some(fill)) = (needs_default, adoption.fill(column)) {
            let of_type = IntrospectedColumn {
                class: if column.column_type == ColumnType::Bool {
                    TypeClass::Bool
                } else {
                    one.class
                },
                ..one.clone()
            };
            let literal = literal(dialect, column, &of_type, fill);
            defaults.push(format!("ALTER COLUMN {quoted} SET DEFAULT {literal}"));
        }
        if column.nullable && !one.nullable {
            defaults.push(format!("ALTER COLUMN {quoted} DROP NOT NULL"));
        }
        if !column.nullable && one.nullable {
            required.push(quoted.clone());
        }
        if let (true, Some((low, high))) = (
            range_differs(dialect, column, &found.0.checks),
            ddl::bounds(dialect, column),
        ) {
            let constraint = quote(dialect, &format!("ck_{name}_{}", column.name));
            let check = format!("CHECK ({quoted} BETWEEN {low} AND {high})");
            ranges.push((constraint, check));
        }
    }
    if !defaults.is_empty() {
        all.push(Change::Together(vec![alter(&defaults)]));
    }
    let proof = quote(dialect, &format!("ck_{name}_adopted"));
    let not_null: Vec<String> = required
        .iter()
        .map(|column| format!("{column} IS NOT NULL"))
        .collect();
    let mut checks = ranges;
    if !not_null.is_empty() {
        checks.push((proof.clone(), format!("CHECK ({})", not_null.join(" AND "))));
    }
    if checks.is_empty() {
        return all;
    }
    let added: Vec<String> = checks
        .iter()
        .flat_map(|(constraint, check)| {
            [
                format!("DROP CONSTRAINT IF EXISTS {constraint}"),
                format!("ADD CONSTRAINT {constraint} {check} NOT VALID"),
            ]
        })
        .collect();
    all.push(Change::Together(vec![alter(&added)]));
    for (constraint, _) in &checks {
        let validated = alter(&[format!("VALIDATE CONSTRAINT {constraint}")]);
        all.push(Change::Together(vec![validated]));
    }
    if !required.is_empty() {
        let set = |column: &String| format!("ALTER COLUMN {column} SET NOT NULL");
        let mut changes: Vec<String> = required.iter().map(set).collect();
        changes.push(format!("DROP CONSTRAINT {proof}"));
        all.push(Change::Together(vec![alter(&changes)]));
    }
    all
}

/// The changes of the type of a column whose type cannot hold all values, or whose texts are not compared byte by
/// byte.
fn column_type(dialect: &Dialect, column: &ColumnDef, found: &IntrospectedColumn) -> Vec<String> {
    let name = quote(dialect, column.name);
    let holds = found.class.holds(dialect.family(), column.column_type);
    if holds && found.binary_collation {
        return Vec::new();
    }
    let change = |sql_type: &str, using: &str| {
        format!("ALTER COLUMN {name} TYPE {sql_type} USING {name}{using}")
    };
    // Of a type that is wide enough only the collation changes, which does not rewrite the table.
    if holds && matches!(found.class, TypeClass::Text { max_chars: None }) {
        return vec![format!("ALTER COLUMN {name} TYPE text COLLATE \"C\"")];
    }
    let sql_type = dialect.column_type(column);
    if column.column_type == ColumnType::Bool {
        // A default of the earlier type cannot be converted.
        return vec![
            format!("ALTER COLUMN {name} DROP DEFAULT"),
            change(&sql_type, " <> 0"),
        ];
    }
    let plain = sql_type
        .split_once(" COLLATE")
        .map_or(sql_type.as_str(), |(plain, _)| plain);
    vec![change(&sql_type, &format!("::{plain}"))]
}

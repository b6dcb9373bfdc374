//! A table is read back from its document without loss.

use genledger::contract::table::{
    Code, CodeDef, ColumnDef, ColumnType, DefaultValue, IndexColumn, IndexDef, SqlType, TableDef,
    UniqueDef,
};
use genledger::schema::registry::{CodesDocument, FieldDocument, TableDocument, entities};
use genledger::schema::tables;
use serde_json::Value;

/// Descriptions are constants; what a test reads lives as long as the test.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn all<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    Box::leak(items.collect::<Vec<T>>().into_boxed_slice())
}

fn table(document: &TableDocument) -> TableDef {
    let [summary] = document.summary.as_slice() else {
        panic!("one summary");
    };
    let extras = summary.extras.as_ref().unwrap();
    let unique = document.idxfields.iter().filter(|index| index.unique);
    let indexes = document.idxfields.iter().filter(|index| !index.unique);
    TableDef {
        name: kept(&summary.name),
        schema: None,
        description: kept(&summary.title),
        columns: all(document
            .fields
            .iter()
            .map(|field| column(field, &document.codes))),
        primary_key: all(summary.primary.split(',').map(kept)),
        unique: all(unique.map(|key| UniqueDef {
            name: kept(&key.name),
            columns: all(key.fields.iter().map(|name| kept(name))),
            live_only: key.extras.as_ref().is_some_and(|extras| extras.live_only),
        })),
        indexes: all(indexes.map(|index| {
            let extras = index.extras.clone().unwrap_or_default();
            let columns = index.fields.iter().map(|name| IndexColumn {
                name: kept(name),
                descending: extras.descending.contains(name),
            });
            IndexDef {
                name: kept(&index.name),
                columns: all(columns),
            }
        })),
        soft_delete: extras.soft_delete.as_deref().map(kept),
        version: extras.version.as_deref().map(kept),
        append_only: extras.append_only,
        partitioned_by: None,
    }
}

fn column(field: &FieldDocument, codes: &[CodesDocument]) -> ColumnDef {
    let extras = field.extras.clone().unwrap_or_default();
    let column_type = field.column_type().unwrap();
    let codes = codes.iter().find(|codes| codes.field == field.name);
    let codes = codes.into_iter().flat_map(|codes| &codes.codes);
    let sql_types = extras.sql_types.iter().map(|(dialect, sql)| SqlType {
        dialect: kept(dialect),
        sql: kept(sql),
    });
    let member = extras.json.as_ref().unwrap_or(&field.name);
    ColumnDef {
        name: kept(&field.name),
        member: (!extras.not_in_json).then(|| kept(member)),
        column_type,
        nullable: field.nullable,
        default: default(&field.default, column_type),
        range: extras.range,
        description: kept(&field.comment),
        codes: all(codes.map(|code| CodeDef {
            code: match &code.code {
                Value::String(text) => Code::Text(kept(text)),
                number => Code::Integer(number.as_i64().unwrap()),
            },
            name: kept(&code.name),
            description: kept(&code.comment),
        })),
        sensitive: extras.sensitive,
        sql_types: all(sql_types),
    }
}

fn default(value: &Value, column_type: ColumnType) -> Option<DefaultValue> {
    let decimal = matches!(column_type, ColumnType::Decimal { .. });
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => DefaultValue::Bool(*value),
        Value::String(text) if decimal => DefaultValue::Decimal(kept(text)),
        Value::Number(number) if decimal => DefaultValue::Decimal(kept(&number.to_string())),
        Value::String(text) => DefaultValue::Text(kept(text)),
        Value::Number(number) => DefaultValue::Integer(number.as_i64().unwrap()),
        other => panic!("{other} is not a default"),
    })
}

#[test]
fn every_table_comes_back_as_it_was() {
    for entity in entities() {
        let document = TableDocument::of(entity);
        let json = serde_json::to_string(&document).unwrap();
        let read: TableDocument = serde_json::from_str(&json).unwrap();
        assert_eq!(read, document);
        assert_eq!(table(&read), *entity.table);

        let extras = read.summary[0].extras.as_ref().unwrap();
        assert_eq!(extras.entity, entity.name);
        assert_eq!(extras.domain, entity.domain.name());
        assert_eq!(extras.base.as_deref(), entity.base);
        for field in &read.fields {
            let extras = field.extras.clone().unwrap_or_default();
            let name = extras.json.as_deref().unwrap_or(&field.name);
            let json = (!extras.not_in_json).then_some(name);
            assert_eq!(json, entity.json_name(&field.name), "{}", field.name);
            let nested = entity
                .nested
                .iter()
                .find(|nested| nested.column == field.name);
            assert_eq!(extras.nested.is_some(), nested.is_some());
            if let (Some(read), Some(nested)) = (extras.nested, nested) {
                let members = read.fields.iter().map(|field| column(field, &read.codes));
                assert_eq!(all(members), nested.members);
            }
        }
    }
}

#[test]
fn the_registry_has_every_table() {
    let registered: Vec<_> = entities().iter().map(|entity| entity.table).collect();
    assert_eq!(registered, tables(), "add the entity to the registry");
}

/// A table with everything that the tables of this crate may lack.
#[test]
fn rare_things_come_back_too() {
    use genledger::contract::Entity;

    /// A thing.
    #[derive(Clone, Debug, Entity)]
    #[entity(
        table = "things", key(region, number), soft_delete = gone, version = changes,
        unique(name = "uk_things_code", columns(code), live), unique(ratio),
        index(at desc, code)
    )]
    struct Thing {
        /// The region.
        #[column(max_chars = 8)]
        region: String,
        /// The number.
        number: i32,
        /// Its code.
        #[column(max_chars = 8, default = "none", sql_type(mysql = "CHAR(8)"))]
        code: String,
        /// A share.
        #[column(precision = 10, scale = 4, default = decimal("0.5000"))]
        ratio: rust_decimal::Decimal,
        /// A number.
        #[column(range(-1, 7), default = -1)]
        level: i16,
        /// The number of changes.
        changes: i64,
        /// Whether it is deleted.
        #[column(default = false)]
        gone: bool,
        /// The time.
        #[column(time = "datetime6")]
        at: chrono::DateTime<chrono::Utc>,
        /// Another id.
        #[column(uuid = "simple")]
        other: Option<uuid::Uuid>,
        /// Bytes.
        #[column(sensitive)]
        seal: Option<Vec<u8>>,
    }

    let entity = genledger::schema::registry::EntityDef {
        name: "Thing",
        table: Thing::TABLE,
        ..entities()[0]
    };
    let json = serde_json::to_string(&TableDocument::of(&entity)).unwrap();
    let read: TableDocument = serde_json::from_str(&json).unwrap();
    assert_eq!(table(&read), *Thing::TABLE);
    assert_eq!(read.summary[0].primary, "region,number");
}

/// A document of another tool: other types of defaults, no extras.
#[test]
fn documents_of_other_tools_are_read() {
    let json = r#"{
        "summary": [{"name": "accounting_records", "title": "记账记录", "primary": "id", "classification": "business"}],
        "fields": [
            {"name": "id", "type": "VARCHAR(32)", "nullable": false, "default": "", "comment": "主键"},
            {"name": "amount", "type": "DECIMAL(15,6)", "nullable": false, "default": 0.0, "comment": "金额"},
            {"name": "input_tokens", "type": "BIGINT", "nullable": true, "default": null, "comment": "输入token数"},
            {"name": "created_at", "type": "DATETIME", "nullable": false, "default": "CURRENT_TIMESTAMP", "comment": "创建时间"}
        ],
        "idxfields": [{"name": "idx_request_id", "fields": ["request_id"], "unique": true}],
        "codes": []
    }"#;
    let read: TableDocument = serde_json::from_str(json).unwrap();
    let types: Vec<_> = read.fields.iter().map(FieldDocument::column_type).collect();
    assert_eq!(
        types,
        [
            Some(ColumnType::Text { max_chars: 32 }),
            Some(ColumnType::Decimal {
                precision: 15,
                scale: 6
            }),
            Some(ColumnType::I64),
            Some(ColumnType::DateTime { digits: 3 }),
        ]
    );
    let same: Value = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), same);
}

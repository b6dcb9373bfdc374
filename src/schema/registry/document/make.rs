//! Makes documents from the registry.

use serde_json::Value;

use super::{
    CodeDocument, CodesDocument, FieldDocument, FieldExtras, IndexDocument, IndexExtras,
    NestedDocument, SummaryDocument, SummaryExtras, TableDocument, types, unless_empty,
};
use crate::contract::table::{Code, CodeDef, ColumnDef, DefaultValue, IndexDef, UniqueDef};
use crate::schema::registry::{EntityDef, NestedDef};

impl TableDocument {
    /// The document of an entity.
    #[must_use]
    pub fn of(entity: &EntityDef) -> Self {
        let table = entity.table;
        let unique = table.unique.iter().map(unique);
        let indexes = table.indexes.iter().map(index);
        Self {
            summary: vec![summary(entity)],
            fields: table
                .columns
                .iter()
                .map(|column| of_entity(entity, column))
                .collect(),
            idxfields: unique.chain(indexes).collect(),
            codes: codes(table.columns),
        }
    }
}

fn summary(entity: &EntityDef) -> SummaryDocument {
    let table = entity.table;
    let relations = entity.relations.iter();
    SummaryDocument {
        name: table.name.to_owned(),
        title: table.description.to_owned(),
        primary: table.primary_key.join(","),
        classification: "business".to_owned(),
        extras: Some(SummaryExtras {
            entity: entity.name.to_owned(),
            domain: entity.domain.name().to_owned(),
            base: entity.base.map(str::to_owned),
            append_only: table.append_only,
            soft_delete: table.soft_delete.map(str::to_owned),
            version: table.version.map(str::to_owned),
            relations: relations
                .map(|relation| (relation.column.to_owned(), relation.table.to_owned()))
                .collect(),
        }),
    }
}

fn of_entity(entity: &EntityDef, column: &ColumnDef) -> FieldDocument {
    let nested = entity
        .nested
        .iter()
        .find(|nested| nested.column == column.name);
    field(column, entity.json_name(column.name), nested)
}

fn field(column: &ColumnDef, json: Option<&str>, inside: Option<&NestedDef>) -> FieldDocument {
    let (sql_type, meaning) = types::name(column.column_type);
    let sql_types = column.sql_types.iter();
    let extras = FieldExtras {
        meaning: meaning.map(str::to_owned),
        range: column.range,
        sensitive: column.sensitive,
        sql_types: sql_types
            .map(|own| (own.dialect.to_owned(), own.sql.to_owned()))
            .collect(),
        json: json.filter(|name| *name != column.name).map(str::to_owned),
        not_in_json: json.is_none(),
        nested: inside.map(nested),
    };
    FieldDocument {
        name: column.name.to_owned(),
        sql_type,
        nullable: column.nullable,
        default: column.default.map_or(Value::Null, default),
        comment: column.description.to_owned(),
        extras: unless_empty(extras),
    }
}

fn nested(nested: &NestedDef) -> NestedDocument {
    let members = nested.members.iter();
    NestedDocument {
        name: nested.name.to_owned(),
        list: nested.list,
        fields: members
            .map(|member| field(member, nested.json_name(member.name), None))
            .collect(),
        codes: codes(nested.members),
    }
}

fn default(value: DefaultValue) -> Value {
    match value {
        DefaultValue::Bool(value) => value.into(),
        DefaultValue::Integer(value) => value.into(),
        DefaultValue::Text(value) => value.into(),
        DefaultValue::Decimal(value) => match serde_json::from_str::<Value>(value) {
            Ok(Value::Number(number)) if number.to_string() == value => number.into(),
            _ => value.into(),
        },
    }
}

fn codes(columns: &[ColumnDef]) -> Vec<CodesDocument> {
    columns
        .iter()
        .filter(|column| !column.codes.is_empty())
        .map(|column| CodesDocument {
            field: column.name.to_owned(),
            codes: column.codes.iter().map(code).collect(),
        })
        .collect()
}

fn code(code: &CodeDef) -> CodeDocument {
    CodeDocument {
        code: match code.code {
            Code::Integer(code) => code.into(),
            Code::Text(code) => code.into(),
        },
        name: code.name.to_owned(),
        comment: code.description.to_owned(),
    }
}

fn unique(key: &UniqueDef) -> IndexDocument {
    IndexDocument {
        name: key.name.to_owned(),
        fields: key.columns.iter().map(|&name| name.to_owned()).collect(),
        unique: true,
        extras: unless_empty(IndexExtras {
            descending: Vec::new(),
            live_only: key.live_only,
        }),
    }
}

fn index(index: &IndexDef) -> IndexDocument {
    let columns = index.columns.iter();
    let descending = columns.clone().filter(|column| column.descending);
    IndexDocument {
        name: index.name.to_owned(),
        fields: columns.map(|column| column.name.to_owned()).collect(),
        unique: false,
        extras: unless_empty(IndexExtras {
            descending: descending.map(|column| column.name.to_owned()).collect(),
            live_only: false,
        }),
    }
}

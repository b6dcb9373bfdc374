//! Every table, field and enum value of the platform's description exists under its name, and
//! no other one does.

use genledger::activity::{ActivityKind, ImageSize};
use genledger::contract::table::{Code, ColumnDef, ColumnType};
use genledger::schema::registry::{Domain, EntityDef, entities};

use crate::typed::{BASE, Field, LOGS, PARAMETER_INFO};

fn entity(name: &str) -> &'static EntityDef {
    entities()
        .iter()
        .find(|entity| entity.name == name)
        .unwrap()
}

/// A column under its JSON name, in the words of the description.
fn described(
    name: &'static str,
    column: &ColumnDef,
) -> (&'static str, &'static str, Vec<(i64, String)>) {
    let codes: Vec<(i64, String)> = column
        .codes
        .iter()
        .map(|code| match code.code {
            Code::Integer(value) => (value, code.name.to_owned()),
            Code::Text(text) => panic!("{text} is not a number"),
        })
        .collect();
    let kind = match column.column_type {
        _ if !codes.is_empty() => "enum",
        ColumnType::Text { .. } | ColumnType::LongText => "string",
        ColumnType::I32 => "int",
        ColumnType::I64 | ColumnType::UnixMillis => "long",
        ColumnType::Bool => "bool",
        ColumnType::Json => "json",
        ColumnType::Decimal {
            precision: 18,
            scale: 6,
        } => "decimal",
        other => panic!("{name} is {other:?}"),
    };
    (name, kind, codes)
}

/// A field with its codes by name.
type Named<'a> = (&'a str, &'a str, Vec<(i64, String)>);

fn typed(fields: &[Field]) -> Vec<Named<'static>> {
    let one = |(name, kind, codes): &Field| {
        let codes = codes.iter().map(|(code, name)| (*code, (*name).to_owned()));
        (*name, *kind, codes.collect())
    };
    let mut fields: Vec<_> = fields.iter().map(one).collect();
    sort(&mut fields);
    fields
}

/// Neither the order of fields nor that of codes is part of the description.
fn sort(fields: &mut [Named<'_>]) {
    fields.sort();
    for (_, _, codes) in fields {
        codes.sort();
    }
}

#[test]
fn every_log_has_the_fields_of_its_description() {
    for (name, own) in LOGS {
        let entity = entity(name);
        let mut found: Vec<_> = entity
            .table
            .columns
            .iter()
            .filter_map(|column| Some(described(entity.json_name(column.name)?, column)))
            .collect();
        sort(&mut found);
        let fields: Vec<Field> = BASE.iter().chain(*own).copied().collect();
        assert_eq!(found, typed(&fields), "{name}");
    }
}

#[test]
fn every_log_of_the_description_is_there_and_no_other() {
    let described: Vec<&str> = LOGS.iter().map(|(name, _)| *name).collect();
    let found: Vec<&str> = entities()
        .iter()
        .filter(|entity| entity.domain == Domain::Activity)
        .map(|entity| entity.name)
        .collect();
    assert_eq!(found, described);
    let tags: Vec<&str> = ActivityKind::ALL.iter().map(|kind| kind.tag()).collect();
    assert_eq!(tags, described);
}

#[test]
fn the_parameters_have_the_fields_of_their_description() {
    let [info, picture] = entity("GenerateImageLog").nested else {
        panic!("two JSON columns have members that are known");
    };
    assert_eq!((info.name, info.list), ("ParameterInfo", false));
    let mut found: Vec<_> = info
        .members
        .iter()
        .map(|member| described(info.json_name(member.name).unwrap(), member))
        .collect();
    sort(&mut found);
    assert_eq!(found, typed(PARAMETER_INFO));
    let pixels: Vec<_> = [16, 1, 3]
        .map(|code| ImageSize::from_code(code).pixels())
        .into();
    assert_eq!(
        pixels,
        [Some((768, 432)), Some((768, 768)), Some((576, 768))]
    );

    assert_eq!((picture.name, picture.list), ("Picture", true));
    let names: Vec<_> = picture
        .members
        .iter()
        .filter_map(|member| member.member)
        .collect();
    assert_eq!(names, ["Url", "Id", "Width", "Height"]);
}

#[test]
fn every_table_and_column_is_described() {
    for entity in entities() {
        assert!(!entity.table.description.is_empty(), "{}", entity.name);
        for column in entity.table.columns {
            assert!(
                !column.description.is_empty(),
                "{}.{}",
                entity.name,
                column.name
            );
            for code in column.codes {
                assert!(
                    !code.description.is_empty(),
                    "{}.{}",
                    column.name,
                    code.name
                );
            }
        }
        for relation in entity.relations {
            assert!(entity.table.position(relation.column).is_some());
            assert!(
                entities()
                    .iter()
                    .any(|other| other.table.name == relation.table)
            );
        }
    }
}

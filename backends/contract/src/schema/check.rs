//! Checks of migration sets that need no database.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::schema::adoption::{Adoption, NewValue, When};
use crate::schema::migration::MigrationSet;
use crate::table::definition::ColumnDef;
use crate::table::kind::Kind;

/// The longest name of a set.
const MAX_SET_NAME: usize = 64;
/// The longest identifier that every database accepts.
const MAX_IDENTIFIER: usize = 63;
/// The longest name of a script.
const MAX_SCRIPT_NAME: usize = 255;

impl MigrationSet {
    /// Whether the sets can be migrated together; each store asks this before it does anything.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when a name is wrong or used twice, a table is in two
    /// sets, or the scripts of a set are wrong: a version 0 or one that is there twice, one that
    /// another dialect lacks, or scripts of which only some name the table that they change.
    pub fn check_all(sets: &[Self]) -> Result<()> {
        check(sets)
    }
}

fn check(sets: &[MigrationSet]) -> Result<()> {
    let mut names = BTreeSet::new();
    let mut tables = BTreeSet::new();
    for set in sets {
        name(set)?;
        if !names.insert(set.name) {
            return Err(wrong(set, "is given twice"));
        }
        for table in set.tables {
            if !tables.insert(table.name) {
                return Err(wrong(
                    set,
                    &format!("has the table {}, which was given before", table.name),
                ));
            }
        }
        scripts(set)?;
        adoptions(set)?;
    }
    Ok(())
}

fn adoptions(set: &MigrationSet) -> Result<()> {
    for adoption in set.adoptions {
        let table = adoption.table;
        let of_table = |what: &str| wrong(set, &format!("adopts {} {what}", table.name));
        if !set.tables.contains(&table) {
            return Err(of_table("which is not one of its tables"));
        }
        let key = match table.primary_key {
            [key] => table.columns.iter().find(|column| column.name == *key),
            _ => None,
        };
        let is_kept = |key: &ColumnDef| {
            key.column_type.is_integer() || matches!(key.column_type.kind(), Kind::Text)
        };
        if !key.is_some_and(is_kept) {
            return Err(of_table("whose primary key is not one integer or text"));
        }
        for name in named(adoption) {
            if !table.columns.iter().any(|column| column.name == name) {
                return Err(of_table("with a column that it does not have"));
            }
        }
        let names = adoption.renamed.iter().map(|renamed| renamed.from);
        for name in names.chain([adoption.set_aside]) {
            let fits =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || name.len() > MAX_IDENTIFIER || !name.bytes().all(fits) {
                return Err(of_table("with a name that is not an identifier"));
            }
        }
    }
    Ok(())
}

/// The columns that the rules of an adoption name.
fn named(adoption: &Adoption) -> impl Iterator<Item = &'static str> {
    let renamed = adoption.renamed.iter().map(|renamed| renamed.to);
    let filled = adoption.fills.iter().map(|fill| fill.column);
    let keys = adoption.replaced_keys.iter().copied().flatten().copied();
    let checked = adoption.checks.iter().map(|check| check.column);
    let corrections = adoption.corrections.iter().flat_map(|correction| {
        let when = correction.when.iter().map(|when| match *when {
            When::Missing(column) | When::Present(column) | When::HasItems(column) => column,
        });
        let set = correction.set.iter().flat_map(|one| {
            let from = match one.value {
                NewValue::Column(column) => Some(column),
                NewValue::Value(_) | NewValue::Now => None,
            };
            [Some(one.column), from]
        });
        [correction.column]
            .into_iter()
            .chain(when)
            .chain(set.flatten())
    });
    renamed
        .chain(filled)
        .chain(keys)
        .chain(adoption.newest_by)
        .chain(checked)
        .chain(corrections)
}

fn name(set: &MigrationSet) -> Result<()> {
    let fits = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    let length = set.name.len();
    if length == 0 || length > MAX_SET_NAME || !set.name.bytes().all(fits) {
        return Err(wrong(
            set,
            "needs a name of 1 to 64 lower-case letters, digits, '-', '_' and '.'",
        ));
    }
    Ok(())
}

fn scripts(set: &MigrationSet) -> Result<()> {
    let mut versions: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for script in set.scripts {
        let wrong_script = |what: &str| {
            let (dialect, version) = (script.dialect, script.version);
            wrong(set, &format!("has a script {version} of {dialect} {what}"))
        };
        if script.version == 0 {
            return Err(wrong_script("where versions begin at 1"));
        }
        if script.name.is_empty() || script.name.chars().count() > MAX_SCRIPT_NAME {
            return Err(wrong_script("whose name does not have 1 to 255 characters"));
        }
        if script.changes.is_some() != set.is_described() {
            return Err(wrong_script(
                "that differs from the others: either all scripts name the table that they change, or none",
            ));
        }
        if !versions
            .entry(script.dialect)
            .or_default()
            .insert(script.version)
        {
            return Err(wrong_script("twice"));
        }
    }
    // A dialect that is spelled wrong is one that lacks versions, or whose versions others lack.
    let all: BTreeSet<u32> = versions.values().flatten().copied().collect();
    for (dialect, versions) in &versions {
        if let Some(missing) = all.difference(versions).next() {
            return Err(wrong(
                set,
                &format!("has a script {missing}, but none for {dialect}"),
            ));
        }
    }
    Ok(())
}

fn wrong(set: &MigrationSet, what: &str) -> Error {
    Error::invalid(format!("the migration set {} {what}", set.name))
}

#[cfg(test)]
mod tests {
    use crate::error::ErrorKind;
    use crate::schema::adoption::{
        Adoption, Assignment, Correction, NewValue, RenamedColumn, When,
    };
    use crate::schema::migration::{MigrationSet, Script};
    use crate::table::definition::{ColumnDef, TableDef};
    use crate::table::kind::ColumnType;

    const SQL: &str = "SELECT 1";
    const TABLE: &TableDef = &TableDef {
        name: "notes",
        schema: None,
        columns: &[],
        primary_key: &["id"],
        unique: &[],
        indexes: &[],
        soft_delete: None,
        version: None,
        append_only: false,
        partitioned_by: None,
        description: "",
    };

    fn scripted(scripts: &[Script]) -> MigrationSet {
        MigrationSet::of("set", &[]).with_scripts(scripts.to_vec().leak())
    }

    fn refused(sets: &[MigrationSet], why: &str) {
        let error = MigrationSet::check_all(sets).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(why), "{error}");
    }

    #[test]
    fn names_are_checked() {
        for name in ["", "My-app", "a b", "a/b", &"a".repeat(65)] {
            let name: &'static str = name.to_owned().leak();
            refused(&[MigrationSet::of(name, &[])], "needs a name");
        }
        let set = MigrationSet::of("my-app.1_x", &[TABLE]);
        MigrationSet::check_all(&[set]).unwrap();
        refused(&[set, set], "given twice");
        refused(&[set, MigrationSet::of("other", &[TABLE])], "given before");
    }

    const CORRECTION: Correction = Correction {
        column: "id",
        rule: "a",
        when: &[When::Missing("id")],
        set: &[Assignment {
            column: "id",
            value: NewValue::Column("b"),
        }],
    };

    #[test]
    fn adoptions_are_of_tables_of_the_set() {
        const KEY: ColumnDef = ColumnDef::new("id", ColumnType::I64);
        const KEYED: &TableDef = &TableDef {
            columns: &[KEY],
            ..*TABLE
        };
        const OTHER: &TableDef = &TableDef {
            name: "others",
            ..*KEYED
        };
        let adopts = |adoption: Adoption| {
            let tables: &'static [&'static TableDef] = vec![KEYED].leak();
            MigrationSet::of("set", tables).adopting(vec![adoption].leak())
        };
        let good = Adoption::of(KEYED, "notes_set_aside");
        MigrationSet::check_all(&[adopts(good)]).unwrap();
        refused(&[adopts(Adoption::of(OTHER, "a"))], "not one of its tables");
        refused(&[adopts(Adoption::of(KEYED, "a; b"))], "not an identifier");
        let renamed: &'static [RenamedColumn] = &[RenamedColumn { from: "a", to: "b" }];
        refused(&[adopts(good.renaming(renamed))], "does not have");
        refused(&[adopts(good.newest_by("b"))], "does not have");
        refused(
            &[adopts(good.replacing_keys(&[&["id", "b"]]))],
            "does not have",
        );
        refused(&[adopts(good.correcting(&[CORRECTION]))], "does not have");
        let set = MigrationSet::of("set", &[TABLE]);
        let keyless: &'static [Adoption] = vec![Adoption::of(TABLE, "a")].leak();
        refused(&[set.adopting(keyless)], "one integer or text");
        let moment = ColumnType::DateTime { digits: 3 };
        let of_moments: &'static TableDef = Box::leak(Box::new(TableDef {
            columns: vec![ColumnDef::new("id", moment)].leak(),
            ..*TABLE
        }));
        let set = MigrationSet::of("set", vec![of_moments].leak());
        let moments: &'static [Adoption] = vec![Adoption::of(of_moments, "a")].leak();
        refused(&[set.adopting(moments)], "one integer or text");
    }

    #[test]
    fn every_dialect_has_every_version_once() {
        let of = |dialect, version| Script::new(dialect, version, "one", SQL);
        let good = [
            of("sqlite", 1),
            of("postgres", 1),
            of("sqlite", 3),
            of("postgres", 3),
        ];
        MigrationSet::check_all(&[scripted(&good)]).unwrap();
        refused(&[scripted(&[of("sqlite", 0)])], "begin at 1");
        refused(&[scripted(&[of("sqlite", 1), of("sqlite", 1)])], "twice");
        let misspelt = [
            of("sqlite", 1),
            of("postgres", 1),
            of("sqlite", 2),
            of("postgers", 2),
        ];
        refused(&[scripted(&misspelt)], "none for postgers");
        let nameless = Script::new("sqlite", 1, "", SQL);
        refused(&[scripted(&[nameless])], "whose name");
    }

    #[test]
    fn scripts_are_of_one_sort() {
        let makes = Script::new("sqlite", 1, "one", SQL);
        let changes = Script::new("sqlite", 2, "two", SQL).changing("notes");
        refused(&[scripted(&[makes, changes])], "either all");
        refused(&[scripted(&[changes, makes])], "either all");
        assert!(!scripted(&[makes]).is_described());
        assert!(scripted(&[changes]).is_described() && scripted(&[]).is_described());
    }

    #[test]
    fn scripts_of_a_dialect_that_is_missing_are_refused() {
        let set = scripted(&[Script::new("postgresql", 1, "one", SQL)]);
        let error = set.scripts_of("postgres").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(set.scripts_of("postgresql").unwrap().len(), 1);
        assert!(scripted(&[]).scripts_of("postgres").unwrap().is_empty());
    }
}

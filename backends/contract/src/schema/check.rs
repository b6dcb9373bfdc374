//! Checks of migration sets that need no database.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::schema::migration::MigrationSet;

/// The longest name of a set.
const MAX_SET_NAME: usize = 64;
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
    }
    Ok(())
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
    use crate::schema::migration::{MigrationSet, Script};
    use crate::table::definition::TableDef;

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

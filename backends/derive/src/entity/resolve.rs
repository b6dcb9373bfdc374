//! Checks that the columns of keys and indexes exist.

use syn::{Error, Result};

use super::Entity;
use super::key::{Inside, KeyPart};
use crate::attribute::Errors;
use crate::column::FieldColumn;
use crate::members::Member;
use crate::name::Name;

impl Entity {
    /// The checks that do not need the embedded structs.
    pub(super) fn resolve(&self) -> Result<()> {
        let mut errors = Errors::default();
        for part in &self.attribute.key {
            errors.keep(self.resolve_key(part));
        }
        if !self.embeds_any() {
            for name in self.named().filter(|name| self.column(name).is_none()) {
                errors.push(self.unknown(name));
            }
        }
        for live in self
            .attribute
            .unique
            .iter()
            .filter_map(|unique| unique.live)
        {
            if self.attribute.soft_delete.is_none() {
                let message = "a live-only unique key needs `soft_delete = …` on the entity";
                errors.push(Error::new(live, message));
            }
        }
        let unique = self.attribute.unique.iter().map(|unique| &unique.name);
        let indexes = self.attribute.indexes.iter().map(|index| &index.name);
        let names: Vec<&Name> = unique.chain(indexes).collect();
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                let message = format!("two keys or indexes are called `{name}`");
                errors.push(Error::new(name.span(), message));
            }
        }
        errors.finish()
    }

    fn embeds_any(&self) -> bool {
        self.members
            .iter()
            .any(|member| member.embedded().is_some())
    }

    fn resolve_key(&self, part: &KeyPart) -> Result<()> {
        let name = &part.column;
        if let Some(Inside { embed, .. }) = &part.inside {
            let mut embeds = self.members.iter().filter_map(Member::embedded);
            if embeds.any(|(field, _)| field == embed) {
                return Ok(());
            }
            let message = format!("no field `{embed}` with `#[embed]`");
            return Err(Error::new(embed.span(), message));
        }
        let Some(column) = self.column(name) else {
            return Err(self.unknown(name));
        };
        let message = if column.is_spelled_option() {
            "a column of the primary key cannot be NULL"
        } else if column.is_json() {
            "a JSON column cannot be part of a key"
        } else {
            return Ok(());
        };
        Err(Error::new(name.span(), message))
    }

    pub(super) fn unknown(&self, name: &Name) -> Error {
        let columns = self.members.iter().filter_map(Member::column);
        let columns: Vec<String> = columns.map(|column| format!("`{}`", column.name)).collect();
        let known = if columns.is_empty() {
            String::new()
        } else {
            format!("; the columns are {}", columns.join(", "))
        };
        let hint = if self.embeds_any() {
            "; a field of an embedded struct is named with its type, `base.id: Id`"
        } else {
            ""
        };
        let message = format!("no field has the column `{name}`{known}{hint}");
        Error::new(name.span(), message)
    }

    pub(super) fn column(&self, name: &Name) -> Option<&FieldColumn> {
        let mut columns = self.members.iter().filter_map(Member::column);
        columns.find(|column| column.name == *name)
    }

    /// The columns of unique keys and indexes.
    pub(super) fn indexed(&self) -> impl Iterator<Item = &Name> {
        let unique = self.attribute.unique.iter();
        let indexes = self.attribute.indexes.iter();
        let columns = indexes.flat_map(|index| index.columns.iter().map(|(name, _)| name));
        unique.flat_map(|unique| &unique.columns).chain(columns)
    }

    /// Every column that is named outside the primary key.
    pub(super) fn named(&self) -> impl Iterator<Item = &Name> {
        self.indexed()
            .chain(&self.attribute.soft_delete)
            .chain(&self.attribute.version)
    }
}

//! Parses `#[entity(…)]`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Error, Result, Token, parenthesized};

use super::index::{Index, Parts, Unique};
use super::key::KeyPart;
use crate::attribute::{each_entry, once, word};
use crate::name::Name;
use crate::path::ContractPath;

const KNOWN: &str =
    "`crate`, `table`, `key`, `unique`, `index`, `soft_delete`, `version`, `append_only`";

pub(super) struct EntityAttribute {
    pub(super) contract: ContractPath,
    pub(super) table: Name,
    pub(super) key: Vec<KeyPart>,
    pub(super) unique: Vec<Unique>,
    pub(super) indexes: Vec<Index>,
    pub(super) soft_delete: Option<Name>,
    pub(super) version: Option<Name>,
    pub(super) append_only: bool,
}

#[derive(Default)]
struct Entries {
    contract: ContractPath,
    table: Option<Name>,
    key: Option<Vec<KeyPart>>,
    unique: Vec<Parts>,
    indexes: Vec<Parts>,
    soft_delete: Option<Name>,
    version: Option<Name>,
    append_only: Option<Span>,
}

impl EntityAttribute {
    pub(super) fn parse(input: &DeriveInput) -> Result<Self> {
        let mut entries = Entries::default();
        each_entry(&input.attrs, "entity", KNOWN, |meta| {
            Ok(entries.contract.accept(meta)? || entries.accept(meta)?)
        })?;
        let missing = |what| {
            let message = format!("`#[entity(…)]` needs {what}");
            Error::new(input.ident.span(), message)
        };
        let table = entries.table.ok_or_else(|| missing("`table = \"…\"`"))?;
        let key = entries.key.ok_or_else(|| missing("`key(…)`"))?;
        let unique = entries
            .unique
            .into_iter()
            .map(|parts| Unique::new(parts, &table));
        let indexes = entries
            .indexes
            .into_iter()
            .map(|parts| Index::new(parts, &table));
        let (unique, indexes) = (
            unique.collect::<Result<_>>()?,
            indexes.collect::<Result<_>>()?,
        );
        Ok(Self {
            contract: entries.contract,
            table,
            key,
            unique,
            indexes,
            soft_delete: entries.soft_delete,
            version: entries.version,
            append_only: entries.append_only.is_some(),
        })
    }

    /// Whether the column leads the primary key, a unique key or an index, so that a filter on it
    /// does not scan the table.
    pub(super) fn leads(&self, column: &Name) -> bool {
        let key = self.key.first().map(|part| &part.column);
        let unique = self
            .unique
            .iter()
            .filter_map(|unique| unique.columns.first());
        let indexes = self
            .indexes
            .iter()
            .filter_map(|index| index.columns.first())
            .map(|(name, _)| name);
        key.into_iter()
            .chain(unique)
            .chain(indexes)
            .any(|name| name == column)
    }
}

impl Entries {
    fn accept(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        let Some(entry) = meta.path.get_ident() else {
            return Ok(false);
        };
        match entry.to_string().as_str() {
            "table" => {
                let name = Name::of_literal(&meta.value()?.parse()?)?;
                once(&mut self.table, name, meta)?;
            }
            "key" => once(&mut self.key, key(meta)?, meta)?,
            "unique" => self.unique.push(Parts::parse(meta)?),
            "index" => self.indexes.push(Parts::parse(meta)?),
            "soft_delete" => once(&mut self.soft_delete, meta.value()?.parse()?, meta)?,
            "version" => once(&mut self.version, meta.value()?.parse()?, meta)?,
            "append_only" => word(&mut self.append_only, meta)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn key(meta: &ParseNestedMeta<'_>) -> Result<Vec<KeyPart>> {
    let content;
    parenthesized!(content in meta.input);
    let parts = Punctuated::<KeyPart, Token![,]>::parse_terminated(&content)?;
    if parts.is_empty() || parts.len() > 4 {
        return Err(meta.error("a primary key has one to four columns"));
    }
    Ok(parts.into_iter().collect())
}

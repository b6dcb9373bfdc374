//! Parses `#[column(…)]`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitInt, LitStr, Path, Result, Token, parenthesized};

use super::column_type::{Entries, TypeOverride};
use super::default::DefaultValue;
use crate::attribute::{each_entry, number, once, word};
use crate::name::Name;

const KNOWN: &str = "`name`, `max_chars`, `precision`, `scale`, `time`, `uuid`, `json`, \
                     `read_with`, `filter`, `sensitive`, `default`, `range`, `sql_type`";

#[derive(Default)]
pub(crate) struct ColumnAttribute {
    pub(crate) name: Option<Name>,
    pub(crate) column_type: Option<TypeOverride>,
    pub(crate) json: Option<Span>,
    /// The function that reads the stored JSON.
    pub(crate) read_with: Option<Path>,
    pub(crate) filter: Option<Span>,
    pub(crate) sensitive: Option<Span>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) range: Option<(i64, i64)>,
    /// Dialect and type.
    pub(crate) sql_types: Vec<(Name, LitStr)>,
}

impl ColumnAttribute {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut parsed = Self::default();
        let mut types = Entries::default();
        each_entry(attributes, "column", KNOWN, |meta| {
            Ok(types.accept(meta)? || parsed.accept(meta)?)
        })?;
        parsed.column_type = types.finish()?;
        parsed.check_conflicts()?;
        Ok(parsed)
    }

    fn accept(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        let Some(entry) = meta.path.get_ident() else {
            return Ok(false);
        };
        match entry.to_string().as_str() {
            "name" => {
                let name = Name::of_literal(&meta.value()?.parse()?)?;
                once(&mut self.name, name, meta)?;
            }
            "json" => word(&mut self.json, meta)?,
            "read_with" => {
                let path = meta.value()?.call(Path::parse_mod_style)?;
                once(&mut self.read_with, path, meta)?;
            }
            "filter" => word(&mut self.filter, meta)?,
            "sensitive" => word(&mut self.sensitive, meta)?,
            "default" => once(&mut self.default, meta.value()?.parse()?, meta)?,
            "range" => once(&mut self.range, range(meta)?, meta)?,
            "sql_type" => self.sql_types(meta)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `sql_type(mysql = "mediumtext", sqlite = "TEXT")`.
    fn sql_types(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        meta.parse_nested_meta(|meta| {
            let dialect: &Ident = meta.path.require_ident()?;
            let dialect = Name::of_ident(dialect)?;
            if self.sql_types.iter().any(|(known, _)| *known == dialect) {
                return Err(meta.error("given twice"));
            }
            self.sql_types.push((dialect, meta.value()?.parse()?));
            Ok(())
        })
    }

    /// Refuses entries that exclude each other.
    fn check_conflicts(&self) -> Result<()> {
        if let Some(json) = self.json {
            if let Some(filter) = self.filter {
                let message = "a JSON column is never compared in the database";
                return Err(Error::new(filter, message));
            }
            if self.column_type.is_some() || self.range.is_some() || self.default.is_some() {
                let message = "`json` cannot be combined with another type, `range` or `default`";
                return Err(Error::new(json, message));
            }
        }
        if let (Some(path), None) = (&self.read_with, self.json) {
            return Err(Error::new(path.span(), "`read_with` requires `json`"));
        }
        if let (Some((low, high)), Some((default, span))) = (
            self.range,
            self.default.as_ref().and_then(DefaultValue::integer),
        ) && !(low..=high).contains(&default)
        {
            return Err(Error::new(span, "the default is outside the range"));
        }
        Ok(())
    }
}

/// `range(low, high)`, both inclusive.
fn range(meta: &ParseNestedMeta<'_>) -> Result<(i64, i64)> {
    let content;
    parenthesized!(content in meta.input);
    let low = number(&content.parse::<LitInt>()?, i64::MIN, i64::MAX)?;
    content.parse::<Token![,]>()?;
    let literal = content.parse::<LitInt>()?;
    let high = number(&literal, i64::MIN, i64::MAX)?;
    content.parse::<Option<Token![,]>>()?;
    if !content.is_empty() {
        return Err(content.error("a range has two bounds"));
    }
    if low > high {
        return Err(Error::new(literal.span(), "the range is empty"));
    }
    Ok((low, high))
}

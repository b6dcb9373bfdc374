//! Parses `unique(…)` and `index(…)`.
//!
//! The short form lists columns, `index(created_at desc, id)`; the long form names its parts,
//! `index(name = "ix_newest", columns(created_at desc, id))`.

use proc_macro2::{Span, TokenTree};
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, LitStr, Result, Token, parenthesized};

use crate::attribute::once;
use crate::name::Name;

pub(super) struct Unique {
    pub(super) name: Name,
    pub(super) columns: Vec<Name>,
    /// Only rows that are not softly deleted count.
    pub(super) live: Option<Span>,
}

pub(super) struct Index {
    pub(super) name: Name,
    /// Columns, and whether the greatest comes first.
    pub(super) columns: Vec<(Name, bool)>,
}

impl Unique {
    /// Called `uk_<table>_<columns>` unless the attribute has a name.
    pub(super) fn new(parts: Parts, table: &Name) -> Result<Self> {
        if let Some(direction) = parts.columns.iter().find_map(|part| part.direction) {
            return Err(Error::new(direction, "a unique key has no direction"));
        }
        Ok(Self {
            name: parts.name("uk", table)?,
            columns: parts.columns.into_iter().map(|part| part.name).collect(),
            live: parts.live,
        })
    }
}

impl Index {
    /// Called `ix_<table>_<columns>` unless the attribute has a name.
    pub(super) fn new(parts: Parts, table: &Name) -> Result<Self> {
        if let Some(live) = parts.live {
            return Err(Error::new(live, "only a unique key is `live`"));
        }
        let column = |part: Part| (part.name, part.descending);
        Ok(Self {
            name: parts.name("ix", table)?,
            columns: parts.columns.into_iter().map(column).collect(),
        })
    }
}

/// The content of the parentheses.
pub(super) struct Parts {
    name: Option<Name>,
    columns: Vec<Part>,
    live: Option<Span>,
    span: Span,
}

struct Part {
    name: Name,
    descending: bool,
    direction: Option<Span>,
}

impl Parts {
    pub(super) fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let content;
        parenthesized!(content in meta.input);
        let mut parts = Self {
            name: None,
            columns: Vec::new(),
            live: None,
            span: meta.path.span(),
        };
        if is_long(&content)? {
            let mut columns = None;
            let entries = syn::meta::parser(|meta| {
                let entry = meta.path.require_ident()?;
                match entry.to_string().as_str() {
                    "name" => {
                        let name = Name::of_literal(&meta.value()?.parse::<LitStr>()?)?;
                        once(&mut parts.name, name, &meta)
                    }
                    "columns" => {
                        let content;
                        parenthesized!(content in meta.input);
                        once(&mut columns, list(&content)?, &meta)
                    }
                    "live" => once(&mut parts.live, entry.span(), &meta),
                    _ => Err(meta.error("expected `name`, `columns` or `live`")),
                }
            });
            syn::parse::Parser::parse2(entries, content.parse()?)?;
            parts.columns = columns.unwrap_or_default();
        } else {
            parts.columns = list(&content)?;
        }
        if parts.columns.is_empty() {
            return Err(meta.error("no columns"));
        }
        Ok(parts)
    }

    fn name(&self, prefix: &str, table: &Name) -> Result<Name> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let columns: Vec<&str> = self.columns.iter().map(|part| part.name.as_str()).collect();
        let derived = format!("{prefix}_{table}_{}", columns.join("_"));
        Name::new(derived, self.span).map_err(|error| {
            let message = format!("{error}; give one: `name = \"…\", columns(…)`");
            Error::new(self.span, message)
        })
    }
}

/// The long form contains a `=` or a group; a list of columns contains neither.
fn is_long(content: ParseStream<'_>) -> Result<bool> {
    let tokens: proc_macro2::TokenStream = content.fork().parse()?;
    Ok(tokens.into_iter().any(|token| match token {
        TokenTree::Group(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == '=',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }))
}

fn list(content: ParseStream<'_>) -> Result<Vec<Part>> {
    let parts = Punctuated::<Part, Token![,]>::parse_terminated_with(content, part)?;
    let parts: Vec<Part> = parts.into_iter().collect();
    for (index, part) in parts.iter().enumerate() {
        if parts[..index].iter().any(|other| other.name == part.name) {
            let message = format!("the column `{}` is named twice", part.name);
            return Err(Error::new(part.name.span(), message));
        }
    }
    Ok(parts)
}

fn part(content: ParseStream<'_>) -> Result<Part> {
    let name = content.parse::<Name>()?;
    let mut part = Part {
        name,
        descending: false,
        direction: None,
    };
    if content.peek(Ident) {
        let direction: Ident = content.parse()?;
        part.direction = Some(direction.span());
        part.descending = match direction.to_string().as_str() {
            "asc" => false,
            "desc" => true,
            _ => return Err(Error::new(direction.span(), "expected `asc` or `desc`")),
        };
    }
    Ok(part)
}

//! Whether the columns that keys and indexes name exist.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, Result};

use super::Entity;
use super::key::{Inside, KeyPart};
use crate::attribute::Errors;
use crate::column::FieldColumn;
use crate::members::Member;
use crate::name::Name;
use crate::tokens::at;

impl Entity {
    /// Refuses what can be refused without knowing the embedded structs.
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

    fn unknown(&self, name: &Name) -> Error {
        let columns = self.members.iter().filter_map(Member::column);
        let columns: Vec<String> = columns.map(|column| format!("`{}`", column.name)).collect();
        let columns = columns.join(", ");
        let mut message = format!("no field has the column `{name}`; the columns are {columns}");
        if self.embeds_any() {
            message
                .push_str("; a field of an embedded struct is named with its type, `base.id: Id`");
        }
        Error::new(name.span(), message)
    }

    pub(super) fn column(&self, name: &Name) -> Option<&FieldColumn> {
        let mut columns = self.members.iter().filter_map(Member::column);
        columns.find(|column| column.name == *name)
    }

    /// Every column that is named outside the primary key.
    fn named(&self) -> impl Iterator<Item = &Name> {
        let unique = self
            .attribute
            .unique
            .iter()
            .flat_map(|unique| &unique.columns);
        let indexes = self
            .attribute
            .indexes
            .iter()
            .flat_map(|index| index.columns.iter().map(|(name, _)| name));
        unique.chain(indexes).chain(&self.attribute.soft_delete)
    }

    /// A constant that checks what only the compiler can: the types of the columns, and names
    /// that embedded structs may or may not have. Each check stands at the place it is about; the
    /// first that fails is the error.
    pub(super) fn checks(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let table = quote!(<#ident as #contract::Entity>::TABLE);
        let columns = self.members.iter().zip(&self.positions);
        let columns = columns.filter_map(|(member, position)| {
            let definition = quote!(#table.columns[#position]);
            member
                .column()
                .map(|column| column.check(&definition, contract))
        });
        let key = self.attribute.key.iter().map(|part| &part.column);
        let elsewhere = self
            .named()
            .chain(key)
            .filter(|name| self.column(name).is_none());
        let elsewhere = elsewhere.map(|name| {
            let message = format!("no column is called `{name}`");
            let position = quote!(#contract::TableDef::position(#table, #name));
            quote_spanned!(at(name.span())=> ::core::assert!(#position.is_some(), #message);)
        });
        quote! {
            const _: () = {
                #(#columns)*
                #(#elsewhere)*
                #contract::TableDef::check(#table);
            };
        }
    }
}

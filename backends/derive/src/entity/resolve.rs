//! Whether the columns that keys and indexes name exist.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, Result};

use super::Entity;
use super::key::KeyPart;
use crate::attribute::Errors;
use crate::column::FieldColumn;
use crate::members::Member;
use crate::name::Name;

impl Entity {
    /// Refuses what can be refused without knowing the embedded structs.
    pub(super) fn resolve(&self) -> Result<()> {
        let mut errors = Errors::default();
        for part in &self.attribute.key {
            if let Err(error) = self.resolve_key(part) {
                errors.push(error);
            }
        }
        let embeds = self
            .members
            .iter()
            .any(|member| member.embedded().is_some());
        for name in self.named() {
            if !embeds && self.column(name).is_none() {
                errors.push(self.unknown(name));
            }
        }
        for unique in &self.attribute.unique {
            if let (Some(live), None) = (unique.live, &self.attribute.soft_delete) {
                let message = "a live-only unique key needs `soft_delete = …` on the entity";
                errors.push(Error::new(live, message));
            }
        }
        let mut names: Vec<&Name> = Vec::new();
        let unique = self.attribute.unique.iter().map(|key| &key.name);
        let indexes = self.attribute.indexes.iter().map(|index| &index.name);
        for name in unique.chain(indexes) {
            if names.contains(&name) {
                let message = format!("two keys or indexes are called `{name}`");
                errors.push(Error::new(name.span(), message));
            }
            names.push(name);
        }
        errors.finish()
    }

    fn resolve_key(&self, part: &KeyPart) -> Result<()> {
        match part {
            KeyPart::Direct(name) => {
                let Some(column) = self.column(name) else {
                    return Err(self.unknown(name));
                };
                if column.is_spelled_option() {
                    let message = "a column of the primary key cannot be NULL";
                    return Err(Error::new(name.span(), message));
                }
                if column.is_json() {
                    let message = "a JSON column cannot be part of a key";
                    return Err(Error::new(name.span(), message));
                }
                Ok(())
            }
            KeyPart::Embedded { embed, .. } => {
                let mut embeds = self.members.iter().filter_map(Member::embedded);
                if embeds.any(|(field, _)| field == embed) {
                    return Ok(());
                }
                let message = format!("no field `{embed}` with `#[embed]`");
                Err(Error::new(embed.span(), message))
            }
        }
    }

    fn unknown(&self, name: &Name) -> Error {
        let columns = self.members.iter().filter_map(Member::column);
        let columns: Vec<String> = columns.map(|column| format!("`{}`", column.name)).collect();
        let columns = columns.join(", ");
        let message = format!("no field has the column `{name}`; the columns are {columns}");
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
        let key = self.attribute.key.iter().map(KeyPart::column);
        let elsewhere = self
            .named()
            .chain(key)
            .filter(|name| self.column(name).is_none());
        let elsewhere = elsewhere.map(|name| {
            let message = format!("no column is called `{name}`");
            let position = quote!(#contract::TableDef::position(#table, #name));
            quote_spanned!(name.span()=> ::core::assert!(#position.is_some(), #message);)
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

//! Checks that only the compiler can make: the types of columns, and the columns of embedded structs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::Entity;
use crate::tokens::at;

impl Entity {
    /// A constant in which each check has the span of the code that it checks. The first that fails is the
    /// error; the check of the whole table comes last.
    pub(super) fn checks(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let table = quote!(<#ident as #contract::Entity>::TABLE);
        let members = self.members.iter().zip(&self.positions);
        let columns = members.filter_map(|(member, position)| {
            let definition = quote!(#table.columns[#position]);
            let column = member.column()?;
            Some(column.check(&definition, contract))
        });
        let key = self.attribute.key.iter().map(|part| &part.column);
        let elsewhere = self.named().chain(key.clone());
        let elsewhere = elsewhere.filter(|name| self.column(name).is_none());
        let elsewhere = elsewhere.map(|name| {
            let message = format!("no column is called `{name}`");
            let position = quote!(#contract::table::TableDef::position(#table, #name));
            quote_spanned!(at(name.span())=> ::core::assert!(#position.is_some(), #message);)
        });
        let indexed = key.clone().chain(self.indexed()).map(|name| {
            let contract = contract.at(name.span());
            quote_spanned! {at(name.span())=>
                let _ = #contract::table::TableDef::check_indexed(#table, #name);
            }
        });
        let key = key.map(|name| {
            let message = "a column of the primary key cannot be NULL";
            let position = quote!(#contract::table::TableDef::check_indexed(#table, #name));
            quote_spanned! {at(name.span())=>
                ::core::assert!(!#table.columns[#position].nullable, #message);
            }
        });
        let whole = {
            let contract = contract.at(ident.span());
            quote_spanned!(at(ident.span())=> #contract::table::TableDef::check(#table);)
        };
        quote! {
            const _: () = {
                #(#columns)*
                #(#elsewhere)*
                #(#indexed)*
                #(#key)*
                #whole
            };
        }
    }
}

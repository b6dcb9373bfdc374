//! Generates the `TableDef` expression.

use proc_macro2::TokenStream;
use quote::quote;

use super::Entity;
use crate::members::Member;
use crate::tokens::optional;

impl Entity {
    pub(super) fn table(&self) -> TokenStream {
        let contract = &self.attribute.contract;
        let name = &self.attribute.table;
        let description = self.docs.description();
        let columns = self.columns();
        let key = self.attribute.key.iter().map(|part| &part.column);
        let unique = self.attribute.unique.iter().map(|unique| {
            let (name, columns, live) = (&unique.name, &unique.columns, unique.live.is_some());
            quote! {
                #contract::table::UniqueDef { name: #name, columns: &[#(#columns),*], live_only: #live }
            }
        });
        let indexes = self.attribute.indexes.iter().map(|index| {
            let name = &index.name;
            let columns = index.columns.iter().map(|(name, descending)| {
                quote!(#contract::table::IndexColumn { name: #name, descending: #descending })
            });
            quote!(#contract::table::IndexDef { name: #name, columns: &[#(#columns),*] })
        });
        let soft_delete = optional(self.attribute.soft_delete.as_ref());
        let version = optional(self.attribute.version.as_ref());
        let append_only = self.attribute.append_only;
        quote! {
            &#contract::table::TableDef {
                name: #name,
                schema: ::core::option::Option::None,
                description: #description,
                columns: #columns,
                primary_key: &[#(#key),*],
                unique: &[#(#unique),*],
                indexes: &[#(#indexes),*],
                soft_delete: #soft_delete,
                version: #version,
                append_only: #append_only,
                partitioned_by: ::core::option::Option::None,
            }
        }
    }

    /// The columns: a plain list, or lists joined where structs are embedded.
    fn columns(&self) -> TokenStream {
        let contract = &self.attribute.contract;
        let mut parts = Vec::new();
        let mut run = Vec::new();
        for member in &self.members {
            match member {
                Member::Column(column) => run.push(column.definition(contract)),
                Member::Embedded { ty, .. } => {
                    parts.push(quote!(&[#(#run),*]));
                    run.clear();
                    parts.push(quote!(<#ty as #contract::Embed>::COLUMNS));
                }
            }
        }
        if parts.is_empty() {
            return quote!(&[#(#run),*]);
        }
        parts.push(quote!(&[#(#run),*]));
        quote! {{
            const PARTS: &[&[#contract::table::ColumnDef]] = &[#(#parts),*];
            const COLUMNS: [#contract::table::ColumnDef; #contract::__private::column_count(PARTS)] =
                #contract::__private::concat_columns(PARTS);
            &COLUMNS
        }}
    }
}

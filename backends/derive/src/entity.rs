//! The expansion of `#[derive(Entity)]`.

mod attribute;
mod checks;
mod index;
mod key;
mod page;
mod resolve;
mod table;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Ident, Result, Visibility};

use self::attribute::EntityAttribute;
use crate::docs::Docs;
use crate::members::{self, Member};
use crate::row;
use crate::tokens::at;

/// The parsed struct and its attributes.
struct Entity {
    ident: Ident,
    visibility: Visibility,
    docs: Docs,
    attribute: EntityAttribute,
    members: Vec<Member>,
    /// The position at which each member's columns begin.
    positions: Vec<TokenStream>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let attribute = EntityAttribute::parse(input)?;
    let members = members::parse(input)?;
    let entity = Entity {
        ident: input.ident.clone(),
        visibility: input.vis.clone(),
        docs: Docs::of(&input.attrs),
        positions: members::positions(&members, None, &attribute.contract),
        attribute,
        members,
    };
    entity.resolve()?;
    let (entity_impl, embeds) = (entity.entity_impl(), entity.embeds());
    let (constants, checks) = (entity.constants(), entity.checks());
    let versioned = entity.versioned()?;
    Ok(quote!(#entity_impl #embeds #versioned #constants #checks))
}

impl Entity {
    fn entity_impl(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let table = self.table();
        let (key_type, key) = self.key();
        let write = row::write(&self.members, contract);
        let read = row::read(&self.members, &self.positions, contract);
        let (sink, row) = (row::sink(), row::row());
        quote! {
            #[automatically_derived]
            impl #contract::Entity for #ident {
                type Key = #key_type;

                const TABLE: &'static #contract::table::TableDef = #table;

                fn key(&self) -> Self::Key {
                    #key
                }

                fn write(&self, #sink: &mut dyn #contract::row::ParamSink) -> #contract::Result<()> {
                    #write
                }

                fn read(#row: &dyn #contract::row::RowReader) -> #contract::Result<Self> {
                    #read
                }
            }
        }
    }

    /// The implementation of `Versioned`, if the entity has a version.
    fn versioned(&self) -> Result<TokenStream> {
        let Some(name) = &self.attribute.version else {
            return Ok(TokenStream::new());
        };
        let Some(column) = self.column(name) else {
            return Err(self.unknown(name));
        };
        let (ident, contract, field) = (&self.ident, &self.attribute.contract, &column.field);
        // A field of another type is an error at the field.
        let version = quote_spanned!(at(field.span())=> self.#field);
        let changed = quote_spanned!(at(field.span())=> Self { #field: version, ..self });
        Ok(quote! {
            #[automatically_derived]
            impl #contract::entity::Versioned for #ident {
                fn version(&self) -> i64 {
                    #version
                }

                fn with_version(self, version: i64) -> Self {
                    #changed
                }
            }
        })
    }

    /// Implements `Embeds` for each embedded struct, for their column traits.
    fn embeds(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let embedded = self.members.iter().filter_map(Member::embedded);
        let embeds = embedded.map(|(_, ty)| {
            quote! {
                #[automatically_derived]
                impl #contract::entity::Embeds<#ty> for #ident {}
            }
        });
        quote!(#(#embeds)*)
    }

    /// The typed constants.
    fn constants(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let owner = quote!(#ident);
        let page = self.page();
        let columns = self.members.iter().filter_map(Member::column);
        let constants = columns.map(|column| {
            let leads = self.attribute.leads(&column.name);
            column.constant(&owner, Some(&self.visibility), leads, contract)
        });
        quote! {
            #[doc = #page]
            #[automatically_derived]
            #[allow(dead_code)]
            impl #ident {
                #(#constants)*
            }
        }
    }
}

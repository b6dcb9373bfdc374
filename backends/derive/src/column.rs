//! Fields that are one column, and the constants that describe them.

mod attribute;
mod column_type;
mod default;
mod option;
mod page;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Field, Path, Result, Type, Visibility};

use self::attribute::ColumnAttribute;
pub(crate) use self::column_type::{Entries as TypeEntries, KNOWN as KNOWN_TYPES, TypeOverride};
pub(crate) use self::option::option_inner;
use crate::docs::Docs;
use crate::name::{Name, constant};
use crate::path::ContractPath;
use crate::tokens::{at, optional};

pub(crate) struct FieldColumn {
    pub(crate) field: Ident,
    pub(crate) ty: Type,
    pub(crate) name: Name,
    /// Its name in JSON, if it has one.
    pub(crate) member: Option<String>,
    constant: Ident,
    docs: Docs,
    attribute: ColumnAttribute,
}

impl FieldColumn {
    pub(crate) fn parse(field: &Field, ident: &Ident) -> Result<Self> {
        let mut attribute = ColumnAttribute::parse(&field.attrs)?;
        let name = match attribute.name.take() {
            Some(name) => name,
            None => Name::of_ident(ident)?,
        };
        Ok(Self {
            field: ident.clone(),
            ty: field.ty.clone(),
            name,
            member: None,
            constant: constant(ident)?,
            docs: Docs::of(&field.attrs),
            attribute,
        })
    }

    pub(crate) const fn is_json(&self) -> bool {
        self.attribute.json.is_some()
    }

    /// The function that reads the stored JSON, if it is not the type's own.
    pub(crate) const fn read_with(&self) -> Option<&Path> {
        self.attribute.read_with.as_ref()
    }

    /// Whether the type is written as an `Option`; only JSON and early messages use this, everything else
    /// uses `Field::NULLABLE`.
    pub(crate) fn is_spelled_option(&self) -> bool {
        option_inner(&self.ty).is_some()
    }

    /// The declared type of a moment.
    pub(crate) fn time(&self) -> Option<&TypeOverride> {
        let declared = self.attribute.column_type.as_ref()?;
        declared.is_time().then_some(declared)
    }

    /// The type of the column: the field's own, or `Json` around it.
    pub(crate) fn stored_type(&self, contract: &ContractPath) -> TokenStream {
        let ty = &self.ty;
        if !self.is_json() {
            return quote!(#ty);
        }
        if let Some(inner) = option_inner(ty) {
            quote!(::core::option::Option<#contract::entity::Json<#inner>>)
        } else {
            quote!(#contract::entity::Json<#ty>)
        }
    }

    /// The `ColumnDef` expression.
    pub(crate) fn definition(&self, contract: &ContractPath) -> TokenStream {
        let stored = self.stored_type(contract);
        let field = quote!(<#stored as #contract::Field>);
        let declared = self.attribute.column_type.as_ref();
        let column_type =
            declared.map_or_else(|| quote!(#field::TYPE), |ty| ty.expression(contract));
        let (name, member) = (&self.name, optional(self.member.as_ref()));
        let default = optional(
            self.attribute
                .default
                .as_ref()
                .map(|default| default.expression(contract)),
        );
        let range = optional(
            self.attribute
                .range
                .map(|(low, high)| quote!((#low, #high))),
        );
        let description = self.docs.description();
        let sensitive = self.attribute.sensitive.is_some();
        let sql_types = self.attribute.sql_types.iter().map(
            |(dialect, sql)| quote!(#contract::table::SqlType { dialect: #dialect, sql: #sql }),
        );
        quote! {
            #contract::table::ColumnDef {
                name: #name,
                member: #member,
                column_type: #column_type,
                nullable: #field::NULLABLE,
                default: #default,
                range: #range,
                description: #description,
                codes: #field::CODES,
                sensitive: #sensitive,
                sql_types: &[#(#sql_types),*],
            }
        }
    }

    /// Statements for a const block that fail to compile, at this field, when the column `definition` is
    /// wrong.
    pub(crate) fn check(&self, definition: &TokenStream, contract: &ContractPath) -> TokenStream {
        let fits = self
            .attribute
            .column_type
            .as_ref()
            .map(|declared| declared.check(&self.ty, contract));
        let span = self.field.span();
        let contract = contract.at(span);
        let call = quote_spanned!(at(span)=> #contract::table::ColumnDef::check(&#definition););
        quote!(#fits #call)
    }

    /// The typed constant on `owner`. `leads` is whether the column leads an index or a key.
    pub(crate) fn constant(
        &self,
        owner: &TokenStream,
        visibility: Option<&Visibility>,
        leads: bool,
        contract: &ContractPath,
    ) -> TokenStream {
        let docs = self
            .docs
            .attributes_or(&format!("The column `{}`.", self.name));
        let (constant, name) = (&self.constant, &self.name);
        let ty = self.stored_type(contract);
        let filterable = !self.is_json() && (leads || self.attribute.filter.is_some());
        let access = if filterable {
            quote!(#contract::entity::Filterable)
        } else {
            quote!(#contract::entity::Unindexed)
        };
        quote! {
            #(#docs)*
            #visibility const #constant: #contract::entity::Column<#owner, #ty, #access> =
                #contract::entity::Column::named(#name);
        }
    }
}

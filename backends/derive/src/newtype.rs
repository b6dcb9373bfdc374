//! The expansion of `#[derive(Field)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result, Type};

use crate::attribute::{each_entry, no_generics, word};
use crate::column::{KNOWN_TYPES, TypeEntries, TypeOverride};
use crate::path::ContractPath;

#[derive(Default)]
struct FieldAttribute {
    contract: ContractPath,
    column_type: Option<TypeOverride>,
    text: Option<Span>,
}

impl FieldAttribute {
    fn parse(input: &DeriveInput) -> Result<Self> {
        let mut parsed = Self::default();
        let mut types = TypeEntries::default();
        let known = format!("`crate`, `text`, {KNOWN_TYPES}");
        each_entry(&input.attrs, "field", &known, |meta| {
            if meta.path.is_ident("text") {
                word(&mut parsed.text, meta)?;
                return Ok(true);
            }
            Ok(parsed.contract.accept(meta)? || types.accept(meta)?)
        })?;
        parsed.column_type = types.finish()?;
        Ok(parsed)
    }
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(&input.generics)?;
    let attribute = FieldAttribute::parse(input)?;
    let inner = inner(input)?;
    let (ident, contract) = (&input.ident, &attribute.contract);
    let field = quote!(<#inner as #contract::Field>);
    let column_type = attribute
        .column_type
        .as_ref()
        .map_or_else(|| quote!(#field::TYPE), |ty| ty.expression(contract));
    let check = attribute.column_type.as_ref().map(|ty| {
        let check = ty.check(inner, contract);
        quote!(const _: () = { #check };)
    });
    let text = attribute.text.map(|_| {
        quote! {
            #[automatically_derived]
            impl #contract::entity::TextField for #ident {}

            const _: () = {
                const fn text<T: #contract::entity::TextField>() {}
                text::<#inner>();
            };
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #contract::Field for #ident {
            const TYPE: #contract::table::ColumnType = #column_type;
            const NULLABLE: bool = #field::NULLABLE;
            const CODES: &'static [#contract::table::CodeDef] = #field::CODES;

            fn write(&self, sink: &mut dyn #contract::row::ParamSink) -> #contract::Result<()> {
                #field::write(&self.0, sink)
            }

            // Values are checked when they are created, not when they are read: a row that is older than a
            // rule stays readable.
            fn read_option(
                row: &dyn #contract::row::RowReader,
                index: usize,
            ) -> #contract::Result<::core::option::Option<Self>> {
                ::core::result::Result::Ok(#field::read_option(row, index)?.map(Self))
            }
        }
        #check
        #text
    })
}

fn inner(input: &DeriveInput) -> Result<&Type> {
    if let Data::Struct(data) = &input.data
        && let Fields::Unnamed(fields) = &data.fields
        && let (Some(field), 1) = (fields.unnamed.first(), fields.unnamed.len())
    {
        return Ok(&field.ty);
    }
    let message = "expected a tuple struct with one field";
    Err(Error::new(input.ident.span(), message))
}

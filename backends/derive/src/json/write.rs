//! The serialization of `#[derive(JsonRecord)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::attribute::{JsonField, JsonStruct, Part};
use crate::column::option_inner;

pub(super) fn expand(input: &DeriveInput, json: &JsonStruct, fields: &[JsonField]) -> TokenStream {
    let (ident, contract) = (&input.ident, &json.contract);
    let name = ident.to_string();
    let serde = quote!(#contract::__private::serde);
    let members = fields.iter().filter_map(|field| member(field, json));
    let counts = fields.iter().map(|field| match &field.part {
        Part::Member(_) => quote!(1),
        Part::Embedded => {
            let ty = &field.field.ty;
            quote!(<#ty as #contract::JsonRecord>::MEMBERS)
        }
        Part::Absent(_) => quote!(0),
    });
    let names = names(json, fields);
    quote! {
        #[automatically_derived]
        impl #contract::JsonRecord for #ident {
            const MEMBERS: usize = 0 #(+ #counts)*;

            const NAMES: &'static [&'static str] = #names;

            fn write_members<__S: #serde::ser::SerializeStruct>(
                &self,
                __members: &mut __S,
            ) -> ::core::result::Result<(), __S::Error> {
                #(#members)*
                ::core::result::Result::Ok(())
            }
        }

        #[automatically_derived]
        impl #serde::Serialize for #ident {
            fn serialize<__S: #serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                let mut __members = #serde::Serializer::serialize_struct(
                    __serializer,
                    #name,
                    <Self as #contract::JsonRecord>::MEMBERS,
                )?;
                #contract::JsonRecord::write_members(self, &mut __members)?;
                #serde::ser::SerializeStruct::end(__members)
            }
        }
    }
}

/// The constant with the names of all members, embedded ones included.
fn names(json: &JsonStruct, fields: &[JsonField]) -> TokenStream {
    let contract = &json.contract;
    let parts = fields.iter().filter_map(|field| match &field.part {
        Part::Member(member) => {
            let name = &member.name;
            Some(quote!(&[#name]))
        }
        Part::Embedded => {
            let ty = &field.field.ty;
            Some(quote!(<#ty as #contract::JsonRecord>::NAMES))
        }
        Part::Absent(_) => None,
    });
    quote! {
        &#contract::__private::concat_names::<{ <Self as #contract::JsonRecord>::MEMBERS }>(
            &[#(#parts),*],
        )
    }
}

fn member(field: &JsonField, json: &JsonStruct) -> Option<TokenStream> {
    let (ident, ty, contract) = (&field.ident, &field.field.ty, &json.contract);
    let serde = quote!(#contract::__private::serde);
    match &field.part {
        Part::Absent(_) => None,
        Part::Embedded => Some(quote! {
            #contract::JsonRecord::write_members(&self.#ident, __members)?;
        }),
        Part::Member(member) => {
            let name = &member.name;
            let inner = option_inner(ty);
            let given = inner.unwrap_or(ty);
            let value = match (&member.with, inner) {
                (None, _) => quote!(&self.#ident),
                (Some(_), None) => quote!(&__With(&self.#ident)),
                (Some(_), Some(_)) => quote!(&self.#ident.as_ref().map(__With)),
            };
            let with = member.with.as_ref().map(|with| {
                quote! {
                    struct __With<'a>(&'a #given);
                    impl #serde::Serialize for __With<'_> {
                        fn serialize<__T: #serde::Serializer>(
                            &self,
                            __serializer: __T,
                        ) -> ::core::result::Result<__T::Ok, __T::Error> {
                            #with::serialize(self.0, __serializer)
                        }
                    }
                }
            });
            Some(quote! {{
                #with
                #serde::ser::SerializeStruct::serialize_field(__members, #name, #value)?;
            }})
        }
    }
}

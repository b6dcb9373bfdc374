//! The deserialization of `#[derive(JsonRecord)]`: a partial value whose members are read in any order.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::DeriveInput;

use super::attribute::{JsonField, JsonStruct, Member, Part, is_integer};
use crate::column::option_inner;

pub(super) fn expand(input: &DeriveInput, json: &JsonStruct, fields: &[JsonField]) -> TokenStream {
    let (ident, visibility, contract) = (&input.ident, &input.vis, &json.contract);
    let serde = quote!(#contract::__private::serde);
    let partial = format_ident!("__{ident}Partial");
    let partial_fields = partial_fields(json, fields);
    let (position, read) = dispatch(json, fields);
    let finish = finish(ident, json, fields);
    quote! {
        const _: () = {
            #[allow(missing_debug_implementations)]
            #[derive(Default)]
            #visibility struct #partial { #partial_fields }

            #[automatically_derived]
            impl #contract::json::JsonPartial for #partial {
                type Whole = #ident;

                #[inline]
                fn position(__name: &str) -> ::core::option::Option<usize> {
                    #position
                }

                #[inline]
                fn read<'de, __A: #serde::de::MapAccess<'de>>(
                    &mut self,
                    __position: usize,
                    __map: &mut __A,
                ) -> ::core::result::Result<(), __A::Error> {
                    #read
                }

                #[inline]
                fn finish<__E: #serde::de::Error>(self) -> ::core::result::Result<#ident, __E> {
                    #finish
                }
            }

            #[automatically_derived]
            impl #contract::json::JsonRead for #ident {
                type Partial = #partial;
            }

            #[automatically_derived]
            impl<'de> #serde::Deserialize<'de> for #ident {
                fn deserialize<__D: #serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #contract::__private::read_record(__deserializer)
                }
            }
        };
    }
}

fn partial_fields(json: &JsonStruct, fields: &[JsonField]) -> TokenStream {
    let contract = &json.contract;
    let partial_fields = fields.iter().filter_map(|field| {
        let (ident, ty) = (&field.ident, &field.field.ty);
        match &field.part {
            Part::Member(_) => Some(quote!(#ident: ::core::option::Option<#ty>)),
            Part::Embedded => Some(quote!(#ident: <#ty as #contract::json::JsonRead>::Partial)),
            Part::Absent(_) => None,
        }
    });
    quote!(#(#partial_fields),*)
}

/// Own members have the first positions; those of embedded structs follow, struct by struct.
fn dispatch(json: &JsonStruct, fields: &[JsonField]) -> (TokenStream, TokenStream) {
    let contract = &json.contract;
    let members: Vec<(&JsonField, &Member)> = fields
        .iter()
        .filter_map(|field| match &field.part {
            Part::Member(member) => Some((field, member)),
            _ => None,
        })
        .collect();
    let count = members.len();
    let names = members.iter().map(|(_, member)| &member.name);
    let indexes = 0..count;
    let mut position = quote!(::core::option::Option::None);
    let mut read = quote!(::core::result::Result::Ok(()));
    let mut start = quote!(#count);
    for field in fields
        .iter()
        .filter(|field| matches!(field.part, Part::Embedded))
    {
        let (ident, ty) = (&field.ident, &field.field.ty);
        let partial = quote!(<#ty as #contract::json::JsonRead>::Partial);
        let end = quote!(#start + <#ty as #contract::JsonRecord>::MEMBERS);
        position = quote! {
            if let ::core::option::Option::Some(__inner) =
                <#partial as #contract::json::JsonPartial>::position(__name)
            {
                return ::core::option::Option::Some(#start + __inner);
            }
            #position
        };
        read = quote! {
            if (#start..#end).contains(&__position) {
                return #contract::json::JsonPartial::read(&mut self.#ident, __position - (#start), __map);
            }
            #read
        };
        start = end;
    }
    let arms = members.iter().enumerate().map(|(index, (field, member))| {
        let read = read_member(field, member, json);
        quote!(#index => { #read })
    });
    let position = quote! {
        match __name {
            #(#names => ::core::option::Option::Some(#indexes),)*
            _ => { #position }
        }
    };
    let read = quote! {
        match __position {
            #(#arms)*
            _ => { #read }
        }
    };
    (position, read)
}

fn read_member(field: &JsonField, member: &Member, json: &JsonStruct) -> TokenStream {
    let (ident, ty, contract) = (&field.ident, &field.field.ty, &json.contract);
    let name = &member.name;
    let serde = quote!(#contract::__private::serde);
    let next = quote!(#serde::de::MapAccess::next_value);
    let inner = option_inner(ty);
    let given = inner.unwrap_or(ty);
    let reader = match &member.with {
        Some(with) => Some(quote!(#with::deserialize)),
        None => is_integer(given).then(|| quote!(#contract::json::integer)),
    };
    let option = quote!(::core::option::Option);
    // Null is the same as a missing member; an `Option` handles it itself.
    let value = match (&reader, inner) {
        (None, None) if member.default => quote!(#next::<#option<#ty>>(__map)?.unwrap_or_default()),
        (None, _) => quote!(#next::<#ty>(__map)?),
        (Some(_), Some(_)) => quote!(#next::<#option<__With>>(__map)?.map(|with| with.0)),
        (Some(_), None) if member.default => {
            quote!(#next::<#option<__With>>(__map)?.map(|with| with.0).unwrap_or_default())
        }
        (Some(_), None) => quote!(#next::<__With>(__map)?.0),
    };
    let with = reader.map(|reader| {
        quote! {
            struct __With(#given);
            impl<'de> #serde::Deserialize<'de> for __With {
                fn deserialize<__D: #serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #reader(__deserializer).map(Self)
                }
            }
        }
    });
    quote! {
        #with
        if self.#ident.replace(#value).is_some() {
            return ::core::result::Result::Err(#serde::de::Error::duplicate_field(#name));
        }
        ::core::result::Result::Ok(())
    }
}

fn finish(ident: &Ident, json: &JsonStruct, fields: &[JsonField]) -> TokenStream {
    let contract = &json.contract;
    let serde = quote!(#contract::__private::serde);
    let values = fields.iter().map(|field| {
        let name = &field.ident;
        match &field.part {
            Part::Embedded => quote!(#name: #contract::json::JsonPartial::finish(self.#name)?),
            Part::Absent(_) => quote!(#name: ::core::default::Default::default()),
            Part::Member(member) if member.default => {
                quote!(#name: self.#name.unwrap_or_default())
            }
            Part::Member(member) => {
                let json_name = &member.name;
                quote!(#name: self.#name.ok_or_else(|| #serde::de::Error::missing_field(#json_name))?)
            }
        }
    });
    let computed: Vec<TokenStream> = fields
        .iter()
        .filter_map(|field| match &field.part {
            Part::Absent(Some(path)) => {
                let name = &field.ident;
                Some(quote!(__whole.#name = #path(&__whole);))
            }
            _ => None,
        })
        .collect();
    let whole = quote!(#ident { #(#values),* });
    if computed.is_empty() {
        return quote!(::core::result::Result::Ok(#whole));
    }
    quote! {
        let mut __whole = #whole;
        #(#computed)*
        ::core::result::Result::Ok(__whole)
    }
}

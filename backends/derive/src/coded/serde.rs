//! `Serialize` and `Deserialize`: a value is its code, in JSON as in the database.

use proc_macro2::TokenStream;
use quote::quote;

use super::Coded;
use super::code::CodeType;

impl Coded {
    pub(super) fn serde(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let code = self.attribute.code.rust_type();
        let serialize = match self.attribute.code {
            CodeType::I16 => quote!(serialize_i16(serializer, Self::code(self))),
            CodeType::I32 => quote!(serialize_i32(serializer, Self::code(self))),
            CodeType::I64 => quote!(serialize_i64(serializer, Self::code(self))),
            CodeType::Text { .. } => quote!(serialize_str(serializer, Self::as_str(self))),
        };
        // A numeric code may also be a string.
        let read = if let CodeType::Text { .. } = self.attribute.code {
            quote!(value_free)
        } else {
            quote!(integer)
        };
        quote! {
            const _: () = {
                use #contract::__private::serde;

                #[automatically_derived]
                impl serde::Serialize for #ident {
                    fn serialize<S: serde::Serializer>(
                        &self,
                        serializer: S,
                    ) -> ::core::result::Result<S::Ok, S::Error> {
                        serde::Serializer::#serialize
                    }
                }

                #[automatically_derived]
                impl<'de> serde::Deserialize<'de> for #ident {
                    fn deserialize<D: serde::Deserializer<'de>>(
                        deserializer: D,
                    ) -> ::core::result::Result<Self, D::Error> {
                        let code: #code = #contract::json::#read(deserializer)?;
                        ::core::result::Result::Ok(
                            <Self as #contract::CodedEnum>::from_code(code),
                        )
                    }
                }
            };
        }
    }
}

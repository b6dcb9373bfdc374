//! `CodedEnum`, `Field` and `Display`.

use proc_macro2::TokenStream;
use quote::quote;

use super::Coded;
use super::code::CodeType;

impl Coded {
    pub(super) fn coded_enum(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let code = self.attribute.code.rust_type();
        let unrecognized = &self.unrecognized;
        let idents: Vec<_> = self.known.iter().map(|variant| &variant.ident).collect();
        let names = idents.iter().map(ToString::to_string);
        let unrecognized_name = unrecognized.to_string();
        let (get, from) = if self.attribute.code.is_text() {
            let other = self.unrecognized_value(&quote!(code));
            let codes = self.known.iter().map(|variant| &variant.code);
            let from = quote! {
                match code.as_str() {
                    #(#codes => Self::#idents,)*
                    _ => #other,
                }
            };
            (
                quote!(::std::borrow::ToOwned::to_owned(Self::as_str(self))),
                from,
            )
        } else {
            // Inherent methods take precedence over those of the trait with the same name.
            (quote!(Self::code(self)), quote!(Self::from_code(code)))
        };
        quote! {
            #[automatically_derived]
            impl #contract::CodedEnum for #ident {
                type Code = #code;

                const KNOWN: &'static [Self] = &[#(Self::#idents),*];

                fn code(&self) -> Self::Code {
                    #get
                }

                fn from_code(code: Self::Code) -> Self {
                    #from
                }

                fn name(&self) -> &'static str {
                    match self {
                        #(Self::#idents => #names,)*
                        Self::#unrecognized(_) => #unrecognized_name,
                    }
                }

                fn is_known(&self) -> bool {
                    !::core::matches!(self, Self::#unrecognized(_))
                }
            }
        }
    }

    pub(super) fn field(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let unrecognized = &self.unrecognized;
        let column_type = match self.attribute.code {
            CodeType::I16 => quote!(I16),
            CodeType::I32 => quote!(I32),
            CodeType::I64 => quote!(I64),
            CodeType::Text { max_chars } => quote!(Text { max_chars: #max_chars }),
        };
        let codes = self.known.iter().map(|variant| {
            let code = variant.code.value.definition(contract);
            let (name, description) = (variant.ident.to_string(), &variant.description);
            quote! {
                #contract::table::CodeDef { code: #code, name: #name, description: #description }
            }
        });
        let (write_other, write, read) = if self.attribute.code.is_text() {
            (
                quote!(unrecognized_text(sink, code.code())),
                quote!(text(sink, Self::as_str(known))),
                quote!(#contract::row::RowReader::text(row, index)?.map(Self::from_str_code)),
            )
        } else {
            let code = self.attribute.code.rust_type();
            (
                quote!(unrecognized_integer(
                    sink,
                    ::core::convert::Into::into(*code.code())
                )),
                quote!(integer(
                    sink,
                    ::core::convert::Into::into(Self::code(known))
                )),
                quote!(<#code as #contract::Field>::read_option(row, index)?.map(Self::from_code)),
            )
        };
        quote! {
            #[automatically_derived]
            impl #contract::Field for #ident {
                const TYPE: #contract::table::ColumnType = #contract::table::ColumnType::#column_type;
                const CODES: &'static [#contract::table::CodeDef] = &[#(#codes),*];

                fn write(&self, sink: &mut dyn #contract::row::ParamSink) -> #contract::Result<()> {
                    match self {
                        Self::#unrecognized(code) => #contract::row::ParamSink::#write_other,
                        known => #contract::row::ParamSink::#write,
                    }
                }

                fn read_option(
                    row: &dyn #contract::row::RowReader,
                    index: usize,
                ) -> #contract::Result<::core::option::Option<Self>> {
                    ::core::result::Result::Ok(#read)
                }
            }
        }
    }

    /// The variant's name, or `unrecognized(77)`.
    pub(super) fn display(&self) -> TokenStream {
        let (ident, contract) = (&self.ident, &self.attribute.contract);
        let unrecognized = &self.unrecognized;
        quote! {
            #[automatically_derived]
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    match self {
                        Self::#unrecognized(code) => ::core::fmt::Display::fmt(code, f),
                        known => f.pad(#contract::CodedEnum::name(known)),
                    }
                }
            }
        }
    }
}

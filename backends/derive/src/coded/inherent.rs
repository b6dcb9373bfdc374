//! The methods that need no trait in scope; the numeric ones are `const`.

use proc_macro2::TokenStream;
use quote::quote;

use super::Coded;

impl Coded {
    pub(super) fn inherent(&self) -> TokenStream {
        let ident = &self.ident;
        let methods = if self.attribute.code.is_text() {
            self.text_methods()
        } else {
            self.numeric_methods()
        };
        let page = self.page();
        quote! {
            #[doc = #page]
            #[automatically_derived]
            #[allow(dead_code)]
            impl #ident {
                #methods
            }
        }
    }

    /// The codes, for the page of the enum.
    fn page(&self) -> String {
        let head = " The stored codes.\n\n| code | variant | meaning |\n|---|---|---|\n";
        let rows = self.known.iter().map(|variant| {
            let (code, ident, meaning) =
                (&variant.code.value, &variant.ident, &variant.description);
            format!("| `{code}` | `{ident}` | {meaning} |\n")
        });
        std::iter::once(head.to_owned()).chain(rows).collect()
    }

    fn numeric_methods(&self) -> TokenStream {
        let visibility = &self.visibility;
        let other = self.unrecognized_value(&quote!(other));
        let code = self.attribute.code.rust_type();
        let unrecognized = &self.unrecognized;
        let idents: Vec<_> = self.known.iter().map(|variant| &variant.ident).collect();
        let codes: Vec<_> = self.known.iter().map(|variant| &variant.code).collect();
        quote! {
            /// The stored code.
            #[must_use]
            #visibility const fn code(&self) -> #code {
                match self {
                    #(Self::#idents => #codes,)*
                    Self::#unrecognized(code) => *code.code(),
                }
            }

            /// The value of a code. A code that this version does not know is kept.
            #[must_use]
            #visibility const fn from_code(code: #code) -> Self {
                match code {
                    #(#codes => Self::#idents,)*
                    other => #other,
                }
            }
        }
    }

    fn text_methods(&self) -> TokenStream {
        let visibility = &self.visibility;
        let unrecognized = &self.unrecognized;
        let idents: Vec<_> = self.known.iter().map(|variant| &variant.ident).collect();
        let codes: Vec<_> = self.known.iter().map(|variant| &variant.code).collect();
        let other = self.unrecognized_value(&quote!(::std::borrow::ToOwned::to_owned(other)));
        quote! {
            /// The stored code.
            #[must_use]
            #visibility fn as_str(&self) -> &str {
                match self {
                    #(Self::#idents => #codes,)*
                    Self::#unrecognized(code) => code.code().as_str(),
                }
            }

            /// The value of a code. A code that this version does not know is kept.
            #[must_use]
            #visibility fn from_str_code(code: &str) -> Self {
                match code {
                    #(#codes => Self::#idents,)*
                    other => #other,
                }
            }
        }
    }

    /// The `Unrecognized` value of a code.
    pub(super) fn unrecognized_value(&self, code: &TokenStream) -> TokenStream {
        let (contract, unrecognized) = (&self.attribute.contract, &self.unrecognized);
        quote!(Self::#unrecognized(#contract::entity::UnrecognizedCode::<Self>::__from_code(#code)))
    }
}

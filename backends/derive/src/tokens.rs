//! Small pieces of generated code.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// Code that was generated, but whose errors are shown at `place`. With the user's own span, lints
/// would judge the code as if the user had written it.
pub(crate) fn at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

/// An expression of type `Option`.
pub(crate) fn optional(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

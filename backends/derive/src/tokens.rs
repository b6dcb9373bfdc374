//! Helpers for spans and small pieces of generated code.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// The span of generated code whose errors are shown at `span`. With the user's own span, lints would check
/// the code as if the user had written it.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The same tokens, as generated code with their own span or another. `$crate` is resolved by its span, which
/// is kept.
pub(crate) fn respanned(tokens: TokenStream, span: Option<Span>) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if token.to_string() != "$crate" {
            token.set_span(at(span.unwrap_or_else(|| token.span())));
        }
        token
    });
    respanned.collect()
}

/// A type as it is usually written.
pub(crate) fn text(ty: &impl ToTokens) -> String {
    let spaced = ty.to_token_stream().to_string();
    ["< ", " <", " >", ":: ", " ::", " ,"]
        .iter()
        .fold(spaced, |text, spaced| text.replace(spaced, spaced.trim()))
}

/// An expression of type `Option`.
pub(crate) fn optional(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

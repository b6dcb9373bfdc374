//! Small pieces of generated code.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// Code that was generated, but whose errors are shown at `place`. With the user's own span, lints
/// would judge the code as if the user had written it.
pub(crate) fn at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

/// The same tokens, as generated code at their own place or at another. `$crate` resolves by its
/// span, which stays.
pub(crate) fn moved(tokens: TokenStream, place: Option<Span>) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        if token.to_string() != "$crate" {
            token.set_span(at(place.unwrap_or_else(|| token.span())));
        }
        token
    });
    moved.collect()
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

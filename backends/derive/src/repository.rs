//! `#[repository(…)]`: the verbs of a struct once more as a trait, for services that mock them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Error, FnArg, GenericParam, Ident, ImplItem, ImplItemFn, ItemImpl, Pat,
    ReceiverKind, Result, Type, Visibility, parse2,
};

pub(crate) fn expand(name: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let name: Ident = parse2(name)?;
    let mut item: ItemImpl = parse2(item)?;
    if let Some((of, _)) = &item.trait_ {
        let message = "expected the verbs of a struct, not those of a trait";
        return Err(Error::new_spanned(of, message));
    }
    let Type::Path(owner) = &*item.self_ty else {
        return Err(Error::new_spanned(&item.self_ty, "expected a struct"));
    };
    let docs: Vec<Attribute> = item.attrs.extract_if(.., |attr| is_doc(attr)).collect();
    let verbs = item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(verb) => verb_of(verb).transpose(),
        _ => None,
    });
    let verbs = verbs.collect::<Result<Vec<Verb<'_>>>>()?;
    let declared = verbs.iter().map(Verb::declared);
    let delegated = verbs.iter().map(Verb::delegated);
    let generics = &item.generics;
    let (impl_generics, _, bounds) = generics.split_for_impl();
    let arguments = generics.params.iter().map(|param| match param {
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
    });
    let arguments = quote!(<#(#arguments),*>);
    Ok(quote! {
        #item

        #(#docs)*
        #[cfg_attr(feature = "mock", mockall::automock)]
        #[async_trait::async_trait]
        pub trait #name #impl_generics: ::core::marker::Send + ::core::marker::Sync #bounds {
            #(#declared)*
        }

        #[async_trait::async_trait]
        impl #impl_generics #name #arguments for #owner #bounds {
            #(#delegated)*
        }
    })
}

/// A public method, and the names of its arguments.
struct Verb<'a> {
    method: &'a ImplItemFn,
    arguments: Vec<&'a Ident>,
}

/// The method as a verb of the trait; `None` for one that is not public or makes the struct.
fn verb_of(method: &ImplItemFn) -> Result<Option<Verb<'_>>> {
    let signature = &method.sig;
    let by_reference = signature
        .receiver()
        .is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(..)));
    if !matches!(method.vis, Visibility::Public(_)) || !by_reference {
        return Ok(None);
    }
    let typed = signature
        .generics
        .params
        .iter()
        .find(|param| !matches!(param, GenericParam::Lifetime(_)));
    if let Some(param) = typed {
        let message = "a verb of a repository takes no type: its trait is used as an object";
        return Err(Error::new_spanned(param, message));
    }
    let named = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Receiver(_) => None,
            FnArg::Typed(argument) => Some(match &*argument.pat {
                Pat::Ident(name) => Ok(&name.ident),
                other => Err(Error::new_spanned(other, "expected a name")),
            }),
        });
    let arguments = named.collect::<Result<_>>()?;
    Ok(Some(Verb { method, arguments }))
}

impl Verb<'_> {
    fn declared(&self) -> TokenStream {
        let docs = self.method.attrs.iter().filter(|attr| is_doc(attr));
        let signature = &self.method.sig;
        quote!(#(#docs)* #signature;)
    }

    fn delegated(&self) -> TokenStream {
        let (signature, arguments) = (&self.method.sig, &self.arguments);
        let name = &signature.ident;
        let awaited = signature.asyncness.map(|_| quote!(.await));
        // A method of the struct comes before one of the trait with the same name.
        quote!(#signature { Self::#name(self, #(#arguments),*)#awaited })
    }
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

//! `#[repository(…)]`: the public methods of a struct as a trait, for services that mock them.

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
        let message = "expected the methods of a struct, not those of a trait";
        return Err(Error::new_spanned(of, message));
    }
    let Type::Path(owner) = &*item.self_ty else {
        return Err(Error::new_spanned(&item.self_ty, "expected a struct"));
    };
    let docs: Vec<Attribute> = item.attrs.extract_if(.., |attr| is_doc(attr)).collect();
    let methods = item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => trait_method(method).transpose(),
        _ => None,
    });
    let methods = methods.collect::<Result<Vec<Method<'_>>>>()?;
    let declarations = methods.iter().map(Method::declaration);
    let delegations = methods.iter().map(Method::delegation);
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
            #(#declarations)*
        }

        #[async_trait::async_trait]
        impl #impl_generics #name #arguments for #owner #bounds {
            #(#delegations)*
        }
    })
}

/// A public method, and the names of its arguments.
struct Method<'a> {
    method: &'a ImplItemFn,
    arguments: Vec<&'a Ident>,
}

/// The method as one of the trait; `None` for one that is not public or has no `&self`.
fn trait_method(method: &ImplItemFn) -> Result<Option<Method<'_>>> {
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
        let message = "a repository method has no type parameters: its trait is used as an object";
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
    Ok(Some(Method { method, arguments }))
}

impl Method<'_> {
    fn declaration(&self) -> TokenStream {
        let docs = self.method.attrs.iter().filter(|attr| is_doc(attr));
        let signature = &self.method.sig;
        quote!(#(#docs)* #signature;)
    }

    fn delegation(&self) -> TokenStream {
        let (signature, arguments) = (&self.method.sig, &self.arguments);
        let name = &signature.ident;
        let awaited = signature.asyncness.map(|_| quote!(.await));
        // A method of the struct takes precedence over one of the trait with the same name.
        quote!(#signature { Self::#name(self, #(#arguments),*)#awaited })
    }
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

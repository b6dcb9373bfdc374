//! Doc comments: copied to generated items, and used as descriptions of tables, columns and codes.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comments of an item.
pub(crate) struct Docs(Vec<Attribute>);

impl Docs {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let is_doc = |attribute: &&Attribute| {
            attribute.path().is_ident("doc") && matches!(attribute.meta, Meta::NameValue(_))
        };
        Self(attributes.iter().filter(is_doc).cloned().collect())
    }

    /// The first paragraph on one line; empty without a doc comment.
    pub(crate) fn description(&self) -> String {
        let text: Vec<String> = self.0.iter().filter_map(text).collect();
        text.join("\n")
            .lines()
            .map(str::trim)
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The attributes for a generated item, or `otherwise` if there are none: `missing_docs` of the user's
    /// crate must not fail in generated code.
    pub(crate) fn attributes_or(&self, otherwise: &str) -> Vec<Attribute> {
        if self.0.is_empty() {
            let text = format!(" {otherwise}");
            return vec![syn::parse_quote!(#[doc = #text])];
        }
        self.0.clone()
    }
}

fn text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    // `#[doc = include_str!(…)]` cannot be read here; it stays on the generated item only.
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Docs;
    use syn::{ItemStruct, parse_quote};

    #[test]
    fn a_description_is_the_first_paragraph_on_one_line() {
        let item: ItemStruct = parse_quote! {
            /// One call of a model,
            ///   as it was billed.
            ///
            /// More about it.
            struct Log;
        };
        assert_eq!(
            Docs::of(&item.attrs).description(),
            "One call of a model, as it was billed."
        );
    }

    #[test]
    fn block_comments_and_missing_ones() {
        let item: ItemStruct = parse_quote! {
            #[doc = "\n first\n second\n\n third"]
            struct Log;
        };
        assert_eq!(Docs::of(&item.attrs).description(), "first second");
        let item: ItemStruct = parse_quote!(
            struct Log;
        );
        assert_eq!(Docs::of(&item.attrs).description(), "");
        assert_eq!(Docs::of(&item.attrs).attributes_or("x").len(), 1);
    }
}

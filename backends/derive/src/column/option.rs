//! Detects types that are written as an `Option`.

use syn::{GenericArgument, PathArguments, Type};

/// The `T` of `Option<T>` as it is written: a macro does not know types, so an alias of an `Option` is not found.
pub(crate) fn option_inner(ty: &Type) -> Option<&Type> {
    let path = match ty {
        Type::Path(path) if path.qself.is_none() => &path.path,
        Type::Group(group) => return option_inner(&group.elem),
        Type::Paren(paren) => return option_inner(&paren.elem),
        _ => return None,
    };
    let last = path.segments.last()?;
    let leading: Vec<String> = path
        .segments
        .iter()
        .take(path.segments.len() - 1)
        .map(|segment| segment.ident.to_string())
        .collect();
    let leading: Vec<&str> = leading.iter().map(String::as_str).collect();
    let standard = matches!(leading.as_slice(), [] | ["std" | "core", "option"]);
    if !standard || last.ident != "Option" {
        return None;
    }
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::option_inner;
    use syn::parse_quote;

    #[test]
    fn options_are_found_as_written() {
        assert!(option_inner(&parse_quote!(Option<i64>)).is_some());
        assert!(option_inner(&parse_quote!(::std::option::Option<Vec<i64>>)).is_some());
        assert!(option_inner(&parse_quote!(core::option::Option<i64>)).is_some());
        assert!(option_inner(&parse_quote!(Vec<Option<i64>>)).is_none());
        assert!(option_inner(&parse_quote!(mine::Option<i64>)).is_none());
        assert!(option_inner(&parse_quote!(Option)).is_none());
    }
}

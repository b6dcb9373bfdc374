//! Conversions between text and bytes in `MySQL`, whose binary collation still pads with spaces.

use sea_query::{Expr, ExprTrait, Func};

/// `CAST(… AS BINARY)`.
pub(super) fn bytes(text: Expr) -> Expr {
    text.cast_as("BINARY")
}

/// `CONVERT(… USING utf8mb4)`: the bytes of a text, as text again.
pub(super) fn text(bytes: Expr) -> Expr {
    // As raw SQL, since sea-query has no USING.
    Expr::cust_with_expr("CONVERT(? USING utf8mb4)", bytes)
}

/// Whether the text begins with these bytes: `SUBSTRING(…, 1, LENGTH(…)) = …`.
pub(super) fn begins_with(text: Expr, prefix: Expr) -> Expr {
    let beginning = Func::cust("SUBSTRING").args([
        bytes(text),
        Expr::cust("1"),
        Func::cust("LENGTH").arg(prefix.clone()).into(),
    ]);
    Expr::from(beginning).eq(bytes(prefix))
}

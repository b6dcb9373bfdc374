//! `Debug` of conditions: the columns and the structure, never a value.

use std::fmt;

use crate::statement::predicate::{Comparison, Predicate};

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True => f.write_str("true"),
            Self::False => f.write_str("false"),
            Self::Compare {
                column, comparison, ..
            } => write!(f, "column {column} {} ..", comparison.sign()),
            Self::CompareColumns {
                column,
                plus,
                comparison,
                other,
            } => {
                let plus = if plus.is_some() { " + .." } else { "" };
                write!(
                    f,
                    "column {column}{plus} {} column {other}",
                    comparison.sign()
                )
            }
            Self::In { column, values } => {
                write!(f, "column {column} in ({} values)", values.len())
            }
            Self::IsNull { column } => write!(f, "column {column} is null"),
            Self::StartsWith { column, .. } => write!(f, "column {column} starts with .."),
            Self::Contains { column, .. } => write!(f, "column {column} contains .."),
            Self::And(parts) => f.debug_tuple("And").field(parts).finish(),
            Self::Or(parts) => f.debug_tuple("Or").field(parts).finish(),
            Self::Not(inner) => f.debug_tuple("Not").field(inner).finish(),
        }
    }
}

impl Comparison {
    const fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

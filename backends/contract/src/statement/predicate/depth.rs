//! The nesting depth of conditions. It is bounded, since whatever walks a condition recursively, here or in a
//! database, has a limited stack.

use crate::error::Violation;
use crate::statement::predicate::Predicate;

/// The most levels of a filter: `a & b & c` is one, each change between `&`, `|` and `!` one more. The limits
/// of databases differ; all of them accept this depth.
pub const MAX_FILTER_DEPTH: usize = 100;

/// The violation of a filter that is nested deeper.
pub(crate) fn too_deep() -> Violation {
    Violation::new("filter", "too_deep", "is nested deeper than a filter may")
}

/// Whether a predicate has at most this many levels; recurses no deeper.
pub(crate) fn within_depth(predicate: &Predicate, levels: usize) -> bool {
    match (predicate, levels.checked_sub(1)) {
        (Predicate::And(parts) | Predicate::Or(parts), Some(below)) => {
            parts.iter().all(|part| within_depth(part, below))
        }
        (Predicate::Not(inner), Some(below)) => within_depth(inner, below),
        (Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_), None) => false,
        _ => true,
    }
}

impl Predicate {
    /// How many levels it has; 0 for a single comparison.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                1 + parts.iter().map(Self::depth).max().unwrap_or(0)
            }
            Self::Not(inner) => 1 + inner.depth(),
            _ => 0,
        }
    }
}

/// The operator that joins two conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Junction {
    And,
    Or,
}

impl Junction {
    pub(crate) fn join(self, left: Predicate, right: Predicate) -> Predicate {
        match self {
            Self::And => left.and(right),
            Self::Or => left.or(right),
        }
    }

    /// The depth of the joined condition, from the depths of its parts: counting anew for each part of a
    /// chain would be quadratic.
    pub(crate) fn depth(self, left: (&Predicate, usize), right: (&Predicate, usize)) -> usize {
        match (self.adds_nothing(left.0), self.adds_nothing(right.0)) {
            (true, _) => right.1,
            (_, true) => left.1,
            _ => self.level(left).max(self.level(right)),
        }
    }

    const fn adds_nothing(self, part: &Predicate) -> bool {
        matches!(
            (self, part),
            (Self::And, Predicate::True) | (Self::Or, Predicate::False)
        )
    }

    /// The depth with this part in it, which is flattened when it is such a junction itself.
    const fn level(self, (part, depth): (&Predicate, usize)) -> usize {
        match (self, part) {
            (Self::And, Predicate::And(_)) | (Self::Or, Predicate::Or(_)) => depth,
            _ => depth + 1,
        }
    }
}

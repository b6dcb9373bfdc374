//! What shows only from inside.

//! The commands of the project: run `cargo xtask help`.
fn main() {}

//! What must not compile, and what the compiler then says.
//!
//! After a change of rustc or of a message, `TRYBUILD=overwrite cargo test --test derive_ui`
//! writes the new messages; read them before they are committed.

#[test]
fn mistakes_do_not_compile() {
    let cases = trybuild::TestCases::new();
    // The passing case makes the others be built, not only checked: what a generic method refuses
    // is found when it is instantiated.
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}

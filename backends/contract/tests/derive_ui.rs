//! Mistakes that must not compile, and the messages of the compiler.
//!
//! After a change of rustc or of a message, `TRYBUILD=overwrite cargo test --test derive_ui`
//! writes the new messages; read them before they are committed.

#[test]
fn mistakes_do_not_compile() {
    let cases = trybuild::TestCases::new();
    // The passing case makes trybuild build the others instead of only checking them: an assertion in a
    // generic method fails only when the method is instantiated.
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}

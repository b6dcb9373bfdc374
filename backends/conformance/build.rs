//! Collects the cases: every `pub(crate) async fn` of a file in `src/cases/` is one, so that they need no
//! separate list.
//!
//! It generates a macro with one test for each case, and a table of all cases with the promises in their doc
//! comments.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

struct Case {
    name: String,
    promise: String,
}

fn main() -> io::Result<()> {
    let folder = Path::new("src/cases");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let mut topics = Vec::new();
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let topic = file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or_else(|| io::Error::other("the name of a file of cases is not UTF-8"))?;
        topics.push((topic.to_owned(), cases(&fs::read_to_string(file)?)));
    }
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("cases.rs");
    fs::write(target, render(&topics))
}

/// The cases of one file, in the order of the file.
fn cases(source: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut docs: Vec<&str> = Vec::new();
    for line in source.lines() {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim());
        } else if let Some(rest) = line.strip_prefix("pub(crate) async fn ") {
            let name = rest.split('(').next().unwrap_or_default().to_owned();
            let promise = docs
                .iter()
                .take_while(|doc| !doc.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" ");
            assert!(!promise.is_empty(), "the case {name} has no doc comment");
            cases.push(Case { name, promise });
            docs.clear();
        } else if !line.starts_with("#[") {
            docs.clear();
        }
    }
    cases
}

fn render(topics: &[(String, Vec<Case>)]) -> String {
    let mut table = String::new();
    let mut bodies = String::new();
    let mut tests = String::new();
    let mut index = 0;
    for (topic, cases) in topics {
        // Writing to a String cannot fail.
        let _ = writeln!(tests, "mod {topic} {{");
        for Case { name, promise } in cases {
            let _ = writeln!(
                table,
                "Case {{ topic: {topic:?}, name: {name:?}, promise: {promise:?} }},"
            );
            let _ = writeln!(
                bodies,
                "|databases| ::std::boxed::Box::pin(async move {{
                    CaseResult::into_applicable(crate::cases::{topic}::{name}(databases).await)
                }}),"
            );
            let _ = writeln!(
                tests,
                "#[test]
                fn {name}() {{
                    $crate::__private::run(super::harness(), module_path!(), {index});
                }}"
            );
            index += 1;
        }
        tests.push_str("}\n");
    }
    // The bodies are boxed here, so that they are compiled with this crate and not again with the
    // tests of every backend.
    format!(
        "pub(crate) const ALL: &[Case] = &[{table}];

        #[expect(clippy::unit_arg, reason = \"some cases return nothing\")]
        pub(crate) const BODIES: &[Body] = &[{bodies}];

        /// One test for each case; `suite!` calls it.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __tests {{ () => {{ {tests} }}; }}"
    )
}

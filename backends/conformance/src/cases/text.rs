//! Text: every character is literal, in every column.

use genledger_contract::{Query, Session, SessionExt};

use crate::ask::{all, numbers};
use crate::databases::Databases;
use crate::model::{OptionsColumns, Specimen, ValuesColumns};

/// Texts that some databases treat as equal, or as special.
pub(crate) const NASTY: [&str; 32] = [
    "",
    " ",
    "  ",
    "a",
    "A",
    "a ",
    "a  ",
    " a",
    "a\t",
    "a\n",
    "a\u{1}",
    "a!",
    "aa",
    "ab",
    "b",
    "e",
    "é",
    "e\u{301}",
    "ss",
    "ß",
    "i",
    "ı",
    "İ",
    "\u{c5}",
    "\u{212b}",
    "a\u{200b}",
    "\u{feff}a",
    "100%",
    "100_",
    "\\",
    "'\"`;--",
    "😀",
];

/// Writes one row for each text, in bounded and unbounded columns.
pub(super) async fn write(session: &dyn Session, texts: &[&str]) {
    let rows: Vec<Specimen> = (0..)
        .zip(texts)
        .map(|(number, text)| {
            Specimen::new(number).with(|row| {
                row.values.name = (*text).to_owned();
                row.values.story = (*text).to_owned();
                row.options.maybe_name = Some((*text).to_owned());
                row.options.maybe_story = Some((*text).to_owned());
            })
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
}

/// The numbers of the texts for which `holds`.
fn numbers_where(texts: &[&str], holds: impl Fn(&str) -> bool) -> Vec<i64> {
    (0..)
        .zip(texts)
        .filter(|(_, text)| holds(text))
        .map(|(number, _)| number)
        .collect()
}

/// Expects a condition on text to select the same texts as in Rust, on every column.
macro_rules! selects {
    ($session:expr, $texts:expr, |$column:ident| $filter:expr, $holds:expr, $about:expr) => {{
        let expected = numbers_where($texts, $holds);
        macro_rules! with {
            ($constant:expr) => {{
                let $column = $constant;
                let found = numbers($session, $filter).await;
                assert_eq!(found, expected, "{:?} {:?}", $column, $about);
            }};
        }
        with!(Specimen::NAME);
        with!(Specimen::STORY);
        with!(Specimen::MAYBE_NAME);
        with!(Specimen::MAYBE_STORY);
    }};
}

/// Case, accents, trailing spaces, control characters and look-alikes all survive.
pub(crate) async fn every_character_survives(databases: &Databases) {
    let session = databases.migrated().await.session();
    let controls: String = ('\u{1}'..'\u{20}')
        .chain(['\u{7f}', '\u{85}', '\u{2028}'])
        .collect();
    let mut texts = NASTY.to_vec();
    texts.push(&controls);
    texts.push("\u{d7ff}\u{e000}\u{fffd}\u{ffff}\u{10000}\u{10ffff}");
    write(&*session, &texts).await;
    for (number, text) in (0..).zip(&texts) {
        let key = ("acme".to_owned(), number);
        let found = session.get::<Specimen>(&key).await.unwrap();
        assert_eq!(found.values.name, *text);
        assert_eq!(found.values.story, *text);
    }
}

/// Texts are equal only when every byte is: neither case nor accents nor trailing spaces are ignored.
pub(crate) async fn equality(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, &NASTY).await;
    for text in NASTY {
        selects!(
            &*session,
            &NASTY,
            |column| column.eq(text),
            |other| other == text,
            text
        );
    }
    for text in ["a", "a ", "", "é"] {
        selects!(
            &*session,
            &NASTY,
            |column| column.ne(text),
            |other| other != text,
            text
        );
    }
}

/// A list of texts selects exactly those texts.
pub(crate) async fn lists(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, &NASTY).await;
    for list in [
        vec!["a", "é", "\\"],
        vec!["a ", "A", "100%"],
        vec!["a", "a"],
        vec!["absent"],
        NASTY.to_vec(),
    ] {
        selects!(
            &*session,
            &NASTY,
            |column| column.is_in(list.clone()),
            |other| list.contains(&other),
            list
        );
        selects!(
            &*session,
            &NASTY,
            |column| !column.is_in(list.clone()),
            |other| !list.contains(&other),
            list
        );
    }
}

/// Text compares byte by byte.
pub(crate) async fn comparisons(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, &NASTY).await;
    for text in ["", " ", "a", "a ", "a!", "A", "é", "z", "\u{ffff}", "😀"] {
        selects!(
            &*session,
            &NASTY,
            |column| column.lt(text),
            |other| other < text,
            text
        );
        selects!(
            &*session,
            &NASTY,
            |column| column.le(text),
            |other| other <= text,
            text
        );
        selects!(
            &*session,
            &NASTY,
            |column| column.gt(text),
            |other| other > text,
            text
        );
        selects!(
            &*session,
            &NASTY,
            |column| column.ge(text),
            |other| other >= text,
            text
        );
    }
}

/// Text is ordered byte by byte: upper case before lower case, U+FFFF before U+10000.
pub(crate) async fn order(databases: &Databases) {
    let session = databases.migrated().await.session();
    let mut texts = NASTY.to_vec();
    texts.extend(["\u{ffff}", "\u{e000}", "\u{10000}", "Z", "z", "Ä", "ä"]);
    write(&*session, &texts).await;
    let mut expected: Vec<&str> = texts.clone();
    expected.sort_unstable();
    let query = Query::default().order_by([Specimen::NAME.asc()]);
    let rows = all(&*session, query).await;
    let found: Vec<&str> = rows.iter().map(|row| row.values.name.as_str()).collect();
    assert_eq!(found, expected);
    expected.reverse();
    let query = Query::default().order_by([Specimen::NAME.desc()]);
    let rows = all(&*session, query).await;
    let found: Vec<&str> = rows.iter().map(|row| row.values.name.as_str()).collect();
    assert_eq!(found, expected);
}

/// A prefix is compared byte by byte and has no wildcards.
pub(crate) async fn prefixes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let mut texts = NASTY.to_vec();
    texts.extend([
        "a b",
        "a_b",
        "a%b",
        "a\\b",
        "axb",
        "100",
        "1000",
        "10",
        "\u{d7ff}x",
        "\u{e000}x",
        "\u{10ffff}x",
        "\u{10ffff}\u{10ffff}",
        "éa",
        "\\%",
        "\\_",
        "A b",
    ]);
    write(&*session, &texts).await;
    for prefix in [
        "a",
        "A",
        "a ",
        " ",
        "  ",
        "a\t",
        "a\u{1}",
        "100",
        "100%",
        "100_",
        "a_",
        "a%",
        "a\\",
        "\\",
        "\\%",
        "'",
        "é",
        "e",
        "\u{d7ff}",
        "\u{10ffff}",
        "😀",
        "absent",
    ] {
        selects!(
            &*session,
            &texts,
            |column| column.starts_with(prefix),
            |other| other.starts_with(prefix),
            prefix
        );
    }
    selects!(
        &*session,
        &texts,
        |column| !column.starts_with("a"),
        |other| !other.starts_with('a'),
        "not a"
    );
}

/// A part is compared byte by byte and has no wildcards.
pub(crate) async fn parts(databases: &Databases) {
    let session = databases.migrated().await.session();
    let mut texts = NASTY.to_vec();
    texts.extend([
        "xay", "xAy", "x a y", "x%y", "x_y", "x\\y", "x'y", "x\"y", "x😀y", "xéy", "%",
    ]);
    write(&*session, &texts).await;
    for part in [
        "a", "A", " ", "a ", " a", "%", "_", "\\", "'", "\"", "😀", "é", "e", "\t", "\u{301}",
        "xay", "absent", "--",
    ] {
        selects!(
            &*session,
            &texts,
            |column| column.contains(part),
            |other| other.contains(part),
            part
        );
    }
    selects!(
        &*session,
        &texts,
        |column| !column.contains("a"),
        |other| !other.contains('a'),
        "not a"
    );
}

/// Every text matches the empty prefix and the empty part; NULL does not.
pub(crate) async fn empty_prefix_and_part(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, &["", "a"]).await;
    session.insert(&Specimen::new(9)).await.unwrap();
    for filter in [
        Specimen::MAYBE_NAME.starts_with(""),
        Specimen::MAYBE_NAME.contains(""),
    ] {
        assert_eq!(numbers(&*session, filter.clone()).await, [0, 1]);
        assert_eq!(numbers(&*session, !filter).await, [9]);
    }
    assert_eq!(
        numbers(&*session, Specimen::NAME.contains("")).await,
        [0, 1, 9]
    );
    for filter in [
        Specimen::MAYBE_NAME.starts_with("a"),
        Specimen::MAYBE_NAME.contains("a"),
    ] {
        assert_eq!(numbers(&*session, filter.clone()).await, [1]);
        // Unknown stays unknown.
        assert_eq!(numbers(&*session, !filter).await, [0]);
    }
}

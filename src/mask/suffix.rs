//! The suffixes of domains that are known. Decision 32 states why this is a table and not the public suffix list.

/// How sure it is that a word with this suffix is a domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Suffix {
    /// A domain.
    Domain,
    /// Also the name of a member in code: `self.app`, `app.run()`.
    Member,
    /// Also the extension of a file: `main.rs`.
    Extension,
}

/// All country codes, each followed by a space.
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs \
bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk \
fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm \
jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt \
mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa \
sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk \
us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw ";

/// Generic suffixes, those of private networks, and a few of other scripts.
const GENERIC: &[&str] = &[
    "academy",
    "aero",
    "agency",
    "arpa",
    "asia",
    "bar",
    "bid",
    "biz",
    "blog",
    "business",
    "center",
    "chat",
    "cloud",
    "club",
    "codes",
    "com",
    "company",
    "consulting",
    "cool",
    "corp",
    "design",
    "dev",
    "digital",
    "download",
    "edu",
    "engineering",
    "example",
    "expert",
    "fun",
    "global",
    "gov",
    "guru",
    "host",
    "icu",
    "inc",
    "info",
    "ink",
    "int",
    "internal",
    "intranet",
    "lan",
    "life",
    "link",
    "live",
    "llc",
    "lol",
    "ltd",
    "mil",
    "mobi",
    "moe",
    "monster",
    "net",
    "network",
    "ninja",
    "one",
    "online",
    "onion",
    "org",
    "plus",
    "press",
    "pro",
    "pub",
    "red",
    "rest",
    "rocks",
    "services",
    "shop",
    "site",
    "software",
    "solutions",
    "space",
    "store",
    "studio",
    "support",
    "systems",
    "team",
    "tech",
    "technology",
    "tel",
    "today",
    "top",
    "travel",
    "uno",
    "vip",
    "website",
    "wiki",
    "win",
    "work",
    "works",
    "world",
    "wtf",
    "xyz",
    "zone",
    "local",
    "localdomain",
    "中国",
    "中國",
    "公司",
    "网络",
    "рф",
    "xn--fiqs8s",
    "xn--p1ai",
    "xn--55qx5d",
    "xn--io0a7i",
];

/// Suffixes that are members in code more often than suffixes of two labels.
const MEMBERS: &[&str] = &[
    "app", "run", "page", "tools", "media", "email", "id", "in", "is", "to", "me", "as", "at",
    "do", "no", "be", "by", "my", "am", "us", "so", "it", "re", "la", "ma", "bar", "plus", "host",
    "link", "live", "network", "store", "team", "work", "one", "blog", "chat", "red", "rest",
    "support", "download", "space", "int", "info", "zone", "name",
];

/// Members that are not country codes and not in the other list.
const ONLY_MEMBERS: &[&str] = &["app", "run", "page", "tools", "media", "email"];

/// Extensions of files that are country codes as well.
const EXTENSIONS: &[&str] = &["rs", "py", "sh", "md"];

/// Further ones, for files whose folder is named as well: `src/core/call.cc`.
const EXTENSIONS_IN_FOLDERS: &[&str] = &[
    "cc", "so", "pl", "mm", "ps", "mk", "tf", "pm", "ac", "am", "in", "la", "st", "gs",
];

/// What a second label is below a country code.
const SECOND: &[&str] = &[
    "co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "gob", "mil", "nom", "ltd",
    "plc", "sch", "nhs", "web", "biz", "info", "gen", "gouv", "ad",
];

const LONGEST: usize = 16;

/// The class of the last label of a word.
pub(super) fn suffix(label: &str) -> Option<Suffix> {
    if label.is_empty() || label.len() > LONGEST {
        return None;
    }
    let label = label.to_ascii_lowercase();
    let label = label.as_str();
    if EXTENSIONS.contains(&label) {
        Some(Suffix::Extension)
    } else if ONLY_MEMBERS.contains(&label) || MEMBERS.contains(&label) && is_generic(label) {
        Some(Suffix::Member)
    } else {
        is_generic(label).then_some(Suffix::Domain)
    }
}

fn is_generic(label: &str) -> bool {
    is_country(label) || GENERIC.contains(&label)
}

pub(super) fn is_country(label: &str) -> bool {
    let label = label.as_bytes();
    let mut pairs = COUNTRIES.as_bytes().chunks(3);
    label.len() == 2 && pairs.any(|pair| pair[..2].eq_ignore_ascii_case(label))
}

pub(super) fn is_extension_in_folder(label: &str) -> bool {
    let among = |list: &[&str]| list.iter().any(|one| label.eq_ignore_ascii_case(one));
    among(EXTENSIONS) || among(EXTENSIONS_IN_FOLDERS)
}

/// Whether the last two labels are a suffix, as `co.uk`.
pub(super) fn is_second(second: &str, last: &str) -> bool {
    is_country(last) && SECOND.iter().any(|one| second.eq_ignore_ascii_case(one))
}

/// A sentence without a space after its end: `failed.It was …`.
pub(super) fn begins_sentence(label: &str) -> bool {
    [
        "In", "It", "Is", "To", "As", "At", "Be", "By", "Do", "Me", "My", "No", "So", "Us", "Am",
    ]
    .contains(&label)
}

//! Sets of sites.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::generation::{AccountType, Site};

/// The known sites with their words in JSON, in the order of their codes.
const KNOWN: [(Site, &str); 5] = [
    (Site::Cn, "cn"),
    (Site::Us, "us"),
    (Site::Hk, "hk"),
    (Site::Jp, "jp"),
    (Site::Sg, "sg"),
];

/// A set of sites. In JSON it is a list of words: `["cn", "hk"]`.
///
/// ```
/// use genledger::generation::{AccountType, Site, Sites};
///
/// let sites: Sites = serde_json::from_str(r#"["hk", "jp"]"#)?;
/// assert_eq!(sites, Sites::of(&[Site::Jp, Site::Hk]));
/// assert!(sites.contains(Site::Jp));
/// assert_eq!(sites.account_type(), Some(AccountType::International));
/// assert_eq!(serde_json::to_string(&sites)?, r#"["hk","jp"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sites(u8);

impl Sites {
    /// No site.
    pub const NONE: Self = Self(0);

    /// Every known site.
    pub const ALL: Self = Self::of(&[Site::Cn, Site::Us, Site::Hk, Site::Jp, Site::Sg]);

    /// The set of some sites. Sites that this version does not know are left out.
    #[must_use]
    pub const fn of(sites: &[Site]) -> Self {
        let mut bits = 0;
        let mut rest = sites;
        while let [first, after @ ..] = rest {
            bits |= bit(*first);
            rest = after;
        }
        Self(bits)
    }

    /// Whether a site is in the set; never one that this version does not know.
    #[must_use]
    pub const fn contains(self, site: Site) -> bool {
        self.0 & bit(site) != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The sites in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = Site> {
        let known = KNOWN.into_iter().map(|(site, _)| site);
        known.filter(move |site| self.contains(*site))
    }

    /// The family of accounts that serves a task with these sites: domestic if possible. `None` for the empty set.
    #[must_use]
    pub fn account_type(self) -> Option<AccountType> {
        self.iter().next().and_then(Site::account_type)
    }
}

/// One bit for each known site.
const fn bit(site: Site) -> u8 {
    match site {
        Site::Cn => 1,
        Site::Us => 1 << 1,
        Site::Hk => 1 << 2,
        Site::Jp => 1 << 3,
        Site::Sg => 1 << 4,
        Site::Unrecognized(_) => 0,
    }
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Sites {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words = KNOWN.into_iter().filter(|(site, _)| self.contains(*site));
        serializer.collect_seq(words.map(|(_, word)| word))
    }
}

impl<'de> Deserialize<'de> for Sites {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut sites = Self::NONE;
        for word in Vec::<String>::deserialize(deserializer)? {
            let known = KNOWN.into_iter().find(|(_, known)| *known == word);
            let (site, _) =
                known.ok_or_else(|| D::Error::custom("not one of cn, us, hk, jp, sg"))?;
            sites.0 |= bit(site);
        }
        Ok(sites)
    }
}

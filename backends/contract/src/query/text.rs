//! Searches for text.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A search for text. No character is a wildcard: `%`, `_` and `\` are literal.
///
/// `Debug` shows the kind of search and not the text. In JSON it is an object, or a plain string for an exact
/// match:
///
/// ```
/// use genledger_contract::query::TextMatch;
///
/// assert_eq!(TextMatch::Prefix("gpt-4%".into()).text(), "gpt-4%");
///
/// let gpt: TextMatch = serde_json::from_str(r#"{"prefix":"gpt-"}"#)?;
/// assert_eq!(gpt, TextMatch::Prefix("gpt-".into()));
/// let exact: TextMatch = serde_json::from_str(r#""gpt-4o""#)?;
/// assert_eq!(serde_json::to_string(&exact)?, r#"{"exact":"gpt-4o"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TextMatch {
    /// The whole text, case and trailing spaces included.
    Exact(String),
    /// The beginning of the text.
    Prefix(String),
    /// Any part of the text. This reads every row that the other conditions select.
    Contains(String),
}

impl fmt::Debug for TextMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(_) => "Exact(..)",
            Self::Prefix(_) => "Prefix(..)",
            Self::Contains(_) => "Contains(..)",
        })
    }
}

impl<'de> Deserialize<'de> for TextMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Plain(String),
            Tagged(Tagged),
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Tagged {
            Exact(String),
            Prefix(String),
            Contains(String),
        }

        // The error of an untagged enum does not name what is expected.
        let form = Form::deserialize(deserializer).map_err(|_| {
            D::Error::custom("expected a text, or an object of `exact`, `prefix` or `contains`")
        })?;
        Ok(match form {
            Form::Plain(text) | Form::Tagged(Tagged::Exact(text)) => Self::Exact(text),
            Form::Tagged(Tagged::Prefix(text)) => Self::Prefix(text),
            Form::Tagged(Tagged::Contains(text)) => Self::Contains(text),
        })
    }
}

impl TextMatch {
    /// The text that is searched for.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Contains(text) => text,
        }
    }
}

/// A plain text means exactly that text.
impl From<&str> for TextMatch {
    fn from(text: &str) -> Self {
        Self::Exact(text.to_owned())
    }
}

/// A plain text means exactly that text.
impl From<String> for TextMatch {
    fn from(text: String) -> Self {
        Self::Exact(text)
    }
}

#[cfg(test)]
mod tests {
    use super::TextMatch;

    #[test]
    fn a_search_does_not_show_its_text() {
        let shown = ["x", "y"].map(|text| {
            let text = text.to_owned();
            let all = [
                TextMatch::Exact(text.clone()),
                TextMatch::Prefix(text.clone()),
                TextMatch::Contains(text),
            ];
            format!("{all:?}")
        });
        assert_eq!(shown, ["[Exact(..), Prefix(..), Contains(..)]"; 2]);
    }
}

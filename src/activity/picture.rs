//! `Picture`: the object inside of `GenerateImageLog`. Rows of other programs are read by `stored_json.rs`.

mod serde;

use serde_json::value::RawValue;

use crate::contract::Embed;

/// A generated picture, in a list inside of its log. Members that this version does not know, and
/// those of another type than here, are kept and written back, digit by digit, behind the others.
///
/// ```
/// use genledger::activity::Picture;
///
/// let json = r#"{"Url":"https://cdn.example/1.png","Width":768,"Score":0.250,"Tags":["x"]}"#;
/// let picture: Picture = serde_json::from_str(json)?;
/// assert_eq!(picture.width, Some(768));
/// assert_eq!(picture.further[0].1.get(), "0.250");
/// assert_eq!(serde_json::to_string(&picture)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Embed)]
#[json(rename_all = "PascalCase")]
pub struct Picture {
    /// Where the picture is.
    pub url: String,
    /// The id of the picture.
    pub id: Option<String>,
    /// The width in pixels.
    pub width: Option<i64>,
    /// The height in pixels.
    pub height: Option<i64>,
    /// All further members in their order, as JSON.
    #[column(json)]
    #[json(skip)]
    pub further: Vec<(String, Box<RawValue>)>,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        // Raw JSON has no `PartialEq`; its text is compared.
        let further = |picture: &Self| -> Vec<(String, String)> {
            let each = picture.further.iter();
            each.map(|(name, value)| (name.clone(), value.get().to_owned()))
                .collect()
        };
        self.url == other.url
            && self.id == other.id
            && self.width == other.width
            && self.height == other.height
            && further(self) == further(other)
    }
}

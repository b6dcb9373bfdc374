//! The JSON inside of tasks: buttons, videos and properties.

use genledger_contract::json::RawJson;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::json_object;

json_object! {
    /// A button of the result of a task: known keys typed, all others kept byte for byte.
    ///
    /// ```
    /// use genledger::midjourney::MidjourneyButton;
    ///
    /// let json = r#"{"customId":"MJ::JOB::upsample::1::x","label":"U1","type":2,"style":2,"new":[1.50]}"#;
    /// let button: MidjourneyButton = serde_json::from_str(json).unwrap();
    /// assert_eq!(button.get(MidjourneyButton::LABEL)?.as_deref(), Some("U1"));
    /// assert_eq!(serde_json::to_string(&button).unwrap(), json);
    /// # Ok::<(), genledger::Error>(())
    /// ```
    pub struct MidjourneyButton at "buttons";

    /// The id that is sent when the button is pressed.
    CUSTOM_ID: String = "customId";
    /// The picture on the button.
    EMOJI: String = "emoji";
    /// The text on the button.
    LABEL: String = "label";
    /// The type of the component.
    KIND: i64 = "type";
    /// The style of the button.
    STYLE: i64 = "style";
}

json_object! {
    /// A video of a task: known keys typed, all others kept byte for byte. A plain address is read as well.
    ///
    /// ```
    /// use genledger::midjourney::MidjourneyVideo;
    ///
    /// let videos: Vec<MidjourneyVideo> =
    ///     serde_json::from_str(r#"[{"url":"https://cdn.example/1.mp4"},"https://cdn.example/2.mp4"]"#).unwrap();
    /// assert_eq!(videos[1].get(MidjourneyVideo::URL)?.as_deref(), Some("https://cdn.example/2.mp4"));
    /// # Ok::<(), genledger::Error>(())
    /// ```
    pub struct MidjourneyVideo at "video_urls";

    /// The address of the video.
    URL: String = "url";
}

json_object! {
    /// Further properties of a task: known keys typed, all others kept byte for byte.
    ///
    /// ```
    /// use genledger::midjourney::MidjourneyProperties;
    ///
    /// let properties = MidjourneyProperties::from_text(r#"{"finalPrompt":"a cat","notifyHook":"https://intern"}"#);
    /// assert_eq!(properties.get(MidjourneyProperties::FINAL_PROMPT)?.as_deref(), Some("a cat"));
    /// assert_eq!(properties.for_user().as_str(), r#"{"finalPrompt":"a cat"}"#);
    /// # Ok::<(), genledger::Error>(())
    /// ```
    pub struct MidjourneyProperties at "properties";

    /// The prompt as it was sent in the end.
    FINAL_PROMPT: String = "finalPrompt";
    /// The same in Chinese.
    FINAL_ZH_PROMPT: String = "finalZhPrompt";
}

impl MidjourneyProperties {
    /// The properties that a normal user may see: the known ones. Others describe accounts and hooks of the
    /// operator.
    #[must_use]
    pub fn for_user(&self) -> Self {
        let mut shown = Self::new();
        for key in [Self::FINAL_PROMPT, Self::FINAL_ZH_PROMPT] {
            if let Ok(Some(text)) = self.get(key) {
                shown.set(key, text);
            }
        }
        shown
    }
}

/// The object itself in JSON. A text that is not JSON, which only a row of another program has, is written as text.
fn write<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if text.is_empty() {
        return write("{}", serializer);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => raw.serialize(serializer),
        Err(_) => serializer.serialize_str(text),
    }
}

macro_rules! as_json {
    ($($name:ident)+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                write(self.as_str(), serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = RawJson::deserialize(deserializer)?.into_json();
                Ok(Self::stored(json.get()))
            }
        }
    )+};
}

as_json!(MidjourneyButton MidjourneyVideo MidjourneyProperties);

/// An object of a list.
pub(super) trait Part: Sized {
    fn stored(json: &str) -> Self;
}

impl Part for MidjourneyButton {
    fn stored(json: &str) -> Self {
        Self::from_text(json)
    }
}

impl Part for MidjourneyVideo {
    fn stored(json: &str) -> Self {
        match serde_json::from_str::<String>(json) {
            Ok(url) => Self::new().with(Self::URL, url),
            Err(_) => Self::from_text(json),
        }
    }
}

impl Part for MidjourneyProperties {
    fn stored(json: &str) -> Self {
        match json {
            "null" | "{}" => Self::new(),
            json => Self::from_text(json),
        }
    }
}

/// Reads a stored list: nothing, a list, one object instead of a list, or a text that contains one of these. What
/// is not JSON is one part that cannot be read, so that it does not make the task unreadable.
fn list<P: Part>(text: Option<&str>) -> Vec<P> {
    let text = text.unwrap_or_default().trim_ascii();
    if matches!(text, "" | "null") {
        return Vec::new();
    }
    if let Ok(parts) = serde_json::from_str::<Vec<Box<RawValue>>>(text) {
        return parts.iter().map(|part| P::stored(part.get())).collect();
    }
    match serde_json::from_str::<String>(text) {
        Ok(inner) if inner.trim_ascii().starts_with(['[', '{']) || inner.is_empty() => {
            list(Some(&inner))
        }
        _ => vec![P::stored(text)],
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of `read_with`")]
pub(super) fn buttons(text: Option<&str>) -> Option<Vec<MidjourneyButton>> {
    Some(list(text))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of `read_with`")]
pub(super) fn videos(text: Option<&str>) -> Option<Vec<MidjourneyVideo>> {
    Some(list(text))
}

/// The properties, also inside of a text. What is not JSON is kept, and its keys cannot be read.
#[expect(clippy::unnecessary_wraps, reason = "the signature of `read_with`")]
pub(super) fn properties(text: Option<&str>) -> Option<MidjourneyProperties> {
    let text = text.unwrap_or_default().trim_ascii();
    Some(match serde_json::from_str::<String>(text) {
        Ok(inner) => MidjourneyProperties::stored(inner.trim_ascii()),
        Err(_) => MidjourneyProperties::stored(text),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        MidjourneyButton, MidjourneyProperties, MidjourneyVideo, buttons, properties, videos,
    };

    fn labels(text: &str) -> Vec<Option<String>> {
        let buttons = buttons(Some(text)).unwrap();
        let label = |button: &MidjourneyButton| button.get(MidjourneyButton::LABEL).ok().flatten();
        buttons.iter().map(label).collect()
    }

    #[test]
    fn lists_of_other_programs_are_read() {
        for empty in ["", "  ", "null", "[]", "\"\"", "\"[]\""] {
            assert_eq!(labels(empty), [], "{empty}");
        }
        assert_eq!(buttons(None), Some(vec![]));
        let u1 = Some("U1".to_owned());
        assert_eq!(
            labels(r#"[{"label":"U1"},{"x":1},null,7]"#),
            [u1.clone(), None, None, None]
        );
        assert_eq!(labels(r#"{"label":"U1"}"#), std::slice::from_ref(&u1));
        assert_eq!(labels(r#""[{\"label\":\"U1\"}]""#), [u1]);
        // Not JSON: one part whose keys cannot be read.
        let broken = buttons(Some("[{\"label\":")).unwrap();
        assert!(broken[0].get(MidjourneyButton::LABEL).is_err());
        let written = serde_json::to_string(&broken).unwrap();
        assert_eq!(written, r#"["[{\"label\":"]"#);
    }

    #[test]
    fn videos_of_other_programs_are_read() {
        let read = videos(Some(r#"["https://a", {"url":"https://b","n":1.50}]"#)).unwrap();
        let urls: Vec<_> = read
            .iter()
            .map(|video| video.get(MidjourneyVideo::URL).unwrap())
            .collect();
        assert_eq!(
            urls,
            [Some("https://a".to_owned()), Some("https://b".to_owned())]
        );
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(
            written,
            r#"[{"url":"https://a"},{"url":"https://b","n":1.50}]"#
        );
        let plain = videos(Some("\"https://a\"")).unwrap();
        assert_eq!(
            plain[0].get(MidjourneyVideo::URL).unwrap().as_deref(),
            Some("https://a")
        );
    }

    #[test]
    fn properties_of_other_programs_are_read() {
        let prompt = |text: &str| {
            let properties = properties(Some(text)).unwrap();
            properties.get(MidjourneyProperties::FINAL_PROMPT)
        };
        for empty in ["", "null", "{}", "\"\""] {
            assert_eq!(prompt(empty), Ok(None), "{empty}");
        }
        assert_eq!(properties(None), Some(MidjourneyProperties::new()));
        let cat = Ok(Some("cat".to_owned()));
        assert_eq!(prompt(r#"{"finalPrompt":"cat","nonce":1}"#), cat);
        assert_eq!(prompt(r#""{\"finalPrompt\":\"cat\"}""#), cat);
        assert!(prompt("{\"finalPrompt\"").is_err());
        assert!(properties(Some("[1]")).unwrap().for_user().is_empty());
        let written = serde_json::to_string(&MidjourneyProperties::new()).unwrap();
        assert_eq!(written, "{}");
    }
}

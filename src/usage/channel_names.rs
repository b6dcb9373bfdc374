//! Names of channels, which are looked up where logs are shown and never stored with them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::BuildHasher;

use async_trait::async_trait;
use genledger_contract::Result;

/// Looks up the names of channels. A listing calls it once for each page, with every channel of the page.
///
/// ```
/// use std::collections::HashMap;
/// use genledger::usage::ChannelNames;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// // A map is the simplest one; a service uses its own table or cache.
/// let names = HashMap::from([(12, String::from("eu-west"))]);
/// assert_eq!(names.channel_names(&[12, 13]).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ChannelNames: Debug + Send + Sync {
    /// The names of these channels, as far as they have one. The ids are distinct and not 0.
    ///
    /// # Errors
    /// Any error of the lookup; the listing returns it.
    async fn channel_names(&self, channel_ids: &[i64]) -> Result<HashMap<i64, String>>;
}

#[async_trait]
impl<S: BuildHasher + Send + Sync> ChannelNames for HashMap<i64, String, S> {
    async fn channel_names(&self, channel_ids: &[i64]) -> Result<HashMap<i64, String>> {
        let name = |id: &i64| Some((*id, self.get(id)?.clone()));
        Ok(channel_ids.iter().filter_map(name).collect())
    }
}

/// Has no names.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoChannelNames;

#[async_trait]
impl ChannelNames for NoChannelNames {
    async fn channel_names(&self, _channel_ids: &[i64]) -> Result<HashMap<i64, String>> {
        Ok(HashMap::new())
    }
}

//! The cases, one file a topic. Every `pub async fn` is a case: the build script finds it, and its
//! doc comment is what it promises.

pub mod round_trip;

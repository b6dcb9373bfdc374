//! The shape of two logs in plain serde: the same members of the same types, no flattening, and
//! numbers where the library has decimals, times and codes.

use serde::{Deserialize, Serialize};

/// The shape of a wallet log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlainWallet {
    #[serde(rename = "ID")]
    id: String,
    user_id: Option<String>,
    client_type: i16,
    ctl_dev_id: Option<String>,
    ctl_channel: Option<String>,
    ctl_version: Option<String>,
    description: Option<String>,
    session_id: Option<String>,
    roles: Vec<String>,
    trade_type: i16,
    trade_item: String,
    trade_amount: f64,
    remain_amount: f64,
    record_time_stamp: i64,
}

/// The shape of an image log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlainImage {
    #[serde(rename = "ID")]
    id: String,
    user_id: Option<String>,
    client_type: i16,
    ctl_dev_id: Option<String>,
    ctl_channel: Option<String>,
    ctl_version: Option<String>,
    description: Option<String>,
    session_id: Option<String>,
    roles: Vec<String>,
    task_id: String,
    parameter_info: PlainInfo,
    is_success: bool,
    picture_list: Vec<PlainPicture>,
    amount: f64,
    wait_time_stamp: i64,
    start_time_stamp: i64,
    record_time_stamp: i64,
    reason: Option<String>,
}

/// The shape of the requested parameters.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlainInfo {
    generate_image_enum: i16,
    material_source: i16,
    url: Option<String>,
    size: i16,
    #[serde(rename = "AISpatialAttributeId")]
    ai_spatial_attribute_id: Option<String>,
    #[serde(rename = "AIStyleId")]
    ai_style_id: Option<String>,
    sum: i32,
}

/// The shape of a picture without further members.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlainPicture {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
}

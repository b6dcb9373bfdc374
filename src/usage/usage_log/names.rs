//! The names of the members in JSON, as constant data for documentation and exports.

use genledger_contract::{Entity, JsonMember, TableDef};

use super::UsageLog;

const TABLE: &TableDef = UsageLog::TABLE;

const NAMES: [JsonMember; TABLE.columns.len()] = {
    let mut names = [JsonMember {
        field: "",
        name: "",
    }; TABLE.columns.len()];
    let mut index = 0;
    while index < names.len() {
        let name = TABLE.columns[index].name;
        names[index] = JsonMember { field: name, name };
        index += 1;
    }
    if let Some(channel) = TABLE.position("channel_id") {
        names[channel].name = "channel";
    }
    names
};

impl UsageLog {
    /// The columns and what they are called in JSON: all the same, except for the channel.
    pub const JSON_NAMES: &'static [JsonMember] = &NAMES;
}

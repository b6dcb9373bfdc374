//! JSON to entity to JSON, against plain serde on a struct of the same shape.

use std::error::Error;
use std::time::Duration;

use genledger::activity::{GenerateImageLog, WalletLog};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::plain::{PlainImage, PlainWallet};
use crate::{median, ratio, timed};

const ROUNDS: usize = 31;
const EACH: usize = 20_000;

const BASE: &str = r#""ID":"0197728f5a4073b7a1f00c5d8e1f2a3b","UserId":"u-1","ClientType":2,"CtlDevId":"device-7","CtlChannel":"appstore","CtlVersion":"3.2.1","Description":null,"SessionId":"s-9f","Roles":["designer","vip"]"#;

const WALLET: &str = r#""TradeType":1,"TradeItem":"vip","TradeAmount":19.5,"RemainAmount":80.25,"RecordTimeStamp":1750000000000"#;

const IMAGE: &str = r#""TaskId":"task-1","ParameterInfo":{"GenerateImageEnum":1,"MaterialSource":2,"Url":"https://cdn.example/m.png","Size":16,"AISpatialAttributeId":"sp-1","AIStyleId":"st-1","Sum":4},"IsSuccess":true,"PictureList":[{"Url":"https://cdn.example/1.png","Id":"p-1","Width":768,"Height":432},{"Url":"https://cdn.example/2.png","Id":"p-2","Width":768,"Height":432}],"Amount":8.25,"WaitTimeStamp":250,"StartTimeStamp":1750000000000,"RecordTimeStamp":1750000009000,"Reason":null"#;

/// Prints the ratio for a short and for a long log.
pub(crate) fn compare() -> Result<(), Box<dyn Error>> {
    one::<WalletLog, PlainWallet>("WalletLog", WALLET)?;
    one::<GenerateImageLog, PlainImage>("GenerateImageLog", IMAGE)
}

fn one<L, P>(name: &str, own: &str) -> Result<(), Box<dyn Error>>
where
    L: Serialize + DeserializeOwned,
    P: Serialize + DeserializeOwned,
{
    let json = format!("{{{BASE},{own}}}");
    // Both must write what they read, otherwise the work is not comparable.
    assert_eq!(there_and_back::<L>(&json)?, json);
    assert_eq!(there_and_back::<P>(&json)?, json);
    let (mut logs, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(many::<P>(&json));
        logs.push(many::<L>(&json));
    }
    let (logs, plain) = (median(logs), median(plain));
    println!(
        "JSON to {name} to JSON: {} × of plain serde ({} ns to {} ns each)",
        ratio(logs, plain),
        logs.as_nanos() / (EACH as u128),
        plain.as_nanos() / (EACH as u128),
    );
    Ok(())
}

fn there_and_back<T: Serialize + DeserializeOwned>(json: &str) -> serde_json::Result<String> {
    serde_json::to_string(&serde_json::from_str::<T>(json)?)
}

fn many<T: Serialize + DeserializeOwned>(json: &str) -> Duration {
    timed(|| {
        let times = (0..EACH).filter_map(|_| there_and_back::<T>(std::hint::black_box(json)).ok());
        times.map(|text| text.len()).sum::<usize>()
    })
}

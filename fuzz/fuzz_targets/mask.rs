//! The laws of `genledger::mask::mask` for any text: masking twice changes nothing more, the result is not much
//! longer than the text, and a URL or an address that is planted in it is not left.
#![no_main]

use genledger::mask::mask;
use libfuzzer_sys::fuzz_target;

/// The most bytes that a text may grow by, for each of its own and at all: `a.b` becomes `***.b`.
const GROWTH: usize = 2;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let once = mask(&text);
    assert_eq!(mask(&once), once, "masking twice changes the result");
    assert!(
        once.len() <= GROWTH * (text.len() + 1),
        "{} bytes became {}",
        text.len(),
        once.len()
    );
    let planted = format!("{text} https://api.planted-host.com/planted-path?k=planted-value 198.51.100.23");
    let masked = mask(&planted);
    for secret in ["planted-host", "planted-path", "planted-value", "198.51.100.23"] {
        assert!(
            text.contains(secret) || !masked.contains(secret),
            "{secret} is left in {masked:?}"
        );
    }
});

//! Small generators and hashes whose outputs are part of the documented behaviour.

/// A generator of 64-bit numbers, `SplitMix64`. Equal seeds give equal sequences, so a choice of accounts can be
/// repeated; it is not for secrets.
///
/// ```
/// use genledger::generation::SplitMix64;
///
/// let mut random = SplitMix64::new(1_234_567);
/// assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
/// assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The generator that begins with a seed; any number is one.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number, from 0 to `u64::MAX`.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        finalise(self.state)
    }
}

/// The finaliser of `SplitMix64`: a bijection whose output bits each depend on every input bit.
pub(super) const fn finalise(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The hash FNV-1a of 64 bits over several texts, with a zero byte between them.
pub(super) fn fnv1a64(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            add(0);
        }
        part.bytes().for_each(&mut add);
    }
    hash
}

/// An index below a count: a random number modulo it. `None` for a count of 0.
pub(super) fn index_below(random: u64, count: usize) -> Option<usize> {
    let rest = random.checked_rem(u64::try_from(count).ok()?)?;
    usize::try_from(rest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_implementations() {
        let mut random = SplitMix64::new(1_234_567);
        let numbers: Vec<u64> = (0..5).map(|_| random.next_u64()).collect();
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
        assert_eq!(SplitMix64::new(0).next_u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn hashes_of_other_implementations() {
        assert_eq!(fnv1a64(&[]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a64(&["a"]), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a64(&["foobar"]), 0x8594_4171_f739_67e8);
        assert_eq!(fnv1a64(&["foo", "bar"]), fnv1a64(&["foo\0bar"]));
    }

    #[test]
    fn an_index_is_below_the_count() {
        assert_eq!(index_below(7, 0), None);
        assert_eq!(index_below(7, 1), Some(0));
        assert_eq!(index_below(7, 4), Some(3));
        assert_eq!(index_below(u64::MAX, 10), Some(5));
    }
}

//! When a signing key may leave: once a key that stays has signed beside it for long enough.

use std::collections::BTreeMap;

use crate::fingerprint::Fingerprint;
use crate::time::{Span, Timestamp};

/// Since when each key has signed a distribution without a break.
pub type Seniority = BTreeMap<Fingerprint, Timestamp>;

/// Returns the key among `staying` that has signed longest, and when it will have signed for
/// `overlap`; nothing if none of them signs so far.
///
/// Until then there may be clients that have not got it yet.
pub fn successor<'a>(
    staying: impl IntoIterator<Item = &'a Fingerprint>,
    since: &Seniority,
    overlap: Span,
) -> Option<(Fingerprint, Timestamp)> {
    let signing = staying.into_iter().filter_map(|key| Some((*since.get(key)?, *key)));
    signing.min().map(|(since, key)| (key, overlap.after(since)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_has_signed_longest_lets_another_one_go() {
        let key = |digit: &str| digit.repeat(40).parse::<Fingerprint>().unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let since = Seniority::from([(key("A"), at(100)), (key("B"), at(50)), (key("C"), at(0))]);
        let of = |staying: &[Fingerprint]| successor(staying, &since, Span::seconds(1000));
        assert_eq!(of(&[key("A"), key("B"), key("D")]), Some((key("B"), at(1050))));
        assert_eq!(of(&[key("D")]), None, "it signs nothing yet");
        assert_eq!(of(&[]), None);
    }
}

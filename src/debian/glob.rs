//! Matches text against a pattern in which `*` stands for any characters, also for none.
//!
//! Nothing else is special, and a pattern always means the whole text.

/// The only special character.
pub(super) const STAR: char = '*';

/// Tells whether the whole of `text` is what `pattern` says, in linear time for each `*`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once(STAR) else { return pattern == text };
    let (middle, end) = rest.rsplit_once(STAR).unwrap_or(("", rest));
    let between = text.strip_prefix(start).and_then(|text| text.strip_suffix(end));
    let Some(mut between) = between else { return false };
    // The first place where a part fits leaves the most room for those after it.
    middle.split(STAR).all(|part| match between.find(part) {
        Some(at) => {
            between = &between[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_is_any_text_and_the_rest_is_itself() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("a*", "a"), ("*a", "ba"), ("a*a", "aa"), ("a*b*c", "axbbyc")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a", "ab"), ("a", "ba"), ("a*", "ba"), ("a*a", "a"), ("", "a"), ("a*b*c", "acb")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    /// The definition, which takes exponential time.
    fn by_definition(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                by_definition(rest, text)
                    || matches!(text, [_, text @ ..] if by_definition(pattern, text))
            }
            ([a, pattern @ ..], [b, text @ ..]) => a == b && by_definition(pattern, text),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn matching_is_what_the_definition_says(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            let expected = by_definition(pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(matches(&pattern, &text), expected);
        }
    }
}

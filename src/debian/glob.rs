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

/// Tells whether some text is what both patterns say, in time proportional to both lengths.
pub(super) fn meet(one: &str, two: &str) -> bool {
    let two: Vec<char> = two.chars().collect();
    // Which beginnings of the second pattern mean what the first one means so far.
    let mut reached = vec![false; two.len() + 1];
    reached[0] = true;
    skip_stars(&two, &mut reached);
    for c in one.chars() {
        if c == STAR {
            // It stands for whatever the second pattern goes on with.
            let first = reached.iter().position(|is| *is).unwrap_or(reached.len());
            reached[first..].fill(true);
            continue;
        }
        let mut next = vec![false; two.len() + 1];
        for (at, other) in two.iter().enumerate().filter(|(at, _)| reached[*at]) {
            next[at] |= *other == STAR;
            next[at + 1] |= *other == c;
        }
        skip_stars(&two, &mut next);
        reached = next;
    }
    reached[two.len()]
}

/// Goes on behind each star that is reached, since it may stand for nothing.
fn skip_stars(pattern: &[char], reached: &mut [bool]) {
    for (at, _) in pattern.iter().enumerate().filter(|(_, c)| **c == STAR) {
        reached[at + 1] |= reached[at];
    }
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

        #[test]
        fn patterns_meet_where_some_text_is_both(one in "[ab*]{0,4}", two in "[ab*]{0,4}") {
            // No shortest such text is longer than the letters of both.
            let texts = (0..=8).flat_map(|length| (0..1_u32 << length).map(move |bits| (length, bits)));
            let expected = texts.into_iter().any(|(length, bits)| {
                let text: String =
                    (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect();
                matches(&one, &text) && matches(&two, &text)
            });
            prop_assert_eq!(meet(&one, &two), expected, "{} {}", one, two);
        }
    }
}

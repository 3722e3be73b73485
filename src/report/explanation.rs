//! The long texts of error codes: the sections of `docs/errors.md`, which is compiled in.
//!
//! The page is the one place where they stand, so that what `repoman explain` prints and what is
//! read on the web can't differ.

const PAGE: &str = include_str!("../../docs/errors.md");

/// What there is to say of an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code: `RM1004`.
    pub code: &'static str,
    /// The kind of error, in a few words.
    pub title: &'static str,
    /// Why it is one and what to do, in Markdown of up to 100 columns.
    pub text: &'static str,
}

/// Returns the explanations of all codes, in their order.
pub fn explanations() -> impl Iterator<Item = Explanation> {
    let sections = PAGE.split("\n### ").skip(1);
    sections.filter_map(|section| {
        // The next group's heading ends the last section of a group.
        let section = section.split("\n## ").next()?;
        let (heading, text) = section.split_once('\n')?;
        let (code, title) = heading.split_once(" · ")?;
        Some(Explanation { code, title, text: text.trim() })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_section_of_the_page_is_an_explanation() {
        let all: Vec<_> = explanations().collect();
        assert_eq!(all.len(), PAGE.lines().filter(|line| line.starts_with("### ")).count());
        assert!(all.is_sorted_by(|left, right| left.code < right.code));
        let titles: BTreeSet<_> =
            all.iter().map(|explanation| (&explanation.code[..3], explanation.title)).collect();
        assert_eq!(titles.len(), all.len(), "titles are distinct within their group");
        for Explanation { code, title, text } in all {
            assert!(code.len() == 6 && code.starts_with("RM"), "{code}");
            assert!(!title.ends_with('.') && text.ends_with('.'), "{code}");
            assert!(!text.contains('#') || text.contains('`'), "{code}");
        }
    }
}

//! Why nothing can be explained.

use std::collections::BTreeSet;

use super::Failure;
use crate::cli::exit;
use crate::plan::fate::Fate;
use crate::query::Glob;
use crate::text;

impl Failure {
    /// An address names no version; these are all there are.
    pub fn nothing_there(address: &str, all: &[Fate]) -> Self {
        let (path, version) = address.split_once('@').unwrap_or((address, ""));
        let places = alike(path, all);
        let near = text::suggestion(path, places.iter().map(String::as_str));
        let advice = match near {
            Some(near) if near == path => {
                let same = all.iter().zip(&places).filter(|(_, place)| *place == path);
                let mut versions = same.map(|(fate, _)| fate.id.version.as_str());
                let near = text::suggestion(version, versions.clone());
                let shown = near.or_else(|| versions.next_back()).unwrap_or_default();
                format!("did you mean {path}@{shown}? {path} shows all of its versions")
            }
            Some(near) => format!("did you mean {near}?"),
            None => {
                "an address is DISTRIBUTION/COMPONENT/ARCHITECTURE/PACKAGE[@VERSION], each part \
                     a pattern; `repoman query` shows what is published"
                    .to_owned()
            }
        };
        let message = format!("nothing is published or offered at {address}");
        Self::new("RM8005", message).hint(advice)
    }

    /// A text has a slash and is no address.
    pub fn no_address(subject: &str) -> Self {
        Self::new("RM8006", format!("`{subject}` is not an address"))
            .hint("write bookworm/main/amd64/widget or bookworm/main/*/widget@1.0")
            .exit(exit::USAGE)
    }
}

/// Returns the addresses of versions as the typed one is written: no longer, with its patterns where
/// they fit, and by its architecture where a package is for all of them.
fn alike(typed: &str, all: &[Fate]) -> Vec<String> {
    let typed: Vec<&str> = typed.split('/').collect();
    let known: BTreeSet<_> =
        all.iter().map(|fate| (&fate.codename, &fate.id.architecture)).collect();
    let address = |fate: &Fate| {
        let Fate { codename, component, id, .. } = fate;
        let place = format!("{codename}/{component}");
        let has_typed = |typed: &&&str| {
            id.architecture.is_all()
                && typed
                    .parse()
                    .is_ok_and(|architecture| known.contains(&(codename, &architecture)))
        };
        let after_place = typed.get(place.split('/').count());
        let architecture =
            after_place.filter(has_typed).map_or(id.architecture.as_str(), |typed| *typed);
        let own = place.split('/').chain([architecture, id.name.as_str()]);
        let segments = own.take(typed.len()).enumerate().map(|(at, own)| {
            let glob = typed[at].parse::<Glob>().ok();
            if glob.is_some_and(|glob| glob.matches(own)) { typed[at] } else { own }
        });
        segments.collect::<Vec<_>>().join("/")
    };
    all.iter().map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fate::Outcome;
    use crate::snapshot::PackageId;

    fn fate(codename: &str, id: [&str; 3]) -> Fate {
        let [name, version, architecture] = id;
        Fate {
            codename: codename.parse().unwrap(),
            component: "main".parse().unwrap(),
            id: PackageId {
                name: name.parse().unwrap(),
                version: version.parse().unwrap(),
                architecture: architecture.parse().unwrap(),
            },
            published_at: None,
            outcome: Outcome::Untouched,
            dangers: Vec::new(),
        }
    }

    #[test]
    fn an_address_is_corrected_in_the_form_in_which_it_was_typed() {
        let all = [
            fate("bookworm", ["widget", "1.0", "amd64"]),
            fate("bookworm", ["widget", "1.1", "amd64"]),
            fate("bookworm", ["widget-doc", "1.0", "all"]),
            fate("bookworm/updates", ["gadget", "2.0", "arm64"]),
        ];
        for (typed, near) in [
            ("bokworm/main", "bookworm/main"),
            ("bookworm/mian", "bookworm/main"),
            ("bookworm/main/amd46", "bookworm/main/amd64"),
            ("bookworm/main/*/wiget", "bookworm/main/*/widget"),
            ("bookworm/mian/amd*/widget", "bookworm/main/amd*/widget"),
            ("bookworm/main/amd64/widget-dok", "bookworm/main/amd64/widget-doc"),
            ("bookworm/main/amd46/widget-doc", "bookworm/main/all/widget-doc"),
            ("bookworm/update/main", "bookworm/updates/main"),
            ("bookworm/updates/main/arm64/gadgte", "bookworm/updates/main/arm64/gadget"),
        ] {
            let places = alike(typed, &all);
            let found = text::suggestion(typed, places.iter().map(String::as_str));
            assert_eq!(found, Some(near), "{typed}");
        }
        assert_eq!(text::suggestion("zebra/x", alike("zebra/x", &all).iter().map(|p| &**p)), None);
    }
}

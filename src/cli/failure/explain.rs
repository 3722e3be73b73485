//! Why nothing can be explained.

use super::Failure;
use crate::cli::exit;
use crate::plan::fate::Fate;
use crate::text;

impl Failure {
    /// An address names no version; these are all there are.
    pub fn nothing_there(address: &str, all: &[Fate]) -> Self {
        let place = |Fate { codename, component, id, .. }: &Fate| {
            format!("{codename}/{component}/{}/{}", id.architecture, id.name)
        };
        let places: Vec<_> = all.iter().map(place).collect();
        let (path, version) = address.split_once('@').unwrap_or((address, ""));
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

//! `[source.NAME.packages]` of a source that takes from a distribution: one line each.

use toml_edit::Item;

use super::EditError;
use super::layout::Layout;
use super::list::texts;
use super::sources::no_source;
use super::value::string;

/// Versions of a package that another distribution takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The package.
    pub package: String,
    /// Which versions, as an expression.
    pub versions: String,
    /// From where to where.
    pub route: Route,
    /// How long a version must have been there, for the whole source.
    pub soak: Option<String>,
}

/// Which source promotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The source of that name.
    Source(String),
    /// The only one between these ends, each an address or its distribution alone. Where both are
    /// given and nothing promotes from the one to the other, a source is made.
    Between {
        /// Where the package is.
        from: Option<String>,
        /// Where it goes.
        to: Option<String>,
    },
}

/// Sets which versions of a package are promoted.
///
/// # Errors
///
/// Fails if there is no such source, if it is not clear which is meant, or if it is none that
/// promotes single versions.
pub fn promote(text: &str, promotion: &Promotion) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    let Promotion { package, versions, route, soak } = promotion;
    let source = match chosen(&layout, route)? {
        Chosen::Source(name) => name,
        Chosen::New { name, from, to } => {
            let mut entries = vec![("distribution", string(&from)), ("to", string(&to))];
            entries.extend(soak.iter().map(|soak| ("soak", string(soak))));
            layout.append(&["source", &name], &entries);
            let promoted = [(package.as_str(), string(versions))];
            layout.append(&["source", &name, "packages"], &promoted);
            return Ok(layout.to_text());
        }
    };
    let path = ["source", source.as_str(), "packages"];
    if !layout.find(&path).is_some_and(Item::is_table_like) {
        return Err(EditError::NoVersions(source));
    }
    let is_set = |path: &[&str], value: &str| {
        layout.find(path).and_then(Item::as_str).is_some_and(|set| set == value)
    };
    let known = is_set(&[path[0], path[1], path[2], package], versions);
    let soak = soak.as_ref().filter(|soak| !is_set(&["source", &source, "soak"], soak));
    if !known {
        layout.set(&path, package, string(versions))?;
    }
    if let Some(soak) = soak {
        layout.set(&path[..2], "soak", string(soak))?;
    }
    Ok(layout.to_text())
}

/// The source that promotes.
enum Chosen {
    Source(String),
    New { name: String, from: String, to: String },
}

fn chosen(layout: &Layout, route: &Route) -> Result<Chosen, EditError> {
    let key = |source: &str, key: &str| layout.find(&["source", source, key]);
    let sources = layout.names(&["source"]).into_iter();
    let promoting: Vec<String> =
        sources.filter(|name| key(name, "distribution").is_some()).map(str::to_owned).collect();
    let (from, to) = match route {
        Route::Source(name) if promoting.contains(name) => return Ok(Chosen::Source(name.clone())),
        Route::Source(name) if layout.find(&["source", name]).is_some() => {
            return Err(EditError::NotPromoting(name.clone()));
        }
        Route::Source(name) => return Err(no_source(layout, name)),
        Route::Between { from, to } => (from.as_deref(), to.as_deref()),
    };
    let ends_at = |name: &str, end: &str, address: Option<&str>| {
        address.is_none_or(|address| is_at(&texts(key(name, end)), address))
    };
    let fits = |name: &&String| ends_at(name, "distribution", from) && ends_at(name, "to", to);
    let fitting: Vec<_> = promoting.iter().filter(fits).collect();
    match (&fitting[..], from, to) {
        ([name], ..) => Ok(Chosen::Source((*name).clone())),
        ([], Some(from), Some(to)) => {
            let (from, to) = (from.to_owned(), to.to_owned());
            Ok(Chosen::New { name: new_name(layout, &to), from, to })
        }
        ([], ..) => Err(EditError::Route(promoting)),
        (fitting, ..) => Err(EditError::Route(fitting.iter().map(ToString::to_string).collect())),
    }
}

/// Tells whether a source has this end and no other: `bookworm/main`, or `bookworm` for any of its
/// components.
fn is_at(ends: &[String], address: &str) -> bool {
    let [end] = ends else { return false };
    *end == address || end.rsplit_once('/').is_some_and(|(codename, _)| codename == address)
}

/// Returns a name for a source to an address: `to-bookworm`, or `to-bookworm-main`, and so on.
fn new_name(layout: &Layout, to: &str) -> String {
    let whole = format!("to-{}", to.to_lowercase().replace('/', "-"));
    let codename = to.rsplit_once('/').map_or(to, |(codename, _)| codename);
    let short = format!("to-{}", codename.to_lowercase().replace('/', "-"));
    let numbered = (2..).map(|number| format!("{whole}-{number}"));
    let mut names = [short, whole.clone()].into_iter().chain(numbered);
    let is_free = |name: &String| layout.find(&["source", name]).is_none();
    names.find(is_free).expect("there are more numbers than sources")
}

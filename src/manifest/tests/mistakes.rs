//! One mistake at a time: what is said about it, and where.

use super::*;

/// One change to the smallest manifest, and what is to be said about it.
struct Case {
    /// The text to replace, and its replacement.
    change: (&'static str, &'static str),
    code: &'static str,
    /// The line of the span, and the text below it.
    covers: (usize, &'static str),
    message: &'static str,
    /// A part of the label or the help.
    advice: &'static str,
}

/// Shortens the tables below.
const fn case(
    change: (&'static str, &'static str),
    code: &'static str,
    covers: (usize, &'static str),
    message: &'static str,
    advice: &'static str,
) -> Case {
    Case { change, code, covers, message, advice }
}

/// Problems of keys and types, which the schema refuses as well.
#[rustfmt::skip]
const SHAPES: &[Case] = &[
    case(("origin =", "orgin ="), "RM1002", (5, "orgin"), "`[repository]` has no key `orgin`", "did you mean `origin`?"),
    case(("origin =", "suite ="), "RM1002", (5, "suite"), "`[repository]` has no key `suite`", "`suite` is a key of [distribution.NAME]"),
    case(("origin =", "zebra ="), "RM1002", (5, "zebra"), "`[repository]` has no key `zebra`", "the keys here are `name`, `origin`, `label`, `description` or `public_url`"),
    case(("[store]", "[sotre.x]\n[store]"), "RM1002", (7, "sotre"), "the manifest has no key `sotre`", "did you mean `store`?"),
    case(("[distribution.bookworm]", "[distribution.18.04]\nx = 1\n[distribution.bookworm]"), "RM1002", (17, "04"), "`[distribution.18]` has no key `04`", "a name with a dot needs quotes: [distribution.\"18.04\"]"),
    case(("\"Acme\"", "12"), "RM1003", (5, "12"), "`origin` must be a string", "origin = \"12\""),
    case(("\"Acme\"", "[\"Acme\"]"), "RM1003", (5, "[\"Acme\"]"), "`origin` must be a string", "this is a list"),
    case(("[\"main\"]", "\"main\""), "RM1003", (18, "\"main\""), "`components` must be a list of strings", "components = [\"main\"]"),
    case(("\"arm64\"", "64"), "RM1003", (19, "64"), "`architectures` must be a list of strings", "write it in quotes: \"64\""),
    case(("\"arm64\"", "[[]]"), "RM1003", (19, "[[]]"), "`architectures` must be a list of strings", "a list does not hold lists"),
    case(("to   =", "allow_empty = \"true\"\nto   ="), "RM1003", (23, "\"true\""), "`allow_empty` must be true or false", "allow_empty = true"),
    case(("to   =", "allow_empty = 1\nto   ="), "RM1003", (23, "1"), "`allow_empty` must be true or false", "this is a number"),
    case(("\"bookworm/main\"", "12.5"), "RM1003", (23, "12.5"), "`to` must be a string or a list of strings", "this is a number with a fraction"),
    case(("[source.widget]", "[[source]]"), "RM1003", (21, "[[source]]"), "`source` must be a table of named tables", "[source.NAME]"),
    case(("format = 1", "format = \"1\""), "RM1003", (1, "\"1\""), "`format` must be a number", "format = 1"),
    case(("format = 1", "format = 1.5"), "RM1003", (1, "1.5"), "`format` must be a number", "format = 1"),
    case(("url = \"s3://acme-apt/debian\"", ""), "RM1005", (7, "[store]"), "`[store]` has no `url`", "url = \"s3://acme-apt/debian\""),
    case(("components    = [\"main\"]", "components_ = 1"), "RM1002", (18, "components_"), "`[distribution.bookworm]` has no key `components_`", "did you mean `components`?"),
    case(("path = \"dist/*.deb\"", ""), "RM1005", (21, "[source.widget]"), "`[source.widget]` has no `path`, `push` or `distribution`", "path = \"dist/*.deb\"\nor\npush = true"),
    case(("path = \"dist/*.deb\"", "path = \"dist/*.deb\"\npush = true"), "RM1051", (23, "push"), "`[source.widget]` has `push` beside `path`", "make two tables"),
    case(("path = \"dist/*.deb\"", "push = false"), "RM1003", (22, "false"), "`push` must be true", "remove the line"),
    case(("path = \"dist/*.deb\"", "push = \"yes\""), "RM1003", (22, "\"yes\""), "`push` must be true", "push = true"),
    case(("to   =", "packages = \"widget\"\nto   ="), "RM1003", (23, "\"widget\""), "`packages` must be a list of names, or a table from names to versions", "packages = [\"widget\"]"),
    case(("to   =", "packages = { widget = 1 }\nto   ="), "RM1003", (23, "1"), "`widget` of `packages` must be a string", "widget = \"1\""),
    case(("to   =", "packages = { python3.11 = \">= 3.11.2\" }\nto   ="), "RM1035", (23, "python3"), "a dot without quotes divides `python3.11`", "write it in quotes: \"python3.11\""),
    case(("to   =", "packages = []\nto   ="), "RM1022", (23, "[]"), "`packages` is empty", "needs at least one element"),
    case(("to   =", "packages = {}\nto   ="), "RM1022", (23, "{}"), "`packages` is empty", "needs at least one element"),
    case(("to   =", "packages = [\"a*\", \"a*\"]\nto   ="), "RM1021", (23, "\"a*\""), "`a*` stands twice in `packages`", "remove one of the two"),
    case(("to   =", "mode = \"miror\"\nto   ="), "RM1006", (23, "\"miror\""), "`miror` is not a value of `mode`", "did you mean \"mirror\"?"),
    case(("[source", "compression = [\"xz\", \"bz2\"]\n[source"), "RM1006", (21, "\"bz2\""), "`bz2` is not a value of `compression`", "`xz`, `gz`, `zst` or `none`"),
    case(("[signing]", "storage_class = \"DEEP_ARCHIVE\"\n[signing]"), "RM1006", (10, "\"DEEP_ARCHIVE\""), "`DEEP_ARCHIVE` is not a value of `storage_class`", "unknown value"),
    case(("[signing]", "acl = \"public-read-write\"\n[signing]"), "RM1006", (10, "\"public-read-write\""), "`public-read-write` is not a value of `acl`", "`private`"),
    case(("format = 1\n", "format = 1\nnotify.releases.sns = 5\n"), "RM1008", (2, "notify"), "`notify` is not supported yet by repoman 0.1.0", "remove the table"),
    case(("path = \"dist/*.deb\"", "github = \"acme/widget\""), "RM1008", (22, "github"), "`github` is not supported yet by repoman 0.1.0", "remove the key"),
    case(("format = 1", "format = 2"), "RM1009", (1, "2"), "manifest format `2` is not known", "repoman 0.1.0 reads format 1"),
    case(("format = 1", "format = -1"), "RM1009", (1, "-1"), "manifest format `-1` is not known", "reads format 1"),
    case(("\"Acme\"", "\"\""), "RM1011", (5, "\"\""), "`origin` is empty", "must be one line of text"),
    case(("[\"main\"]", "[\"main\", \"main\"]"), "RM1021", (18, "\"main\""), "`main` stands twice in `components`", "remove one of the two"),
    case(("\"bookworm/main\"", "[]"), "RM1022", (23, "[]"), "`to` is empty", "needs at least one element"),
    case(("[source", "[limits]\nremove_percent = 101\n[source"), "RM1032", (22, "101"), "`remove_percent` must be from 1 to 100", "out of range"),
    case(("[source", "[limits]\nremove_at_least = 0\n[source"), "RM1032", (22, "0"), "`remove_at_least` must be at least 1", "out of range"),
    case(("[source", "[limits]\nremove_percent = \"20\"\n[source"), "RM1003", (22, "\"20\""), "`remove_percent` must be a number", "remove_percent = 20"),
    case(("[source", "valid_for = 14\n[source"), "RM1003", (21, "14"), "`valid_for` must be a duration", "valid_for = \"14d\", with the unit"),
    case(("[source", "valid_for = \"14 days\"\n[source"), "RM1033", (21, "\"14 days\""), "`14 days` is not a duration", "a whole number above zero"),
    case(("[\"release\"]", "[\"release\"]\noverlap = \"0d\""), "RM1033", (12, "\"0d\""), "`0d` is not a duration", "overlap = \"14d\""),
    case(("[source", "[removed]\nbuster = \"\"\n[source"), "RM1034", (22, "\"\""), "the reason for `buster` is missing", "say why"),
    case(("[source", "[removed]\nbuster = 2024\n[source"), "RM1003", (22, "2024"), "`[removed]` gives no reason for `buster`", "write why, in quotes"),
    case(("[source", "[removed]\n14.04 = \"EOL\"\n[source"), "RM1035", (22, "14"), "a dot without quotes divides `14.04`", "write it in quotes: \"14.04\""),
    case(("[source", "[removed]\n14 = {a = 1}\n[source"), "RM1003", (22, "{a = 1}"), "`[removed]` gives no reason for `14`", "this is a table"),
    case(("[source", "[yank.widget]\n\"1.0\" = \"\"\n[source"), "RM1034", (22, "\"\""), "the reason for `1.0` is missing", "say why"),
    case(("[source", "[yank.widget]\n\"1.0\" = 1\n[source"), "RM1003", (22, "1"), "`[yank.widget]` gives no reason for `1.0`", "this is a number"),
    case(("[source", "[yank]\nwidget = \"1.0\"\n[source"), "RM1003", (22, "widget"), "`[yank]` holds tables only", "[yank.NAME]"),
    case(("[source", "[keep.widget]\n\"1.0\" = { from = \"bookworm\" }\n[source"), "RM1005", (22, "{ from = \"bookworm\" }"), "`[keep.widget.1.0]` has no `reason`", "reason = \"why\""),
    case(("[source", "[keep.widget]\n\"1.0\" = { reson = \"x\" }\n[source"), "RM1002", (22, "reson"), "`[keep.widget.1.0]` has no key `reson`", "did you mean `reason`?"),
    case(("[source", "[keep.widget]\n\"1.0\" = { reason = \"x\", in = \"bookworm\" }\n[source"), "RM1002", (22, "in"), "`[keep.widget.1.0]` has no key `in`", "`reason` or `from`"),
    case(("[source", "[yank.python3.11]\n\"1.0\" = \"x\"\n[source"), "RM1035", (21, "11"), "a dot without quotes divides `python3.11`", "write it in quotes: \"python3.11\""),
    case(("[source", "[yank]\npython3.11.\"1.0\" = \"x\"\n[source"), "RM1035", (22, "11"), "a dot without quotes divides `python3.11`", "TOML for `11` below `python3`"),
    case(("[source", "[yank.widget]\n1.4.1-1 = \"x\"\n[source"), "RM1035", (22, "1"), "a dot without quotes divides `1.4.1-1`", "write it in quotes: \"1.4.1-1\""),
    case(("[source", "[retain]\nversions = 0\n[source"), "RM1032", (22, "0"), "`versions` must be at least 1", "out of range"),
    case(("[source", "[retain]\nversions = \"5\"\n[source"), "RM1003", (22, "\"5\""), "`versions` must be a number", "versions = 5"),
    case(("[source", "[retain]\nnewer_than = 90\n[source"), "RM1003", (22, "90"), "`newer_than` must be a duration", "newer_than = \"90d\""),
    case(("[source", "[retain.package.\"a*\"]\ngrac = \"1d\"\n[source"), "RM1002", (22, "grac"), "`[retain.package.a*]` has no key `grac`", "did you mean `grace`?"),
    case(("[source", "[retain.package.python3.11]\nversions = 1\n[source"), "RM1002", (21, "11"), "`[retain.package.python3]` has no key `11`", "a name with a dot needs quotes: [retain.package.\"python3.11\"]"),
    case(("[source", "[distribution.bookworm.component.main]\n[source"), "RM1005", (21, "[distribution.bookworm.component.main]"), "`[distribution.bookworm.component.main]` has no `[distribution.bookworm.component.main.retain]`", "versions = 5"),
    case(("[source", "component = [\"main\"]\n[source"), "RM1002", (21, "component"), "`[distribution.bookworm]` has no key `component`", "did you mean `components`?"),
    case(("path = \"dist/*.deb\"", "path = \"dist/*.deb\"\ndistribution = \"bookworm/main\""), "RM1051", (23, "distribution"), "`[source.widget]` has `distribution` beside `path`", "make two tables"),
    case(("path = \"dist/*.deb\"", "path = \"dist/*.deb\"\non_conflict = \"kep\""), "RM1006", (23, "\"kep\""), "`kep` is not a value of `on_conflict`", "did you mean \"keep\"?"),
    case(("[source.widget]\npath = \"dist/*.deb\"", "[distribution.trixie]\ncomponents = [\"main\", \"extra\"]\narchitectures = [\"amd64\"]\n[source.widget]\ndistribution = \"trixie/main\"\nsoak = 7"), "RM1003", (26, "7"), "`soak` must be a duration", "soak = \"7d\""),
];

/// Problems of meaning.
#[rustfmt::skip]
const MEANINGS: &[Case] = &[
    case(("\"Acme\"", "Acme"), "RM1001", (5, "Acme"), "not valid TOML: string values must be quoted, expected literal string", ""),
    case(("[distribution.bookworm]", "[distribution.bookworm/updates]"), "RM1001", (17, "/"), "not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`", ""),
    case(("\"bookworm/main\"", "1979-05-27"), "RM1003", (23, "1979-05-27"), "`to` must be a string or a list of strings", "this is a date"),
    case(("keys = [\"release\"]", "keys = true"), "RM1003", (11, "true"), "`keys` must be a list of strings", "this is true or false"),
    case(("\"arm64\"", "\"x86_64\""), "RM1004", (19, "\"x86_64\""), "`x86_64` is not a Debian architecture", "architectures = [\"amd64\"]"),
    case(("\"amd64\", \"arm64\"", "\"arm64\", \"x86_64\""), "RM1004", (19, "\"x86_64\""), "`x86_64` is not a Debian architecture", "architectures = [\"arm64\", \"amd64\"]"),
    case(("\"arm64\"", "\"linux-any\""), "RM1004", (19, "\"linux-any\""), "`linux-any` is not a Debian architecture", "wildcard"),
    case(("origin = ", "name = \"b\"\norigin = "), "RM1007", (5, "name"), "`name` is there already", "merge the two, or remove one"),
    case(("format = 1", "format = 99999999999999999999"), "RM1009", (1, "99999999999999999999"), "manifest format `99999999999999999999` is not known", "reads format 1"),
    case(("\"Acme\"", "\"Ac\\u001bme\""), "RM1011", (5, "\"Ac\\u001bme\""), "`origin` holds a line break or another character that can't be shown", ""),
    case(("\"Acme\"", "\"A\\nSigned-By: x\""), "RM1011", (5, "\"A\\nSigned-By: x\""), "`origin` holds a line break or another character that can't be shown", ""),
    case(("\"Acme\"", "\"Acme \""), "RM1011", (5, "\"Acme \""), "`origin` begins or ends with a blank", ""),
    case(("\"acme-apt\"", "\"Acme APT\""), "RM1012", (4, "\"Acme APT\""), "`Acme APT` is not a name for a repository", "did you mean `acme-apt`?"),
    case(("[source.widget]", "[source.\"-x\"]"), "RM1012", (21, "\"-x\""), "`-x` is not a name for a source", "begins with"),
    case(("[\"main\"]", "[\"main\", \"c++\"]"), "RM1013", (18, "\"c++\""), "`c++` is not a component", "it has '+'"),
    case(("components ", "suite = \"../x\"\ncomponents "), "RM1013", (18, "\"../x\""), "`../x` is not a suite", "not with '.'"),
    case(("s3://acme-apt/debian", "s4://acme-apt"), "RM1014", (8, "\"s4://acme-apt\""), "`s4://` is no kind of store", "did you mean \"s3://\"?"),
    case(("s3://acme-apt/debian", "acme-apt"), "RM1014", (8, "\"acme-apt\""), "`acme-apt` is not a URL", "has no `s3://`"),
    case(("s3://acme-apt/debian", "s3://Acme/debian"), "RM1014", (8, "\"s3://Acme/debian\""), "`s3://Acme/debian` is not the URL of a bucket", "lower-case letters"),
    case(("s3://acme-apt/debian", "s3://ab"), "RM1014", (8, "\"s3://ab\""), "`s3://ab` is not the URL of a bucket", "3 to 63 characters"),
    case(("s3://acme-apt/debian", "s3://acme-apt/../x"), "RM1014", (8, "\"s3://acme-apt/../x\""), "`s3://acme-apt/../x` is not the URL of a bucket", "between single slashes: `..`"),
    case(("s3://acme-apt/debian", "s3://acme-apt/a//b"), "RM1014", (8, "\"s3://acme-apt/a//b\""), "`s3://acme-apt/a//b` is not the URL of a bucket", "between single slashes"),
    case(("s3://acme-apt/debian", "file://"), "RM1014", (8, "\"file://\""), "`file://` names no directory", "file:///PATH"),
    case(("s3://acme-apt/debian", "https://s3.example.net/acme"), "RM1014", (8, "\"https://s3.example.net/acme\""), "a store is not an `https://` URL", "endpoint"),
    case(("s3://acme-apt/debian", "gs://acme-apt"), "RM1008", (8, "\"gs://acme-apt\""), "`gs://` is not supported yet by repoman 0.1.0", "`s3://` and `file://`"),
    case(("[signing]", "endpoint = \"s3.example.net\"\n[signing]"), "RM1015", (10, "\"s3.example.net\""), "`endpoint` is not a URL", "https://"),
    case(("[store]", "public_url = \"ftp://x\"\n[store]"), "RM1015", (7, "\"ftp://x\""), "`public_url` must begin with https:// or http://", "https://"),
    case(("[store]", "public_url = \"https://x/?a\"\n[store]"), "RM1015", (7, "\"https://x/?a\""), "`public_url` has a query or a fragment", "https://"),
    case(("[signing]", "kms_key = \"alias/apt\"\n[signing]"), "RM1016", (10, "kms_key"), "`kms_key` has no effect without KMS encryption", "encryption = \"aws:kms\""),
    case(("s3://acme-apt/debian\"", "file:///srv/apt\"\nregion = \"x\""), "RM1016", (9, "region"), "`region` has no effect on a directory", "remove the line"),
    case(("[source", "but_automatic_upgrades = true\n[source"), "RM1016", (21, "but_automatic_upgrades"), "`but_automatic_upgrades` has no effect without `not_automatic`", "not_automatic = true"),
    case(("path = \"dist/*.deb\"", "push = true\nmode = \"mirror\""), "RM1016", (23, "\"mirror\""), "`mode = \"mirror\"` has no effect with `push`", "what was pushed stays"),
    case(("path = \"dist/*.deb\"", "push = true\nallow_empty = true"), "RM1016", (23, "allow_empty"), "`allow_empty` has no effect with `push`", "remove the line"),
    case(("\"env:REPOMAN_SIGNING_KEY\"", "\"agent:\"\npassphrase = \"env:X\""), "RM1016", (16, "passphrase"), "`passphrase` has no effect with \"agent:\"", "asks for it itself"),
    case(("9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E", "B7D19E35A1C4D04E"), "RM1017", (14, "\"B7D19E35A1C4D04E\""), "`B7D19E35A1C4D04E` is not a full fingerprint", "short key id"),
    case(("9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E", "9A3F52"), "RM1017", (14, "\"9A3F52\""), "`9A3F52` is not a full fingerprint", "this has 6"),
    case(("9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E", "release"), "RM1017", (14, "\"release\""), "`release` is not a full fingerprint", "`r` is not a hexadecimal digit"),
    case(("env:REPOMAN_SIGNING_KEY", "hunter2"), "RM1018", (15, "\"hunter2\""), "`secret` must say where the secret is found, not what it is", "\"env:VARIABLE\""),
    case(("\n[distribution", "passphrase = \"hunter2\"\n[distribution"), "RM1018", (16, "\"hunter2\""), "`passphrase` must say where the secret is found, not what it is", "\"env:VARIABLE\""),
    case(("keys = [\"release\"]", "keys = [\"release\", \"relaese\"]"), "RM1019", (11, "\"relaese\""), "the signing key `relaese` is not defined", "did you mean \"release\"?"),
    case(("keys = [\"release\"]", "keys = [\"release\", \"release\"]"), "RM1021", (11, "\"release\""), "`release` stands twice in `keys`", "remove one"),
    case(("[\"main\"]", "[]"), "RM1022", (18, "[]"), "`components` is empty", "at least one"),
    case(("\"arm64\"", "\"all\""), "RM1023", (19, "\"all\""), "`all` is implied", "remove it"),
    case(("\"bookworm/main\"", "\"bookwrm/main\""), "RM1024", (23, "\"bookwrm/main\""), "`to` names `bookwrm/main`, which nothing declares", "did you mean \"bookworm/main\"?"),
    case(("\"bookworm/main\"", "\"bookworm/zebra\""), "RM1024", (23, "\"bookworm/zebra\""), "`to` names `bookworm/zebra`, which nothing declares", "`bookworm` has no such component"),
    case(("\"bookworm/main\"", "\"bookworm\""), "RM1024", (23, "\"bookworm\""), "`to` names `bookworm`, which nothing declares", "names no component"),
    case(("\"bookworm/main\"", "\"main\""), "RM1024", (23, "\"main\""), "`to` names `main`, which nothing declares", "DISTRIBUTION/COMPONENT"),
    case(("\"bookworm/main\"", "\"*/nightly\""), "RM1024", (23, "\"*/nightly\""), "`to` names `*/nightly`, which nothing declares", "declared: `bookworm/main`"),
    case(("dist/*.deb", "s3://b/*.deb"), "RM1025", (22, "\"s3://b/*.deb\""), "`path` is for local files, not for URLs", "path = \"dist/*.deb\""),
    case(("\"dist/*.deb\"", "'dist\\*.deb'"), "RM1025", (22, "'dist\\*.deb'"), "a pattern has `/` between directories, never a backslash", "path ="),
    case(("dist/*.deb", "dist/[a.deb"), "RM1025", (22, "\"dist/[a.deb\""), "the brackets of the pattern don't match", "path ="),
    case(("dist/*.deb", "dist/"), "RM1025", (22, "\"dist/\""), "the pattern ends with a slash, so no file can match it", "path ="),
    case(("dist/*.deb", "~/dist/*.deb"), "RM1025", (22, "\"~/dist/*.deb\""), "`~` does not stand for the home directory", "path ="),
    case(("dist/*.deb", "dist/{codename}/*.deb"), "RM1026", (22, "{codename}"), "`codename` is not a placeholder", "{distribution}"),
    case(("dist/*.deb", "dist/{relase}/*.deb"), "RM1026", (22, "{relase}"), "`relase` is not a placeholder", "did you mean {release}?"),
    case(("dist/*.deb", "dist/{arch/*.deb"), "RM1026", (22, "{"), "a brace is open or closed by itself", "{arch}"),
    case(("dist/*.deb", "dist/arch}/*.deb"), "RM1026", (22, "}"), "a brace is open or closed by itself", "{arch}"),
    case(("dist/*.deb", "dist/deb{release}/*.deb"), "RM1027", (22, "{release}"), "`bookworm` has no `release`", "[distribution.bookworm]"),
    case(("to   =", "architectures = [\"armhf\"]\nto   ="), "RM1028", (23, "\"armhf\""), "no target of the source has the architecture `armhf`", "add it to"),
    case(("[source", "[distribution.\"bookworm/main\"]\ncomponents = [\"x\"]\narchitectures = [\"amd64\"]\n[source"), "RM1030", (21, "\"bookworm/main\""), "`bookworm/main` lies in the directory of component `main` of `bookworm`", "rename"),
    case(("format = 1\n", "format = 1\nretain.purge_after = \"90m\"\n"), "RM1031", (2, "\"90m\""), "`purge_after` `90m` is shorter than 2h", "purge_after = \"7d\""),
    case(("format = 1\n", "format = 1\nretain.purge_after = \"soon\"\n"), "RM1033", (2, "\"soon\""), "`soon` is not a duration", "purge_after = \"14d\""),
    case(("to   =", "packages = [\"Widget\"]\nto   ="), "RM1042", (23, "\"Widget\""), "'Widget' matches no package name: it must start with a lower-case letter or a digit, not with 'W'", "libwidget*"),
    case(("to   =", "packages = { widget = \">= 1, < 2\" }\nto   ="), "RM1043", (23, "<"), "`<` is ambiguous; write `<<` or `<=`", "\">= 11, << 12\""),
    case(("to   =", "packages = { widget = \"<< 1, >= 2\" }\nto   ="), "RM1043", (23, ">= 2"), "no version is both `<< 1` and `>= 2`", "not a set of versions"),
    case(("to   =", "packages = { widget = \">= 1,\" }\nto   ="), "RM1043", (23, "\">= 1,\""), "a version is missing; `*` means every version", "1.0.*"),
    case(("[signing]", "role = \"apt-apply\"\n[signing]"), "RM1031", (10, "\"apt-apply\""), "`apt-apply` is not the ARN of a role", "arn:aws:iam::111122223333:role/NAME"),
    case(("[signing]", "region = \"eu central\"\n[signing]"), "RM1031", (10, "\"eu central\""), "`eu central` is not a region", "eu-central-1"),
    case(("[source", "valid_for = \"59m\"\n[source"), "RM1036", (21, "\"59m\""), "a Release that is valid for 59m runs out at once", "an hour or more"),
    case(("[source", "[removed]\n\"*/contrib\" = \"x\"\n[source"), "RM1037", (22, "\"*/contrib\""), "`*/contrib` is not an address that can be removed", "components of an architecture only"),
    case(("[source", "[removed]\n\"buster/main@1.0\" = \"x\"\n[source"), "RM1037", (22, "\"buster/main@1.0\""), "`buster/main@1.0` is not an address that can be removed", "[yank.PACKAGE]"),
    case(("[source", "[removed]\n\"buster/*/x86_64\" = \"x\"\n[source"), "RM1037", (22, "\"buster/*/x86_64\""), "`buster/*/x86_64` is not an address that can be removed", "Debian calls it 'amd64'"),
    case(("[source", "[removed]\n\"buster//x\" = \"x\"\n[source"), "RM1037", (22, "\"buster//x\""), "`buster//x` is not an address that can be removed", "a part between slashes is empty"),
    case(("[source", "[removed]\nbookworm = \"x\"\n[source"), "RM1038", (22, "bookworm"), "`bookworm` is removed and still declared", "stands in [distribution.bookworm]"),
    case(("[source", "[removed]\n\"bookworm/main\" = \"x\"\n[source"), "RM1038", (22, "\"bookworm/main\""), "`bookworm/main` is removed and still declared", "stands in `components` of bookworm"),
    case(("[source", "[removed]\n\"bookworm/*/arm64\" = \"x\"\n[source"), "RM1038", (22, "\"bookworm/*/arm64\""), "`bookworm/*/arm64` is removed and still declared", "stands in `architectures` of bookworm"),
    case(("[source", "[removed]\n\"bookworm/main/arm64\" = \"x\"\n[source"), "RM1038", (22, "\"bookworm/main/arm64\""), "`bookworm/main/arm64` is removed and still declared", "`architectures` of bookworm"),
    case(("[source", "[allow]\n\"relase-field:bookworm.label\" = \"x\"\n[source"), "RM1039", (22, "relase-field"), "`relase-field` is not a danger", "did you mean \"release-field\"?"),
    case(("[source", "[allow]\n\"everything:bookworm\" = \"x\"\n[source"), "RM1039", (22, "everything"), "`everything` is not a danger", "`mass-removal`, `package-gone`"),
    case(("[source", "[allow]\nmass-removal = \"x\"\n[source"), "RM1039", (22, "mass-removal"), "`mass-removal` is not the id of a danger", "a danger of what?"),
    case(("[source", "[allow]\n\"release-field:bookwrm.label\" = \"x\"\n[source"), "RM1040", (22, "bookwrm.label"), "`release-field:bookwrm.label` names nothing that can be in danger", "did you mean \"bookworm\"?"),
    case(("[source", "[allow]\n\"release-field:bookworm.labl\" = \"x\"\n[source"), "RM1040", (22, "bookworm.labl"), "`release-field:bookworm.labl` names nothing that can be in danger", "did you mean \"bookworm.label\"?"),
    case(("[source", "[allow]\n\"release-field:bookworm\" = \"x\"\n[source"), "RM1040", (22, "bookworm"), "`release-field:bookworm` names nothing that can be in danger", "names no field"),
    case(("[source", "[allow]\n\"mass-removal:trixie\" = \"x\"\n[source"), "RM1040", (22, "trixie"), "`mass-removal:trixie` names nothing that can be in danger", "declared: `bookworm`"),
    case(("[source", "[allow]\n\"source-empty:wiget\" = \"x\"\n[source"), "RM1040", (22, "wiget"), "`source-empty:wiget` names nothing that can be in danger", "did you mean \"widget\"?"),
    case(("[source", "[allow]\n\"older-manifest:\" = \"x\"\n[source"), "RM1040", (22, ""), "`older-manifest:` names nothing that can be in danger", "of what?"),
    case(("[source", "[allow]\n\"dist-removed:buster\" = \"x\"\n[source"), "RM1041", (22, "\"dist-removed:buster\""), "`dist-removed` can't be allowed", "add to [removed]"),
    case(("[source", "[allow]\n\"not-mine:bookworm\" = \"x\"\n[source"), "RM1041", (22, "\"not-mine:bookworm\""), "`not-mine` can't be allowed", "repoman adopt"),
    case(("[source", "[allow]\n\"wrong-repository:acme\" = \"x\"\n[source"), "RM1041", (22, "\"wrong-repository:acme\""), "`wrong-repository` can't be allowed", "correct `url`"),
    case(("[source", "[yank.\"lib*\"]\n\"1.0\" = \"x\"\n[source"), "RM1042", (21, "\"lib*\""), "`lib*` is not a package name", "one package"),
    case(("[source", "[yank.Widget]\n\"1.0\" = \"x\"\n[source"), "RM1042", (21, "Widget"), "`Widget` is not a package name", "lower-case letter"),
    case(("[source", "[yank.widget]\n\"< 1.0\" = \"x\"\n[source"), "RM1043", (22, "<"), "`<` is ambiguous; write `<<` or `<=`", ">= 11, << 12"),
    case(("[source", "[keep.widget]\n\">= 2, << 1\" = \"x\"\n[source"), "RM1043", (22, "<< 1"), "no version is both `>= 2` and `<< 1`", "not a set of versions"),
    case(("[source", "[keep.widget]\n\"1.0\" = { reason = \"x\", from = \"bookwrm\" }\n[source"), "RM1044", (22, "\"bookwrm\""), "`from` names `bookwrm`, which nothing declares", "did you mean \"bookworm\"?"),
    case(("[source", "[keep.widget]\n\"1.0\" = { reason = \"x\", from = \"bookworm/extra\" }\n[source"), "RM1044", (22, "\"bookworm/extra\""), "`from` names `bookworm/extra`, which nothing declares", "declared: `bookworm`, `bookworm/main`"),
    case(("[source", "[yank.widget]\n\"1.0\" = \"x\"\n[keep.widget]\n\"= 1.0\" = \"y\"\n[source"), "RM1045", (24, "\"= 1.0\""), "widget 1.0 is both yanked and kept", "yanked in line 22"),
    case(("[source", "[keep.widget]\n\"1.0.*\" = \"x\"\n[yank.widget]\n\"1.0.5\" = \"y\"\n[source"), "RM1045", (24, "\"1.0.5\""), "widget 1.0.5 is both yanked and kept", "kept in line 22"),
    case(("[source", "[keep.widget]\n\"<< 1\" = \"x\"\n[yank.widget]\n\"<<1\" = { reason = \"y\", from = \"bookworm/main\" }\n[source"), "RM1045", (24, "\"<<1\""), "widget << 1 is both yanked and kept", "narrow one of them by `from`"),
    case(("[source", "[keep.widget]\n\"1.0\" = \"x\"\n\"= 1.0\" = \"y\"\n[source"), "RM1021", (23, "\"= 1.0\""), "`= 1.0` stands twice here", "the same as in line 22"),
    case(("[source", "[retain]\n[source"), "RM1046", (21, "[retain]"), "the policy does not say what stays", "versions = 5"),
    case(("[source", "[retain.package.widget]\n[source"), "RM1046", (21, "[retain.package.widget]"), "the policy does not say what stays", "no key"),
    case(("[source", "[distribution.bookworm.retain]\n[source"), "RM1046", (21, "[distribution.bookworm.retain]"), "the policy does not say what stays", "no key"),
    case(("[source", "[retain.package.\"*dbg\"]\nversions = 1\n[retain.package.\"lib*\"]\nversions = 2\n[source"), "RM1047", (23, "\"lib*\""), "`*dbg` and `lib*` can be the same package", "line 21"),
    case(("[source", "[retain.package.\"l**b\"]\nversions = 1\n[retain.package.\"l*b\"]\nversions = 2\n[source"), "RM1047", (23, "\"l*b\""), "`l**b` and `l*b` can be the same package", "make one of the two longer"),
    case(("[source", "[retain.package.\"Lib*\"]\nversions = 1\n[source"), "RM1042", (21, "\"Lib*\""), "`Lib*` is not a package name", "libwidget*"),
    case(("[source", "[distribution.bookworm.component.mian.retain]\nversions = 1\n[source"), "RM1048", (21, "mian"), "`bookworm` has no component `mian`", "did you mean `main`?"),
    case(("[signing]", "unmanaged = [\"/index.html\"]\n[signing]"), "RM1025", (10, "\"/index.html\""), "`/index.html` is not a pattern for objects", "no key begins with a slash"),
    case(("[signing]", "unmanaged = [\"images/\"]\n[signing]"), "RM1025", (10, "\"images/\""), "`images/` is not a pattern for objects", "everything below"),
    case(("[signing]", "unmanaged = [\"{a,b}\"]\n[signing]"), "RM1025", (10, "\"{a,b}\""), "`{a,b}` is not a pattern for objects", "braces have no meaning here"),
    case(("[signing]", "unmanaged = [\"[a\"]\n[signing]"), "RM1025", (10, "\"[a\""), "`[a` is not a pattern for objects", "the brackets don't match"),
    case(("path = \"dist/*.deb\"", "path = \"dist/*.deb\"\nsoak = \"7d\""), "RM1016", (23, "soak"), "`soak` has no effect here", "distribution = \"trixie/main\""),
    case(("path = \"dist/*.deb\"", "distribution = \"bookwrm/main\""), "RM1024", (22, "\"bookwrm/main\""), "`distribution` names `bookwrm/main`, which nothing declares", "did you mean \"bookworm/main\"?"),
    case(("path = \"dist/*.deb\"", "distribution = \"bookworm\""), "RM1024", (22, "\"bookworm\""), "`distribution` names `bookworm`, which nothing declares", "names no component"),
    case(("path = \"dist/*.deb\"", "distribution = \"*/main\""), "RM1024", (22, "\"*/main\""), "`*/main` is not one component", "from one component"),
    case(("path = \"dist/*.deb\"", "distribution = \"bookworm/main\""), "RM1052", (22, "\"bookworm/main\""), "the promotion goes in a circle: bookworm/main → bookworm/main", "remove it from `to`"),
    case(("[source.widget]\npath = \"dist/*.deb\"", "[distribution.trixie]\ncomponents = [\"main\", \"extra\"]\narchitectures = [\"amd64\"]\n[source.a]\ndistribution = \"bookworm/main\"\nto = [\"trixie/main\", \"trixie/extra\"]\n[source.widget]\ndistribution = \"trixie/extra\""), "RM1052", (28, "\"trixie/extra\""), "the promotion goes in a circle: trixie/extra → bookworm/main → trixie/extra", "closes the circle"),
    case(("components ", "release = \"../..\"\ncomponents "), "RM1031", (18, "\"../..\""), "`../..` is not a release", "release = \"12\""),
];

/// Checks that a change gives one error, and that one.
fn check(case: &Case) {
    let (from, to) = case.change;
    assert!(SMALLEST.contains(from), "{from}");
    let text = SMALLEST.replacen(from, to, 1);
    let problems = parse_for(&text, None).expect_err(to);
    let [problem] = &problems[..] else { panic!("{to}: {problems:#?}") };
    assert_eq!((problem.code, problem.message.as_str()), (case.code, case.message));
    let covered = &text[problem.span.clone().expect(to)];
    assert_eq!((problem.position(&text).0, covered), case.covers, "{}", case.message);
    let advice = format!("{}\n{}", problem.label, problem.help.as_deref().unwrap_or_default());
    assert!(advice.contains(case.advice), "{advice}\n{}", case.advice);
}

#[test]
fn each_mistake_is_one_error_with_its_place_and_advice() {
    SHAPES.iter().chain(MEANINGS).for_each(check);
}

#[test]
fn each_code_has_a_test() {
    // Secrets, warnings, environments and bases have tests of their own.
    let elsewhere = ["RM1010", "RM1020", "RM1029", "RM1049", "RM1050", "RM1060"];
    let page = include_str!("../../../docs/errors.md");
    let codes = page.lines().filter_map(|line| line.strip_prefix("### ")?.split(' ').next());
    // RM1000 is for the file, not for what is in it.
    for code in codes.filter(|code| code.starts_with("RM10") && *code != "RM1000") {
        let mut cases = SHAPES.iter().chain(MEANINGS);
        assert!(elsewhere.contains(&code) || cases.any(|case| case.code == code), "{code}");
    }
}

#[test]
fn the_schema_refuses_what_the_check_of_keys_and_types_refuses() {
    let schema = jsonschema::validator_for(&json_schema()).unwrap();
    for case in SHAPES {
        let value = json(&SMALLEST.replacen(case.change.0, case.change.1, 1));
        assert!(!schema.is_valid(&value), "{}", case.change.1);
    }
}

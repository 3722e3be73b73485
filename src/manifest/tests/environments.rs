//! Environments: one repository in several places.

use super::*;

const ENVIRONMENTS: &str = r#"
[signing.key.staging]
fingerprint = "1F0C2B7D19E35A1C4D04E9A3F52C1E7B04D6688A"
secret      = "env:REPOMAN_STAGING_KEY"

[env.prod]

[env.staging]
repository.public_url = "https://apt-staging.acme.dev"
store.url             = "s3://acme-apt-staging/debian"
signing.keys          = ["staging"]
limits.remove_percent = 90
"#;

fn text() -> String {
    format!("{SMALLEST}{ENVIRONMENTS}").replace("[signing]", "region = \"eu-west-1\"\n[signing]")
}

fn chosen(environment: &str) -> Parsed {
    parse_for(&text(), Some(environment)).unwrap_or_else(|found| panic!("{found:#?}"))
}

#[test]
fn an_environment_says_where_and_who_and_the_rest_is_the_same() {
    let Parsed { manifest: prod, warnings } = chosen("prod");
    assert_eq!(warnings, []);
    let Parsed { manifest: staging, warnings } = chosen("staging");
    assert_eq!(warnings, []);
    assert_eq!(prod.environment.as_deref(), Some("prod"));
    assert_eq!(prod.store.url.to_string(), "s3://acme-apt/debian");
    assert_eq!(prod.repository.public_url, None);
    assert_eq!(prod.signing.keys[0].name, "release");
    assert_eq!(prod.limits, Limits::default());
    assert_eq!(staging.environment.as_deref(), Some("staging"));
    assert_eq!(staging.store.url.to_string(), "s3://acme-apt-staging/debian");
    assert_eq!(staging.repository.public_url.as_deref(), Some("https://apt-staging.acme.dev"));
    assert_eq!(staging.repository.origin.as_deref(), Some("Acme"));
    let names: Vec<_> = staging.signing.keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["staging"]);
    assert_eq!(staging.limits, Limits { remove_percent: 90, ..Limits::default() });
    for manifest in [&prod, &staging] {
        assert_eq!(manifest.store.region.as_deref(), Some("eu-west-1"));
        assert_eq!(manifest.signing.known.len(), 2);
    }
    assert_eq!((&prod.sources, &prod.distributions), (&staging.sources, &staging.distributions));
}

#[test]
fn an_environment_may_say_what_the_manifest_says_already() {
    let text = format!("{SMALLEST}[env.prod]\nstore.url = \"s3://acme-apt/debian\"\n");
    let parsed = parse_for(&text, Some("prod")).unwrap();
    assert_eq!(parsed.manifest.store.url.to_string(), "s3://acme-apt/debian");
}

/// Returns the only problem that there is.
#[track_caller]
fn problem(text: &str, environment: Option<&str>) -> Problem {
    let problems = parse_for(text, environment).unwrap_err();
    let [problem] = &problems[..] else { panic!("{problems:#?}") };
    problem.clone()
}

#[test]
fn one_environment_has_to_be_chosen_where_there_are_any() {
    let text = text();
    let none = problem(&text, None);
    assert_eq!((none.code, none.message.as_str()), (code::ENVIRONMENT, "no environment is chosen"));
    assert_eq!(&text[none.span.clone().unwrap()], "prod");
    let help = "--env NAME or REPOMAN_ENV chooses one: `prod`, `staging`";
    assert_eq!(none.help.as_deref(), Some(help));
    let unknown = problem(&text, Some("stagng"));
    assert_eq!(unknown.message, "there is no environment `stagng`");
    assert_eq!(unknown.label, "did you mean `staging`?");
    assert_eq!(unknown.help.as_deref(), Some("--env names one of `prod`, `staging`"));
}

#[test]
fn no_environment_can_be_chosen_where_there_is_none() {
    let unknown = problem(SMALLEST, Some("staging"));
    assert_eq!((unknown.code, unknown.span), (code::ENVIRONMENT, None));
    assert!(unknown.help.unwrap().contains("unset REPOMAN_ENV"));
}

#[test]
fn mistakes_in_environments_that_were_not_chosen_are_found() {
    let text = text().replace("s3://acme-apt-staging/debian", "file:///srv/apt");
    let region = problem(&text, Some("prod"));
    assert_eq!((region.code, region.position(&text).0), (code::NO_EFFECT, 10));
    let text = self::text().replace("[\"staging\"]", "[\"stging\"]");
    let codes: Vec<_> =
        parse_for(&text, Some("prod")).unwrap_err().iter().map(|found| found.code).collect();
    assert_eq!(codes, [code::KEY_UNUSED, code::KEY_NOT_DEFINED]);
}

#[test]
fn a_problem_that_all_environments_share_is_told_once() {
    let text = text().replace("components    = [\"main\"]", "components    = [\"m+\"]");
    let text = text.replace("eu-west-1", "eu west");
    let problems = parse_for(&text, Some("staging")).unwrap_err();
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [code::SETTING, code::SUITE, code::TARGET]);
}

#[test]
fn what_the_repository_holds_is_no_environment_s_business() {
    let lines = [
        ("repository.name = \"x\"", "name", "`[env.staging.repository]` has `name`"),
        ("signing.overlap = \"1d\"", "overlap", "`[env.staging.signing]` has `overlap`"),
        ("retain.versions = 5", "retain", "`[env.staging]` has `retain`"),
        ("source.widget.path = \"x\"", "source", "`[env.staging]` has `source`"),
    ];
    for (line, key, message) in lines {
        let text = format!("{}{line}\n", text());
        let fixed = problem(&text, Some("prod"));
        assert_eq!((fixed.code, fixed.message.as_str()), (code::OVERRIDE, message));
        assert_eq!(&text[fixed.span.unwrap()], key);
    }
    let text = text().replace("store.url  ", "store.uri  ");
    let unknown = problem(&text, Some("prod"));
    assert_eq!(unknown.message, "`[env.staging.store]` has no key `uri`");
    assert_eq!(unknown.label, "did you mean `url`?");
}

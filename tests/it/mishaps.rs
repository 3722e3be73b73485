//! Busy servers and broken connections between the real binary and an S3 server.

use std::thread;

use crate::support::proxy::{Mishap, Proxy, Trouble};
use crate::support::{AptClient, Deb, Manifest, Moto, TestKey, TestRepo, Trust};

/// More often than anybody tries.
const ALWAYS: usize = usize::MAX;

/// A repository behind a proxy that makes trouble.
struct Remote<'a> {
    moto: &'a Moto,
    proxy: Proxy,
    prefix: String,
    repo: TestRepo,
    /// How many packages were built.
    built: usize,
}

impl<'a> Remote<'a> {
    fn new(moto: &'a Moto, prefix: &str) -> Self {
        let proxy = Proxy::start(moto.endpoint());
        let store = moto.store_at(&proxy.url(), prefix);
        let repo = moto.admit(TestRepo::with(&Manifest { store, ..Manifest::default() }));
        Self { moto, proxy, prefix: prefix.to_owned(), repo, built: 0 }
    }

    /// Builds one more package.
    fn build(&mut self) {
        self.built += 1;
        self.repo.build(&Deb::new("widget", &format!("1.{}", self.built), "amd64"));
    }

    /// Returns the number of each generation that was ever made, published or not.
    fn generations(&self) -> Vec<usize> {
        let history = format!("{}/.repoman/history/bookworm/", self.prefix);
        let keys = self.moto.keys_below(&history);
        let number = |key: &String| key[history.len()..].split('-').next()?.parse().ok();
        let mut numbers: Vec<_> = keys.iter().map(|key| number(key).unwrap()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Asserts that apt gets the last package, and that nothing is left to do.
    #[track_caller]
    fn is_settled(&self) {
        self.repo.repoman(["plan", "--exit-code"]).ok();
        let url = format!("{}/apt/{}", self.moto.endpoint(), self.prefix);
        let client = AptClient::new(&url, Trust::Key(&TestKey::shared().public));
        client.update();
        client.download(&["widget"]);
        assert_eq!(client.candidate("widget"), Some(format!("1.{}", self.built)));
    }
}

fn on(method: &'static str, target: &'static str, times: usize, mishap: Mishap) -> Trouble {
    Trouble { method, target, times, mishap }
}

/// Publishes twice with the same trouble; it is got over, and each run makes one generation.
#[track_caller]
fn is_got_over(moto: &Moto, name: &str, troubles: &[Trouble]) {
    let mut remote = Remote::new(moto, name);
    for generation in 1..=2 {
        remote.build();
        remote.proxy.make(troubles);
        remote.repo.apply();
        let left = remote.proxy.calm();
        assert!(left.is_empty(), "{name}: {left:?} did not happen");
        assert_eq!(remote.generations(), (1..=generation).collect::<Vec<_>>(), "{name}");
        remote.is_settled();
    }
}

/// Publishes with a trouble that can't be got over, which the run names; the next one goes through.
#[track_caller]
fn is_named(moto: &Moto, code: &str, trouble: Trouble) {
    let mut remote = Remote::new(moto, &format!("{code}-{}", trouble.method));
    remote.build();
    remote.repo.apply();
    remote.build();
    remote.proxy.make(&[trouble]);
    let run = remote.repo.repoman(["apply", "--yes"]).exits(1);
    run.says([&format!("error[{code}]")]);
    remote.proxy.calm();
    remote.repo.apply();
    // The record of a generation that was not published stays; its number is taken again.
    let mut generations = remote.generations();
    generations.dedup();
    assert_eq!(generations, [1, 2], "{code}");
    remote.is_settled();
}

#[test]
fn answers_that_say_too_little_are_got_over() {
    let moto = Moto::start();
    let conflict = Mishap::Refused(409, "ConditionalRequestConflict");
    let internal = Mishap::Misreported(500, "InternalError");
    for (name, method, target, mishap) in [
        ("swap-conflict", "PUT", "/InRelease", conflict),
        ("swap-500", "PUT", "/InRelease", internal),
        ("swap-timeout", "PUT", "/InRelease", Mishap::Misreported(504, "GatewayTimeout")),
        ("swap-lost", "PUT", "/InRelease", Mishap::Lost),
        ("swap-hung-up", "PUT", "/InRelease", Mishap::HungUp),
        ("package-500", "PUT", "/pool/", internal),
        ("package-hung-up", "PUT", "/pool/", Mishap::HungUp),
        ("index-conflict", "PUT", "/by-hash/", conflict),
        ("index-hung-up", "PUT", "/by-hash/", Mishap::HungUp),
        ("record-500", "PUT", "/history/", internal),
        ("copy-500", "PUT", "/Packages", internal),
        ("seal-hung-up", "PUT", "/Release.gpg", Mishap::HungUp),
    ] {
        is_got_over(&moto, name, &[on(method, target, 1, mishap)]);
    }
    // A first publication need not read its commit point: the listing shows its new tag.
    let mut remote = Remote::new(&moto, "look-cut");
    remote.build();
    remote.repo.apply();
    remote.build();
    remote.proxy.make(&[on("GET", "/InRelease", 1, Mishap::Cut)]);
    remote.repo.apply();
    assert!(remote.proxy.calm().is_empty(), "it did not happen");
    remote.is_settled();
}

#[test]
fn a_busy_server_is_waited_for() {
    let moto = Moto::start();
    let busy = Mishap::Refused(503, "SlowDown");
    is_got_over(&moto, "busy-swap", &[on("PUT", "/InRelease", 3, busy)]);
    is_got_over(&moto, "busy-listing", &[on("GET", "list-type=2", 3, busy)]);
    let everything = ["/pool/", "/by-hash/", "/InRelease", "/Release.gpg"];
    is_got_over(&moto, "busy-all-over", &everything.map(|target| on("PUT", target, 2, busy)));
}

#[test]
fn what_can_not_be_got_over_is_named() {
    let moto = Moto::start();
    let always = |target, mishap| on("PUT", target, ALWAYS, mishap);
    is_named(&moto, "RM4004", always("/pool/", Mishap::Refused(500, "InternalError")));
    is_named(&moto, "RM4012", always("/InRelease", Mishap::Refused(503, "SlowDown")));
    is_named(&moto, "RM4008", always("/InRelease", Mishap::Lost));
    is_named(&moto, "RM4001", always("/InRelease", Mishap::Refused(403, "AccessDenied")));
    is_named(&moto, "RM6007", always("/Packages", Mishap::Refused(500, "InternalError")));
}

#[test]
fn a_server_that_falls_silent_is_given_up_on_and_asked() {
    let moto = Moto::start();
    thread::scope(|scope| {
        for (name, mishap) in [("silent", Mishap::Silent), ("stuck", Mishap::Stuck)] {
            let moto = &moto;
            scope.spawn(move || {
                let mut remote = Remote::new(moto, name);
                remote.build();
                remote.proxy.make(&[on("PUT", "/InRelease", 1, mishap)]);
                remote.repo.apply();
                assert!(remote.proxy.calm().is_empty());
                assert_eq!(remote.generations(), [1], "{name}");
                remote.is_settled();
            });
        }
    });
}

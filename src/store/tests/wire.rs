//! What goes over the wire to S3, and what is made of answers that no server gives on demand.

use super::server::{Act, Seen, Server, error, object, status};
use super::*;

const OURS: &str = "our bytes";
const BASE: &str = "ETag: \"base\"\r\n";
const OTHER: &str = "ETag: \"other\"\r\n";

fn plain() -> Settings {
    let prefix = "debian".to_owned();
    Settings::new(Location::S3 { bucket: "bucket".to_owned(), prefix })
}

fn at(server: &Server) -> Store {
    in_bucket(&plain(), access(&server.endpoint))
}

fn ours() -> Act {
    object("ETag: \"new\"\r\n", OURS.as_bytes())
}

fn base() -> Act {
    object(BASE, b"the base!")
}

fn other() -> Act {
    object(OTHER, b"otherwise")
}

/// Swaps against a base while the server plays `acts`; returns the outcome and the methods seen.
async fn swap(acts: Vec<Act>) -> (Result<Replacement, StoreError>, String) {
    let server = Server::playing(acts).await;
    let base = Etag::new("\"base\"");
    let outcome = at(&server).replace(&key("r"), OURS.into(), Some(&base), &HEADERS).await;
    (outcome, server.methods())
}

#[tokio::test]
async fn a_swap_is_sent_once_and_settled_by_reading_back() {
    let won = || Replacement::Won { etag: Etag::new("\"new\"") };
    let failures = || {
        [
            error(412, "PreconditionFailed"),
            error(409, "ConditionalRequestConflict"),
            error(500, "InternalError"),
            error(503, "SlowDown"),
            error(408, "RequestTimeout"),
            status(502),
            Act::Reset,
            Act::Garbage,
        ]
    };
    for failure in failures() {
        let (outcome, seen) = swap(vec![failure.clone(), ours()]).await;
        assert_eq!((outcome.expect("settled"), &*seen), (won(), "PUT GET"), "{failure:?}");
        let (outcome, seen) = swap(vec![failure.clone(), other()]).await;
        assert_eq!((outcome.expect("settled"), &*seen), (Replacement::Lost, "PUT GET"));
        let (outcome, seen) = swap(vec![failure.clone(), error(404, "NoSuchKey")]).await;
        assert_eq!((outcome.expect("settled"), &*seen), (Replacement::Lost, "PUT GET"));
        let (outcome, seen) = swap(vec![failure, base(), status(200)]).await;
        assert_eq!((outcome.expect("settled"), &*seen), (won(), "PUT GET PUT"));
    }
    let (outcome, seen) = swap(vec![status(200)]).await;
    assert_eq!((outcome.expect("settled"), &*seen), (won(), "PUT"));
    let (outcome, seen) = swap(vec![error(404, "NoSuchKey"), error(404, "NoSuchKey")]).await;
    assert_eq!((outcome.expect("settled"), &*seen), (Replacement::Lost, "PUT GET"));
}

#[tokio::test]
async fn a_swap_that_gets_no_answer_is_looked_up() {
    let server = Server::playing(vec![Act::Hang, ours()]).await;
    let patience = Duration::from_millis(200);
    let store = in_bucket(&plain(), Access { patience, ..access(&server.endpoint) });
    won(store.replace(&key("r"), OURS.into(), None, &HEADERS).await);
    // A machine that is busy enough may let the look time out too, which is tried again.
    assert!(server.methods().starts_with("PUT GET"), "{}", server.methods());
}

#[tokio::test]
async fn a_swap_whose_result_cannot_be_read_is_unsettled() {
    for failure in [error(500, "InternalError"), Act::Reset, error(409, "OperationAborted")] {
        let (outcome, seen) = swap(vec![failure, error(403, "AccessDenied")]).await;
        assert!(matches!(outcome, Err(StoreError::Unsettled { .. })), "{outcome:?}");
        assert_eq!(seen, "PUT GET");
    }
}

#[tokio::test]
async fn a_swap_that_is_never_answered_well_ends_as_what_is_known() {
    let forever = async |act: Act| {
        let play = move |seen: &Seen| if seen.method == "PUT" { act.clone() } else { base() };
        let server = Server::answering(Box::new(play)).await;
        let tag = Etag::new("\"base\"");
        let outcome = at(&server).replace(&key("r"), OURS.into(), Some(&tag), &HEADERS).await;
        assert_eq!(server.methods(), ["PUT GET"; 6].join(" "));
        outcome.expect_err("no attempt went through")
    };
    let fault = forever(error(500, "InternalError")).await;
    assert!(matches!(fault, StoreError::Unsettled { .. }), "{fault:?}");
    let fault = forever(error(503, "SlowDown")).await;
    assert!(matches!(fault, StoreError::Throttled { .. }), "{fault:?}");
    // It gave out that tag itself: the server's conditions don't work.
    let fault = forever(error(412, "PreconditionFailed")).await;
    assert!(matches!(fault, StoreError::Conditions { .. }), "{fault:?}");
}

#[tokio::test]
async fn a_swap_that_was_turned_down_says_why() {
    let refused = async |act: Act| {
        let (outcome, seen) = swap(vec![act]).await;
        assert_eq!(seen, "PUT");
        outcome.expect_err("turned down")
    };
    let denied = refused(error(403, "AccessDenied")).await;
    assert!(matches!(denied, StoreError::Denied { .. }));
    assert_eq!(denied.to_string(), "access denied: cannot write 'debian/r' without s3:PutObject");
    let fault = denied.fault().expect("it came from S3");
    assert_eq!((fault.status, fault.code.as_deref()), (Some(403), Some("AccessDenied")));
    assert_eq!(
        fault.to_string(),
        "PutObject of s3://bucket/debian/r answered 403 AccessDenied: so it is"
    );
    let fault = refused(error(404, "NoSuchBucket")).await;
    assert!(matches!(fault, StoreError::MissingBucket { ref bucket, .. } if bucket == "bucket"));
    let fault = refused(error(501, "NotImplemented")).await;
    assert!(matches!(fault, StoreError::Conditions { .. }));
    let fault = refused(error(403, "SignatureDoesNotMatch")).await;
    assert!(matches!(fault, StoreError::Credentials { .. }));
    let headers = "x-amz-bucket-region: eu-central-1\r\n";
    let fault = refused(Act::Answer(301, headers, Vec::new())).await;
    assert_eq!(fault.to_string(), "bucket 'bucket' is in eu-central-1");
}

#[tokio::test]
async fn a_write_says_what_it_is_and_what_it_expects() {
    let settings = Settings {
        encryption: Some("aws:kms".into()),
        kms_key: Some("alias/apt".into()),
        storage_class: Some("STANDARD_IA".into()),
        acl: Some("public-read".into()),
        ..plain()
    };
    let server = Server::playing(vec![status(200), status(200), status(200)]).await;
    let store = in_bucket(&settings, access(&server.endpoint));
    create(&store, "pool/a~1.deb", b"hello").await.expect("a write");
    let bulk = Headers { storage: Storage::Bulk, ..HEADERS };
    let sha256 = Sha256::of(b"hello");
    store.create(&key("b"), "hello".into(), sha256, &bulk).await.expect("a write");
    let base = Etag::new("\"base\"");
    won(store.replace(&key("c"), "hello".into(), Some(&base), &HEADERS).await);

    let seen = server.seen();
    let [small, bulk, swap] = &seen[..] else { panic!("three requests, not {seen:?}") };
    assert!(small.target.starts_with("/bucket/debian/pool/a~1.deb"), "{}", small.target);
    assert_eq!(small.body, b"hello");
    for (name, value) in [
        ("if-none-match", "*"),
        ("if-match", ""),
        ("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/apt"),
        ("x-amz-acl", "public-read"),
        ("x-amz-storage-class", ""),
        ("x-amz-trailer", ""),
        ("x-amz-sdk-checksum-algorithm", ""),
    ] {
        assert_eq!(small.header(name), value, "{name}");
    }
    assert_eq!(bulk.header("x-amz-storage-class"), "STANDARD_IA");
    assert_eq!((swap.header("if-match"), swap.header("if-none-match")), ("\"base\"", ""));
}

#[tokio::test]
async fn a_plain_write_asks_for_nothing_special() {
    let server = Server::playing(vec![status(200)]).await;
    create(&at(&server), "a", b"hello").await.expect("a write");
    let seen = &server.seen()[0];
    for name in ["x-amz-acl", "x-amz-server-side-encryption", "x-amz-storage-class"] {
        assert_eq!(seen.header(name), "");
    }
}

#[tokio::test]
async fn a_creation_is_repeated_until_it_is_there() {
    let outcome = async |acts: Vec<Act>| {
        let server = Server::playing(acts).await;
        let bytes = Bytes::from(OURS);
        let sha256 = Sha256::of(&bytes);
        let outcome = at(&server).create(&key("a"), bytes, sha256, &HEADERS).await;
        (outcome, server.methods())
    };
    let taken = || error(412, "PreconditionFailed");
    let (created, seen) = outcome(vec![error(503, "SlowDown"), status(200)]).await;
    assert_eq!((created.expect("there"), &*seen), (Creation::New, "PUT PUT"));
    let (created, seen) = outcome(vec![Act::Reset, taken(), ours()]).await;
    assert_eq!((created.expect("there"), &*seen), (Creation::AlreadyThere, "PUT PUT GET"));
    let (created, seen) = outcome(vec![taken(), other()]).await;
    assert!(matches!(created, Err(StoreError::DifferentContent { .. })), "{created:?}");
    assert_eq!(seen, "PUT GET");
    let (created, seen) = outcome(vec![error(403, "AccessDenied")]).await;
    assert!(matches!(created, Err(StoreError::Denied { .. })), "{created:?}");
    assert_eq!(seen, "PUT");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_available() {
    let server = Server::playing(Vec::new()).await;
    let store = at(&server);
    drop(server);
    let outcome = create(&store, "a", b"hello").await;
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
}

#[tokio::test]
async fn without_credentials_nothing_is_sent_and_the_error_says_so() {
    use aws_credential_types::credential_fn::provide_credentials_fn;
    use aws_credential_types::provider::error::CredentialsError;
    let server = Server::playing(Vec::new()).await;
    let none = provide_credentials_fn(|| async { Err(CredentialsError::not_loaded("none")) });
    let fixed = Some(SharedCredentialsProvider::new(none));
    let store = in_bucket(&plain(), Access { fixed, ..access(&server.endpoint) });
    let (read, swap) = (
        store.get(&key("a"), 10).await.expect_err("no credentials"),
        store.replace(&key("a"), OURS.into(), None, &HEADERS).await.expect_err("no credentials"),
    );
    for fault in [read, swap] {
        assert!(matches!(fault, StoreError::Credentials { .. }), "{fault:?}");
    }
    assert_eq!(server.methods(), "");
}

#[tokio::test]
async fn reading_goes_on_after_throttling_and_broken_bodies() {
    for failure in [error(503, "SlowDown"), error(500, "InternalError"), Act::Reset, Act::Short] {
        let server = Server::playing(vec![failure, ours()]).await;
        assert_eq!(content(&at(&server), "a").await.as_deref(), Some(OURS.as_bytes()));
        assert_eq!(server.methods(), "GET GET");
    }
}

#[tokio::test]
async fn a_read_that_is_denied_names_the_permissions() {
    let server =
        Server::playing(vec![error(403, "AccessDenied"), error(403, "AccessDenied")]).await;
    let store = at(&server);
    let read = store.get(&key("a"), 10).await.expect_err("denied").to_string();
    assert!(read.contains("s3:GetObject") && read.contains("s3:ListBucket"), "{read}");
    let list = store.list("dists").await.expect_err("denied").to_string();
    assert_eq!(list, "access denied: cannot list 'debian/dists' without s3:ListBucket");
}

#[tokio::test]
async fn a_listing_goes_on_over_pages_and_keys_that_no_path_can_name() {
    let page = |more: &str, keys: &[&str]| {
        let contents: String = keys
            .iter()
            .map(|key| {
                format!(
                    "<Contents><Key>{key}</Key><Size>3</Size><ETag>&quot;e&quot;</ETag>\
                     <LastModified>2026-11-20T10:00:00.000Z</LastModified></Contents>"
                )
            })
            .collect();
        let body = format!("<ListBucketResult>{more}{contents}</ListBucketResult>");
        Act::Answer(200, "Content-Type: application/xml\r\n", body.into())
    };
    let more = "<IsTruncated>true</IsTruncated>\
                <NextContinuationToken>next</NextContinuationToken>";
    let server = Server::playing(vec![
        page(more, &["debian/b", "debian/a//b", "debian/", "debian/g++"]),
        page("<IsTruncated>false</IsTruncated>", &["debian/../x", "debian/a"]),
    ])
    .await;
    let store = at(&server);
    let entries = store.list("").await.expect("a listing");
    let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["a", "b", "g++"]);
    assert_eq!((entries[0].size, &entries[0].etag), (3, &Etag::new("\"e\"")));
    assert_eq!(entries[0].last_modified.to_string(), "2026-11-20T10:00:00Z");
    assert_eq!(store.unlistable(), ["debian/", "debian/../x", "debian/a//b"]);
    let seen = server.seen();
    assert!(seen[0].target.contains("prefix=debian%2F"), "{}", seen[0].target);
    assert!(seen[1].target.contains("continuation-token=next"), "{}", seen[1].target);
}

#[tokio::test]
async fn deletions_go_by_the_thousand_and_name_what_failed() {
    let done = || Act::Answer(200, "", b"<DeleteResult></DeleteResult>".to_vec());
    let failed = "<DeleteResult><Error><Key>debian/1</Key><Code>AccessDenied</Code>\
                  <Message>so it is</Message></Error></DeleteResult>";
    let server = Server::playing(vec![done(), done(), Act::Answer(200, "", failed.into())]).await;
    let store = at(&server);
    let keys = |count: usize| (0..count).map(|n| key(&n.to_string())).collect::<Vec<_>>();
    store.delete(keys(1001)).await.expect("a deletion");
    let fault = store.delete(keys(3)).await.expect_err("one was denied").to_string();
    assert_eq!(fault, "access denied: cannot delete 'debian/1' without s3:DeleteObject");
    let seen = server.seen();
    let count = |seen: &Seen| String::from_utf8_lossy(&seen.body).matches("<Key>").count();
    assert_eq!(seen.iter().map(count).collect::<Vec<_>>(), [1000, 1, 3]);
    assert!(!seen[0].header("x-amz-checksum-sha256").is_empty(), "{:?}", seen[0].headers);
}

/// Uploads a large file to a server that answers `complete` to the completion and `head` to HEAD.
async fn upload(
    heads: Vec<Act>,
    complete: Act,
    sha256: Option<Sha256>,
) -> (Result<Creation, StoreError>, Vec<Seen>) {
    let mut heads = heads.into_iter();
    let play = move |seen: &Seen| match (seen.method.as_str(), seen.target.contains("uploadId=")) {
        ("HEAD", _) => heads.next().unwrap_or(error(418, "ImATeapot")),
        ("POST", true) => complete.clone(),
        ("POST", false) => {
            let body = "<InitiateMultipartUploadResult><UploadId>id</UploadId>\
                        </InitiateMultipartUploadResult>";
            Act::Answer(200, "", body.into())
        }
        ("DELETE", _) => status(204),
        _ => Act::Answer(200, "ETag: \"part\"\r\nx-amz-checksum-sha256: c3Vt\r\n", Vec::new()),
    };
    let server = Server::answering(Box::new(play)).await;
    let (file, digest) = file_of(LARGE);
    let (size, sha256) = (LARGE as u64, sha256.unwrap_or(digest));
    let outcome =
        at(&server).create_from_file(&key("pool/x"), file.path(), size, sha256, &HEADERS).await;
    (outcome, server.seen())
}

fn methods(seen: &[Seen]) -> String {
    let mut methods: Vec<_> = seen.iter().map(|seen| seen.method.as_str()).collect();
    methods.dedup();
    methods.join(" ")
}

#[tokio::test]
async fn a_large_file_goes_up_in_parts_with_checksums() {
    let done = Act::Answer(
        200,
        "",
        b"<CompleteMultipartUploadResult><ETag>\"x-3\"</ETag></CompleteMultipartUploadResult>"
            .to_vec(),
    );
    let (outcome, seen) = upload(vec![status(404)], done, None).await;
    assert_eq!(outcome.expect("an upload"), Creation::New);
    assert_eq!(methods(&seen), "HEAD POST PUT POST");
    let parts: Vec<_> = seen.iter().filter(|seen| seen.method == "PUT").collect();
    let mut sizes: Vec<_> = parts.iter().map(|seen| seen.body.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [17, 5 << 20, 5 << 20, 5 << 20, 5 << 20]);
    for part in parts {
        let expected = super::s3::encoded(&Sha256::of(&part.body));
        assert_eq!(part.header("x-amz-checksum-sha256"), expected);
    }
    let complete = seen.last().expect("some requests");
    assert_eq!(complete.header("if-none-match"), "*");
    let body = String::from_utf8_lossy(&complete.body);
    assert_eq!(body.matches("<ChecksumSHA256>c3Vt</ChecksumSHA256>").count(), 5, "{body}");
    let numbers: Vec<_> = body.split("<PartNumber>").skip(1).map(|rest| &rest[..1]).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_large_file_that_is_there_is_not_sent() {
    let there = || Act::Answer(200, "", vec![0; LARGE]);
    let (outcome, seen) = upload(vec![there()], status(500), None).await;
    assert_eq!(outcome.expect("no upload"), Creation::AlreadyThere);
    assert_eq!(methods(&seen), "HEAD");

    let (outcome, seen) = upload(vec![object(OTHER, b"short")], status(500), None).await;
    assert!(matches!(outcome, Err(StoreError::DifferentContent { .. })), "{outcome:?}");
    assert_eq!(methods(&seen), "HEAD");

    for taken in [error(412, "PreconditionFailed"), error(500, "InternalError"), Act::Reset] {
        let (outcome, seen) = upload(vec![status(404), there()], taken, None).await;
        assert_eq!(outcome.expect("somebody's upload"), Creation::AlreadyThere);
        assert_eq!(methods(&seen), "HEAD POST PUT POST HEAD DELETE");
    }
}

#[tokio::test]
async fn a_checksum_that_the_store_keeps_tells_large_objects_apart() {
    let bytes = Bytes::from(vec![7; 2 << 20]);
    let sha256 = Sha256::of(&bytes);
    let (ours, other) = (super::s3::encoded(&sha256), super::s3::encoded(&Sha256::of(b"")));
    for (checksum, kind, is_same) in [
        (&ours, "FULL_OBJECT", true),
        (&other, "FULL_OBJECT", false),
        (&format!("{other}-3"), "COMPOSITE", true),
        (&other, "", true),
    ] {
        let header =
            format!("x-amz-checksum-sha256: {checksum}\r\nx-amz-checksum-type: {kind}\r\n");
        let header = header.leak();
        let there = Act::Answer(200, header, bytes.to_vec());
        let server = Server::playing(vec![error(412, "PreconditionFailed"), there]).await;
        let outcome = at(&server).create(&key("a"), bytes.clone(), sha256, &HEADERS).await;
        assert_eq!(matches!(outcome, Ok(Creation::AlreadyThere)), is_same, "{outcome:?}");
        let seen = server.seen();
        assert_eq!((&*seen[1].method, seen[1].header("x-amz-checksum-mode")), ("HEAD", "ENABLED"));
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_completed_is_aborted() {
    let changed = Some(Sha256::of(b"what it was"));
    let (outcome, seen) = upload(vec![status(404)], status(500), changed).await;
    assert!(matches!(outcome, Err(StoreError::SourceChanged { .. })), "{outcome:?}");
    assert_eq!(methods(&seen), "HEAD POST PUT DELETE");
    // The last part shows the difference; the others were waited for.
    assert_eq!(seen.iter().filter(|seen| seen.method == "PUT").count(), 4);

    let (outcome, seen) = upload(vec![status(404)], error(403, "AccessDenied"), None).await;
    assert!(matches!(outcome, Err(StoreError::Denied { .. })), "{outcome:?}");
    assert_eq!(methods(&seen), "HEAD POST PUT POST DELETE");
}

#[tokio::test]
async fn whoever_is_turned_away_while_others_are_served_has_a_turn_as_well() {
    let mut count = 0;
    let play = move |_: &Seen| {
        count += 1;
        if count % 4 == 0 { status(200) } else { error(503, "SlowDown") }
    };
    let server = Server::answering(Box::new(play)).await;
    let store = at(&server);
    let write = async |number: usize| {
        let (key, sha256) = (key(&format!("pool/{number}")), Sha256::of(OURS.as_bytes()));
        store.create(&key, OURS.into(), sha256, &HEADERS).await
    };
    for outcome in join_all((0..60).map(write)).await {
        assert_eq!(outcome.unwrap(), Creation::New);
    }
}

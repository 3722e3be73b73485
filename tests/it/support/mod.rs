//! What the stories stand on: a repository in a temporary directory, small packages, real clients
//! and servers on loopback.
//!
//! Everything is private to one test: its directory, its environment, its ports. Whatever a test
//! starts ends with it.

pub mod apt;
pub mod bucket;
pub mod deb;
pub mod http;
pub mod key;
pub mod manifest;
pub mod moto;
pub mod proxy;
pub mod real;
pub mod repo;
pub mod run;
pub mod stanza;
pub mod tree;

pub use apt::{AptClient, Trust};
pub use bucket::{Bucket, Conduct};
pub use deb::Deb;
pub use http::FileServer;
pub use key::TestKey;
pub use manifest::Manifest;
pub use moto::Moto;
pub use repo::TestRepo;
pub use run::Run;

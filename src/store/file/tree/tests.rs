//! Two ways to open a directory.

use std::os::unix::fs::symlink;

use super::*;

#[test]
fn one_call_leads_where_steps_do() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("a/b")).unwrap();
    std::fs::write(directory.path().join("a/file"), "").unwrap();
    symlink("b", directory.path().join("a/link")).unwrap();
    symlink("a", directory.path().join("link")).unwrap();
    let root = fs::open(directory.path(), DIRECTORY, Mode::empty()).unwrap();
    let place = |opened: rustix::io::Result<OwnedFd>| {
        opened.ok().map(|directory| File::from(directory).metadata().unwrap().ino())
    };
    for path in ["a", "a/b", "a/x", "a/file", "a/link", "link/b", "x/y"] {
        let (one, steps) = (place(enter(&root, path)), place(enter_step_by_step(&root, path)));
        assert_eq!((one, one.is_some()), (steps, ["a", "a/b"].contains(&path)), "{path}");
    }
}

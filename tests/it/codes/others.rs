//! Questions, and the machine that they are asked on.

use std::process::Command;

use super::{Scenario, published, scenario};
use crate::support::{Run, TestRepo};

pub const SCENARIOS: &[Scenario] = &[
    scenario("RM8001", 64, || published().repoman(["query", "widget ("])),
    scenario("RM8002", 1, || published().repoman(["query", "gadget", "--exit-code"])),
    scenario("RM8003", 64, || {
        published().repoman(["query", "--format", "deb822", "--fields", "Package"])
    }),
    scenario("RM8004", 64, || TestRepo::new().repoman(["explain", "RM9999"])),
    scenario("RM8005", 1, || published().repoman(["explain", "bookworm/main/amd64/gadget"])),
    scenario("RM8006", 64, || published().repoman(["explain", "bookworm/main, gadget"])),
    scenario("RM9002", 1, || published().repoman(["plan", "--json-out", "no/such/file"])),
    scenario("RM9003", 1, || TestRepo::new().repoman(["init"])),
    scenario("RM9004", 1, || {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" schema manifest > /dev/full"]);
        Run::of(shell.arg(env!("CARGO_BIN_EXE_repoman")))
    }),
    scenario("RM9006", 1, || TestRepo::new().repoman(["plan", "--github"])),
];

#[test]
fn what_is_asked_or_written_wrong_has_its_code() {
    super::play(SCENARIOS);
}

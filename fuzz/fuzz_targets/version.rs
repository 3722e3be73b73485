//! libFuzzer's way to `version`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::version(input));

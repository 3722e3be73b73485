//! libFuzzer's way to `deb`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::deb(input));

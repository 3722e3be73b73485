//! libFuzzer's way to `deb822`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| repoman_fuzz::deb822(input));

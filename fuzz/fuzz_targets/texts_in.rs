//! Runs `promises::texts_in`.
#![no_main]

#[path = "../../tests/hostile_input/promises/mod.rs"]
mod promises;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| promises::texts_in(bytes));

//! Runs `promises::configuration`.
#![no_main]

#[path = "../../tests/hostile_input/promises/mod.rs"]
mod promises;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| promises::configuration(bytes));

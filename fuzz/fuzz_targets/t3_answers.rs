//! Runs `promises::t3_answers`.
#![no_main]

#[path = "../../tests/hostile_input/promises/mod.rs"]
mod promises;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| promises::t3_answers(bytes));

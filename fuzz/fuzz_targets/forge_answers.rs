//! Runs [`afk::hostile_input::forge_answers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afk::hostile_input::forge_answers(bytes));

//! The labels that texts for people name.

use crate::domain::text::quoting::code;

const NAME_MAX_CHARS: usize = 200;

/// The labels that the texts name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelNames<'a> {
    /// Asks for a run.
    pub ready: &'a str,
    /// Shows a run.
    pub in_progress: &'a str,
    /// Marks what was handed back.
    pub ready_for_human: &'a str,
}

pub(super) fn label(name: &str) -> String {
    code(name, NAME_MAX_CHARS)
}

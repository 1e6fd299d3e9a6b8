//! What has begun on a page and has not ended yet.

use super::elements::Hiding;

/// An element that hides its content and is still open.
#[derive(Debug)]
pub(super) struct OpenHiding {
    pub(super) name: String,
    pub(super) hiding: Hiding,
    /// Where what it hides begins, in the source.
    pub(super) start: usize,
    /// Elements in it that hide, too, and are still open: the tag that ends it is behind theirs.
    pub(super) inner: Vec<String>,
    /// How many blocks of Markdown were open where it began, if it was an inline tag.
    pub(super) block_depth: Option<usize>,
    /// Whether nothing but text was in it so far.
    pub(super) holds_text_only: bool,
}

impl OpenHiding {
    /// Returns whether a tag, in a `ruby`, ends this `rp`, which needs no tag of its own.
    pub(super) fn ends_before(&self, name: &str, is_closing: bool) -> bool {
        let ends_rp = match name {
            "rt" | "rp" => !is_closing,
            "ruby" => is_closing,
            _ => false,
        };
        self.name == "rp" && self.holds_text_only && ends_rp
    }
}

/// A raw link that is still open.
#[derive(Debug)]
pub(super) struct OpenLink {
    pub(super) start: usize,
    pub(super) shows_something: bool,
}

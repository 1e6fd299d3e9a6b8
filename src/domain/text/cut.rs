//! What is taken out of a source text, and how it is done.
//!
//! Knows neither Markdown nor HTML: the readers say what goes, in any order.

use std::cmp::Reverse;
use std::ops::Range;

/// Why something is not given to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::text) enum CutKind {
    /// Text that the page hides. Refuses an untrusted author.
    Hidden,
    /// What a page shows on hover at most, as alternative text and titles: left out, whoever wrote it.
    Unshown,
}

/// A part of the source to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::text) struct Cut {
    /// Where.
    pub(in crate::domain::text) range: Range<usize>,
    /// By what.
    pub(in crate::domain::text) replacement: String,
    /// Why.
    pub(in crate::domain::text) kind: CutKind,
}

impl Cut {
    /// Takes out a hidden part.
    pub(in crate::domain::text) const fn hidden(range: Range<usize>) -> Self {
        Self {
            range,
            replacement: String::new(),
            kind: CutKind::Hidden,
        }
    }
}

/// Returns the text after all cuts, and how many of each kind were made. A cut inside another one is not counted.
pub(in crate::domain::text) fn apply(source: &str, mut cuts: Vec<Cut>) -> (String, usize, usize) {
    cuts.sort_by_key(|cut| (cut.range.start, Reverse(cut.range.end)));
    let mut text = String::with_capacity(source.len());
    let (mut at, mut hidden, mut unshown) = (0, 0, 0);
    for cut in cuts {
        let Range { start, end } = cut.range;
        if end <= at {
            continue;
        }
        if start >= at {
            text.push_str(&source[at..start]);
            text.push_str(&cut.replacement);
        }
        at = end;
        match cut.kind {
            CutKind::Hidden => hidden += 1,
            CutKind::Unshown => unshown += 1,
        }
    }
    text.push_str(&source[at..]);
    (text, hidden, unshown)
}

//! What is taken out of a source text, and how it is done.
//!
//! Knows neither Markdown nor HTML: the readers say what goes, in any order.

use std::cmp::Reverse;
use std::ops::Range;

/// Why something is not given to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::text) enum CutKind {
    /// Text that the page hides.
    Hidden,
    /// What a page shows on hover at most, as alternative text and titles: left out, whoever wrote it.
    Unshown,
    /// A character that neither shows nor moves text, written as a reference.
    Character,
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

/// A text after its cuts, and how many of each kind were made. A cut inside another one is not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain::text) struct CutText {
    /// What is left.
    pub(in crate::domain::text) text: String,
    /// How many [`CutKind::Hidden`].
    pub(in crate::domain::text) hidden: usize,
    /// How many [`CutKind::Unshown`].
    pub(in crate::domain::text) unshown: usize,
    /// How many [`CutKind::Character`].
    pub(in crate::domain::text) characters: usize,
}

/// Makes all cuts.
pub(in crate::domain::text) fn apply(source: &str, mut cuts: Vec<Cut>) -> CutText {
    let hides = |kind: CutKind| kind == CutKind::Hidden;
    cuts.sort_by_key(|cut| {
        let Range { start, end } = cut.range;
        (start, Reverse(end), Reverse(hides(cut.kind)))
    });
    let mut cut_text = CutText::default();
    let mut at = 0;
    for cut in cuts {
        let Range { start, end } = cut.range;
        if end <= at {
            continue;
        }
        if start >= at {
            cut_text.text.push_str(&source[at..start]);
            cut_text.text.push_str(&cut.replacement);
        }
        at = end;
        match cut.kind {
            CutKind::Hidden => cut_text.hidden += 1,
            CutKind::Unshown => cut_text.unshown += 1,
            CutKind::Character => cut_text.characters += 1,
        }
    }
    cut_text.text.push_str(&source[at..]);
    cut_text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(range: Range<usize>, replacement: &str, kind: CutKind) -> Cut {
        Cut {
            range,
            replacement: replacement.to_owned(),
            kind,
        }
    }

    /// What is left of "abcdef", and how much was hidden, unshown and a character.
    fn made(cuts: Vec<Cut>) -> (String, [usize; 3]) {
        let CutText {
            text,
            hidden,
            unshown,
            characters,
        } = apply("abcdef", cuts);
        (text, [hidden, unshown, characters])
    }

    #[test]
    fn cuts_are_made_in_the_order_of_the_text() {
        use CutKind::{Character, Hidden, Unshown};
        let text = |text: &str| text.to_owned();
        assert_eq!(made(vec![]), (text("abcdef"), [0, 0, 0]));
        for (cuts, expected) in [
            (
                vec![cut(4..5, "-", Character), cut(1..2, "", Unshown)],
                (text("acd-f"), [0, 1, 1]),
            ),
            // One inside another goes with it, wherever it ends.
            (
                vec![cut(2..3, "x", Unshown), cut(1..4, "", Hidden)],
                (text("aef"), [1, 0, 0]),
            ),
            (
                vec![cut(1..3, "x", Unshown), cut(1..4, "", Hidden)],
                (text("aef"), [1, 0, 0]),
            ),
            (
                vec![cut(3..4, "x", Unshown), cut(1..4, "", Hidden)],
                (text("aef"), [1, 0, 0]),
            ),
            // Of two at one place the one that hides is made.
            (
                vec![cut(1..4, "x", Unshown), cut(1..4, "", Hidden)],
                (text("aef"), [1, 0, 0]),
            ),
            // One that goes on behind another takes the rest away, too.
            (
                vec![cut(1..3, "", Hidden), cut(2..5, "x", Unshown)],
                (text("af"), [1, 1, 0]),
            ),
            (
                vec![cut(1..3, "", Hidden), cut(3..5, "x", Unshown)],
                (text("axf"), [1, 1, 0]),
            ),
        ] {
            assert_eq!(made(cuts.clone()), expected, "{cuts:?}");
        }
    }
}

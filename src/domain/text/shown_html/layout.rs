//! How small does raw HTML make its text, and how far does it move it to the right?
//!
//! Counts open elements only. One that nobody closes goes on to the end, as most do in browsers.

use crate::domain::text::unseen::{SMALLER_MAX, Unseen};

/// The most `ruby` in each other whose readings are still readable: each reading is half as large as its text.
const RUBIES_MAX: usize = 2;

/// Elements that are open.
#[derive(Debug, Default)]
pub(super) struct Layout {
    smaller: usize,
    indented: usize,
}

impl Layout {
    /// Takes a tag that nothing hides, its name in lower case, in so many `ruby`. Returns what nobody sees from here on.
    pub(super) fn follow(&mut self, name: &str, is_closing: bool, rubies: usize) -> Option<Unseen> {
        let step = |count: &mut usize| {
            *count = if is_closing {
                count.saturating_sub(1)
            } else {
                *count + 1
            };
            *count
        };
        match name {
            "code" | "kbd" | "samp" | "small" | "sub" | "sup" | "tt" => {
                let is_unreadable = step(&mut self.smaller) > SMALLER_MAX && !is_closing;
                is_unreadable.then_some(Unseen::TooSmall)
            }
            "rt" => (rubies > RUBIES_MAX).then_some(Unseen::TooSmall),
            "blockquote" | "dl" | "ol" | "ul" => Unseen::in_containers(step(&mut self.indented)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_gets_smaller_with_every_open_element() {
        let mut layout = Layout::default();
        for name in ["sub", "sup", "code"] {
            assert_eq!(layout.follow(name, false, 0), None);
        }
        assert_eq!(layout.follow("code", true, 0), None);
        assert_eq!(layout.follow("b", false, 0), None);
        assert_eq!(layout.follow("small", false, 0), None);
        assert_eq!(layout.follow("tt", false, 0), Some(Unseen::TooSmall));
        assert_eq!(layout.follow("tt", true, 0), None);
        assert_eq!(layout.follow("rt", false, 2), None);
        assert_eq!(layout.follow("rt", false, 3), Some(Unseen::TooSmall));
    }

    #[test]
    fn text_moves_to_the_right_with_every_open_list_and_quote() {
        let mut layout = Layout::default();
        assert_eq!(layout.follow("ul", true, 0), None);
        for index in 0..20 {
            let name = ["ul", "ol", "blockquote", "dl"][index % 4];
            assert_eq!(layout.follow(name, false, 0), None);
        }
        assert_eq!(layout.follow("ul", false, 0), Some(Unseen::Nested(21)));
        assert_eq!(layout.follow("ul", true, 0), None);
    }
}

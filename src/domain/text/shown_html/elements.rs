//! Which elements and attributes of raw HTML does a page keep, and whose content does it not show?
//!
//! Knows names only; how a tag is read is in [`super::tag`].

/// How an element hides what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hiding {
    /// Until its closing tag, whatever is between; elements of the same name nest.
    Nested,
    /// Until its first closing tag: browsers read no tags in it, or no second one of its kind.
    Flat,
    /// As [`Self::Nested`], but it does not outlive the block that it stands in.
    InBlock,
    /// As [`Self::InBlock`]; only the content is hidden, the element itself shows a picture or a bar.
    Fallback,
}

/// Elements whose content browsers do not show, and `bdo`, which shows it in another order. Forges drop most of the
/// tags, some with their content and some without: where they keep it, it is left out all the same.
const HIDING_ELEMENTS: [(&str, Hiding); 23] = [
    ("audio", Hiding::Fallback),
    ("bdo", Hiding::Nested),
    ("canvas", Hiding::Fallback),
    ("datalist", Hiding::Nested),
    ("dialog", Hiding::Nested),
    ("iframe", Hiding::Flat),
    ("math", Hiding::Nested),
    ("meter", Hiding::Fallback),
    ("noembed", Hiding::Flat),
    ("noframes", Hiding::Flat),
    ("noscript", Hiding::Flat),
    ("plaintext", Hiding::Flat),
    ("progress", Hiding::Fallback),
    ("rp", Hiding::InBlock),
    ("script", Hiding::Flat),
    ("select", Hiding::Nested),
    ("style", Hiding::Flat),
    ("svg", Hiding::Nested),
    ("template", Hiding::Nested),
    ("textarea", Hiding::Flat),
    ("title", Hiding::Flat),
    ("video", Hiding::Fallback),
    ("xmp", Hiding::Flat),
];

/// Elements that forges keep when they render Markdown.
const SHOWN_ELEMENTS: [&str; 67] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Attributes that hold a number, and change how an element looks.
pub(super) const SIZE_ATTRIBUTES: [&str; 6] =
    ["border", "colspan", "height", "rowspan", "start", "width"];

/// Attributes that are there or not.
pub(super) const FLAG_ATTRIBUTES: [&str; 4] = ["checked", "controls", "disabled", "open"];

/// Elements whose tags GitHub shows as text.
const FILTERED_ELEMENTS: [&str; 9] = [
    "iframe",
    "noembed",
    "noframes",
    "plaintext",
    "script",
    "style",
    "textarea",
    "title",
    "xmp",
];

/// Returns whether GitHub shows the tags of an element as text. `name` is in lower case.
pub(super) fn is_filtered(name: &str) -> bool {
    FILTERED_ELEMENTS.contains(&name)
}

/// Elements that stand in paragraphs and end none.
const PHRASING_ELEMENTS: [&str; 39] = [
    "a", "abbr", "audio", "b", "bdo", "br", "canvas", "cite", "code", "del", "dfn", "em", "font",
    "i", "img", "input", "ins", "kbd", "mark", "meter", "picture", "progress", "q", "rp", "rt",
    "ruby", "s", "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "tt", "u",
    "var", "video",
];

/// Returns whether an element stands in a paragraph without ending it. `name` is in lower case.
pub(super) fn is_phrasing(name: &str) -> bool {
    PHRASING_ELEMENTS.contains(&name)
}

/// Returns how an element hides its content; `None` when it shows it. `name` is in lower case.
pub(super) fn hiding(name: &str) -> Option<Hiding> {
    HIDING_ELEMENTS
        .iter()
        .find(|(hiding, _)| *hiding == name)
        .map(|&(_, hiding)| hiding)
}

/// Returns whether a forge keeps the tags of an element. `name` is in lower case.
pub(super) fn is_kept(name: &str) -> bool {
    SHOWN_ELEMENTS.contains(&name)
}

/// Returns whether an element begins or ends a line of the page.
pub(super) fn is_line_end(name: &str) -> bool {
    matches!(
        name,
        "br" | "p"
            | "div"
            | "pre"
            | "li"
            | "tr"
            | "hr"
            | "blockquote"
            | "summary"
            | "details"
            | "table"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_of_one_kind() {
        assert!(SHOWN_ELEMENTS.is_sorted());
        assert!(HIDING_ELEMENTS.is_sorted_by_key(|(name, _)| *name));
        for (name, hiding) in HIDING_ELEMENTS {
            assert_eq!(is_kept(name), name == "video", "{name} {hiding:?}");
        }
        assert_eq!(hiding("p"), None);
    }
}

//! The judge: a second, independent reader of GitHub's dialect.
//!
//! Another parser renders the page; a small reading of that HTML says which words a person sees. It shares no code with
//! the reader that it judges, and knows nothing of how that one cuts. Where pages differ, both are asked: a browser that
//! is given the HTML as it is, and a forge that shows filtered tags as text and reads CDATA and processing instructions
//! to their own ends. A word is *seen* when both show it, and *unseen* when one of them hides it.

pub(crate) mod bodies;
mod html;
pub(crate) mod words;

use std::collections::BTreeSet;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, format_html, parse_document};

use afk::domain::text::shown_text::ShownText;
use afk::domain::text::unseen::Unseen;

pub(crate) use self::html::Reading;
use self::html::{Page, ends_open};
use self::words::words_in;

/// What the reader and the judge do not agree on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Words that the agent gets although a page hides them.
    pub(crate) leaked: BTreeSet<String>,
    /// Words that every page shows and the agent does not get.
    pub(crate) lost: BTreeSet<String>,
    /// Whether the judge can not tell: it reads links in links in another way than pages do.
    pub(crate) is_open: bool,
    /// What pages read in different ways, as the reader says itself: nobody who is not trusted gets the body through.
    pub(crate) doubt: Option<&'static str>,
}

impl Difference {
    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.leaked.is_empty() && self.lost.is_empty()
    }
}

/// Marks, in the HTML, the place behind which words may be lost: raw markup was left open there, and the reader hides
/// everything behind it, while a browser finds an end in whatever quote or bracket comes next.
const OPEN_END: char = '\u{1}';

/// Compares what the agent gets with what pages show.
pub(crate) fn difference(body: &str) -> Difference {
    let read = ShownText::of_markdown(body);
    let doubt = read.unseen.iter().find_map(|unseen| match unseen {
        Unseen::Doubtful(what) => Some(*what),
        Unseen::Drawn(_)
        | Unseen::OffScreen(_)
        | Unseen::LongAddress(_)
        | Unseen::Nested(_)
        | Unseen::TooSmall => None,
    });
    if doubt.is_some() {
        return Difference {
            doubt,
            ..Difference::default()
        };
    }
    let given = words_in(&read.text);
    let (html, has_link_in_link) = parsed(body);
    if has_link_in_link {
        return Difference {
            is_open: true,
            ..Difference::default()
        };
    }
    let browser = html::read(&html, Reading::Browser, OPEN_END);
    let forge = html::read(&html, Reading::Forge, OPEN_END);
    let may_see: BTreeSet<String> = browser.given.intersection(&forge.given).cloned().collect();
    let free = from_where_words_may_be_lost(body, &html);
    let must_see: BTreeSet<String> = browser
        .required
        .intersection(&forge.required)
        .filter(|word| body.find(word.as_str()).is_some_and(|at| at < free))
        .cloned()
        .collect();
    Difference {
        leaked: given.difference(&may_see).cloned().collect(),
        lost: must_see.difference(&given).cloned().collect(),
        is_open: false,
        doubt: None,
    }
}

/// Returns the place in a body behind which words may be lost: the first footnote that nothing refers to, or that has a
/// blank line in a quote, or raw HTML. Where such a one ends is read differently, and the reader takes more lines for it.
fn from_where_words_may_be_lost(body: &str, html: &str) -> usize {
    if !body.contains("[^") {
        return body.len();
    }
    let html = html.to_lowercase();
    body.match_indices("[^")
        .filter_map(|(at, _)| {
            let (label, text) = body[at + 2..].split_once("]:")?;
            let is_shown = html.contains(&format!("id=\"fn-{}\"", label.to_lowercase()));
            let has_blank_line = text
                .lines()
                .skip(1)
                .any(|line| !line.is_empty() && line.trim_matches([' ', '\t', '>']).is_empty());
            let is_free = !is_shown || has_blank_line || text.contains('<');
            (is_free && !label.contains(']')).then_some(at)
        })
        .min()
        .unwrap_or(body.len())
}

/// Renders a body, and reads what its page shows.
pub(crate) fn page(body: &str, reading: Reading) -> Page {
    html::read(&parsed(body).0, reading, OPEN_END)
}

/// Renders a body as GitHub does; returns the HTML, and whether it has links in links. Alerts are left out: GitHub makes them of
/// quotes that were read before, so their first line is one of a paragraph.
fn parsed(body: &str) -> (String, bool) {
    let options = options();
    let arena = Arena::new();
    let root = parse_document(&arena, body, &options);
    let has_link_in_link = has_link_in_link(root);
    mark_open_ends(root);
    let mut html = String::new();
    format_html(root, &options, &mut html).unwrap();
    let html = html.replace("\r\n", "\n").replace('\r', "\n");
    (html, has_link_in_link)
}

/// Whether the renderer made a link around another one. By the rules, and on GitHub, the outer one is text; it does so when
/// a bracket stands between the two.
fn has_link_in_link<'a>(root: &'a AstNode<'a>) -> bool {
    root.descendants().any(|node| {
        matches!(node.data().value, NodeValue::Link(_))
            && node
                .descendants()
                .skip(1)
                .any(|inner| matches!(&inner.data().value, NodeValue::Link(link) if !is_autolink(inner, &link.url)))
    })
}

/// Whether a link shows its own address.
fn is_autolink<'a>(node: &'a AstNode<'a>, url: &str) -> bool {
    node.first_child().is_some_and(
        |text| matches!(&text.data().value, NodeValue::Text(text) if url.ends_with(&**text)),
    )
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.render.r#unsafe = true;
    options.render.github_pre_lang = true;
    options.render.gfm_quirks = true;
    options
}

fn mark_open_ends<'a>(root: &'a AstNode<'a>) {
    for node in root.descendants() {
        if let NodeValue::HtmlBlock(block) = &mut node.data.borrow_mut().value
            && ends_open(&block.literal)
        {
            block.literal.push(OPEN_END);
        }
    }
}

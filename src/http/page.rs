//! What is told of a web page that came in the place of an answer: that it is one, and its title. Its text is for a browser.

/// The longest title that is told, in characters.
const TITLE_MAX_CHARS: usize = 80;

/// Whether a body is a web page, by how it begins, or by its content type and some markup: Slack says its single words as HTML.
pub(super) fn is_page(content_type: Option<&str>, body: &str) -> bool {
    let kind = content_type.unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let begins = |word: &str| {
        let body = body.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        body.as_bytes()
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    let says_so = ["text/html", "application/xhtml+xml"]
        .iter()
        .any(|page| kind.eq_ignore_ascii_case(page));
    (says_so && body.contains('<')) || begins("<!doctype html") || begins("<html")
}

/// A web page in words.
pub(super) fn described(body: &str) -> String {
    match title(body) {
        Some(title) => format!("(a web page: {title})"),
        None => "(a web page)".to_owned(),
    }
}

/// The page's title on one line; `None` when it has none.
fn title(body: &str) -> Option<String> {
    // Lower case of ASCII alone keeps every position.
    let lower = body.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let begin = tag + lower[tag..].find('>')? + 1;
    let text = &body[begin..];
    let text = &text[..text.find('<').unwrap_or(text.len())];
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    let title: String = words
        .chars()
        .filter(|c| !c.is_control())
        .take(TITLE_MAX_CHARS)
        .collect();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_known_by_their_type_or_their_beginning() {
        for (kind, body, expected) in [
            (Some("text/html"), "", false),
            (Some("text/html"), "no_service", false),
            (Some("Text/HTML; charset=utf-8"), "<p>no", true),
            (Some("application/xhtml+xml"), "no<br/>", true),
            (Some("text/plain"), "no", false),
            (Some("text/plain"), "\n<!DOCTYPE html><p>", true),
            (None, "\u{feff}<HTML>", true),
            (None, "<htm", false),
            (None, "", false),
            (Some("application/json"), "{}", false),
        ] {
            assert_eq!(is_page(kind, body), expected, "{kind:?} {body}");
        }
    }

    #[test]
    fn a_page_is_told_by_its_title() {
        for (body, expected) in [
            (
                "<html><head><TITLE lang=en> Access\n denied </TITLE><body>all of it",
                "(a web page: Access denied)",
            ),
            ("<title>cut", "(a web page: cut)"),
            ("<title></title>", "(a web page)"),
            ("<title", "(a web page)"),
            ("ä<p>no title", "(a web page)"),
        ] {
            assert_eq!(described(body), expected, "{body}");
        }
        let long = described(&format!("<title>{}</title>", "ä".repeat(500)));
        assert_eq!(
            long,
            format!("(a web page: {})", "ä".repeat(TITLE_MAX_CHARS))
        );
    }
}

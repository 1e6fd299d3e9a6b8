//! Tags of raw HTML.

/// The text behind a tag.
pub(super) fn behind_tag(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let end = tag.bytes().take(200).position(|byte| byte == b'>')?;
    let begins = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    // An address in angle brackets has no blanks.
    let is_address = tag[..end].contains("://") && !tag[..end].contains(' ');
    (begins && !is_address).then(|| &tag[end + 1..])
}

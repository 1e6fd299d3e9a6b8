//! The address under which a browser shows an issue, which people copy where an issue is to be named.

use crate::domain::repository::{ForgeKind, IssueRef};

/// The issue that `text` is the address of, on one of the `forges` by their hosts; `None` for anything else.
pub(super) fn issue_at(text: &str, forges: &[(ForgeKind, String)]) -> Option<IssueRef> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.trim_end_matches('/').split_once('/')?;
    let (kind, _) = forges
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(host))?;
    // A forge may stand below a path of its own.
    let mut segments = path.rsplit('/');
    let (number, word) = (segments.next()?, segments.next()?);
    let (name, owner) = (segments.next()?, segments.next()?);
    if word != "issues" {
        return None;
    }
    IssueRef::parse(&format!("{kind}:{owner}/{name}#{number}"), *kind).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_read_from_its_address_on_a_forge_in_use() {
        let forges = [
            (ForgeKind::GitHub, "github.com".to_owned()),
            (ForgeKind::Forgejo, "git.example.org:8443".to_owned()),
        ];
        for (text, expected) in [
            (
                "https://github.com/acme/widgets/issues/7",
                Some("github:acme/widgets#7"),
            ),
            (
                "https://GitHub.com/acme/widgets/issues/7/?x=y#issuecomment-1",
                Some("github:acme/widgets#7"),
            ),
            (
                "http://git.example.org:8443/sub/acme/widgets/issues/12",
                Some("forgejo:acme/widgets#12"),
            ),
            ("https://git.example.org/acme/widgets/issues/12", None),
            ("https://github.com/acme/widgets/pull/7", None),
            ("https://github.com/acme/widgets/issues", None),
            ("https://github.com/acme/widgets/issues/0", None),
            ("https://github.com/widgets/issues/7", None),
            ("acme/widgets#7", None),
        ] {
            let expected = expected.map(|text| IssueRef::parse(text, ForgeKind::GitHub).unwrap());
            assert_eq!(issue_at(text, &forges), expected, "{text}");
        }
    }
}

//! What a tag releases, apart from its version: `api-v1.2.0` and `web-v2.0.1` release two things, `v1.2.0-rc1` and `v1.2.1` one.

/// Words that belong to a version. Those that may as well name a place (`dev`, `canary`, `stable`) are none.
const OF_A_VERSION: [&str; 17] = [
    "v", "alpha", "beta", "rc", "pre", "post", "build", "final", "ga", "release", "fix", "hotfix",
    "patch", "preview", "snapshot", "sp", "m",
];

/// Letters that are of a version only in a word that begins with a digit: `1.2.0a1`, `2026w48`, `2026-11-30T01-02-03Z`.
const BEHIND_DIGITS: [&str; 8] = ["a", "b", "c", "t", "z", "w", "q", "dev"];

/// The fewest digits of a commit's id in a tag.
const HASH_MIN: usize = 7;

/// The digits of a date.
const DATE_DIGITS: usize = 8;

/// The words of a tag that belong to no version. Which word names a part and which a version is not told: a word counts as one of
/// the version only where it is known as that.
pub(super) fn released(tag: &str) -> Vec<String> {
    let tag = tag.to_ascii_lowercase();
    // A version may be counted by one word, with whatever letters: `r42`, `b128`.
    let counts = tag.bytes().all(|sign| sign.is_ascii_alphanumeric()) && !is_of_a_version(&tag);
    let counted = tag.trim_end_matches(|sign: char| sign.is_ascii_digit());
    (if counts { counted } else { &tag })
        .split(|sign: char| !sign.is_ascii_alphanumeric())
        .filter(|word| !is_of_a_version(word))
        .map(str::to_owned)
        .collect()
}

/// Whether a word is a number, with or without words of a version, a date with its time, or a commit's id.
fn is_of_a_version(word: &str) -> bool {
    let is_digit = |sign: char| sign.is_ascii_digit();
    let id = word.strip_prefix('g').unwrap_or(word);
    let is_hash = id.len() >= HASH_MIN
        && id.contains(is_digit)
        && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_date = word.find(|sign| !is_digit(sign)) >= Some(DATE_DIGITS);
    let number = word.strip_prefix('v').unwrap_or(word);
    let begins_with_digit = number.starts_with(is_digit);
    let mut letters = number.split(is_digit).filter(|letters| !letters.is_empty());
    let is_version = letters.all(|letters| {
        OF_A_VERSION.contains(&letters) || (begins_with_digit && BEHIND_DIGITS.contains(&letters))
    });
    is_hash || is_date || is_version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_no_part_of_what_is_released() {
        for (tags, expected) in [
            (
                &[
                    "v1.0",
                    "v1.0-rc1",
                    "1.0.0",
                    "V1.2.1",
                    "v1.0.0-beta.2",
                    "1.2rc1",
                    "1.0.0.Final",
                    "2026.11.30",
                    "20261130T0102Z",
                    "v1795880568102",
                    "v1.2-5-g4f1c2b7a",
                    "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec",
                    "release-7",
                    "build/128",
                    "v1.2.0+build.7",
                    "2026-11-30T01-02-03Z",
                    "1.2.0a1",
                    "4f1c2b70",
                    "v1.2.0-m2",
                    "v1.2.0-SNAPSHOT",
                    "v2026w48",
                    "2026q4",
                    "",
                ][..],
                "",
            ),
            (
                &[
                    "api-v1.2.0",
                    "api-1.3",
                    "api/v2",
                    "API_v1.2.0-rc1",
                    "v1-api",
                ],
                "api",
            ),
            (&["web-v2.0.1", "web@2.1.0", "1.2.0-web"], "web"),
            (&["@acme/api@1.2.0"], "acme api"),
            (&["app1-v1.2.0", "app1-v1.3.0"], "app1"),
            (&["app2-v1.2.0"], "app2"),
            (&["t1-v2"], "t1"),
            (&["2fa-v1"], "2fa"),
            (&["a-v1"], "a"),
            (&["t-1", "t"], "t"),
            (&["r42", "r43", "r"], "r"),
            (&["app1", "app2"], "app"),
            (&["v1.2.0-production"], "production"),
            (&["v1.2.0-dev", "dev"], "dev"),
            (&["feedbac-v1"], "feedbac"),
            (&["database2-v1", "database2-v2"], "database2"),
        ] {
            for tag in tags {
                assert_eq!(released(tag).join(" "), expected, "{tag}");
            }
        }
    }
}

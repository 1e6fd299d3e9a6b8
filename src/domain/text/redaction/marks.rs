//! Tokens whose makers mark them.

use std::ops::Range;

/// How much a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Nothing else begins like this.
    Sure,
    /// Other words begin like this, too: there has to be a digit behind it, and it is no name of several words.
    WithDigit,
    /// Only hexadecimal digits follow.
    Hex,
    /// A dot and more follow, as in tokens of JSON; without, it is only JSON in base64.
    Dotted,
}

/// The beginnings of tokens, and the least number of characters behind them.
const MARKS: &[(&str, usize, Mark)] = &[
    // Forges.
    ("ghp_", 16, Mark::Sure),
    ("gho_", 16, Mark::Sure),
    ("ghu_", 16, Mark::Sure),
    ("ghs_", 16, Mark::Sure),
    ("ghr_", 16, Mark::Sure),
    ("github_pat_", 16, Mark::Sure),
    ("glpat-", 16, Mark::Sure),
    ("gldt-", 16, Mark::Sure),
    ("glrt-", 16, Mark::Sure),
    ("glrtr-", 16, Mark::Sure),
    ("glcbt-", 16, Mark::Sure),
    ("glptt-", 16, Mark::Sure),
    ("glft-", 16, Mark::Sure),
    ("glimt-", 16, Mark::Sure),
    ("glagent-", 16, Mark::Sure),
    ("glsoat-", 16, Mark::Sure),
    ("gloas-", 16, Mark::Sure),
    ("glffct-", 16, Mark::Sure),
    ("ATATT3", 20, Mark::Sure),
    ("ATCTT3", 20, Mark::Sure),
    ("ATBB", 20, Mark::WithDigit),
    // Chats and mail.
    ("xoxb-", 10, Mark::Sure),
    ("xoxp-", 10, Mark::Sure),
    ("xoxa-", 10, Mark::Sure),
    ("xoxr-", 10, Mark::Sure),
    ("xoxs-", 10, Mark::Sure),
    ("xoxc-", 10, Mark::Sure),
    ("xoxd-", 10, Mark::Sure),
    ("xoxe-", 10, Mark::Sure),
    ("xoxe.", 10, Mark::Sure),
    ("xapp-", 10, Mark::Sure),
    ("SG.", 20, Mark::WithDigit),
    ("key-", 32, Mark::Hex),
    ("xkeysib-", 20, Mark::Sure),
    ("AC", 32, Mark::Hex),
    ("SK", 32, Mark::Hex),
    ("tk_", 20, Mark::WithDigit),
    // Money and shops.
    ("sk_live_", 10, Mark::Sure),
    ("sk_test_", 10, Mark::Sure),
    ("rk_live_", 10, Mark::Sure),
    ("rk_test_", 10, Mark::Sure),
    ("whsec_", 10, Mark::Sure),
    ("shpat_", 16, Mark::Sure),
    ("shpca_", 16, Mark::Sure),
    ("shppa_", 16, Mark::Sure),
    ("shpss_", 16, Mark::Sure),
    ("shptka_", 16, Mark::Sure),
    ("sq0atp-", 16, Mark::Sure),
    ("sq0csp-", 16, Mark::Sure),
    // Clouds.
    ("AKIA", 16, Mark::Sure),
    ("ASIA", 16, Mark::WithDigit),
    ("ABIA", 16, Mark::WithDigit),
    ("ACCA", 16, Mark::WithDigit),
    ("AIza", 30, Mark::Sure),
    ("ya29.", 20, Mark::Sure),
    ("GOCSPX-", 16, Mark::Sure),
    ("dop_v1_", 16, Mark::Sure),
    ("doo_v1_", 16, Mark::Sure),
    ("dor_v1_", 16, Mark::Sure),
    ("HRKU-", 16, Mark::Sure),
    ("hvs.", 16, Mark::Sure),
    ("hvb.", 16, Mark::Sure),
    ("hvr.", 16, Mark::Sure),
    ("tskey-", 10, Mark::Sure),
    ("pul-", 40, Mark::Hex),
    ("dapi", 32, Mark::Hex),
    ("dp.pt.", 16, Mark::Sure),
    ("dp.st.", 16, Mark::Sure),
    ("fo1_", 20, Mark::WithDigit),
    ("sbp_", 20, Mark::WithDigit),
    ("pscale_tkn_", 16, Mark::Sure),
    ("pscale_pw_", 16, Mark::Sure),
    // Models.
    ("sk-ant-", 16, Mark::Sure),
    ("sk-proj-", 16, Mark::Sure),
    ("sk-", 20, Mark::WithDigit),
    ("hf_", 20, Mark::WithDigit),
    ("gsk_", 20, Mark::WithDigit),
    ("xai-", 20, Mark::WithDigit),
    ("r8_", 20, Mark::WithDigit),
    // Registries.
    ("npm_", 20, Mark::WithDigit),
    ("pypi-", 20, Mark::WithDigit),
    ("rubygems_", 20, Mark::WithDigit),
    ("dckr_pat_", 16, Mark::Sure),
    ("dckr_oat_", 16, Mark::Sure),
    ("oy2", 40, Mark::WithDigit),
    // Watching and planning.
    ("glsa_", 16, Mark::Sure),
    ("glc_", 20, Mark::WithDigit),
    ("sntrys_", 16, Mark::Sure),
    ("sntryu_", 16, Mark::Sure),
    ("NRAK-", 16, Mark::Sure),
    ("lin_api_", 16, Mark::Sure),
    ("figd_", 16, Mark::Sure),
    ("PMAK-", 16, Mark::Sure),
    ("ntn_", 20, Mark::WithDigit),
    ("secret_", 40, Mark::WithDigit),
    ("pplx-", 20, Mark::WithDigit),
    ("pcsk_", 20, Mark::WithDigit),
    ("lsv2_pt_", 16, Mark::Sure),
    ("lsv2_sk_", 16, Mark::Sure),
    ("NRII-", 16, Mark::Sure),
    ("NRJS-", 16, Mark::Sure),
    ("sqp_", 20, Mark::WithDigit),
    ("squ_", 20, Mark::WithDigit),
    ("sqa_", 20, Mark::WithDigit),
    // Builds.
    ("CCIPAT_", 16, Mark::Sure),
    ("CCIPRJ_", 16, Mark::Sure),
    ("bkua_", 16, Mark::Sure),
    ("nfp_", 20, Mark::WithDigit),
    ("fm2_", 20, Mark::WithDigit),
    ("rnd_", 20, Mark::WithDigit),
    ("sb_secret_", 16, Mark::Sure),
    ("napi_", 20, Mark::WithDigit),
    ("cio", 32, Mark::WithDigit),
    ("AKCp", 50, Mark::WithDigit),
    ("cmVmdGtu", 40, Mark::Sure),
    // More clouds.
    ("LTAI", 12, Mark::WithDigit),
    ("AKID", 32, Mark::WithDigit),
    ("EAA", 60, Mark::WithDigit),
    // Keys.
    ("ops_eyJ", 20, Mark::Sure),
    ("AGE-SECRET-KEY-", 16, Mark::Sure),
    ("eyJ", 10, Mark::Dotted),
];

/// Finds marked tokens.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    let mut run = Run::default();
    while at < text.len() {
        let begins = text.as_bytes()[at].is_ascii_alphanumeric() && begins_word(&text[..at]);
        let length = if begins {
            run.go_on(text, at);
            token_at(&text[at..], at, &run)
        } else {
            None
        };
        if let Some(length) = length {
            secrets.push(at..at + length);
            at += length;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// A row of what tokens are made of: letters, digits, `_` and `-`. All words in it end where it ends.
#[derive(Debug, Default)]
struct Run {
    end: usize,
    last_digit: Option<usize>,
}

impl Run {
    /// Goes on to the row that a place stands in.
    fn go_on(&mut self, text: &str, at: usize) {
        if at >= self.end {
            let length = length_of(&text[at..], |c| {
                c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
            });
            self.end = at + length;
            self.last_digit = text[at..self.end]
                .rfind(|c: char| c.is_ascii_digit())
                .map(|digit| at + digit);
        }
    }
}

/// Returns whether an address has a token in it whose maker marks it.
#[must_use]
pub fn has_marked_token(address: &str) -> bool {
    let mut found = Vec::new();
    find(address, &mut found);
    !found.is_empty()
}

/// Returns the length of the token that a text begins with, which stands at `at` in its row.
fn token_at(text: &str, at: usize, run: &Run) -> Option<usize> {
    MARKS.iter().find_map(|&(mark, least, kind)| {
        let rest = text.strip_prefix(mark)?;
        let start = at + mark.len();
        // Dots and slashes stand between words, so they count for nothing, and belong to a token that is one already. They may
        // stand in a mark, too.
        let first = if start <= run.end {
            run.end - start
        } else {
            length_of(rest, |c| {
                c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
            })
        };
        if first < least {
            return None;
        }
        let is_token = match kind {
            Mark::Sure => true,
            Mark::WithDigit if start <= run.end => {
                run.last_digit.is_some_and(|digit| digit >= start) && !is_of_words(rest, first)
            }
            Mark::WithDigit => {
                rest[..first].bytes().any(|byte| byte.is_ascii_digit()) && !is_of_words(rest, first)
            }
            Mark::Dotted => {
                let more = rest[first..].strip_prefix('.').unwrap_or_default();
                more.starts_with(|c: char| c.is_ascii_alphanumeric())
            }
            Mark::Hex => length_of(rest, |c| c.is_ascii_hexdigit()) == first,
        };
        if !is_token {
            return None;
        }
        let is_of_token = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=' | '~')
        };
        let whole = rest[..length_of(rest, is_of_token)].trim_end_matches(['.', '-', '/', '=']);
        Some(mark.len() + whole.len().max(first))
    })
}

/// Returns whether the row that a text begins with is a name of several words: `get_value_string_utf8`, `dot-animation-v2`.
fn is_of_words(text: &str, row: usize) -> bool {
    /// From here on a name is judged by its beginning.
    const REACH: usize = 120;
    let row = &text[..row.min(REACH)];
    row.contains(['_', '-']) && row.split(['_', '-']).all(is_word)
}

/// Letters of one case, with a few digits behind or between them, or a number.
fn is_word(part: &str) -> bool {
    const LETTERS_MAX: usize = 16;
    const DIGITS_MAX: usize = 4;
    const NUMBER_MAX: usize = 8;
    let number = part.bytes().all(|byte| byte.is_ascii_digit());
    let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_stage = ["alpha", "beta", "rc"]
        .iter()
        .any(|stage| letters.strip_suffix(stage).is_some_and(is_word));
    // "width2x"
    let letters = letters
        .strip_suffix('x')
        .filter(|number| {
            letters.len() == part.len() && number.ends_with(|c: char| c.is_ascii_digit())
        })
        .map_or(letters, |number| {
            number.trim_end_matches(|c: char| c.is_ascii_digit())
        });
    let digits = part.len() - letters.len();
    let small = letters
        .strip_prefix(|c: char| c.is_ascii_uppercase())
        .unwrap_or(letters);
    let is_one_case = small.bytes().all(|byte| byte.is_ascii_lowercase())
        || letters.bytes().all(|byte| byte.is_ascii_uppercase());
    (number && part.len() <= NUMBER_MAX)
        || is_stage
        || (is_one_case && letters.len() <= LETTERS_MAX && digits <= DIGITS_MAX)
}

fn length_of(text: &str, is_of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_of(c)).unwrap_or(text.len())
}

/// Whether a word can begin behind `before`: `%20` is a space, and so are `\n` and `\u003d` in JSON.
fn begins_word(before: &str) -> bool {
    let escaped = |mark: &str, digits: usize| {
        let escape = before
            .len()
            .checked_sub(mark.len() + digits)
            .and_then(|at| before.get(at..));
        escape
            .and_then(|escape| escape.strip_prefix(mark))
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let is_escape = escaped("%", 2)
        || escaped("\\u", 4)
        || ["\\n", "\\t", "\\r"]
            .iter()
            .any(|escape| before.ends_with(escape));
    is_escape || !before.ends_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_words_are_no_tokens() {
        for name in [
            "napi_get_value_string_utf8",
            "napi_create_reference_function2",
            "hf_hub_download_with_retry_v2",
            "tk_widget_get_screen_width2x",
            "gsk_cell_renderer_node_get_child2",
            "rnd_generator_seed_12345_value",
            "sqa_dashboard_release_2024_q4",
            "sk-circle-fade-dot-animation-v2",
            "sk-toggleable-control__visually-hidden1",
            "pplx-perplexity-eval-run-20241",
            "secret_store_controller_reconcile_loop_for_v1beta1_resources",
            "tk_Tree_View_column_set_width2",
            "RND_GENERATOR_SEED_VALUE_2",
        ] {
            assert!(!has_marked_token(name), "{name}");
        }
        for token in [
            "napi_a1b2c3d4e5f6g7h8i9j0",
            "hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567",
            "rnd_a1b2c3d4e5f6g7h8i9j0k1l2",
            "sk-or-v1-0123456789abcdef0123456789abcdef",
            "sk-abcdefghijklmnopqrst1",
            "sk-ab-abcdefghijklmnopq1",
            "sk-abcdefghij-12345678901",
            "glc_eyJvIjoi_xY9-zQ2aB3cD4eF5",
            "fo1_aB3dE_6gH9jK2-mN5pQ8sT1",
        ] {
            assert!(has_marked_token(token), "{token}");
        }
    }
}

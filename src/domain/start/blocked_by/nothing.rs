//! The words that say "there is no blocker", in the languages that trackers are written in.
//!
//! What follows such a word is ignored: "None — can start immediately". Words that begin other sentences, too ("No release
//! before #12"), say so only where nothing, or no reference, follows.

/// Say "none" whatever follows.
const NOTHING: &[&str] = &[
    // English
    "none",
    "nothing",
    "n/a",
    "n.a",
    "na",
    "nil",
    "null",
    "nope",
    "nobody",
    "not applicable",
    "not blocked",
    "unblocked",
    "no response",
    // German
    "keine",
    "keiner",
    "keines",
    "keins",
    "nichts",
    "niemand",
    "entfällt",
    "nein",
    // French
    "aucun",
    "aucune",
    "rien",
    "néant",
    "sans objet",
    "s.o",
    // Spanish
    "ninguno",
    "ninguna",
    "ningún",
    "nada",
    "no aplica",
    // Portuguese
    "nenhum",
    "nenhuma",
    "não há",
    "não se aplica",
    // Italian
    "nessuno",
    "nessuna",
    "niente",
    "nulla",
    // Dutch
    "geen",
    "niets",
    "nvt",
    "n.v.t",
    // Polish, Czech, Slovak
    "brak",
    "żadne",
    "żaden",
    "żadna",
    "nie dotyczy",
    "nic",
    "žádné",
    "žádný",
    "žádná",
    "žiadne",
    "žiadny",
    // Swedish, Norwegian, Danish
    "inga",
    "ingen",
    "inget",
    "intet",
    "ingenting",
    "ingenting",
    "nej",
    "nei",
    // Finnish, Hungarian, Romanian, Turkish
    "ei mitään",
    "ei ole",
    "nincs",
    "semmi",
    "niciunul",
    "niciuna",
    "nimic",
    "yok",
    "hiçbiri",
    // Russian, Ukrainian, Bulgarian
    "нет",
    "ничего",
    "никаких",
    "отсутствует",
    "отсутствуют",
    "немає",
    "нема",
    "нічого",
    "відсутні",
    "няма",
    "нищо",
    // Greek, Hebrew, Arabic, Hindi
    "κανένα",
    "κανένας",
    "καμία",
    "τίποτα",
    "όχι",
    "אין",
    "ללא",
    "لا شيء",
    "لا يوجد",
    "कोई नहीं",
    // Indonesian, Vietnamese
    "tidak ada",
    "không có",
    "không",
];

/// Languages that put no space between words: the word may stand before any other.
const NOTHING_UNSPACED: &[&str] = &[
    "无",
    "無",
    "没有",
    "沒有",
    "暂无",
    "暫無",
    "不适用",
    "不適用",
    "なし",
    "無し",
    "特になし",
    "ありません",
    "該当なし",
    "없음",
    "없습니다",
    "해당 없음",
    "해당없음",
    "ไม่มี",
];

/// Say "none" when they stand alone or before a sign.
const NO: &[&str] = &[
    "no", "non", "kein", "não", "nem", "nie", "ne", "nu", "ei", "inte", "ikke", "nee", "не", "ні",
    "не", "ohne", "sans", "sin", "sem", "zonder", "bez", "utan", "uden", "uten", "hayır", "hayir",
    "нету",
];

/// What a text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// There is no blocker, whatever follows.
    Nothing,
    /// A word such as "no", and a sentence behind it: there is no blocker unless it names one.
    No,
    /// Anything else.
    Other,
}

/// Reads the beginning of a text that stands behind list marks and emphasis.
pub(super) fn beginning(text: &str) -> Beginning {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_decoration(c));
    if text.is_empty() || text.chars().all(is_empty_sign) {
        return Beginning::Nothing;
    }
    // The longest words have two parts.
    let start: String = text.chars().take(40).collect::<String>().to_lowercase();
    let after = |word: &&&str| start.strip_prefix(**word).map(str::to_owned);
    if NOTHING_UNSPACED.iter().any(|word| start.starts_with(word)) {
        return Beginning::Nothing;
    }
    let ends = |rest: &str| !rest.chars().next().is_some_and(char::is_alphanumeric);
    if NOTHING
        .iter()
        .any(|word| after(&word).is_some_and(|rest| ends(&rest)))
    {
        return Beginning::Nothing;
    }
    let rest = NO
        .iter()
        .find_map(|word| after(&word).filter(|rest| ends(rest)));
    match rest {
        Some(rest) => {
            let rest = rest.trim_start_matches(is_decoration);
            let number = rest.trim_start_matches(['.', ' ', ':']);
            if number.starts_with(|c: char| c.is_ascii_digit() || c == '#') {
                // "No. 12"
                Beginning::Other
            } else if rest.starts_with(char::is_whitespace)
                && rest.trim_start().starts_with(char::is_alphanumeric)
            {
                Beginning::No
            } else if rest.starts_with('-') {
                // "no-one"
                Beginning::Other
            } else {
                Beginning::Nothing
            }
        }
        None => Beginning::Other,
    }
}

/// Whether a text says nothing but "none".
pub(super) fn is_nothing(text: &str) -> bool {
    beginning(text) == Beginning::Nothing
}

/// Signs around words.
fn is_decoration(c: char) -> bool {
    matches!(
        c,
        '*' | '_' | '"' | '\'' | '“' | '”' | '(' | ')' | '[' | ']' | '|' | '~'
    )
}

/// Signs that stand where nothing is to be said.
fn is_empty_sign(c: char) -> bool {
    c.is_whitespace()
        || is_decoration(c)
        || matches!(
            c,
            '-' | '‐' | '–' | '—' | '−' | '―' | '/' | '.' | 'ø' | 'Ø' | '∅' | ':'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vocabulary_is_lower_case_and_says_nothing() {
        for word in NOTHING.iter().chain(NOTHING_UNSPACED).chain(NO) {
            assert_eq!(word.to_lowercase(), **word);
            for text in [
                (*word).to_owned(),
                word.to_uppercase(),
                format!("_{word}_"),
                format!("**{word}**."),
                format!("{word} — can start immediately"),
                format!("{word}, see below"),
                format!("({word})"),
            ] {
                // "- " behind "no" begins a remark, as a dash does.
                assert_eq!(beginning(&text), Beginning::Nothing, "{text:?}");
            }
        }
    }

    #[test]
    fn sentences_and_numbers_are_not_taken_for_nothing() {
        for (text, expected) in [
            ("No release before #12", Beginning::No),
            ("No blockers", Beginning::No),
            ("No. 12", Beginning::Other),
            ("No 12", Beginning::Other),
            ("no-one knows", Beginning::Other),
            ("Nonesuch", Beginning::Other),
            ("nothingness", Beginning::Other),
            ("Noah's change", Beginning::Other),
            ("TBD", Beginning::Other),
            ("?", Beginning::Other),
            ("", Beginning::Nothing),
            ("—", Beginning::Nothing),
            ("- ", Beginning::Nothing),
            ("N/A", Beginning::Nothing),
            ("_No response_", Beginning::Nothing),
            ("无（前沿票）。", Beginning::Nothing),
            ("#12", Beginning::Other),
        ] {
            assert_eq!(beginning(text), expected, "{text:?}");
        }
    }
}

//! The words themselves, in lower case and with composed letters.

/// Say "none". An apostrophe at the end joins the next word.
pub(super) const NOTHING: &[&str] = &[
    "does not depend on any",
    "does not depend on anything",
    "does not depend on other",
    "does not depend on another",
    "doesn't depend on any",
    "doesn't depend on anything",
    "doesn't depend on other",
    "doesn't depend on another",
    "does not require any",
    "does not have any",
    "doesn't have any",
    "not blocked by any",
    "not blocked by anything",
    "not blocked by other",
    "isn't blocked",
    "isn't blocked by any",
    "isn't blocked by anything",
    "doesn't have dependencies",
    "doesn't have blockers",
    "does not have dependencies",
    "does not have blockers",
    "standalone",
    "self-contained",
    // English
    "none",
    "nothing",
    "n/a",
    "n.a",
    "nope",
    "nobody",
    "not applicable",
    "not blocked",
    "unblocked",
    "no response",
    "n / a",
    "n\\a",
    "nihil",
    // German
    "keine",
    "keiner",
    "keines",
    "keins",
    "nichts",
    "niemand",
    "entfällt",
    "entfaellt",
    "nein",
    "keinerlei",
    "nicht zutreffend",
    "nicht blockiert",
    "trifft nicht zu",
    // French
    "aucun",
    "aucune",
    "rien",
    "néant",
    "sans objet",
    "s.o",
    "aucuns",
    "pas bloqué",
    "pas de",
    "pas d'",
    // Spanish
    "ninguno",
    "ninguna",
    "ningún",
    "nada",
    "no aplica",
    "no hay",
    "no procede",
    // Portuguese
    "nenhum",
    "nenhuma",
    "não há",
    "não se aplica",
    "não aplicável",
    "nao ha",
    // Italian
    "nessuno",
    "nessuna",
    "niente",
    "nulla",
    "nessun",
    // Dutch
    "geen",
    "niets",
    "nvt",
    "n.v.t",
    "niet van toepassing",
    "niet geblokkeerd",
    // Polish, Czech, Slovak
    "brak",
    "żadne",
    "żaden",
    "żadna",
    "nie dotyczy",
    "nie ma",
    "żadnych",
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
    "ej aktuellt",
    "ikke aktuelt",
    "ikke relevant",
    "ekkert",
    "engin",
    "enginn",
    "nej",
    "nei",
    // Finnish, Hungarian, Romanian, Turkish
    "ei mitään",
    "ei mikään",
    "puudub",
    "puuduvad",
    "ei ole",
    "nincs",
    "semmi",
    "niciunul",
    "niciuna",
    "nimic",
    "yok",
    "hiçbiri",
    "yoxdur",
    "nu este cazul",
    "nu se aplică",
    "nu există",
    "nu sunt",
    // Croatian, Serbian, Albanian, Lithuanian, Latvian, Slovene
    "ništa",
    "nema",
    "nijedan",
    "asnjë",
    "nėra",
    "neviens",
    "nav atkarību",
    "nič",
    // Russian, Ukrainian, Bulgarian
    "нет",
    "ничего",
    "ничто",
    "никто",
    "не требуется",
    "жодних",
    "жодного",
    "жоқ",
    "никаких",
    "отсутствует",
    "отсутствуют",
    "немає",
    "нема",
    "нічого",
    "відсутні",
    "няма",
    "нищо",
    // Greek, also without accents; Hebrew, Arabic, Persian, Urdu, Hindi and others
    "κανένα",
    "κανένας",
    "καμία",
    "τίποτα",
    "όχι",
    "κανενα",
    "κανενας",
    "καμια",
    "τιποτα",
    "οχι",
    "δεν υπαρχει",
    "δεν υπαρχουν",
    "δεν υπάρχει",
    "δεν υπάρχουν",
    "אין",
    "ללא",
    "לא רלוונטי",
    "لا شيء",
    "لا يوجد",
    "لا توجد",
    "لا أحد",
    "کوئی نہیں",
    "کچھ نہیں",
    "نہیں",
    "هیچ",
    "ندارد",
    "कोई नहीं",
    "कुछ नहीं",
    "नहीं",
    "নেই",
    "இல்லை",
    "არაფერი",
    "չկա",
    // Indonesian, Malay, Filipino, Swahili, Vietnamese
    "tidak ada",
    "tak ada",
    "tiada",
    "wala",
    "walang",
    "hakuna",
    "khong co",
    "chưa có",
    "không có",
    "không",
];

/// Languages that put no space between words: another word may follow at once.
pub(super) const NOTHING_UNSPACED: &[&str] = &[
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

/// Say "none", and may stand before a number: "No. 12".
pub(super) const NO: &[&str] = &[
    "no", "non", "kein", "não", "nem", "nie", "ne", "ei", "inte", "ikke", "nee", "не", "ні",
    "ohne", "sans", "sin", "sem", "zonder", "bez", "brez", "utan", "uden", "uten", "hayır",
    "hayir", "нету",
];

/// Say "none" when nothing else stands on the line: they begin ordinary words and sentences, too ("Nav bar", "pas na de release").
pub(super) const ALONE: &[&str] = &["nu", "pas", "nav", "nic", "cap"];

/// The same, but people put an explanation behind it: "NA - can start". What that names counts.
pub(super) const ALONE_OR_EXPLAINED: &[&str] = &["na"];

/// Say "none", and are words of programs, too: what follows them counts, also behind a sign ("Null, empty and missing (#41)").
pub(super) const OF_PROGRAMS: &[&str] = &["nil", "null", "zero"];

/// Words that begin with one of [`NOTHING_UNSPACED`] and mean something else: without barriers, endless, wireless, seamless, free.
pub(super) const NOT_NOTHING: &[&str] = &[
    "无障碍",
    "無障礙",
    "无限",
    "無限",
    "无线",
    "無線",
    "无缝",
    "無縫",
    "無料",
    "無効",
    "无效",
    "無效",
    "无人",
    "無人",
];

/// Of what is said that it has none: "This task has no dependencies".
pub(super) const SUBJECTS: &[&str] = &[
    "es gibt",
    "il n'y a",
    "this issue",
    "this task",
    "this ticket",
    "this story",
    "this pr",
    "this work",
    "this one",
    "this",
    "the issue",
    "the task",
    "it",
    "there",
    "we",
    "i",
];

/// What stands between them and "none".
pub(super) const VERBS: &[&str] = &["has", "have", "is", "are", "'s"];

/// Words that say when, and may stand before "none".
pub(super) const NOW: &[&str] = &[
    "currently",
    "presently",
    "at the moment",
    "right now",
    "for now",
    "as of now",
    "so far",
    "aktuell",
    "derzeit",
    "momentan",
    "zurzeit",
    "zur zeit",
    "im moment",
    "bisher",
    "actuellement",
    "pour l'instant",
    "pour le moment",
    "actualmente",
    "de momento",
    "por ahora",
    "atualmente",
    "no momento",
    "attualmente",
    "al momento",
    "momenteel",
    "obecnie",
    "aktualnie",
    "сейчас",
    "пока",
    "現在",
    "今のところ",
    "当面",
    "目前",
    "当前",
    "當前",
    "现在",
    "暂时",
    "暫時",
    "현재",
    "지금은",
];

/// Letters of these words that come apart into a letter and a mark, as some keyboards and file systems write them: each mark,
/// then each letter without and with it.
const COMPOSED: &[(char, &str)] = &[
    ('\u{300}', "aàeèoò"),
    ('\u{301}', "aáeéiíoóuúyýαάεέηήιίοόυύωώ"),
    ('\u{302}', "aâeêiîoôuû"),
    ('\u{303}', "aãnñoõ"),
    ('\u{304}', "aāeēiīuū"),
    ('\u{306}', "aăийgğ"),
    ('\u{307}', "eėzż"),
    ('\u{308}', "aäeëoöuüії"),
    ('\u{30a}', "aåuů"),
    ('\u{30c}', "cčeěnňsšzž"),
    ('\u{31b}', "oơuư"),
    ('\u{327}', "cçsş"),
    ('\u{328}', "aąeę"),
    ('\u{653}', "اآ"),
    ('\u{654}', "اأوؤيئ"),
];

/// The letter that a letter and the mark behind it make.
fn composed(letter: char, mark: char) -> Option<char> {
    // Syllables of Hangul are computed: a first consonant and a vowel, then a last consonant.
    let (first, second) = (u32::from(letter), u32::from(mark));
    let is_open = matches!(letter, '가'..='힣') && (first - 0xAC00) % 28 == 0;
    let syllable = if matches!((first, second), (0x1100..=0x1112, 0x1161..=0x1175)) {
        Some(0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28)
    } else if is_open && (0x11A8..=0x11C2).contains(&second) {
        Some(first + second - 0x11A7)
    } else {
        None
    };
    syllable.and_then(char::from_u32).or_else(|| {
        let (_, letters) = COMPOSED.iter().find(|(known, _)| *known == mark)?;
        let mut letters = letters.chars();
        while let (Some(plain), Some(marked)) = (letters.next(), letters.next()) {
            if plain == letter {
                return Some(marked);
            }
        }
        None
    })
}

/// A text in the form of these words.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
        let c = if matches!(c, '’' | 'ʼ') { '\'' } else { c };
        match folded
            .chars()
            .next_back()
            .and_then(|last| composed(last, c))
        {
            Some(whole) => {
                folded.pop();
                folded.push(whole);
            }
            None => folded.push(c),
        }
    }
    folded
}

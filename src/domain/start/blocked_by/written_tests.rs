//! What people commonly write: neither overlooked nor refused for nothing.

use super::field_tests::assert_named;

#[test]
fn words_that_say_none_swallow_no_references() {
    assert_named(&[
        ("Blocked by: Nav bar redesign (#41)", "#41"),
        ("Blocked by: Null-safety migration (#41)", "#41"),
        ("Blocked by: Nil deref fix #41", "#41"),
        ("Blocked by: Zero-downtime deploys #41", "#41"),
        ("Blocked by: NIC firmware #41", "#41"),
        ("Blocked by: NA rollout (#41)", "#41"),
        ("Blocked by: na #41", "#41"),
        ("Blocked by: None-aware merge #41", "#41"),
        ("Blocked by: `null` check #41", "#41"),
        ("Blocked by: 无障碍改造 (#41)", "#41"),
        ("Blocked by: 無限スクロール #41", "#41"),
        ("Blocked by:\n- Null handling (#41)\n- #13", "#41 #13"),
        ("## Blocked by\n\n- Null handling (#41)\n- #13", "#41 #13"),
        // Siblings.
        ("Blocked by: None of the above but #41", "#41"),
        ("Blocked by: None of those below, #41", "#41"),
        ("Blocked by: nothing but #41", "#41"),
        ("Blocked by: none #41", "#41"),
        ("Blocked by: Null, empty and missing (#41)", "#41"),
        ("Blocked by: `null`, `undefined` #41", "#41"),
        ("Blocked by: nil::Option #41", "#41"),
        ("Blocked by: Null/undefined deref #41", "#41"),
        ("Blocked by: **Null** deref #41", "#41"),
        ("Blocked by: Nav: redesign (#41)", "#41"),
        ("Blocked by: NIC (#41)", "#41"),
        ("Blocked by: NA (#41)", "#41"),
        ("Blocked by: CAP theorem note #41", "#41"),
        ("Blocked by: Rien de grave #41", "#41"),
        ("Blocked by: Nada client #41", "#41"),
        ("Blocked by: 无线模块 #41", "#41"),
        ("Blocked by: 没有 #41 就不行", "#41"),
        ("Blocked by: None <br> #41", "#41"),
        (
            "Depends on: nu wachten op team API",
            "| nu wachten op team API",
        ),
        ("Depends on: pas na de release", "| pas na de release"),
        ("Depends on: na de release", "| na de release"),
        ("Depends on: Nav bar redesign", "| Nav bar redesign"),
        ("Depends on: NIC firmware", "| NIC firmware"),
        ("Depends on: null-safety", "| null-safety"),
        ("Depends on: 无障碍改造", "| 无障碍改造"),
    ]);
}

#[test]
fn what_explains_none_is_still_ignored() {
    assert_named(&[
        ("Blocked by: None — can start after #4 is read", ""),
        ("Blocked by: None - see #4", ""),
        ("Blocked by: None. #4 was merged.", ""),
        ("Blocked by: None (was #4)", ""),
        ("Blocked by: None(was #4)", ""),
        ("Blocked by: None, #4 is done", ""),
        ("Blocked by: None: #4 is done", ""),
        ("Blocked by: None; #4 is done", ""),
        ("Blocked by: **None** (#4 is done)", ""),
        ("Blocked by: `None` — #4 is done", ""),
        ("Blocked by: None → #4", ""),
        ("Blocked by: None yet", ""),
        ("Blocked by: None of them any more", ""),
        ("Blocked by: NA", ""),
        ("Blocked by: NA.", ""),
        ("Blocked by: NA - can start", ""),
        ("Blocked by: null", ""),
        ("Blocked by: nu", ""),
        ("Blocked by: nav", ""),
        ("Blocked by: nic.", ""),
        ("Blocked by: zero blockers", ""),
        ("Blocked by: pas de blocage", ""),
        ("Blocked by: pas d’autre ticket", ""),
        ("Blocked by: nu există", ""),
        ("Blocked by: 无，#4 已完成", ""),
        ("Blocked by: 无阻塞项", ""),
        ("Blocked by: なし。#4は完了", ""),
        ("| Blocked by | None | see #4 |", ""),
        ("| Blocked by |None|#4|", ""),
    ]);
}

#[test]
fn none_is_known_in_more_languages_and_in_letters_that_come_apart() {
    for word in [
        "لا توجد",
        "cap",
        "nič",
        "brez",
        "کوئی نہیں",
        "नहीं",
        "Καμια",
        "ΚΑΝΕΝΑ",
        "…",
        "...",
        // A letter, and its mark behind it.
        "nic\u{30c}",
        "a\u{308}hnlich",
        "kho\u{302}ng co\u{301}",
        "κ\u{3b1}μι\u{301}α",
        "entfa\u{308}llt",
        "ne\u{301}ant",
        "nena\u{303}o",
        "na\u{303}o ha\u{301}",
        "z\u{307}adne",
        "hic\u{327}biri",
        "\u{110b}\u{1165}\u{11b9}\u{110b}\u{1173}\u{11b7}",
    ] {
        let expected = match word {
            "a\u{308}hnlich" | "nena\u{303}o" => format!("| {word}"),
            _ => String::new(),
        };
        for body in [
            format!("Blocked by: {word}"),
            format!("## Blocked by\n\n- {word}\n"),
        ] {
            assert_named(&[(&body, &expected)]);
        }
    }
    assert_named(&[
        ("Blocked by: Cap on uploads", "| Cap on uploads"),
        ("Blocked by: … #12", "#12"),
        ("Blocked by: …the parser", "| …the parser"),
    ]);
}

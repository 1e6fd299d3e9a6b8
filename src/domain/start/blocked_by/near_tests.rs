//! Bodies that differ in one sign from others which are read otherwise.

use super::tests::read;

#[test]
fn near_cases_are_told_apart() {
    for (body, expected) in [
        ("| a | S<br>Requires: Auth (#12) |", ""),
        ("S | Requires: Auth (#12)\n---|---\nx | y", ""),
        (
            "Intro with some words.\nSize: S | Requires: Auth (#12)",
            "#12",
        ),
        ("Size: S **Requires:** the auth team", "| the auth team"),
        ("Size: S - Requires: Auth (#12)", "#12"),
        ("Size: S 🔒 Requires: Auth (#12)", "#12"),
        ("high  Requires: Auth (#12)", "#12"),
        ("Size: S | Requires: the auth team", "| the auth team"),
        (
            "<p>Requires: <x href=\"https://github.com/o/w/issues/12\">Auth</x></p>",
            "| Auth</x></p>",
        ),
        ("Blocked by: [Auth](issues/12)", "#12"),
        ("Blocked by: [Auth](pull/12)", "| [Auth](pull/12)"),
        ("Blocked by: [Auth](../pull/12)", "#12"),
        (
            "Blocked by: [Auth](../issues/12) to [B](../issues/14)",
            "#12 #13 #14",
        ),
        ("Blocked by: the parent: #5", "#5"),
        ("## Blocked by\n\n- Parent: #5", "#5"),
        ("## Blocked by\n\n- the work is part of #5", "#5"),
        (
            "**Dependencies:** Blocks: a.b/c#13 and #14. Blocked by #12",
            "#12",
        ),
        ("Dependencies: Blocks: #13-#14 — #12", "#12"),
        ("## Dependencies\n\n- Blocks: #13—#14", ""),
        ("## Dependencies\n\n- Blocks: #13, prerequires #14", ""),
        ("Requires: the reblocks: #13", "#13"),
        ("**Blocked by:**\n\n🔴 Auth (#12)\n\nTokens (#13)", "#12"),
        (
            "## Blocked by\n\n- #12\n\n---\n\n- part of the work #13",
            "#12 #13",
        ),
        ("**Requires** (x)\n\n- #12", ""),
        (
            "## Blocked by\n\n- the whole of the backend team: none",
            "| the whole of the backend team: none",
        ),
        (
            "## Blocked by\n\n- a-label-that-is-longer-than-thirty-characters: none",
            "| a-label-that-is-longer-than-thirty-characters: none",
        ),
        ("## Blocked by\n\n- Phase 2: none", "| Phase 2: none"),
        ("### Blockers\n\n- [ ] Yes\n- [ ] No", ""),
        (
            "### Blocked by\n\n**The auth team**\n\nNone",
            "| The auth team**",
        ),
        (
            "| Step | Task | Depends on |\n|---|---|---|\n| abc1 | x | - |\n| abc2 | y | abc1 |",
            "| abc1",
        ),
        (
            "| Step | Task | Depends on |\n|---|---|---|\n| T1x | x | - |\n| T2x | y | T1x |",
            "| T1x",
        ),
        (
            "| Dependency | Owner | Status |\n|---|---|---|\n| Auth API | #12 | open |",
            "| Auth API",
        ),
        ("| Depends on | Issue |\n|---|---|\n| none | #12 |", ""),
        ("## Dependencies\n\n- **Blocks:**\n- #13", "#13"),
        ("## Dependencies\n\n**Blocks:**\n- #13\n\n- #14", "#14"),
        (
            "### Blocked by\n\nThe auth team\n\n- [x] None",
            "| The auth team",
        ),
        ("Size: S __Requires:__ the auth team", "| the auth team"),
        (
            "Blocked by: <a href=\"https://github.com/o/w/issues/12\">Auth</a> and <a href=\"https://github.com/o/w/issues/13\">B</a>",
            "o/w#12 o/w#13",
        ),
        ("Requires:\nAuth (#12)\n\nText (#13)", "#12"),
        ("**Requires** (2) of them\n\n- #12", ""),
        ("**Requires?** more\n\n- #12", ""),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

/// A line is looked at up to a bound, which may lie within a character.
#[test]
fn long_lines_are_looked_at_up_to_a_character() {
    for letters in [90, 91, 92, 93, 150] {
        let far = "é".repeat(letters);
        let body = format!("Size: S | Requires: {far} #12");
        assert_eq!(read(&body), "#12", "{letters}");
        let alone = format!("Size: S | Requires: x{far}");
        assert_eq!(
            read(&alone),
            format!("| x{}", "é".repeat(letters.min(99))),
            "{letters}"
        );
    }
}

#[test]
fn more_near_cases_are_told_apart() {
    for (body, expected) in [
        ("## Dependencies\n\n- the parent: #5 and #12", "#5 #12"),
        ("## Dependencies\n\n- it is part of #5 and #12", "#5 #12"),
        ("## Blocked by\n\n- [x] yes, #12", "#12"),
        ("## Dependencies\n\n- Blocks: #13 (see #14), #12", "#12"),
        ("## Dependencies\n\nRequires: Blocks: #13 — then #12", "#12"),
        ("Blocked by: [Auth](../issues/12) to #14", "#12 #13 #14"),
        (
            "Blocked by: [#12](/o/w/issues/12) to #14",
            "#12 #13 #14 o/w#12",
        ),
        ("Requires: known issue #12", "#12"),
        // Nobody ticked it, and nobody ticked "none" either.
        (
            "### Blocked by\n\n- [ ] Design approved\n\nNone",
            "| Design approved",
        ),
        ("**Requires**?\n\n- #12", "#12"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

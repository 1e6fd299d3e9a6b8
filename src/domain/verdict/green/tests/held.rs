//! Builds that wait for a person, where newer commits are on top: people let the newest go on, and the others stand.

use super::*;

fn ask(now: i64, answers: &[StageOutcome]) -> (String, Verdict) {
    let commit = pushed(100, &[('c', 300), ('b', 200)]);
    let (asked, verdict) = answer_all(&commit, BUILD_ONLY, now, answers);
    let asked = asked.iter().map(|(_, sha)| &sha.as_str()[..1]);
    (asked.collect(), verdict)
}

/// Every answer of the newest, and of the one below it.
#[test]
fn a_held_build_is_proved_by_a_green_newer_one_and_waits_for_one_that_goes_on() {
    let unreadable = StageOutcome::Unreadable {
        cause: "HTTP 500".to_owned(),
    };
    let told = [
        (success(Some(400)), "green"),
        (running(), "unit tests"),
        (unreadable, "it can not be read: HTTP 500"),
        (StageOutcome::None, ""),
        (
            StageOutcome::OnlyNewer {
                said: "x".to_owned(),
            },
            "",
        ),
        (
            StageOutcome::NotNamed {
                said: "x".to_owned(),
            },
            "",
        ),
        (blocked(Hold::Waits, None), ""),
        (blocked(Hold::Stopped, None), ""),
        (failure(Some(400)), ""),
        (StageOutcome::Superseded, ""),
    ];
    let now = 100 + START_MAX;
    for (newest, says) in &told {
        for (other, also_says) in &told {
            let held = blocked(Hold::Waits, None);
            let answers = [held, newest.clone(), other.clone()];
            let is_green = [*says, *also_says].contains(&"green");
            let asked = if *says == "green" { "ac" } else { "acb" };
            let answers = &answers[..asked.len()];
            let waits_for = [*says, *also_says]
                .into_iter()
                .find(|says| !says.is_empty());
            let expected = match waits_for {
                _ if is_green => Verdict::Green,
                Some(said) => pending(
                    Stage::Build,
                    &format!("unit; of a newer commit that contains it: {said}"),
                ),
                None => needs_a_person(Stage::Build, now),
            };
            assert_eq!(ask(now, answers), (asked.to_owned(), expected));
        }
    }
}

/// The time of what goes on begins with the oldest newer commit. The end is the person's, as it would have been.
#[test]
fn a_held_build_waits_as_long_as_a_newer_build_may_take() {
    let end = 200 + END_MAX;
    for since in [None, Some(150)] {
        let answers = [
            blocked(Hold::Waits, since),
            running(),
            StageOutcome::Superseded,
        ];
        let (_, before) = ask(end - 1, &answers);
        assert!(matches!(before, Verdict::Pending { .. }), "{before:?}");
        let (_, after) = ask(end, &answers);
        let at = since.unwrap_or(100) + START_MAX;
        assert_eq!(after, needs_a_person(Stage::Build, at));
    }
}

#[test]
fn what_a_person_stopped_asks_nobody_else() {
    let (asked, verdict) = ask(200, &[blocked(Hold::Stopped, None)]);
    assert_eq!(
        (asked.as_str(), verdict),
        ("a", needs_a_person(Stage::Build, 100))
    );
}

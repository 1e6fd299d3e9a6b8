//! Commits of which nothing that counts was built: CI was asked to stay away, or other names reported.

use super::*;

#[test]
fn a_commit_that_skips_ci_is_red_where_nothing_checked_it() {
    let commit = PushedCommit {
        skip_token: Some("[skip ci]".to_owned()),
        ..pushed(100, &[('b', 200)])
    };
    let own = [(Stage::Build, sha('a'))];
    let both = [(Stage::Build, sha('a')), (Stage::Build, sha('b'))];
    let skipped = Verdict::Red(Red {
        stage: Stage::Build,
        reason: RedReason::CiSkipped,
        at: at(100),
        checks: Vec::new(),
        cause: Some("its message says '[skip ci]'".to_owned()),
    });
    let unreadable = StageOutcome::Unreadable {
        cause: "HTTP 500".to_owned(),
    };
    let other_names = StageOutcome::NotNamed {
        said: "test did not report".to_owned(),
    };
    let of_newer = "nothing has started for it, and of a newer commit that contains it: unit tests";
    let unread = "nothing has started for it, and of a newer commit that contains it: it can not be read: HTTP 500";
    for (first, second, expected) in [
        (StageOutcome::None, StageOutcome::None, skipped.clone()),
        (other_names.clone(), StageOutcome::None, skipped.clone()),
        (StageOutcome::None, other_names, skipped.clone()),
        (
            StageOutcome::None,
            unreadable,
            pending(Stage::Build, unread),
        ),
        (StageOutcome::None, failure(Some(200)), skipped),
        (
            StageOutcome::None,
            running(),
            pending(Stage::Build, of_newer),
        ),
        (StageOutcome::None, success(Some(200)), Verdict::Green),
    ] {
        let said = answer_all(&commit, BUILD_ONLY, 200, &[first, second]);
        assert_eq!(said, (both.to_vec(), expected));
    }
    // What reported on it, the token did not keep away.
    for (said, expected) in [
        (success(Some(150)), Verdict::Green),
        (failure(Some(150)), failed(Stage::Build, 150)),
        (running(), pending(Stage::Build, "unit tests")),
    ] {
        let said = answer_all(&commit, BUILD_ONLY, 200, &[said]);
        assert_eq!(said, (own.to_vec(), expected));
    }
}

/// A release commit that CI is told to leave alone proves nothing of what it stands on.
#[test]
fn whether_ci_was_asked_to_stay_away_is_told_of_the_commit_that_is_asked_about() {
    for own in [false, true] {
        for of_newer in [false, true] {
            let mut commit = pushed(100, &[('b', 200)]);
            commit.skip_token = own.then(|| "[skip ci]".to_owned());
            commit.newer[0].skips_ci = of_newer;
            for answer in [StageOutcome::None, StageOutcome::Superseded] {
                let Next::Ask(question) = begin(&commit, BUILD_ONLY, 200) else {
                    panic!("it asks first");
                };
                assert_eq!(question.moment().asks_to_skip, own);
                let Next::Ask(question) = question.answer(answer) else {
                    panic!("it asks about the newer one");
                };
                assert_eq!(question.moment().asks_to_skip, of_newer);
            }
        }
    }
}

/// Other things reported than those that are named.
#[test]
fn a_build_without_what_is_named_says_what_there_is_until_its_time_to_start_is_over() {
    let said = "test did not report; reported: changes (success)";
    let other_names = StageOutcome::NotNamed {
        said: said.to_owned(),
    };
    for (age, expected) in [
        (START_MAX - 1, pending(Stage::Build, said)),
        (START_MAX, silent(Stage::Build, 100 + START_MAX, said)),
    ] {
        let told = verdict(BUILD_ONLY, 100 + age, std::slice::from_ref(&other_names));
        assert_eq!(told, expected);
    }
    let commit = pushed(100, &[('b', 200)]);
    for (newer, expected) in [
        (success(Some(300)), Verdict::Green),
        (other_names.clone(), pending(Stage::Build, said)),
        (
            running(),
            pending(
                Stage::Build,
                &format!("{said}; of a newer commit that contains it: unit tests"),
            ),
        ),
    ] {
        let answers = [other_names.clone(), newer];
        assert_eq!(answer_all(&commit, BUILD_ONLY, 400, &answers).1, expected);
    }
}

/// A newer commit may be built in the place of one; what deploys it is known to the deploy.
#[test]
fn a_deploy_that_was_not_started_for_the_commit_asks_about_no_newer_one() {
    let said = "the newest pipeline runs tag bbbbbbbb";
    let not_started = StageOutcome::NotNamed {
        said: said.to_owned(),
    };
    let commit = PushedCommit {
        skip_token: Some("[skip ci]".to_owned()),
        ..pushed(100, &[('b', 200)])
    };
    let both = [(Stage::Build, sha('a')), (Stage::Deploy, sha('a'))];
    for (age, expected) in [
        (START_MAX - 1, pending(Stage::Deploy, said)),
        (START_MAX, silent(Stage::Deploy, 300 + START_MAX, said)),
    ] {
        let answers = [success(Some(300)), not_started.clone()];
        let told = answer_all(&commit, ALL_STAGES, 300 + age, &answers);
        assert_eq!(told, (both.to_vec(), expected));
    }
}

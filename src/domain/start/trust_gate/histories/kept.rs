//! What is kept of a decision decides the same again, without the texts.

use super::ALL;
use super::story::*;
use crate::domain::identity::{RepositoryId, RepositoryKey, Slot};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::basis::{Asked, Decision, Examination, Seen, StartBasis};
use crate::domain::start::caps::{Caps, Pause};
use crate::domain::start::dispatch_policy::{Binding, BoundAuthorisation, SlotState, SlotView};
use crate::domain::start::eligibility::{Depth, Sight, refused_at_sight};
use crate::domain::start::priority::Priority;
use crate::domain::start::trust_gate::read_texts;

/// What the gate was asked about a story, with the permissions that were known.
fn examination(story: &Story, depth: Depth, permissions: &Permissions) -> Examination {
    let rules = story.rules();
    let mut kept = Examination::of(
        depth,
        &story.repository,
        &story.issue,
        read_texts(&story.issue, permissions, &rules),
        permissions,
        None,
        None,
        &rules,
    );
    kept.authorisation = Some(story.authorisation.clone());
    kept
}

fn basis(asked: Asked) -> StartBasis {
    StartBasis {
        slots: Vec::new(),
        locked: Vec::new(),
        held: None,
        caps: None,
        asked,
    }
}

fn examined(story: &Story, depth: Depth, permissions: &Permissions) -> StartBasis {
    basis(Asked::Gate(Box::new(examination(
        story,
        depth,
        permissions,
    ))))
}

fn slot(slot: u32, issue: IssueNumber, event: &str, state: SlotState) -> SlotView {
    let slot = Slot(slot);
    let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1));
    SlotView {
        slot,
        thread: key.thread(slot),
        binding: Some(Binding {
            issue,
            authorisation: BoundAuthorisation::Event(Authorisation::new(event).unwrap()),
        }),
        state,
        created_at: None,
    }
}

/// The decision that is made again, as its word and its codes.
fn again(basis: &StartBasis, issue: IssueNumber) -> Option<(&'static str, Vec<&'static str>)> {
    let (decision, reasons) = basis.decide(issue)?;
    let codes = reasons.iter().map(|reason| reason.code.as_str());
    Some((decision.as_str(), codes.collect()))
}

#[test]
fn every_history_is_decided_again_from_what_is_kept_of_it() {
    for History { name, bend, .. } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        let number = story.issue.number;
        let kept = examined(&story, Depth::Whole, &story.permissions);
        let expected = match story.judge() {
            GateVerdict::Trusted(_) => (Decision::Dispatch, Vec::new()),
            GateVerdict::Refused(refusal) => (Decision::Refuse, refusal.into_reasons()),
        };
        assert_eq!(kept.decide(number), Some(expected), "{name}");
        let nobody = Permissions::default();
        for (depth, refusal) in [
            (Depth::Certain, story.without_people()),
            (Depth::WithoutPeople, story.so_far()),
        ] {
            let kept = examined(&story, depth, &nobody);
            let expected = refusal.map(|refusal| (Decision::Refuse, refusal.into_reasons()));
            assert_eq!(kept.decide(number), expected, "{name}, {depth:?}");
        }
    }
}

#[test]
fn texts_are_not_kept() {
    let mut story = Story::common();
    story.comment(ada(), 1, "A word.");
    let kept = examination(&story, Depth::Whole, &story.permissions);
    assert_eq!(
        (kept.issue.title.as_str(), kept.issue.body.as_str()),
        ("", "")
    );
    assert!(kept.issue.comments.is_empty());
}

#[test]
fn what_was_seen_refuses_again() {
    let nothing = |_: &mut Story| {};
    for (bend, codes) in [
        (nothing as fn(&mut Story), [].as_slice()),
        (
            |story| story.issue.labels.push("wontfix".to_owned()),
            &["on-hold"],
        ),
        (|story| story.now = at(1), &["settling"]),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        let issue = &story.issue;
        let sight = Sight {
            repository: &story.repository,
            labels: &issue.labels,
            labelled_at: Some(at(0)),
            open_sub_issues: issue.open_sub_issues,
            open_blockers: issue.open_native_blockers,
            blockers: &issue.blockers,
            assignees: &issue.assignees,
            rivals: &issue.rivals,
        };
        let reasons = refused_at_sight(&sight, &story.rules());
        assert_eq!(reasons.len(), codes.len());
        let seen = Asked::Sight(Box::new(Seen::of(&sight, &story.rules())));
        let expected = (!codes.is_empty()).then(|| ("refuse", codes.to_vec()));
        assert_eq!(again(&basis(seen), issue.number), expected);
    }
}

/// What holds a repository or the whole tick comes before the issue's own question.
#[test]
fn slots_and_caps_decide_before_the_issue_is_asked_about() {
    let story = Story::common();
    let (own, other) = (story.issue.number, IssueNumber(3));
    let free = || examined(&story, Depth::Whole, &story.permissions);
    let caps = |in_flight, starts, pause: bool| Caps {
        max_in_flight: 2,
        in_flight,
        max_starts: Some(4),
        starts,
        pause: pause.then(|| Pause {
            run: "octo-org/widgets#3".to_owned(),
            cause: "a limit is reached".to_owned(),
            since: at(0),
            until: None,
        }),
    };
    let with = |change: fn(&mut StartBasis)| {
        let mut basis = free();
        change(&mut basis);
        basis
    };
    let capped = |slots: &[SlotView], caps| StartBasis {
        caps: Some(caps),
        slots: slots.to_vec(),
        ..free()
    };
    let allocated = slot(1, own, "LE_1", SlotState::Allocated);
    let of_other = slot(1, other, "LE_9", SlotState::Allocated);
    for (what, basis, expected) in [
        ("free", free(), Some(("dispatch", vec![]))),
        (
            "held",
            with(|basis| {
                basis.held = Some(Reason::new(ReasonCode::RepositoryBusy, "forged"));
            }),
            Some(("skip", vec!["repository-busy"])),
        ),
        (
            "locked",
            with(|basis| basis.locked = vec![IssueNumber(3)]),
            Some(("skip", vec!["lock-label"])),
        ),
        (
            "a run is under way",
            capped(
                &[slot(1, other, "LE_9", SlotState::Started)],
                caps(0, 0, false),
            ),
            Some(("skip", vec!["repository-busy"])),
        ),
        (
            "a slot of another issue is allocated",
            capped(&[of_other], caps(0, 0, false)),
            Some(("skip", vec!["repository-busy"])),
        ),
        (
            "its own slot is allocated and counts among those in flight",
            capped(std::slice::from_ref(&allocated), caps(2, 0, false)),
            Some(("dispatch", vec![])),
        ),
        (
            "its own slot is allocated, and the day is full",
            capped(&[allocated], caps(1, 4, false)),
            Some(("skip", vec!["cap-reached"])),
        ),
        (
            "as many as may are in flight",
            capped(&[], caps(2, 0, false)),
            Some(("skip", vec!["cap-reached"])),
        ),
        (
            "the provider is paused",
            capped(&[], caps(0, 0, true)),
            Some(("skip", vec!["provider-paused"])),
        ),
        (
            "there is room",
            capped(&[], caps(1, 3, false)),
            Some(("dispatch", vec![])),
        ),
    ] {
        assert_eq!(again(&basis, own), expected, "{what}");
    }
}

#[test]
fn questions_beside_the_gate_are_answered_again() {
    let own = IssueNumber(87);
    let named = |name: &str| repo(&format!("octo-org/{name}"));
    let enrolment = |repository: RepoRef| Asked::Enrolment {
        enrolled: vec![named("widgets")],
        repository,
    };
    let labelling = |event: &str| Asked::Queue {
        authorisation: Authorisation::new(event).unwrap(),
        labelled_at: None,
    };
    let had_run = |event| StartBasis {
        slots: vec![slot(1, own, "LE_1", SlotState::Released)],
        ..basis(labelling(event))
    };
    let order = |rank, of_first| Asked::Order {
        own: rank,
        first: IssueNumber(3),
        of_first,
    };
    let (urgent, late) = (Priority::Ranked(0), Priority::Unranked);
    let told = Asked::Told {
        decision: Decision::Skip,
        reasons: vec![Reason::new(ReasonCode::FactsIncomplete, "no answer")],
    };
    for (what, basis, expected) in [
        ("nothing", basis(Asked::Nothing), None),
        ("enrolled", basis(enrolment(named("widgets"))), None),
        (
            "not enrolled",
            basis(enrolment(named("gears"))),
            Some(("refuse", vec!["not-allowlisted"])),
        ),
        (
            "its labelling had its run",
            had_run("LE_1"),
            Some(("refuse", vec!["already-run"])),
        ),
        ("labelled anew", had_run("LE_2"), None),
        (
            "another one is as urgent and older",
            basis(order(late, late)),
            Some(("skip", vec!["lower-priority"])),
        ),
        (
            "it is the more urgent one",
            basis(order(urgent, late)),
            None,
        ),
        (
            "told",
            basis(told),
            Some(("skip", vec!["facts-incomplete"])),
        ),
    ] {
        assert_eq!(again(&basis, own), expected, "{what}");
    }
}

//! The trust gate against a second implementation, over generated facts.
//!
//! The second one is written from the clauses of the specification alone, as plainly as possible and without
//! the first one's parts. Texts come from a small pool that says for each text what a page shows of it, so that
//! reading Markdown is not done twice. Every run generates the same facts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use afk::domain::identity::Authorisation;
use afk::domain::issue::{
    Actor, Blocker, BlockerState, BodyEdits, Comment, Edit, IssueFacts, IssueState, LabelChange,
    LabelEvent, OwnAccount, Permission, PermissionFact, Permissions, RepositoryFacts, ViaApp,
    Visibility,
};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::IssueNumber;
use afk::domain::start::trust_gate::{
    GateFacts, GateRules, GateVerdict, judge, people_to_ask, refused_without_people,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

const CASES: u32 = 6_000;

/// A text and what a page shows of it.
#[derive(Clone, Copy, Debug)]
struct Sample {
    source: &'static str,
    shown: &'static str,
    /// Parts that the page hides.
    hidden_parts: usize,
    /// Whether the page shows a part of it in another form.
    unseen: bool,
    /// Whether it has characters that nobody sees.
    hidden_characters: bool,
    /// Whether it names a blocker that can not be looked up.
    odd_blocker: bool,
    /// Fence that its shown part needs.
    fence: &'static str,
}

const fn sample(source: &'static str, shown: &'static str, fence: &'static str) -> Sample {
    Sample {
        source,
        shown,
        hidden_parts: 0,
        unseen: false,
        hidden_characters: false,
        odd_blocker: false,
        fence,
    }
}

const SAMPLES: [Sample; 11] = [
    sample("It breaks.", "It breaks.", "```"),
    sample("", "", "```"),
    sample(
        "Run `x`\r\n```\nboom\n```",
        "Run `x`\n```\nboom\n```",
        "````",
    ),
    sample(
        "👨\u{200D}👩 می\u{200C}خواهم `<!-- kept -->`",
        "👨\u{200D}👩 می\u{200C}خواهم `<!-- kept -->`",
        "```",
    ),
    Sample {
        hidden_parts: 1,
        ..sample("Do it.\n\n<!-- and more -->", "Do it.", "```")
    },
    Sample {
        hidden_parts: 2,
        ..sample("Do<!-- a --> it<!-- b -->.", "Do it.", "```")
    },
    Sample {
        unseen: true,
        ..sample("Do $x$", "Do $x$", "```")
    },
    sample("\u{FEFF}Do\u{200B} it", "Do it", "```"),
    Sample {
        hidden_characters: true,
        ..sample("Do\u{202E} it", "Do\u{202E} it", "```")
    },
    Sample {
        hidden_parts: 1,
        hidden_characters: true,
        ..sample("\u{E0041}<!-- -->x", "\u{E0041}x", "```")
    },
    Sample {
        odd_blocker: true,
        ..sample("Blocked by #0", "Blocked by #0", "```")
    },
];

const TITLES: [Sample; 4] = [
    sample("Fix the widget", "Fix the widget", "```"),
    sample("``` <!-- shown -->", "``` <!-- shown -->", "````"),
    Sample {
        hidden_characters: true,
        ..sample("Fix\u{202D}", "Fix\u{202D}", "```")
    },
    sample("Fix\u{200B}", "Fix", "```"),
];

#[derive(Clone, Debug)]
struct Case {
    repository: RepositoryFacts,
    issue: IssueFacts,
    title: Sample,
    body: Sample,
    comments: Vec<Sample>,
    permissions: Vec<(String, PermissionFact)>,
    own_account: OwnAccount,
    public_allowed: bool,
    text_budget: usize,
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// One of `bad`, once in `odds`; else `good`.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    odds: u32,
    good: T,
    bad: Vec<T>,
) -> BoxedStrategy<T> {
    prop_oneof![odds - 1 => Just(good), 1 => prop::sample::select(bad)].boxed()
}

fn person(login: &str, id: u64) -> Actor {
    Actor::User {
        login: login.to_owned(),
        id: Some(id),
    }
}

fn strange_actors() -> Vec<Actor> {
    vec![
        person("tim", 20),
        person("rex", 30),
        person("uwe", 40),
        person("zoe", 50),
        person("ada", 11),
        person("afk-runner", 7),
        person("renamed", 99),
        Actor::User {
            login: "ada".to_owned(),
            id: None,
        },
        Actor::Bot {
            slug: "triage-app".to_owned(),
            id: None,
        },
        Actor::Bot {
            slug: "other-app".to_owned(),
            id: Some(9),
        },
        Actor::Bot {
            slug: "afk-runner".to_owned(),
            id: None,
        },
        Actor::Other {
            kind: "Mannequin".to_owned(),
            login: "ada".to_owned(),
        },
        Actor::Gone,
    ]
}

fn actor(odds: u32) -> BoxedStrategy<Actor> {
    prop_oneof![
        odds => prop::sample::select(vec![person("ada", 1), person("Grace", 2)]),
        1 => prop::sample::select(strange_actors()),
    ]
    .boxed()
}

fn label_event() -> impl Strategy<Value = LabelEvent> {
    (
        mostly(6, "LE_1", vec!["LE_2"]),
        -2..3_i64,
        mostly(4, LabelChange::Added, vec![LabelChange::Removed]),
        mostly(
            5,
            "ready-for-agent",
            vec!["Ready-for-agent", "bug", "ready-for-\u{430}gent"],
        ),
        actor(6),
        mostly(
            8,
            ViaApp::No,
            vec![
                ViaApp::App("triage-app".to_owned()),
                ViaApp::App("other-app".to_owned()),
                ViaApp::App("afk-runner".to_owned()),
                ViaApp::Unknown,
            ],
        ),
    )
        .prop_map(|(id, seconds, change, label, actor, via_app)| LabelEvent {
            id: Authorisation::new(id).unwrap(),
            at: moment(seconds),
            change,
            label: label.to_owned(),
            actor,
            via_app,
        })
}

fn edit() -> impl Strategy<Value = Edit> {
    (-3..4_i64, actor(3)).prop_map(|(seconds, editor)| Edit {
        at: moment(seconds),
        editor,
    })
}

fn body_edits() -> impl Strategy<Value = BodyEdits> {
    let edited = (
        -3..4_i64,
        prop::collection::vec(edit(), 0..3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(seconds, listed, complete, consistent)| {
            let newest = listed.iter().map(|edit| edit.at).max();
            let last_at = newest.filter(|_| consistent).unwrap_or(moment(seconds));
            BodyEdits::Edited {
                last_at,
                listed,
                complete,
            }
        });
    prop_oneof![
        6 => Just(BodyEdits::Never),
        3 => edited,
        2 => any::<bool>().prop_map(|quiet| BodyEdits::Hidden { quiet_since_authorisation: quiet }),
    ]
}

fn comment() -> impl Strategy<Value = (Comment, Sample)> {
    let edited = prop::option::weighted(0.3, -2..3_i64);
    (
        actor(2),
        -3..2_i64,
        edited,
        prop::sample::select(SAMPLES.to_vec()),
    )
        .prop_map(|(author, seconds, edited, body)| {
            let comment = Comment {
                author,
                author_may_have_write: true,
                created_at: moment(seconds),
                last_edited_at: edited.map(moment),
                body: body.source.to_owned(),
            };
            (comment, body)
        })
}

fn blockers() -> impl Strategy<Value = Vec<Blocker>> {
    let states = vec![
        BlockerState::Open,
        BlockerState::Unresolved("gone".to_owned()),
    ];
    let blocker = mostly(6, BlockerState::Closed, states).prop_map(|state| Blocker {
        name: "octo-org/widgets#41".to_owned(),
        state,
    });
    prop::collection::vec(blocker, 0..3)
}

fn permissions() -> impl Strategy<Value = Vec<(String, PermissionFact)>> {
    let known = |id, permission| PermissionFact::Known { id, permission };
    let ada = vec![
        known(1, Permission::Triage),
        known(1, Permission::None),
        known(12, Permission::Admin),
        PermissionFact::Unknown("refused".to_owned()),
    ];
    let grace = vec![known(2, Permission::Read), known(2, Permission::Maintain)];
    (
        mostly(8, known(1, Permission::Admin), ada),
        mostly(8, known(2, Permission::Write), grace),
    )
        .prop_map(move |(ada, grace)| {
            vec![
                ("ada".to_owned(), ada),
                ("grace".to_owned(), grace),
                ("tim".to_owned(), known(20, Permission::Triage)),
                ("rex".to_owned(), known(30, Permission::Read)),
                (
                    "uwe".to_owned(),
                    PermissionFact::Unknown("unreachable".to_owned()),
                ),
                ("afk-runner".to_owned(), known(7, Permission::Admin)),
                ("renamed".to_owned(), known(99, Permission::Admin)),
            ]
        })
}

fn case() -> impl Strategy<Value = Case> {
    let labels = mostly(
        10,
        vec!["bug", "ready-for-agent"],
        vec![
            vec![],
            vec!["Ready-for-agent"],
            vec!["ready-for-agent", "Ready-For-Human"],
            vec!["ready-for-human"],
        ],
    );
    let place = (
        mostly(
            12,
            IssueState::Open,
            vec![IssueState::Closed, IssueState::Unknown("locked".to_owned())],
        ),
        mostly(15, false, vec![true]),
        mostly(15, false, vec![true]),
        mostly(
            8,
            Visibility::Private,
            vec![
                Visibility::Public,
                Visibility::Internal,
                Visibility::Unknown,
            ],
        ),
        any::<bool>(),
        prop::collection::vec(-3..3_i64, 0..2),
        mostly(
            12,
            vec![],
            vec![vec!["a".to_owned()], vec!["a".to_owned(), "b".to_owned()]],
        ),
    );
    let counts = mostly(
        12,
        (Some(0), 0),
        vec![(None, 0), (Some(1), 1), (Some(2), 1), (Some(1), 0)],
    );
    let people = (
        permissions(),
        actor(2),
        mostly(
            4,
            ("afk-runner", Some(99)),
            vec![
                ("afk-runner[bot]", None),
                ("triage-app[bot]", Some(99)),
                ("nobody", None),
            ],
        ),
    );
    let texts = (
        prop_oneof![5 => Just(TITLES[0]), 1 => prop::sample::select(TITLES.to_vec())],
        prop_oneof![3 => Just(SAMPLES[0]), 2 => prop::sample::select(SAMPLES.to_vec())],
        prop::collection::vec(comment(), 0..3),
        mostly(8, 120_000_usize, vec![0, 75, 85, 95, 150, 200]),
    );
    let history = (
        prop_oneof![1 => Just(0_usize), 12 => Just(1), 3 => Just(2), 2 => Just(3)]
            .prop_flat_map(|count| prop::collection::vec(label_event(), count)),
        prop_oneof![3 => prop::collection::vec(edit(), 0..1), 1 => prop::collection::vec(edit(), 0..3)],
        body_edits(),
        blockers(),
    );
    (labels, place, counts, people, texts, history).prop_map(
        |(labels, place, counts, people, (title, body, comments, text_budget), history)| {
            let (state, is_pull_request, archived, visibility, public_allowed, transfers, gaps) =
                place;
            let (permissions, author, (own_login, own_id)) = people;
            let (label_events, renames, body_edits, blockers) = history;
            let (comments, samples) = comments.into_iter().unzip();
            Case {
                repository: RepositoryFacts {
                    archived,
                    visibility,
                },
                issue: IssueFacts {
                    number: IssueNumber(87),
                    url: "https://github.com/octo-org/widgets/issues/87".to_owned(),
                    title: title.source.to_owned(),
                    body: body.source.to_owned(),
                    author,
                    state,
                    is_pull_request,
                    labels: labels.into_iter().map(str::to_owned).collect(),
                    label_events,
                    renames,
                    transfers: transfers.into_iter().map(moment).collect(),
                    body_edits,
                    comments,
                    blockers,
                    open_native_blockers: counts.0,
                    listed_open_native_blockers: counts.1,
                    gaps,
                },
                title,
                body,
                comments: samples,
                permissions,
                own_account: OwnAccount {
                    login: own_login.to_owned(),
                    id: own_id,
                },
                public_allowed,
                text_budget,
            }
        },
    )
}

/// What the second implementation says: the words of all reasons, and the text if there are none.
#[derive(Debug, PartialEq)]
struct Opinion {
    words: BTreeSet<&'static str>,
    text: String,
    removed: usize,
    left_out: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Trust {
    Yes,
    No,
    Unsure,
}

fn is_us(actor: &Actor, own: &OwnAccount) -> bool {
    let same_id = |id: &Option<u64>| matches!((id, own.id), (Some(a), Some(b)) if *a == b);
    let login = own.login.to_lowercase();
    match actor {
        Actor::User { login: theirs, id } => same_id(id) || theirs.to_lowercase() == login,
        Actor::Bot { slug, id } => same_id(id) || slug == &login || format!("{slug}[bot]") == login,
        Actor::Other { login: theirs, .. } => theirs.to_lowercase() == login,
        Actor::Gone => false,
    }
}

fn rights(case: &Case, login: &str, id: u64) -> Trust {
    let wanted = login.to_lowercase();
    match case.permissions.iter().find(|(login, _)| *login == wanted) {
        None | Some((_, PermissionFact::Unknown(_))) => Trust::Unsure,
        Some((_, PermissionFact::Known { id: now, .. })) if *now != id => Trust::Unsure,
        Some((_, PermissionFact::Known { permission, .. })) => match permission {
            Permission::Write | Permission::Maintain | Permission::Admin => Trust::Yes,
            Permission::None | Permission::Read | Permission::Triage => Trust::No,
        },
    }
}

fn writer(case: &Case, actor: &Actor) -> Trust {
    if is_us(actor, &case.own_account) {
        return Trust::No;
    }
    match actor {
        Actor::User {
            login,
            id: Some(id),
        } => rights(case, login, *id),
        Actor::User { id: None, .. } | Actor::Bot { .. } | Actor::Other { .. } | Actor::Gone => {
            Trust::No
        }
    }
}

fn second_opinion(case: &Case) -> Opinion {
    let issue = &case.issue;
    let mut words = BTreeSet::new();
    // 1. The newest event for exactly the ready label is "labelled", has id E, and the label is shown.
    let mut newest = None;
    for event in &issue.label_events {
        if event.label == "ready-for-agent" {
            newest = Some(event);
        }
    }
    let mut e = None;
    match newest {
        None => {
            words.insert("no-label-event");
        }
        Some(event) if event.change == LabelChange::Removed || event.id.as_str() != "LE_1" => {
            words.insert("label-removed");
        }
        Some(event) => {
            e = Some(event);
            if !issue.labels.contains(&"ready-for-agent".to_owned()) {
                words.insert("label-removed");
            }
        }
    }
    // 2. Its actor is a person or a listed App. 3. Who may push.
    if let Some(event) = e {
        let our_app = match &event.via_app {
            ViaApp::App(slug) => {
                case.own_account.login == *slug || case.own_account.login == format!("{slug}[bot]")
            }
            ViaApp::No | ViaApp::Unknown => false,
        };
        let app = match (&event.actor, &event.via_app) {
            (Actor::Bot { slug, .. }, _) | (Actor::User { .. }, ViaApp::App(slug)) => Some(slug),
            (Actor::User { .. } | Actor::Other { .. } | Actor::Gone, _) => None,
        };
        let is_person = matches!(event.actor, Actor::User { .. });
        if is_us(&event.actor, &case.own_account) || our_app {
            words.insert("label-by-self");
        } else if let Some(slug) = app {
            if slug != "triage-app" {
                words.insert("label-by-app");
            }
        } else if is_person {
            if event.via_app == ViaApp::Unknown {
                words.insert("facts-incomplete");
            }
            match &event.actor {
                Actor::User {
                    login,
                    id: Some(id),
                } => match rights(case, login, *id) {
                    Trust::Yes => {}
                    Trust::No => drop(words.insert("permission-too-low")),
                    Trust::Unsure => drop(words.insert("permission-unknown")),
                },
                Actor::User { id: None, .. }
                | Actor::Bot { .. }
                | Actor::Other { .. }
                | Actor::Gone => {
                    words.insert("label-actor-unknown");
                }
            }
        } else {
            words.insert("label-actor-unknown");
        }
    }
    // 4. Not transferred after E; open; no pull request; not archived; not handed back.
    if e.is_some_and(|e| issue.transfers.iter().any(|moved| *moved >= e.at)) {
        words.insert("transferred");
    }
    if issue.state == IssueState::Closed || issue.is_pull_request {
        words.insert("not-open");
    }
    if matches!(issue.state, IssueState::Unknown(_)) {
        words.insert("facts-incomplete");
    }
    if case.repository.archived {
        words.insert("archived");
    }
    if issue
        .labels
        .iter()
        .any(|label| label.to_lowercase() == "ready-for-human")
    {
        words.insert("handed-back");
    }
    // 5. Everybody who changed, or may have changed, the text at or after E is trusted.
    if let Some(e) = e {
        let mut changers: Vec<&Actor> = Vec::new();
        for rename in &issue.renames {
            if rename.at >= e.at {
                changers.push(&rename.editor);
            }
        }
        if let BodyEdits::Hidden {
            quiet_since_authorisation: false,
        } = issue.body_edits
        {
            changers.push(&issue.author);
        }
        if let BodyEdits::Edited {
            last_at,
            listed,
            complete,
        } = &issue.body_edits
        {
            let mut newest_listed = None;
            let mut one_before = false;
            for edit in listed {
                if edit.at >= e.at {
                    changers.push(&edit.editor);
                } else {
                    one_before = true;
                }
                newest_listed = newest_listed.max(Some(edit.at));
            }
            let all_known = (*complete || one_before) && newest_listed >= Some(*last_at);
            if *last_at >= e.at && !all_known {
                words.insert("edited-since");
            }
        }
        for changer in changers {
            match writer(case, changer) {
                Trust::Yes => {}
                Trust::No => drop(words.insert("edited-since")),
                Trust::Unsure => drop(words.insert("permission-unknown")),
            }
        }
    }
    // 6. Private or allowed.
    if case.repository.visibility != Visibility::Private && !case.public_allowed {
        words.insert("public-repository");
    }
    // 7. The agent reads what the labeller saw.
    if case.title.hidden_characters || case.body.hidden_characters {
        words.insert("hidden-text");
    }
    if case.body.unseen {
        match writer(case, &issue.author) {
            Trust::Yes => {}
            Trust::No => drop(words.insert("hidden-text")),
            Trust::Unsure => drop(words.insert("permission-unknown")),
        }
    }
    let name = |actor: &Actor| match actor {
        Actor::User { login, .. } | Actor::Other { login, .. } => login.clone(),
        Actor::Bot { slug, .. } => slug.clone(),
        Actor::Gone => "a deleted account".to_owned(),
    };
    let fenced = |sample: &Sample| {
        let line_end = if sample.shown.is_empty() { "" } else { "\n" };
        format!(
            "{}\n{}{line_end}{}\n",
            sample.fence, sample.shown, sample.fence
        )
    };
    let mut text = format!("Title:\n\n{}", fenced(&case.title));
    text += &format!(
        "\nBody, written by {}:\n\n{}",
        name(&issue.author),
        fenced(&case.body)
    );
    let mut removed = case.body.hidden_parts;
    let mut admitted = 0;
    for (comment, sample) in issue.comments.iter().zip(&case.comments) {
        let in_time = |e: &LabelEvent| {
            comment.created_at < e.at && comment.last_edited_at.unwrap_or(comment.created_at) < e.at
        };
        if e.is_some_and(in_time)
            && writer(case, &comment.author) == Trust::Yes
            && !sample.hidden_characters
        {
            admitted += 1;
            removed += sample.hidden_parts;
            let time = comment.created_at.format("%Y-%m-%dT%H:%M:%SZ");
            text += &format!(
                "\nComment {admitted}, written by {} at {time}:\n\n",
                name(&comment.author)
            );
            text += &fenced(sample);
        }
    }
    let length: usize = text.chars().map(char::len_utf16).sum();
    if length > case.text_budget {
        words.insert("too-long");
    }
    // 8. Every blocker is closed.
    for blocker in &issue.blockers {
        match blocker.state {
            BlockerState::Closed => {}
            BlockerState::Open => drop(words.insert("blocked")),
            BlockerState::Unresolved(_) => drop(words.insert("blocker-unresolved")),
        }
    }
    if issue.open_native_blockers.unwrap_or(0) > issue.listed_open_native_blockers {
        words.insert("blocked");
    }
    if case.body.odd_blocker {
        words.insert("blocker-unresolved");
    }
    // A partial answer refuses.
    if !issue.gaps.is_empty() {
        words.insert("facts-incomplete");
    }
    Opinion {
        words,
        text,
        removed,
        left_out: issue.comments.len() - admitted,
    }
}

fn permissions_of(case: &Case, asked: impl Fn(&str) -> bool) -> Permissions {
    let mut permissions = Permissions::default();
    for (login, fact) in case.permissions.iter().filter(|(login, _)| asked(login)) {
        permissions.insert(login, fact.clone());
    }
    permissions
}

/// The codes that the gate can give, which are the ones up to `facts-incomplete`.
fn codes_of_the_gate() -> impl Iterator<Item = &'static str> {
    let last = ReasonCode::ALL
        .iter()
        .position(|code| *code == ReasonCode::FactsIncomplete)
        .unwrap();
    ReasonCode::ALL[..=last].iter().map(|code| code.as_str())
}

#[test]
fn two_implementations_agree() {
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(87),
        failure_persistence: None,
        ..Config::default()
    });
    // How often each word was given, and how often it was the only one; "trusted" for none.
    let seen: RefCell<BTreeMap<&str, (u32, u32)>> = RefCell::default();
    let trusted_apps = BTreeSet::from(["triage-app".to_owned()]);
    let authorisation = Authorisation::new("LE_1").unwrap();
    let agreed = runner.run(&case(), |case| {
        let rules = GateRules {
            ready_label: "ready-for-agent",
            human_label: "ready-for-human",
            trusted_apps: &trusted_apps,
            public_allowed: case.public_allowed,
            own_account: &case.own_account,
            text_budget: case.text_budget,
        };
        let permissions = permissions_of(&case, |_| true);
        let facts = GateFacts {
            repository: &case.repository,
            issue: &case.issue,
            permissions: &permissions,
            authorisation: &authorisation,
        };
        let verdict = judge(&facts, &rules);
        let opinion = second_opinion(&case);
        let mut words: BTreeSet<&str> = BTreeSet::new();
        match &verdict {
            GateVerdict::Trusted(text) => {
                prop_assert_eq!(text.as_str(), &opinion.text);
                prop_assert_eq!(text.removed_hidden(), opinion.removed);
                prop_assert_eq!(text.comments_left_out(), opinion.left_out);
            }
            GateVerdict::Refused(refusal) => {
                prop_assert!(!refusal.reasons().is_empty());
                words.extend(refusal.reasons().iter().map(|reason| reason.code.as_str()));
            }
        }
        prop_assert_eq!(&words, &opinion.words);

        // Asking only the people who matter changes nothing.
        let people = people_to_ask(&case.issue, &authorisation, &rules);
        let asked = permissions_of(&case, |login| {
            people.iter().any(|asked| asked.eq_ignore_ascii_case(login))
        });
        prop_assert_eq!(
            &judge(
                &GateFacts {
                    permissions: &asked,
                    ..facts
                },
                &rules
            ),
            &verdict
        );

        // What is refused before anybody is asked is refused with the same codes afterwards.
        let early = refused_without_people(&case.repository, &case.issue, &authorisation, &rules);
        for reason in early.iter().flat_map(|early| early.reasons()) {
            prop_assert!(words.contains(reason.code.as_str()));
        }

        let alone = u32::from(words.len() <= 1);
        if words.is_empty() {
            words.insert("trusted");
        }
        for word in words {
            let mut seen = seen.borrow_mut();
            let counts = seen.entry(word).or_default();
            *counts = (counts.0 + 1, counts.1 + alone);
        }
        Ok(())
    });
    if let Err(error) = agreed {
        panic!("{error}");
    }
    // Each word decides alone at least once: no clause is only tested in the shadow of another.
    let seen = seen.into_inner();
    for word in codes_of_the_gate().chain(["trusted"]) {
        let (_, alone) = seen.get(word).copied().unwrap_or_default();
        assert!(alone > 0, "'{word}' was never the only reason: {seen:?}");
    }
}

//! The parent: context for the agent, or a line that says why not.

use super::story::*;

/// What the text says behind the issue's own.
fn parent_of(story: &Story) -> String {
    let mut alone = Story::common();
    alone.text_budget = story.text_budget;
    let text = story.frozen().as_str().to_owned();
    text.strip_prefix(alone.frozen().as_str())
        .unwrap()
        .to_owned()
}

/// Of a parent that is not in an enrolled repository not even the name is told: anybody may choose one.
fn left_out(why: &str) -> String {
    let name = if why == "its repository is not enrolled" {
        ""
    } else {
        " octo-org/widgets#5"
    };
    format!("\nContext: the parent issue{name} was left out: {why}.\n")
}

#[test]
fn a_trusted_parent_is_read_as_a_whole() {
    let mut story = Story::common();
    let parent = story.parent(ada());
    parent.editors = vec![grace(), ada()];
    parent.body = "Parent text.<!-- and more -->".to_owned();
    assert_eq!(
        parent_of(&story),
        "
Context: the parent issue octo-org/widgets#5, of which this task is a part. Only the task is yours. Its title:

```
All widgets
```

Its body, written by ada:

```
Parent text.
```
"
    );
    assert_eq!(story.frozen().removed_hidden(), 1);
    assert_eq!(story.writers(), ["ada", "grace"]);
}

#[test]
fn no_parent_is_not_mentioned() {
    assert_eq!(parent_of(&Story::common()), "");
}

/// It is context: whatever is wrong with it, the issue starts.
#[test]
fn a_parent_that_may_not_be_read_is_named_with_the_reason() {
    type Bend = fn(&mut ParentIssue);
    let cases: [(Bend, &str); 14] = [
        (|p| p.author = rex(), "rex wrote it: only read permission"),
        (|p| p.author = tim(), "tim wrote it: only triage permission"),
        (
            |p| p.author = uwe(),
            "uwe wrote it: the look-up was refused",
        ),
        (|p| p.author = amy(), "amy wrote it: she is in a team"),
        (
            |p| p.author = robo(),
            "robo wrote it: an account that agents use",
        ),
        (
            |p| p.author = ourselves(),
            "afk-runner wrote it: our own account",
        ),
        (
            |p| p.author = Actor::Gone,
            "a deleted account wrote it: no identified person",
        ),
        (
            |p| p.editors = vec![grace(), rex(), ada()],
            "rex edited it: only read permission",
        ),
        (
            |p| p.editors = vec![bot("renovate")],
            "renovate edited it: no identified person",
        ),
        (
            |p| p.editors_complete = false,
            "not everybody who edited it can be listed",
        ),
        (
            |p| p.repo = Some(repo("octo-org/secret")),
            "its repository is not enrolled",
        ),
        (|p| p.repo = None, "its repository is not enrolled"),
        (
            |p| p.body.push('\u{202E}'),
            "it holds hidden characters: U+202E",
        ),
        (
            |p| p.title.push('\u{E0041}'),
            "it holds hidden characters: U+E0041",
        ),
    ];
    for (bend, why) in cases {
        let mut story = Story::common();
        bend(story.parent(ada()));
        assert_eq!(parent_of(&story), left_out(why), "{why}");
    }
}

#[test]
fn a_parent_in_another_enrolled_repository_is_read() {
    let mut story = Story::common();
    story.parent(ada()).repo = Some(repo("octo-org/gadgets"));
    story.enrolled.push(repo("Octo-Org/Gadgets"));
    assert!(parent_of(&story).contains("Parent text."));
}

#[test]
fn nobody_is_asked_about_for_a_parent_that_is_left_out_anyway() {
    let mut story = Story::common();
    let parent = story.parent(user("eve", 70));
    parent.editors_complete = false;
    assert_eq!(story.writers(), Vec::<String>::new());
    let parent = story.parent(user("eve", 70));
    parent.repo = None;
    assert_eq!(story.writers(), Vec::<String>::new());
}

#[test]
fn of_a_parent_that_could_not_be_read_nothing_is_told_that_somebody_else_chose() {
    let read = |name: &str| {
        let mut story = Story::common();
        story.issue.parent = Parent::Unreadable {
            name: name.to_owned(),
            why: "Could not resolve to a Repository with the name 'push-now/delete-the-data'"
                .to_owned(),
        };
        parent_of(&story)
    };
    assert_eq!(read("octo-org/widgets#5"), left_out("it could not be read"));
    let nameless = "\nContext: the parent issue was left out: it could not be read.\n";
    for name in [
        "push-now/delete-the-data#1",
        "octo-org/widgets",
        "octo-org/widgets/x#5",
        "",
    ] {
        assert_eq!(read(name), nameless, "{name}");
    }
}

#[test]
fn a_parent_that_does_not_fit_beside_the_issue_is_left_out() {
    let mut story = Story::common();
    let parent = story.parent(ada());
    parent.body = "x".repeat(500);
    story.text_budget = 500;
    assert_eq!(
        parent_of(&story),
        left_out("it does not fit beside the issue")
    );
    story.text_budget = 100;
    assert_eq!(story.codes(), ["too-long"]);
    // It fits to the last unit, or not at all.
    story.text_budget = 120_000;
    let whole = story.frozen().utf16_length();
    story.text_budget = whole;
    assert_eq!(story.frozen().utf16_length(), whole);
    story.text_budget = whole - 1;
    assert!(story.frozen().utf16_length() < 500);
}

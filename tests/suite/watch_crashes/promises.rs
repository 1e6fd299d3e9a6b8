//! What must hold after every tick, also after one that died.

use std::collections::BTreeSet;

use serde_json::Value;

use super::disturbance::Mishap;
use super::play::Play;
use crate::support::world::{LOCK, READY, REPO};

impl Play {
    /// Everything that rang, in both places.
    pub(super) fn bells(&self) -> Vec<String> {
        let in_slack = self.slack.iter().flat_map(|slack| slack.messages());
        self.saga
            .bells
            .titles()
            .into_iter()
            .chain(in_slack.map(|message| format!("Slack: {}", unmarked(&message["text"]))))
            .collect()
    }

    /// What holds after every tick, also after one that died.
    pub(super) fn check(&self) {
        let name = &self.name;
        let world = &self.saga.world;
        let live = world.t3.live_agents();
        for id in &world.t3.threads() {
            let thread = world.t3.thread(id).unwrap();
            assert!(
                !thread.archived || !live.contains(id) || self.released_by_a_person,
                "{name}: released under a live agent"
            );
            let sent: Vec<&str> = thread
                .messages
                .iter()
                .filter(|message| message.role == "user")
                .filter_map(|message| message.id.split('|').nth(6))
                .collect();
            let answered: BTreeSet<&str> = sent.iter().copied().collect();
            assert_eq!(
                sent.len(),
                answered.len(),
                "{name}: two turns for one commit"
            );
            let issue = issue_of(&thread.title);
            let Some(number) = issue.filter(|number| world.github.has_issue(REPO, *number)) else {
                continue;
            };
            self.check_checklists(number, id);
            // Repository and issue, run, authorisation, and then the end.
            if thread.title.matches(" · ").nth(2).is_none() || thread.deleted || self.rearmed {
                continue;
            }
            assert!(
                !world.github.issue_state(REPO, number).open
                    || !self.shows(number, READY)
                    || self.shows(number, LOCK),
                "{name}: open, ready and unlocked although its run is over"
            );
        }
    }

    /// Only ticks that overlap, or comments that come late, make a second checklist.
    fn check_checklists(&self, number: u64, thread: &str) {
        let marker = format!("<!-- afk:run {thread} -->");
        let lists = self.saga.checklist(number);
        let lists = lists.iter().filter(|body| body.starts_with(&marker));
        let doubled = match self.disturbance.map(|disturbance| disturbance.mishap) {
            Some(Mishap::OvertakenByWatch | Mishap::OvertakenByPoll | Mishap::IsLate) => 1,
            None
            | Some(
                Mishap::DiesBefore
                | Mishap::DiesAfter
                | Mishap::LosesTheAnswer
                | Mishap::IsRateLimited,
            ) => 0,
        };
        assert!(
            lists.count() <= 1 + doubled,
            "{}: two checklists",
            self.name
        );
    }
}

/// A message of Slack without what differs between two tellings of a story: addresses, which name ports and threads, and the
/// commit.
fn unmarked(text: &Value) -> String {
    let text = text.as_str().expect("a message has a text");
    let word = |word: &str| {
        let is_commit = word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        match word.split_once('|') {
            Some((address, words)) if address.starts_with("<http") => format!("<address|{words}"),
            Some(_) | None if is_commit => "commit".to_owned(),
            Some(_) | None => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn issue_of(title: &str) -> Option<u64> {
    title
        .strip_prefix(&format!("{REPO}#"))?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

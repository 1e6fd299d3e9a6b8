//! Commits on default branches: pushing, what a push does to issues, and how GraphQL shows them.
//!
//! There is one branch per repository and no file content. What reported on a commit is in `github_checks.rs`.

use chrono::{DateTime, Utc};

use super::github::GitHub;
use super::github_connection::{Page, no_edges};
use super::github_ids::{node_id, timestamp};
use super::github_objects::{Ask, Object, Refusal, Value, View, leaf, null};
use super::github_state::{Doer, EventKind, Repository, State};

/// One commit on a default branch.
#[derive(Clone, Debug)]
pub struct Commit {
    pub oid: String,
    pub message: String,
    pub author_name: String,
    pub author_email: String,
    /// The account behind the address, when there is one.
    pub author: Option<u64>,
    /// Committer date; the author date is the same.
    pub at: DateTime<Utc>,
    /// The first one first.
    pub parents: Vec<String>,
}

impl GitHub {
    /// A mirror takes over a commit of another forge, under the same name. Nothing that it mentions is here.
    pub fn mirror_commit(&self, full_name: &str, oid: &str, message: &str) {
        let mut inner = self.lock();
        let now = inner.state.now();
        let id = inner
            .state
            .repository_named(full_name)
            .expect("stories name only repositories that were added")
            .id;
        let home = inner.state.repositories.get_mut(&id).expect("just found");
        let parents = home.commits.last().map(|head| head.oid.clone());
        home.commits.push(Commit {
            parents: parents.into_iter().collect(),
            oid: oid.to_owned(),
            message: message.to_owned(),
            author_email: "mirror@example.test".to_owned(),
            author_name: "mirror".to_owned(),
            author: None,
            at: now,
        });
    }

    /// Pushes a commit now; mentions in its message reach issues as on GitHub. Returns its name.
    pub fn push_commit(&self, full_name: &str, pusher: &str, message: &str) -> String {
        let now = self.lock().state.now();
        self.push_commit_dated(full_name, pusher, message, now)
    }

    /// Pushes a commit whose committer date is another time than now.
    pub fn push_commit_dated(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        at: DateTime<Utc>,
    ) -> String {
        self.push(full_name, pusher, message, at, None)
    }

    /// Pushes a commit on top of others than the head: of a side branch that the next merge brings in, or the merge. What is
    /// pushed last is the head.
    pub fn push_commit_onto(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        parents: &[&str],
    ) -> String {
        let now = self.lock().state.now();
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        self.push(full_name, pusher, message, now, Some(parents))
    }

    /// A person merges a pull request of these commits, each on top of the one before and beside what is on the branch. It
    /// closes these issues. Returns the names of the commits, the merge last.
    pub fn merge_pull_request_of(
        &self,
        full_name: &str,
        number: u64,
        who: &str,
        messages: &[&str],
        closes: &[u64],
    ) -> Vec<String> {
        let (home, head) = {
            let mut inner = self.lock();
            let home = inner.state.home_mut(full_name);
            let head = home
                .commits
                .last()
                .expect("there is something to merge into");
            (home.id, head.oid.clone())
        };
        let mut names: Vec<String> = Vec::new();
        for message in messages {
            let parent = names.last().unwrap_or(&head).clone();
            names.push(self.push_commit_onto(full_name, "afk-bot", message, &[&parent]));
        }
        let last = names.last().expect("a pull request has commits").clone();
        let message = format!("Merge pull request #{number} from acme/topic\n\nDo it");
        let merge = self.push_commit_onto(full_name, who, &message, &[&head, &last]);
        self.merge_pull_request(full_name, number, who);
        let doer = Doer::account(self.account_id(who));
        let mut inner = self.lock();
        inner.state.issue_mut(home, number).merge_commit = Some(merge.clone());
        for issue in closes {
            inner
                .state
                .close_with_pull_request(home, *issue, doer, number);
        }
        names.push(merge);
        names
    }

    /// A force push takes a commit off the branch; what stood on it stands on its parents.
    pub fn drop_commit(&self, full_name: &str, oid: &str) {
        let mut inner = self.lock();
        let home = inner.state.home_mut(full_name);
        let at = home.commits.iter().position(|commit| commit.oid == oid);
        let dropped = home
            .commits
            .remove(at.expect("stories drop commits that exist"));
        for commit in &mut home.commits {
            if commit.parents.first() == Some(&dropped.oid) {
                commit.parents.clone_from(&dropped.parents);
            }
        }
    }

    fn push(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        at: DateTime<Utc>,
        parents: Option<Vec<String>>,
    ) -> String {
        let pusher = self.account_id(pusher);
        let mut inner = self.lock();
        let state = &mut inner.state;
        let repository = state
            .repository_named(full_name)
            .expect("stories name only repositories that were added")
            .id;
        let name = state.accounts[&pusher].login.clone();
        let number: usize = state
            .repositories
            .values()
            .map(|repository| repository.commits.len())
            .sum();
        let seed = format!("{repository} {number} {message}");
        let oid = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, seed.as_bytes())
            .simple()
            .to_string();
        let oid = format!("{oid}{:08x}", number);
        let home = state.repositories.get_mut(&repository).expect("just found");
        let head = home.commits.last().map(|head| head.oid.clone());
        home.commits.push(Commit {
            parents: parents.unwrap_or_else(|| head.into_iter().collect()),
            oid: oid.clone(),
            message: message.to_owned(),
            author_email: format!("{name}@example.test"),
            author_name: name,
            author: Some(pusher),
            at,
        });
        for (mentioned, number, closes) in mentions(state, repository, message) {
            let doer = Doer::account(pusher);
            let reference = EventKind::Referenced {
                commit: oid.clone(),
                repository,
            };
            state.record(mentioned, number, doer, reference);
            if closes {
                state.close_with_commit(mentioned, number, doer, &oid);
            }
        }
        oid
    }
}

/// Issues a commit message names: repository, number, and whether a closing keyword stands before.
fn mentions(state: &State, home: u64, message: &str) -> Vec<(u64, u64, bool)> {
    const CLOSING: [&str; 9] = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ];
    let mut found = Vec::new();
    let mut before = String::new();
    for word in message.split_whitespace() {
        let word = word
            .trim_end_matches(['.', ',', ';', ')'])
            .trim_start_matches('(');
        if let Some((name, number)) = word.split_once('#')
            && let Ok(number) = number.parse()
        {
            let repository = if name.is_empty() {
                Some(home)
            } else {
                state.repository_named(name).map(|repository| repository.id)
            };
            if let Some(repository) = repository.filter(|id| state.issue(*id, number).is_some()) {
                found.push((repository, number, CLOSING.contains(&before.as_str())));
            }
        }
        before = word.trim_end_matches(':').to_lowercase();
    }
    found
}

impl<'w> View<'w> {
    /// The commit of this name, wherever it is.
    pub fn commit_named(self, oid: &str) -> Value<'w> {
        let state = &self.inner.state;
        let found = state.repositories.values().find_map(|repository| {
            let commit = repository.commits.iter().find(|commit| commit.oid == oid)?;
            Some((repository, commit))
        });
        found.map_or_else(null, |(repository, commit)| self.commit(repository, commit))
    }

    /// The commit of this name in one repository.
    pub fn object(self, repository: &'w Repository, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        if ask.given("expression") {
            return Err(Refusal::not_modelled("Repository", ask));
        }
        let oid = ask.text("oid").unwrap_or_default();
        let found = repository.commits.iter().find(|commit| commit.oid == oid);
        Ok(found.map_or_else(null, |commit| self.commit(repository, commit)))
    }

    /// What the default branch points at; null while nothing was pushed.
    pub fn head(self, repository: &'w Repository) -> Value<'w> {
        repository
            .commits
            .last()
            .map_or_else(null, |commit| self.commit(repository, commit))
    }

    fn commit(self, home: &'w Repository, commit: &'w Commit) -> Value<'w> {
        let url = format!(
            "{}/{}/commit/{}",
            self.html,
            self.inner.state.full_name(home),
            commit.oid
        );
        let (headline, rest) = commit
            .message
            .split_once('\n')
            .unwrap_or((&commit.message, ""));
        Object::value("Commit", move |ask| {
            Ok(match ask.field {
                "id" => leaf(format!("{}{}", node_id("C", &[home.id]), commit.oid)),
                "oid" => leaf(commit.oid.clone()),
                "abbreviatedOid" => leaf(&commit.oid[..7]),
                "message" => leaf(commit.message.clone()),
                "messageHeadline" => leaf(headline),
                "messageBody" => leaf(rest.trim_start()),
                "authoredDate" | "committedDate" => leaf(timestamp(commit.at)),
                "url" | "commitUrl" => leaf(url.clone()),
                "author" => self.git_actor(commit),
                "history" => self.history(home, commit, ask)?,
                "parents" => self.parents(home, commit, ask)?,
                "statusCheckRollup" => self.rollup(home, &commit.oid)?,
                "checkSuites" => self.suites(home, &commit.oid, ask)?,
                _ => return Err(Refusal::not_modelled("Commit", ask)),
            })
        })
    }

    fn parents(
        self,
        home: &'w Repository,
        commit: &'w Commit,
        ask: &Ask<'_>,
    ) -> Result<Value<'w>, Refusal> {
        let parents = commit
            .parents
            .iter()
            .filter_map(|oid| home.commits.iter().find(|commit| commit.oid == *oid));
        let places = (0_i64..).map(|index| (index, 0));
        let page = Page::cut("parents", places.zip(parents).collect(), ask)?;
        let node = move |commit: &&'w Commit| self.commit(home, commit);
        Ok(page.connection("CommitConnection", node, no_edges))
    }

    fn git_actor(self, commit: &'w Commit) -> Value<'w> {
        Object::value("GitActor", move |ask| {
            Ok(match ask.field {
                "name" => leaf(commit.author_name.clone()),
                "email" => leaf(commit.author_email.clone()),
                "date" => leaf(timestamp(commit.at)),
                "user" => commit.author.map_or_else(null, |author| self.actor(author)),
                _ => return Err(Refusal::not_modelled("GitActor", ask)),
            })
        })
    }

    /// The commit and those before it, newest first, filtered by committer date.
    fn history(
        self,
        home: &'w Repository,
        start: &Commit,
        ask: &Ask<'_>,
    ) -> Result<Value<'w>, Refusal> {
        if ask.text("path").is_some() || ask.given("author") {
            return Err(Refusal::not_modelled("Commit", ask));
        }
        let (since, until) = (ask.time("since")?, ask.time("until")?);
        let length = home
            .commits
            .iter()
            .position(|commit| commit.oid == start.oid)
            .map_or(0, |at| at + 1);
        let shown = home.commits[..length]
            .iter()
            .rev()
            .filter(|commit| since.is_none_or(|since| commit.at >= since))
            .filter(|commit| until.is_none_or(|until| commit.at <= until));
        let places = (0_i64..).map(|index| (index, 0));
        let page = Page::cut("history", places.zip(shown).collect(), ask)?;
        let node = move |commit: &&'w Commit| self.commit(home, commit);
        Ok(page.connection("CommitHistoryConnection", node, no_edges))
    }
}

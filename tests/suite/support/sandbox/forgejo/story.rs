//! What people, agents and CI do on a Forgejo or Gitea, told by stories.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Forgejo;
use super::state::{
    Account, Commit, Dependency, IssuesAre, LabelOwner, Level, Merged, Repository, State, Team,
    What,
};

/// The number of the account in whose name workflows act.
const ACTIONS: i64 = -2;

pub(super) fn add_account(state: &mut State, login: &str, is_organisation: bool) -> i64 {
    let id = i64::try_from(state.id()).expect("ids are small");
    state.accounts.push(Account {
        id,
        login: login.to_owned(),
        is_organisation,
        deleted: false,
    });
    id
}

/// How a commit comes to the server.
#[derive(Default)]
struct Pushed {
    /// What the committer's clock shows, when it is not the time.
    dated: Option<DateTime<Utc>>,
    /// What it stands on, when that is not the head.
    parents: Option<Vec<String>>,
    /// Not to the default branch.
    elsewhere: bool,
}

/// One comment as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentView {
    pub id: u64,
    pub author: String,
    pub body: String,
}

impl Forgejo {
    pub fn add_user(&self, login: &str) -> i64 {
        add_account(&mut self.lock().state, login, false)
    }

    /// The login of the account in whose name workflows act; nobody can sign in as it.
    pub fn actions_account(&self) -> &'static str {
        self.lock().options.kind.actions_user()
    }

    pub fn add_organisation(&self, login: &str) -> i64 {
        let mut inner = self.lock();
        let id = add_account(&mut inner.state, login, true);
        inner.state.teams.insert(id, Vec::new());
        id
    }

    /// A team with access to all repositories of the organisation: with a level for everything, or by units.
    pub fn add_team(
        &self,
        organisation: &str,
        name: &str,
        level: Option<Level>,
        units: &[(&str, Level)],
        members: &[&str],
    ) {
        let mut inner = self.lock();
        let id = inner.state.id();
        let owner = inner.state.account(organisation).id;
        let members = members
            .iter()
            .map(|login| inner.state.account(login).id)
            .collect();
        let units: BTreeMap<String, Level> = units
            .iter()
            .map(|(unit, level)| ((*unit).to_owned(), *level))
            .collect();
        let teams = inner.state.teams.entry(owner).or_default();
        teams.push(Team {
            id,
            name: name.to_owned(),
            units,
            level,
            members,
        });
    }

    /// Somebody leaves all teams.
    pub fn forget_teams_of(&self, login: &str) {
        let mut inner = self.lock();
        let id = inner.state.account(login).id;
        for team in inner.state.teams.values_mut().flatten() {
            team.members.retain(|member| *member != id);
        }
    }

    /// A person of this name, where nobody has it.
    pub fn add_owner(&self, login: &str) {
        let is_known = self.lock().state.find_account(login).is_some();
        if !is_known {
            self.add_user(login);
        }
    }

    /// A private repository of an existing account; our account administers it.
    pub fn add_repository(&self, full_name: &str) -> u64 {
        let mut inner = self.lock();
        let (owner, name) = full_name.split_once('/').expect("owner/name");
        let owner = inner.state.account(owner).id;
        let viewer = inner.viewer;
        let id = inner.state.id();
        inner.state.repositories.insert(
            id,
            Repository {
                id,
                owner,
                name: name.to_owned(),
                private: true,
                internal: false,
                archived: false,
                dependencies: true,
                issues_are: IssuesAre::Here,
                actions: true,
                runs_hidden: false,
                mirror: false,
                protected: false,
                collaborators: [(viewer, Level::Admin)].into(),
                issues: BTreeMap::new(),
                next_issue: 1,
                branch: "main".to_owned(),
                commits: Vec::new(),
                elsewhere: Vec::new(),
                statuses: Vec::new(),
                runs: Vec::new(),
            },
        );
        for name in ["ready-for-agent", "bug"] {
            inner
                .state
                .new_label(LabelOwner::Repository(id), name, "00aabb");
        }
        id
    }

    pub fn with_repository(&self, full_name: &str, change: impl FnOnce(&mut Repository)) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        change(inner.state.repositories.get_mut(&id).expect("just found"));
    }

    pub fn make_public(&self, full_name: &str) {
        self.with_repository(full_name, |repository| repository.private = false);
    }

    /// Makes somebody a collaborator; [`Level::None`] throws them out.
    pub fn set_level(&self, full_name: &str, login: &str, level: Level) {
        let who = self.lock().state.account(login).id;
        self.with_repository(full_name, |repository| {
            if level == Level::None {
                repository.collaborators.remove(&who);
            } else {
                repository.collaborators.insert(who, level);
            }
        });
    }

    /// Gives a repository another name, also of another owner; the old one redirects.
    pub fn rename_repository(&self, old: &str, new: &str) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(old);
        let (owner, name) = new.split_once('/').expect("owner/name");
        let owner = inner.state.account(owner).id;
        inner.state.former_names.insert(old.to_lowercase(), id);
        let repository = inner.state.repositories.get_mut(&id).expect("just found");
        (repository.owner, repository.name) = (owner, name.to_owned());
    }

    /// Somebody deletes the repository; its name is free.
    pub fn delete_repository(&self, full_name: &str) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        inner.state.repositories.remove(&id);
        inner.state.former_names.retain(|_, known| *known != id);
    }

    pub fn rename_user(&self, old: &str, new: &str) {
        let mut inner = self.lock();
        let id = inner.state.account(old).id;
        let account = inner
            .state
            .accounts
            .iter_mut()
            .find(|account| account.id == id);
        new.clone_into(&mut account.expect("just found").login);
    }

    /// The account goes, and what it did is Ghost's.
    pub fn delete_user(&self, login: &str) {
        let mut inner = self.lock();
        let id = inner.state.account(login).id;
        let account = inner
            .state
            .accounts
            .iter_mut()
            .find(|account| account.id == id);
        account.expect("just found").deleted = true;
    }

    pub fn organisation_label(&self, organisation: &str, name: &str) -> u64 {
        let mut inner = self.lock();
        let owner = inner.state.account(organisation).id;
        inner
            .state
            .new_label(LabelOwner::Organisation(owner), name, "ff0000")
    }

    /// A label of the repository, where it has none of this name.
    pub fn create_label(&self, full_name: &str, name: &str) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        if !inner
            .state
            .labels_of(id)
            .iter()
            .any(|label| label.name == name)
        {
            inner
                .state
                .new_label(LabelOwner::Repository(id), name, "00aabb");
        }
    }

    /// The number of a label of the repository.
    pub fn label_id(&self, full_name: &str, name: &str) -> u64 {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let mut labels = inner.state.labels_of(id).into_iter();
        let found = labels.find(|label| label.name == name);
        found.expect("stories name labels that exist").id
    }

    /// The label goes, and with it every entry about it.
    pub fn delete_label(&self, full_name: &str, name: &str) {
        let label = self.label_id(full_name, name);
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        inner.state.labels.retain(|known| known.id != label);
        let home = inner.state.repositories.get_mut(&id).expect("just found");
        for issue in home.issues.values_mut() {
            issue.labels.retain(|shown| *shown != label);
            issue
                .entries
                .retain(|entry| !matches!(entry.what, What::Label { id, .. } if id == label));
        }
    }

    pub fn open_issue(&self, full_name: &str, author: &str, title: &str, body: &str) -> u64 {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let author = inner.state.account(author).id;
        inner.state.open_issue(id, author, title, body)
    }

    /// Somebody opens a pull request that says that it will close an issue.
    pub fn open_pull_request(&self, full_name: &str, author: &str, closes: u64) -> u64 {
        self.pull_request(full_name, author, closes, false)
    }

    /// As [`Self::open_pull_request`], where only a comment on it says so.
    pub fn open_pull_request_by_comment(&self, full_name: &str, who: &str, closes: u64) -> u64 {
        self.pull_request(full_name, who, closes, true)
    }

    fn pull_request(&self, full_name: &str, author: &str, closes: u64, by_comment: bool) -> u64 {
        let number = self.open_issue(full_name, author, "A pull request", "");
        self.act(full_name, closes, author, |state, id, who| {
            state.issue_mut(id, number).is_pull = true;
            let what = What::PullRef {
                number,
                action: "closes",
                by_comment,
            };
            state.record(id, closes, who, what);
        });
        number
    }

    /// Somebody merges a pull request, which closes what it said that it closes.
    pub fn merge_pull_request(&self, full_name: &str, number: u64, who: &str) -> String {
        let sha = self.push_commit(full_name, who, "Merge a pull request");
        let merge = sha.clone();
        self.act(full_name, number, who, |state, id, who| {
            let at = state.now();
            let pull = state.issue_mut(id, number);
            pull.merged = Some(Merged {
                by: who,
                at,
                sha: merge,
            });
            state.set_open(id, number, who, false);
            let says = |what: &What| {
                matches!(what, What::PullRef { number: of, action: "closes", .. } if *of == number)
            };
            let closes: Vec<u64> = state.repositories[&id]
                .issues
                .values()
                .filter(|issue| issue.entries.iter().any(|entry| says(&entry.what)))
                .map(|issue| issue.number)
                .collect();
            for issue in closes {
                state.set_open(id, issue, who, false);
            }
        });
        sha
    }

    /// Puts a label of the repository on, making it when needed.
    pub fn label_issue(&self, full_name: &str, number: u64, who: &str, label: &str) {
        self.act(full_name, number, who, |state, id, who| {
            let known = state
                .labels_of(id)
                .into_iter()
                .find(|known| known.name == label)
                .map(|label| label.id);
            let label = known
                .unwrap_or_else(|| state.new_label(LabelOwner::Repository(id), label, "00aabb"));
            state.add_label(id, number, who, label);
        });
    }

    pub fn label_by_id(&self, full_name: &str, number: u64, who: &str, label: u64) {
        self.act(full_name, number, who, |state, id, who| {
            state.add_label(id, number, who, label);
        });
    }

    /// A workflow puts a label on.
    pub fn label_by_actions(&self, full_name: &str, number: u64, label: &str) {
        self.label_issue(full_name, number, self.actions_account(), label);
    }

    pub fn unlabel(&self, full_name: &str, number: u64, who: &str, label: &str) {
        self.act(full_name, number, who, |state, id, who| {
            let of_name: Vec<u64> = state
                .usable_labels(id)
                .into_iter()
                .filter(|known| known.name == label)
                .map(|label| label.id)
                .collect();
            for label in of_name {
                state.remove_label(id, number, who, label);
            }
        });
    }

    /// Leaves no trace but the time of the issue, and the counter on Gitea.
    pub fn edit_body(&self, full_name: &str, number: u64, text: &str) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let now = inner.state.now();
        let issue = inner.state.issue_mut(id, number);
        text.clone_into(&mut issue.body);
        issue.content_version += 1;
        issue.updated = now;
    }

    pub fn rename_title(&self, full_name: &str, number: u64, who: &str, title: &str) {
        self.act(full_name, number, who, |state, id, who| {
            let issue = state.issue_mut(id, number);
            let old = std::mem::replace(&mut issue.title, title.to_owned());
            let new = title.to_owned();
            state.record(id, number, who, What::Title { old, new });
        });
    }

    pub fn comment_on(&self, full_name: &str, number: u64, who: &str, text: &str) -> u64 {
        self.act(full_name, number, who, |state, id, who| {
            state.record(id, number, who, What::Comment(text.to_owned()))
        })
    }

    /// A migration that `who` runs enters an issue that a stranger wrote elsewhere.
    pub fn migrate_issue(&self, full_name: &str, who: &str, stranger: &str, text: &str) -> u64 {
        let number = self.open_issue(full_name, who, "From elsewhere", text);
        self.act(full_name, number, who, |state, id, _| {
            stranger.clone_into(&mut state.issue_mut(id, number).original_author);
        });
        number
    }

    /// A migration that `who` runs enters a comment that a stranger wrote elsewhere. The timeline does not show the difference.
    pub fn migrate_comment(
        &self,
        full_name: &str,
        number: u64,
        who: &str,
        stranger: &str,
        text: &str,
    ) -> u64 {
        let comment = self.comment_on(full_name, number, who, text);
        self.act(full_name, number, who, |state, id, _| {
            let elsewhere = &mut state.issue_mut(id, number).original_commenters;
            elsewhere.insert(comment, stranger.to_owned());
        });
        comment
    }

    /// Nobody is named as the editor.
    pub fn edit_comment_text(&self, full_name: &str, number: u64, comment: u64, text: &str) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let now = inner.state.now();
        let issue = inner.state.issue_mut(id, number);
        let entry = issue.entries.iter_mut().find(|entry| entry.id == comment);
        let entry = entry.expect("stories edit comments that exist");
        entry.what = What::Comment(text.to_owned());
        entry.updated = now;
    }

    /// The comment goes, and nothing tells of it.
    pub fn delete_comment(&self, full_name: &str, comment: u64) {
        let number = self.issue_of_comment(full_name, comment);
        self.with_repository(full_name, |repository| {
            let issue = repository.issues.get_mut(&number).expect("just found");
            issue.entries.retain(|entry| entry.id != comment);
        });
    }

    /// On which issue a comment stands.
    pub fn issue_of_comment(&self, full_name: &str, comment: u64) -> u64 {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let mut issues = inner.state.repositories[&id].issues.values();
        let found = issues.find(|issue| issue.entries.iter().any(|entry| entry.id == comment));
        found.expect("stories name comments that exist").number
    }

    pub fn close_issue(&self, full_name: &str, number: u64, who: &str) {
        self.act(full_name, number, who, |state, id, who| {
            state.set_open(id, number, who, false);
        });
    }

    pub fn reopen_issue(&self, full_name: &str, number: u64, who: &str) {
        self.act(full_name, number, who, |state, id, who| {
            state.set_open(id, number, who, true);
        });
    }

    pub fn assign(&self, full_name: &str, number: u64, who: &str, assignee: &str) {
        let assignee = self.lock().state.account(assignee).id;
        self.act(full_name, number, who, |state, id, who| {
            state.issue_mut(id, number).assignees.push(assignee);
            let what = What::Assign {
                who: assignee,
                removed: false,
            };
            state.record(id, number, who, what);
        });
    }

    /// A stranger mentions the issue from a private repository of his own, many times.
    pub fn flood(&self, full_name: &str, number: u64, stranger: &str, mentions: usize) {
        for _ in 0..mentions {
            self.act(full_name, number, stranger, |state, id, who| {
                state.record(id, number, who, What::Hidden);
            });
        }
    }

    /// An administrator gives the newest entry, and the issue, another time.
    pub fn backdate(&self, full_name: &str, number: u64, by: TimeDelta) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let issue = inner.state.issue_mut(id, number);
        let newest = issue.entries.last_mut().expect("something happened");
        newest.at -= by;
        newest.updated = newest.at;
        issue.updated = newest.at;
    }

    pub fn depend(&self, full_name: &str, number: u64, on: u64) {
        let mut inner = self.lock();
        let repository = inner.state.repository_id(full_name);
        let on = Dependency::On {
            repository,
            number: on,
        };
        inner
            .state
            .issue_mut(repository, number)
            .dependencies
            .push(on);
    }

    pub fn depend_on_hidden(&self, full_name: &str, number: u64) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let issue = inner.state.issue_mut(id, number);
        issue.dependencies.push(Dependency::Hidden);
    }

    pub fn delete_issue(&self, full_name: &str, number: u64) {
        self.with_repository(full_name, |repository| {
            repository.issues.remove(&number).expect("it is there");
        });
    }

    /// Pushes a commit to `main`; what its message mentions and closes is written down in the same second.
    pub fn push_commit(&self, full_name: &str, pusher: &str, message: &str) -> String {
        self.push(full_name, pusher, message, Pushed::default())
    }

    /// As [`Self::push_commit`], by somebody whose clock shows another time.
    pub fn push_commit_dated(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        at: DateTime<Utc>,
    ) -> String {
        let how = Pushed {
            dated: Some(at),
            ..Pushed::default()
        };
        self.push(full_name, pusher, message, how)
    }

    /// Pushes a commit on top of others than the head: of a side branch that the next merge brings in, or the merge.
    pub fn push_commit_onto(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        parents: &[&str],
    ) -> String {
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        let how = Pushed {
            parents: Some(parents),
            ..Pushed::default()
        };
        self.push(full_name, pusher, message, how)
    }

    /// A force push takes a commit off the branch; what stood on it stands on its parents.
    pub fn drop_commit(&self, full_name: &str, sha: &str) {
        self.with_repository(full_name, |home| {
            let place = home.commits.iter().position(|commit| commit.sha == sha);
            let dropped = home
                .commits
                .remove(place.expect("stories drop what is there"));
            for commit in &mut home.commits {
                if let Some(place) = commit.parents.iter().position(|parent| parent == sha) {
                    commit
                        .parents
                        .splice(place..=place, dropped.parents.clone());
                }
            }
        });
    }

    /// Pushes a commit to another branch.
    pub fn push_elsewhere(&self, full_name: &str, pusher: &str, message: &str) -> String {
        let how = Pushed {
            elsewhere: true,
            ..Pushed::default()
        };
        self.push(full_name, pusher, message, how)
    }

    fn push(&self, full_name: &str, pusher: &str, message: &str, how: Pushed) -> String {
        let to_main = !how.elsewhere;
        let mut inner = self.lock();
        let (web, below) = (inner.options.web.clone(), inner.options.subpath);
        let state = &mut inner.state;
        let (id, now) = (state.repository_id(full_name), state.now());
        let account = state.account(pusher).id;
        let seed = format!("{id} {message} {}", state.id());
        let sha = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, seed.as_bytes());
        let sha = format!("{}00000000", sha.simple());
        let home = state.repositories.get_mut(&id).expect("just found");
        let head = home.commits.last().map(|commit| commit.sha.clone());
        let head = head.into_iter().collect();
        let commit = Commit {
            sha: sha.clone(),
            message: message.to_owned(),
            author: pusher.to_owned(),
            account,
            at: how.dated.unwrap_or(now),
            parents: how.parents.unwrap_or(head),
        };
        if to_main {
            home.commits.push(commit);
        } else {
            home.elsewhere.push(commit);
        }
        let numbers: Vec<u64> = home.issues.keys().copied().collect();
        let link = format!("<a href=\"{below}/{full_name}/commit/{sha}\">a commit</a>");
        for number in numbers {
            let names = [
                format!("#{number}"),
                format!("{full_name}#{number}"),
                format!("{web}/{full_name}/issues/{number}"),
            ];
            let words: Vec<&str> = message.split_whitespace().collect();
            let place = words
                .iter()
                .position(|word| names.iter().any(|name| name == word));
            let Some(place) = place else { continue };
            let what = What::CommitRef {
                sha: sha.clone(),
                link: link.clone(),
            };
            state.record(id, number, account, what);
            let closes =
                place > 0 && ["Closes", "Fixes", "closes", "fixes"].contains(&words[place - 1]);
            if closes && to_main {
                state.set_open(id, number, account, false);
            }
        }
        sha
    }

    // What a test looks at.

    pub fn labels_of(&self, full_name: &str, number: u64) -> Vec<String> {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let issue = inner.state.issue(id, number).expect("the issue is there");
        let mut names: Vec<String> = issue
            .labels
            .iter()
            .filter_map(|label| inner.state.label(*label))
            .map(|label| label.name.clone())
            .collect();
        names.sort();
        names
    }

    pub fn is_open(&self, full_name: &str, number: u64) -> bool {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        inner
            .state
            .issue(id, number)
            .expect("the issue is there")
            .open
    }

    pub fn comments_of(&self, full_name: &str, number: u64) -> Vec<CommentView> {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let issue = inner.state.issue(id, number).expect("the issue is there");
        issue
            .entries
            .iter()
            .filter_map(|entry| {
                let What::Comment(text) = &entry.what else {
                    return None;
                };
                let author = inner.state.account_of(entry.user);
                Some(CommentView {
                    id: entry.id,
                    author: author
                        .map_or_else(|| "Ghost".to_owned(), |account| account.login.clone()),
                    body: text.clone(),
                })
            })
            .collect()
    }

    /// The entry that put the label on last.
    pub fn newest_label_event(&self, full_name: &str, number: u64, name: &str) -> Option<String> {
        let newest = self.labellings(full_name, number, name).pop()?;
        Some(newest.to_string())
    }

    /// The entries that put the label on, oldest first.
    pub fn labellings(&self, full_name: &str, number: u64, name: &str) -> Vec<u64> {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let issue = inner.state.issue(id, number).expect("the issue is there");
        let puts_on = |what: &What| {
            matches!(what, What::Label { id, added: true }
                if inner.state.label(*id).is_some_and(|label| label.name == name))
        };
        let entries = issue.entries.iter().filter(|entry| puts_on(&entry.what));
        entries.map(|entry| entry.id).collect()
    }

    /// The numbers of all issues, and pull requests.
    pub fn issues_of(&self, full_name: &str) -> Vec<u64> {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        inner.state.repositories[&id]
            .issues
            .keys()
            .copied()
            .collect()
    }

    /// When something last moved the issue.
    pub fn updated(&self, full_name: &str, number: u64) -> DateTime<Utc> {
        let inner = self.lock();
        let id = inner.state.repository_id(full_name);
        inner
            .state
            .issue(id, number)
            .expect("the issue is there")
            .updated
    }

    fn act<T>(
        &self,
        full_name: &str,
        number: u64,
        who: &str,
        act: impl FnOnce(&mut State, u64, i64) -> T,
    ) -> T {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        assert!(
            inner.state.issue(id, number).is_some(),
            "there is no {full_name}#{number}"
        );
        let is_actions = who == inner.options.kind.actions_user();
        let who = if is_actions {
            ACTIONS
        } else {
            inner.state.account(who).id
        };
        act(&mut inner.state, id, who)
    }
}

//! What people, agents and CI do on a Forgejo or Gitea, told by stories.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Forgejo;
use super::state::{
    Account, Commit, Dependency, IssuesAre, LabelOwner, Level, Merged, Repository, Run, State,
    Status, Team, What,
};

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

    /// The label goes, and with it every entry about it.
    pub fn delete_label(&self, full_name: &str, name: &str) {
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let label = inner
            .state
            .labels_of(id)
            .into_iter()
            .find(|label| label.name == name)
            .expect("stories delete labels that exist")
            .id;
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
        let mut inner = self.lock();
        let id = inner.state.repository_id(full_name);
        let label = inner
            .state
            .labels_of(id)
            .into_iter()
            .find(|known| known.name == label)
            .expect("the label is there")
            .id;
        inner.state.add_label(id, number, -2, label);
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
        self.push(full_name, pusher, message, true)
    }

    /// Pushes a commit to another branch.
    pub fn push_elsewhere(&self, full_name: &str, pusher: &str, message: &str) -> String {
        self.push(full_name, pusher, message, false)
    }

    fn push(&self, full_name: &str, pusher: &str, message: &str, to_main: bool) -> String {
        let mut inner = self.lock();
        let (web, below) = (inner.options.web.clone(), inner.options.subpath);
        let state = &mut inner.state;
        let (id, now) = (state.repository_id(full_name), state.now());
        let account = state.account(pusher).id;
        let seed = format!("{id} {message} {}", state.id());
        let sha = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, seed.as_bytes());
        let sha = format!("{}00000000", sha.simple());
        let home = state.repositories.get_mut(&id).expect("just found");
        let commit = Commit {
            sha: sha.clone(),
            message: message.to_owned(),
            author: pusher.to_owned(),
            account,
            at: now,
            parent: home.commits.last().map(|commit| commit.sha.clone()),
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

    /// Somebody posts a status.
    pub fn post_status(&self, full_name: &str, sha: &str, context: &str, word: &str) {
        self.post(full_name, sha, context, word, "", "https://ci.example/1");
    }

    /// A job of the server's own Actions says how it is.
    pub fn job(&self, full_name: &str, sha: &str, context: &str, word: &str, says: &str) {
        let below = self.lock().options.subpath;
        let target = format!("{below}/{full_name}/actions/runs/1/jobs/0");
        self.post(full_name, sha, context, word, says, &target);
    }

    fn post(
        &self,
        full_name: &str,
        sha: &str,
        context: &str,
        word: &str,
        says: &str,
        target: &str,
    ) {
        let mut inner = self.lock();
        let (id, at) = (inner.state.id(), inner.state.now());
        let home = inner.state.repository_id(full_name);
        let home = inner.state.repositories.get_mut(&home).expect("just found");
        home.statuses.push(Status {
            id,
            sha: sha.to_owned(),
            context: context.to_owned(),
            status: word.to_owned(),
            target: target.to_owned(),
            description: says.to_owned(),
            creator: None,
            at,
        });
    }

    /// A run of a workflow, in the words of Forgejo.
    pub fn run_of(&self, full_name: &str, sha: &str, workflow: &str, event: &str, status: &str) {
        let mut inner = self.lock();
        let (id, at) = (inner.state.id(), inner.state.now());
        let home = inner.state.repository_id(full_name);
        let home = inner.state.repositories.get_mut(&home).expect("just found");
        home.runs.push(Run {
            id,
            sha: sha.to_owned(),
            workflow: workflow.to_owned(),
            event: event.to_owned(),
            status: status.to_owned(),
            at,
        });
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
        let who = inner.state.account(who).id;
        act(&mut inner.state, id, who)
    }
}

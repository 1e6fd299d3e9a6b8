//! People acting on the stand-in: the verbs in which tests tell what happened.
//!
//! Everything happens at the time of the sandbox clock. Nobody's rights are checked here, because a story
//! may need any situation; only the program under test meets the rules.

use super::github::{GitHub, Inner};
use super::github_state::{
    AccountKind, Blocker, Doer, EditHistory, EventKind, Gone, IssueKind, Role, State, Visibility,
};

impl GitHub {
    // People and apps.

    /// Registers a person and returns the numeric id.
    pub fn add_user(&self, login: &str) -> u64 {
        self.lock().state.add_account(login, AccountKind::User)
    }

    pub fn add_organization(&self, login: &str) -> u64 {
        self.lock()
            .state
            .add_account(login, AccountKind::Organization)
    }

    pub fn add_mannequin(&self, login: &str) -> u64 {
        self.lock().state.add_account(login, AccountKind::Mannequin)
    }

    /// Installs an app and returns the app's id.
    pub fn add_app(&self, slug: &str) -> u64 {
        self.lock().state.add_app(slug)
    }

    /// Numeric id of an account; apps are named by their slug.
    pub fn account_id(&self, login: &str) -> u64 {
        account(&self.lock().state, login)
    }

    /// Deletes an account; what it did stays, without an actor.
    pub fn delete_user(&self, login: &str) {
        let mut inner = self.lock();
        let id = account(&inner.state, login);
        inner
            .state
            .accounts
            .get_mut(&id)
            .expect("just found")
            .deleted = true;
    }

    /// An account takes another login; its number stays.
    pub fn rename_account(&self, login: &str, to: &str) {
        let mut inner = self.lock();
        let id = account(&inner.state, login);
        let renamed = inner.state.accounts.get_mut(&id).expect("just found");
        to.clone_into(&mut renamed.login);
    }

    /// Somebody else takes a login that became free: same name, new id.
    pub fn re_register(&self, login: &str) -> u64 {
        self.add_user(login)
    }

    // Repositories.

    /// Adds `owner/name`, granted to the token, and returns the numeric id. An unknown owner becomes an organisation.
    pub fn add_repository(&self, full_name: &str, visibility: Visibility) -> u64 {
        let mut inner = self.lock();
        let (owner, name) = full_name
            .split_once('/')
            .expect("repositories are named owner/name");
        let existing = find_account(&inner.state, owner);
        let owner =
            existing.unwrap_or_else(|| inner.state.add_account(owner, AccountKind::Organization));
        assert!(
            inner.state.repository_named(full_name).is_none(),
            "{full_name} is taken"
        );
        let id = inner.state.add_repository(owner, name, visibility);
        let (viewer, push) = (inner.viewer, inner.options.rights.push);
        if !inner.is_app() {
            let role = if push { Role::WRITE } else { Role::TRIAGE };
            let repository = inner.state.repositories.get_mut(&id).expect("just added");
            repository.roles.insert(viewer, role);
        }
        id
    }

    /// The token can no longer see a private repository.
    pub fn withdraw_repository(&self, full_name: &str) {
        self.change_repository(full_name, |repository| repository.granted = false);
    }

    /// Somebody deletes the repository; its name is free.
    pub fn delete_repository(&self, full_name: &str) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        inner.state.repositories.remove(&id);
        inner.state.former_names.retain(|_, known| *known != id);
    }

    pub fn set_default_branch(&self, full_name: &str, branch: &str) {
        self.change_repository(full_name, |repository| {
            branch.clone_into(&mut repository.default_branch)
        });
    }

    pub fn set_visibility(&self, full_name: &str, visibility: Visibility) {
        self.change_repository(full_name, |repository| repository.visibility = visibility);
    }

    /// Makes somebody something in a repository; [`Role::NONE`] throws them out.
    pub fn set_permission(&self, full_name: &str, login: &str, role: Role) {
        let who = account(&self.lock().state, login);
        self.change_repository(full_name, |repository| {
            repository.roles.insert(who, role);
        });
    }

    pub fn archive_repository(&self, full_name: &str) {
        self.change_repository(full_name, |repository| repository.archived = true);
    }

    pub fn unarchive_repository(&self, full_name: &str) {
        self.change_repository(full_name, |repository| repository.archived = false);
    }

    pub fn disable_issues(&self, full_name: &str) {
        self.change_repository(full_name, |repository| repository.has_issues = false);
    }

    /// Gives a repository another name, also of another owner; the old name redirects.
    pub fn rename_repository(&self, old: &str, new: &str) {
        let mut inner = self.lock();
        let id = repository(&inner, old);
        let (owner, name) = new
            .split_once('/')
            .expect("repositories are named owner/name");
        let existing = find_account(&inner.state, owner);
        let owner =
            existing.unwrap_or_else(|| inner.state.add_account(owner, AccountKind::Organization));
        inner.state.former_names.insert(old.to_lowercase(), id);
        inner.state.former_names.remove(&new.to_lowercase());
        let repository = inner.state.repositories.get_mut(&id).expect("just found");
        repository.owner = owner;
        name.clone_into(&mut repository.name);
    }

    pub fn create_label(&self, full_name: &str, label: &str) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        label_id(&mut inner.state, id, label);
    }

    pub fn rename_label(&self, full_name: &str, old: &str, new: &str) {
        self.change_repository(full_name, |repository| {
            let id = repository
                .label_named(old)
                .expect("stories rename labels that exist")
                .id;
            let label = repository.labels.iter_mut().find(|label| label.id == id);
            new.clone_into(&mut label.expect("just found").name);
        });
    }

    // Issues.

    /// Opens an issue; labels given here are put on by the author, as an issue form does.
    pub fn open_issue(
        &self,
        full_name: &str,
        author: &str,
        title: &str,
        body: &str,
        labels: &[&str],
    ) -> u64 {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        let author = account(&inner.state, author);
        let number = inner
            .state
            .open_issue(id, IssueKind::Issue, author, title, Some(body));
        for label in labels {
            let label = label_id(&mut inner.state, id, label);
            inner
                .state
                .add_label(id, number, Doer::account(author), label);
        }
        number
    }

    /// Lets the next issue of a repository have at least this number.
    pub fn skip_to_number(&self, full_name: &str, number: u64) {
        self.change_repository(full_name, |repository| {
            repository.next_number = repository.next_number.max(number);
        });
    }

    pub fn make_pull_request(&self, full_name: &str, author: &str, title: &str) -> u64 {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        let author = account(&inner.state, author);
        let kind = IssueKind::PullRequest { merged: false };
        inner.state.open_issue(id, kind, author, title, None)
    }

    pub fn merge_pull_request(&self, full_name: &str, number: u64, who: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.close(id, number, doer, "completed");
            state.issue_mut(id, number).kind = IssueKind::PullRequest { merged: true };
        });
    }

    /// Merges a pull request whose text says "Closes #issue": its merge commit comes onto the branch, without any mark of a
    /// run, and the issue is closed by the pull request. Returns the commit.
    pub fn merge_closing(&self, full_name: &str, number: u64, who: &str, issue: u64) -> String {
        let sha = self.push_commit(full_name, who, &format!("Merge pull request {number}"));
        self.merge_pull_request(full_name, number, who);
        self.act(full_name, issue, who, |state, id, doer| {
            state.issue_mut(id, number).merge_commit = Some(sha.clone());
            state.close_with_pull_request(id, issue, doer, number);
        });
        sha
    }

    /// Puts a label on, creating it in the repository when needed.
    pub fn label(&self, full_name: &str, number: u64, who: &str, label: &str) {
        self.label_as(full_name, number, label, |state| {
            Doer::account(account(state, who))
        });
    }

    /// An app puts a label on while acting for a user.
    pub fn label_via_app(&self, full_name: &str, number: u64, user: &str, slug: &str, label: &str) {
        self.label_as(full_name, number, label, |state| Doer {
            account: account(state, user),
            via_app: Some(app(state, slug).0),
        });
    }

    /// An app puts a label on by itself.
    pub fn label_by_app(&self, full_name: &str, number: u64, slug: &str, label: &str) {
        self.label_as(full_name, number, label, |state| {
            Doer::account(app(state, slug).1)
        });
    }

    pub fn unlabel(&self, full_name: &str, number: u64, who: &str, label: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            let label = label_id(state, id, label);
            state.remove_label(id, number, doer, label);
        });
    }

    pub fn edit_body(&self, full_name: &str, number: u64, who: &str, text: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.edit_body(id, number, doer.account, text);
        });
    }

    /// The edit history can not be listed any more: null, or an empty list.
    pub fn hide_edit_history(&self, full_name: &str, number: u64, as_what: EditHistory) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        inner.state.issue_mut(id, number).edit_history = as_what;
    }

    /// Somebody deletes the text of the newest revision from the edit history; the entry stays.
    pub fn delete_newest_edit(&self, full_name: &str, number: u64) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        let now = inner.state.now();
        let edit = inner.state.issue_mut(id, number).edits.last_mut();
        edit.expect("stories delete edits that exist").deleted_at = Some(now);
    }

    pub fn rename_title(&self, full_name: &str, number: u64, who: &str, title: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.rename_title(id, number, doer, title);
        });
    }

    /// Writes a comment and returns its id.
    pub fn comment(&self, full_name: &str, number: u64, who: &str, text: &str) -> u64 {
        self.act(full_name, number, who, |state, id, doer| {
            state.comment(id, number, doer.account, text)
        })
    }

    pub fn edit_comment(&self, full_name: &str, comment: u64, who: &str, text: &str) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        let who = account(&inner.state, who);
        inner.state.edit_comment(id, comment, who, text);
    }

    /// Somebody hides a comment: `outdated`, `off-topic`, `resolved`, `spam`, and so on.
    pub fn minimise_comment(&self, full_name: &str, comment: u64, reason: &'static str) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        let (number, index) = inner
            .state
            .find_comment(id, comment)
            .expect("stories hide comments that exist");
        inner.state.issue_mut(id, number).comments[index].minimised = Some(reason);
    }

    pub fn assign(&self, full_name: &str, number: u64, who: &str, assignee: &str) {
        let assignee = account(&self.lock().state, assignee);
        self.act(full_name, number, who, |state, id, doer| {
            state.assign(id, number, doer, assignee);
        });
    }

    pub fn unassign(&self, full_name: &str, number: u64, who: &str, assignee: &str) {
        let assignee = account(&self.lock().state, assignee);
        self.act(full_name, number, who, |state, id, doer| {
            state.unassign(id, number, doer, assignee);
        });
    }

    /// A pull request of any repository says that it will close the issue.
    pub fn link_pull_request(&self, full_name: &str, number: u64, home: &str, pull_request: u64) {
        let mut inner = self.lock();
        let (id, home) = (repository(&inner, full_name), repository(&inner, home));
        inner
            .state
            .issue_mut(id, number)
            .closing_pull_requests
            .push((home, pull_request));
    }

    pub fn delete_comment(&self, full_name: &str, comment: u64) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        inner.state.delete_comment(id, comment);
    }

    pub fn close(&self, full_name: &str, number: u64, who: &str) {
        self.close_because(full_name, number, who, "completed");
    }

    /// Closes as `completed`, `not_planned` or `duplicate`.
    pub fn close_because(&self, full_name: &str, number: u64, who: &str, reason: &'static str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.close(id, number, doer, reason)
        });
    }

    pub fn reopen(&self, full_name: &str, number: u64, who: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.reopen(id, number, doer)
        });
    }

    pub fn lock_issue(&self, full_name: &str, number: u64, who: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.issue_mut(id, number).locked = true;
            state.record(id, number, doer, EventKind::Locked);
        });
    }

    /// Adds an event without consequences, such as `subscribed`.
    pub fn note_event(&self, full_name: &str, number: u64, who: &str, event: &str) {
        self.act(full_name, number, who, |state, id, doer| {
            state.record(id, number, doer, EventKind::Other(event.to_owned()));
        });
    }

    /// Moves an issue to another repository and returns its number there.
    pub fn transfer(&self, from: &str, number: u64, to: &str, who: &str) -> u64 {
        let mut inner = self.lock();
        let (source, target) = (repository(&inner, from), repository(&inner, to));
        let doer = Doer::account(account(&inner.state, who));
        inner.state.transfer(source, number, target, doer)
    }

    /// The issue came from another repository; only the event of it is told.
    pub fn transfer_in(&self, full_name: &str, number: u64, from: &str, who: &str) {
        let from = repository(&self.lock(), from);
        self.act(full_name, number, who, |state, id, doer| {
            state.record(id, number, doer, EventKind::Transferred { from });
        });
    }

    pub fn delete_issue(&self, full_name: &str, number: u64) {
        self.change_repository(full_name, |repository| {
            repository
                .issues
                .remove(&number)
                .expect("stories delete issues that exist");
            repository.gone.insert(number, Gone::Deleted);
        });
    }

    pub fn add_blocked_by(&self, full_name: &str, number: u64, blocker_in: &str, blocker: u64) {
        let mut inner = self.lock();
        let (id, other) = (
            repository(&inner, full_name),
            repository(&inner, blocker_in),
        );
        let blocker = Blocker::Issue {
            repository: other,
            number: blocker,
        };
        inner.state.issue_mut(id, number).blocked_by.push(blocker);
    }

    /// A blocker somewhere the token can not look: counted as open, never listed.
    pub fn add_hidden_blocker(&self, full_name: &str, number: u64) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        inner
            .state
            .issue_mut(id, number)
            .blocked_by
            .push(Blocker::Hidden);
    }

    pub fn add_sub_issue(&self, full_name: &str, number: u64, sub_issue_in: &str, sub_issue: u64) {
        let mut inner = self.lock();
        let (id, other) = (
            repository(&inner, full_name),
            repository(&inner, sub_issue_in),
        );
        inner
            .state
            .issue_mut(id, number)
            .sub_issues
            .push((other, sub_issue));
    }

    fn label_as(
        &self,
        full_name: &str,
        number: u64,
        label: &str,
        doer: impl FnOnce(&State) -> Doer,
    ) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        let doer = doer(&inner.state);
        let label = label_id(&mut inner.state, id, label);
        inner.state.add_label(id, number, doer, label);
    }

    fn act<T>(
        &self,
        full_name: &str,
        number: u64,
        who: &str,
        act: impl FnOnce(&mut State, u64, Doer) -> T,
    ) -> T {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        assert!(
            inner.state.issue(id, number).is_some(),
            "there is no {full_name}#{number}"
        );
        let doer = Doer::account(account(&inner.state, who));
        act(&mut inner.state, id, doer)
    }

    pub fn change_repository(
        &self,
        full_name: &str,
        change: impl FnOnce(&mut super::github_state::Repository),
    ) {
        let mut inner = self.lock();
        let id = repository(&inner, full_name);
        change(inner.state.repositories.get_mut(&id).expect("just found"));
    }
}

fn repository(inner: &Inner, full_name: &str) -> u64 {
    inner
        .state
        .repository_named(full_name)
        .expect("stories name only repositories that were added")
        .id
}

fn find_account(state: &State, login: &str) -> Option<u64> {
    let kinds = [
        AccountKind::User,
        AccountKind::Organization,
        AccountKind::Mannequin,
        AccountKind::Bot,
    ];
    let account = kinds
        .into_iter()
        .find_map(|kind| state.account_named(login, kind));
    account.map(|account| account.id)
}

fn account(state: &State, login: &str) -> u64 {
    find_account(state, login).expect("stories name only people who were added")
}

/// Id and bot account of an app.
fn app(state: &State, slug: &str) -> (u64, u64) {
    let app = state.apps.iter().find(|app| app.slug == slug);
    app.map(|app| (app.id, app.bot))
        .expect("stories name only apps that were added")
}

fn label_id(state: &mut State, repository: u64, name: &str) -> u64 {
    match state.repositories[&repository].label_named(name) {
        Some(label) => label.id,
        None => state.create_label(repository, name, "0e8a16", None),
    }
}

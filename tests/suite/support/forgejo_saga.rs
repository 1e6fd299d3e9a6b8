//! Stories on a Forgejo or Gitea, on a virtual clock: one server beside the usual world, and the library's own ticks.
//!
//! The default is the common case: one private repository `acme/widgets` of a person, with a writer `alice`, a stranger
//! `mallory`, and our own account `afk-bot`, which administers it.

use std::sync::Arc;

use afk::tick::{RunReport, TickReport};

use super::forgejo_contract;
use super::saga::Saga;
use super::sandbox::forgejo::state::Level;
use super::sandbox::forgejo::{Forgejo, ForgejoOptions, ServerKind};
use super::sandbox::http_server::HttpServer;
use super::world::{READY, REPO, describe};

pub struct ForgejoSaga {
    pub saga: Saga,
    pub forge: Arc<Forgejo>,
    pub kind: ServerKind,
    server: HttpServer,
}

impl ForgejoSaga {
    pub fn of(kind: ServerKind) -> Self {
        Self::with(ForgejoOptions::of(kind), |forge| {
            forge.add_user("acme");
        })
    }

    /// As [`ForgejoSaga::of`], in an organisation with owners, coders, and people who may only write issues: `tracy`.
    pub fn in_organisation(kind: ServerKind) -> Self {
        let saga = Self::with(ForgejoOptions::of(kind), |forge| {
            forge.add_organisation("acme");
        });
        let forge = &saga.forge;
        for login in ["olga", "carl", "tracy"] {
            forge.add_user(login);
        }
        let write = Level::Write;
        forge.add_team("acme", "Owners", Some(Level::Owner), &[], &["olga"]);
        let code = [("repo.code", write), ("repo.issues", write)];
        forge.add_team("acme", "coders", None, &code, &["carl"]);
        forge.add_team(
            "acme",
            "triage",
            None,
            &[("repo.issues", write)],
            &["tracy"],
        );
        saga
    }

    pub fn with(options: ForgejoOptions, prepare: impl FnOnce(&Forgejo)) -> Self {
        let mut saga = Saga::new();
        let (kind, token) = (options.kind, options.token.clone());
        let subpath = options.subpath;
        let forge = Forgejo::new(options, saga.world.clock.clone());
        let server = HttpServer::start("forgejo", Arc::clone(&saga.world.journal), forge.clone());
        let world = &mut saga.world;
        world.set("AFK_FORGEJO_URL", &format!("{}{subpath}", server.url()));
        world.set("AFK_FORGEJO_TOKEN", &token);
        world.set("AFK_DEFAULT_FORGE", "forgejo");
        prepare(&forge);
        for login in ["alice", "mallory"] {
            forge.add_user(login);
        }
        forge.add_repository(REPO);
        forge.set_level(REPO, "alice", Level::Write);
        // Nobody pushed before: an empty repository has no branch.
        forge.push_commit(REPO, "alice", "Begin");
        let saga = Self {
            saga,
            forge,
            kind,
            server,
        };
        saga.pass(60);
        saga
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn pass(&self, seconds: i64) {
        self.saga.pass(seconds);
    }

    /// An issue by somebody, without labels.
    pub fn issue_by(&self, author: &str, body: &str) -> u64 {
        let number = self
            .forge
            .open_issue(REPO, author, "Reject negative sizes", body);
        self.pass(30);
        number
    }

    pub fn approve_by(&self, number: u64, who: &str) {
        self.forge.label_issue(REPO, number, who, READY);
        self.pass(30);
    }

    /// The common case: `alice` writes and asks.
    pub fn ready_issue(&self) -> u64 {
        let number = self.issue_by("alice", "Please do it.\n");
        self.approve_by(number, "alice");
        number
    }

    pub fn poll(&self) -> TickReport {
        self.saga.poll()
    }

    /// Numbers of the issues that a tick starts.
    pub fn starts(&self) -> Vec<u64> {
        let report = self.poll();
        report.dispatched.iter().map(|run| run.issue.0).collect()
    }

    /// Why a tick does not start an issue: codes, in their order. Stops the test when it starts.
    pub fn refused(&self, number: u64) -> Vec<String> {
        let report = self.poll();
        assert_eq!(report.dispatched.len(), 0, "{report}");
        let issue = report
            .repositories
            .iter()
            .flat_map(|repository| &repository.issues)
            .find(|issue| issue.issue.0 == number)
            .unwrap_or_else(|| panic!("#{number} is not in {report}"));
        issue
            .reasons
            .iter()
            .map(|reason| reason.code.as_str().to_owned())
            .collect()
    }

    /// A ready issue whose agent is at work. Returns issue and thread.
    pub fn started(&self) -> (u64, String) {
        let number = self.ready_issue();
        let report = self.poll();
        assert_eq!(report.dispatched.len(), 1, "{report}");
        assert!(report.failures.is_empty(), "{report}");
        let thread = report.dispatched[0].thread.to_string();
        self.pass(5);
        self.saga.world.t3.agent_starts(&thread);
        self.pass(5);
        (number, thread)
    }

    /// The agent, which pushes by an account of its own, pushes a commit of the run.
    pub fn push(&self, number: u64, thread: &str, what: &str) -> String {
        let message = format!("{what}\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n");
        let sha = self.forge.push_commit(REPO, "alice", &message);
        self.pass(5);
        sha
    }

    /// CI runs one job on a commit.
    pub fn ci(&self, sha: &str, word: &str) {
        let context = "CI / build (push)";
        self.forge
            .job(REPO, sha, context, "pending", "Waiting to run");
        self.pass(60);
        self.forge.job(REPO, sha, context, word, "says so");
        self.pass(5);
    }

    /// The only run of a watch report without failures.
    pub fn only_run(&self) -> RunReport {
        let mut report = self.saga.watch();
        assert_eq!(report.runs.len(), 1, "{report}");
        assert!(report.failures.is_empty(), "{report}");
        report.runs.remove(0)
    }

    pub fn acted(&self) -> String {
        self.only_run().action.to_owned()
    }

    pub fn labels(&self, number: u64) -> Vec<String> {
        self.forge.labels_of(REPO, number)
    }

    pub fn own_comments(&self, number: u64) -> Vec<String> {
        let comments = self.forge.comments_of(REPO, number);
        comments
            .into_iter()
            .filter(|comment| comment.author == "afk-bot")
            .map(|comment| comment.body)
            .collect()
    }

    /// Requests to the forge so far.
    pub fn requests(&self) -> Vec<String> {
        self.saga
            .world
            .journal
            .exchanges()
            .iter()
            .filter(|exchange| exchange.service == "forgejo")
            .map(describe)
            .collect()
    }
}

/// Everything that was sent to the forge in any story fits its published description.
impl Drop for ForgejoSaga {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for exchange in self.saga.world.journal.exchanges() {
            if exchange.service == "forgejo"
                && let Err(why) = forgejo_contract::validate(self.kind, &exchange.request)
            {
                panic!("{}: {why}", describe(&exchange));
            }
        }
    }
}

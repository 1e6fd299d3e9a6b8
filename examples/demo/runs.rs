//! Runs that are followed to their end: what agents, CI and people do in each of them, minute by minute.
//!
//! Each run has a script of deeds, and the end that it must come to. Nothing here runs a tick.

use afk::domain::reason::ReasonCode;
use anyhow::{Context as _, Result};

use super::cast::READY;
use super::sandbox::github_state::{Role, Visibility};
use super::sandbox::kubernetes_objects::StatefulSet;
use super::stage::Stage;

/// What happens at a minute of a run.
#[derive(Clone, Copy)]
pub enum Deed {
    /// The agent pushes a commit, and a workflow starts on it.
    Push(&'static str),
    /// The agent pushes a commit that no workflow takes up.
    PushUnseen(&'static str),
    /// The agent ends its turn with these words.
    Finish(&'static str),
    /// The agent says something and works on.
    Say(&'static str),
    /// The agent asks its user.
    Ask(&'static str),
    /// The agent's process dies.
    Die,
    /// The newest workflow ends.
    Ci(&'static str),
    /// A pipeline deploys the newest commit.
    Deploy,
    /// The cluster runs the newest commit: a Deployment first, and a StatefulSet with the next deed.
    RollOut,
    /// The StatefulSet beside it follows.
    RollOutJobs,
    /// The forge deploys the newest commit to production.
    Promote,
    /// A digest of the newest commit runs, and an annotation says so.
    Pin,
    /// The model's provider refuses the agent with these words, and its turn is over.
    Refused(&'static str),
    /// Alice reverts the newest commit.
    Revert,
    /// A person archives the agent's thread while it works.
    Archive,
    /// Alice takes the ready label off.
    Withdraw,
    /// The T3 server restarts; agents do not survive that.
    Restart,
}

/// One run as it is planned.
pub struct Play {
    pub repository: &'static str,
    pub title: &'static str,
    /// What happens, for the reader.
    pub story: &'static str,
    pub deeds: &'static [(i64, Deed)],
    pub end: ReasonCode,
    /// A push closes the issue before CI has run.
    pub closes_early: bool,
    /// How many messages the agent must have got.
    pub turns: usize,
}

/// One run as it goes.
pub struct Run {
    pub play: &'static Play,
    pub number: u64,
    pub thread: String,
    /// Deeds done so far.
    pub done: usize,
    /// Its commits, the newest last.
    pub commits: Vec<String>,
    /// The newest workflow.
    workflow: Option<u64>,
    /// Minute and reason of its end.
    pub ended: Option<(i64, ReasonCode)>,
}

const RED: Deed = Deed::Ci("failure");
const GREEN: Deed = Deed::Ci("success");
const PUSHED: Deed = Deed::Finish("Pushed.");

/// The repository that Woodpecker deploys and that is rolled out as two objects.
pub const SHIPPED: &str = "acme/shop";
/// The repository that the forge deploys.
pub const PROMOTED: &str = "acme/billing";
/// The repository whose images are pinned, so that an annotation tells their commit.
pub const PINNED: &str = "acme/radio";
/// The annotation.
pub const REVISION: &str = "example.org/commit";

/// Everything that the second half follows.
pub const PLAYS: [Play; 16] = [
    Play {
        repository: "acme/docs",
        title: "Explain the export format",
        story: "the agent pushes, CI is green",
        deeds: &[(20, Deed::Push("Explain it")), (20, PUSHED), (30, GREEN)],
        end: ReasonCode::Landed,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: SHIPPED,
        title: "Keep the cart after login",
        story: "CI, deploy and two rollouts, one after the other",
        deeds: &[
            (25, Deed::Push("Keep it")),
            (25, PUSHED),
            (35, GREEN),
            (40, Deed::Deploy),
            (50, Deed::RollOut),
            (55, Deed::RollOutJobs),
        ],
        end: ReasonCode::Landed,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: PROMOTED,
        title: "Round totals half up",
        story: "CI is red, the agent repairs it, and it is deployed",
        deeds: &[
            (15, Deed::Push("Round")),
            (15, PUSHED),
            (25, RED),
            (35, Deed::Push("Round the other way")),
            (35, Deed::Finish("Repaired.")),
            (45, GREEN),
            (55, Deed::Promote),
        ],
        end: ReasonCode::Landed,
        closes_early: false,
        turns: 2,
    },
    Play {
        repository: "acme/gateway",
        title: "Sign webhooks",
        story: "CI is red, and stays so after every repair",
        deeds: &[
            (20, Deed::Push("Sign")),
            (20, PUSHED),
            (30, RED),
            (35, Deed::Push("Sign, second try")),
            (35, PUSHED),
            (40, RED),
            (45, Deed::Push("Sign, third try")),
            (45, PUSHED),
            (50, RED),
            (55, Deed::Push("Sign, fourth try")),
            (55, PUSHED),
            (60, RED),
            (65, Deed::Push("Sign, fifth try")),
            (65, PUSHED),
            (70, RED),
            (75, Deed::Push("Sign, last try")),
            (
                75,
                Deed::Finish("The test server rejects every key. @alice, is it the clock?"),
            ),
            (80, RED),
        ],
        end: ReasonCode::BudgetExhausted,
        closes_early: false,
        turns: 6,
    },
    Play {
        repository: "acme/search",
        title: "Find plurals too",
        story: "its push closes the issue, CI is red, it gives up",
        deeds: &[
            (20, Deed::Push("Closes #1")),
            (20, PUSHED),
            (30, RED),
            (40, Deed::Finish("I do not know what is wrong.")),
        ],
        end: ReasonCode::NoNewCommit,
        closes_early: true,
        turns: 2,
    },
    Play {
        repository: "acme/website",
        title: "Add a dark theme",
        story: "the agent pushes, and CI never starts",
        deeds: &[(30, Deed::PushUnseen("Add it")), (30, PUSHED)],
        end: ReasonCode::CiSilent,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/notes",
        title: "Sort notes by date",
        story: "the agent ends without a push",
        deeds: &[(10, Deed::Finish("They are sorted already."))],
        end: ReasonCode::NoPush,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/vault",
        title: "Rotate keys",
        story: "the agent asks, and nobody answers",
        deeds: &[(15, Deed::Ask("Which keys?"))],
        end: ReasonCode::AgentWaiting,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/mail",
        title: "Send a plain text part",
        story: "the agent's process dies",
        deeds: &[(15, Deed::Die)],
        end: ReasonCode::AgentFailed,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/maps",
        title: "Draw borders thinner",
        story: "the agent goes silent",
        deeds: &[(10, Deed::Say("Let me look."))],
        end: ReasonCode::AgentStalled,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/photos",
        title: "Strip locations",
        story: "alice takes the label off while the agent works",
        deeds: &[(25, Deed::Withdraw)],
        end: ReasonCode::Revoked,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/video",
        title: "Show subtitles",
        story: "the T3 server restarts under the agent",
        deeds: &[
            (25, Deed::Say("Half of it is done.")),
            (50, Deed::Say("Most of it is done.")),
            (75, Deed::Say("Nearly all of it is done.")),
            (90, Deed::Restart),
        ],
        end: ReasonCode::AgentStalled,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: PINNED,
        title: "Remember the station",
        story: "the provider's limit is reached; it goes on later",
        deeds: &[
            (
                10,
                Deed::Refused("You've hit your limit. Try again in 20 minutes."),
            ),
            (45, Deed::Push("Remember it")),
            (45, PUSHED),
            (55, GREEN),
            (60, Deed::Pin),
        ],
        end: ReasonCode::Landed,
        closes_early: false,
        turns: 2,
    },
    Play {
        repository: "acme/forms",
        title: "Trim what people type",
        story: "alice reverts what was pushed",
        deeds: &[
            (15, Deed::Push("Trim it")),
            (15, PUSHED),
            (25, Deed::Revert),
        ],
        end: ReasonCode::Reverted,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/games",
        title: "Show the score",
        story: "CI waits for somebody's approval",
        deeds: &[
            (20, Deed::Push("Show it")),
            (20, PUSHED),
            (25, Deed::Ci("action_required")),
        ],
        end: ReasonCode::CiBlocked,
        closes_early: false,
        turns: 1,
    },
    Play {
        repository: "acme/tiles",
        title: "Load tiles sooner",
        story: "somebody archives the thread of a live agent",
        deeds: &[(20, Deed::Archive)],
        end: ReasonCode::AgentLost,
        closes_early: false,
        turns: 1,
    },
];

/// Opens the repositories and their issues, which alice labels. No agent is there yet.
pub fn come_on(stage: &Stage) {
    stage.github.add_user("alice");
    for play in &PLAYS {
        let name = play.repository;
        let id = stage.github.add_repository(name, Visibility::Private);
        stage.github.set_permission(name, "alice", Role::MAINTAIN);
        if name == SHIPPED {
            stage.woodpecker.add_repository(name, id);
            stage.kubernetes.set_deployment(
                "shop",
                "web",
                &[("app", "registry.example.org/shop:0000000")],
            );
            let jobs = StatefulSet::complete("registry.example.org/shop-jobs:0000000");
            stage.kubernetes.set_stateful_set("shop", "jobs", jobs);
        }
        if name == PINNED {
            let pinned = format!("registry.example.org/radio@sha256:{}", "0".repeat(64));
            stage
                .kubernetes
                .set_deployment("radio", "web", &[("app", &pinned)]);
        }
        let number = stage
            .github
            .open_issue(name, "alice", play.title, "Please.\n", &[]);
        stage.later();
        stage.github.label(name, number, "alice", READY);
        stage.later();
    }
}

impl Run {
    pub fn new(play: &'static Play, number: u64, thread: String) -> Self {
        Self {
            play,
            number,
            thread,
            done: 0,
            commits: Vec::new(),
            workflow: None,
            ended: None,
        }
    }

    pub fn name(&self) -> String {
        format!("{}#{}", self.play.repository, self.number)
    }

    /// Does what is due at a minute. The agent takes up a turn that waits first.
    pub fn live(&mut self, stage: &Stage, minute: i64) -> Result<()> {
        let view = stage
            .t3
            .thread(&self.thread)
            .with_context(|| format!("{} has no thread", self.name()))?;
        if view.turns_waiting > 0 && !view.archived {
            stage.t3.agent_starts(&self.thread);
        }
        while let Some((due, deed)) = self.play.deeds.get(self.done) {
            if *due > minute {
                break;
            }
            self.act(stage, *deed)?;
            self.done += 1;
        }
        Ok(())
    }

    fn act(&mut self, stage: &Stage, deed: Deed) -> Result<()> {
        let name = self.play.repository;
        let thread = self.thread.as_str();
        match deed {
            Deed::Push(what) => {
                let sha = self.push(stage, what);
                self.workflow = Some(stage.github.start_workflow(name, &sha, "ci", &["build"]));
            }
            Deed::PushUnseen(what) => {
                self.push(stage, what);
            }
            Deed::Finish(words) => stage.t3.agent_finishes(thread, words),
            Deed::Say(words) => stage.t3.agent_says(thread, words),
            Deed::Ask(question) => {
                stage.t3.agent_asks(thread, question);
            }
            Deed::Die => stage.t3.agent_process_dies(thread),
            Deed::Ci(conclusion) => {
                let workflow = self.workflow.context("no workflow runs")?;
                stage.github.finish_workflow(name, workflow, conclusion);
            }
            Deed::Deploy => {
                let sha = self.commits.last().context("nothing was pushed")?;
                stage.woodpecker.deploy_pipeline(name, sha, "success");
            }
            Deed::RollOut => {
                let sha = self.commits.last().context("nothing was pushed")?;
                let image = format!("registry.example.org/shop:{sha}");
                stage.kubernetes.set_image("shop", "web", "app", &image);
                stage.kubernetes.rollout_completes("shop", "web");
            }
            Deed::RollOutJobs => {
                let sha = self.commits.last().context("nothing was pushed")?;
                let image = format!("registry.example.org/shop-jobs:{sha}");
                let jobs = StatefulSet::complete(&image);
                stage.kubernetes.set_stateful_set("shop", "jobs", jobs);
            }
            Deed::Promote => {
                let sha = self.commits.last().context("nothing was pushed")?;
                let deployment = stage.github.deploy(name, sha, "production");
                stage.github.deployment_is(name, deployment, "success");
            }
            Deed::Pin => {
                let sha = self.commits.last().context("nothing was pushed")?;
                let pinned = format!("registry.example.org/radio@sha256:{}", "1".repeat(64));
                let cluster = &stage.kubernetes;
                cluster.set_image("radio", "web", "app", &pinned);
                cluster.annotate_template("radio", "web", REVISION, sha);
                cluster.rollout_completes("radio", "web");
            }
            Deed::Refused(words) => stage.t3.provider_error_looks_like_success(thread, words),
            Deed::Revert => {
                let sha = self.commits.last().context("nothing was pushed")?;
                let message = format!("Revert it\n\nThis reverts commit {sha}.\n");
                stage.github.push_commit(name, "alice", &message);
            }
            Deed::Archive => stage.t3.people_archive(thread),
            Deed::Withdraw => stage.github.unlabel(name, self.number, "alice", READY),
            Deed::Restart => stage.t3.restart_server(true),
        }
        Ok(())
    }

    fn push(&mut self, stage: &Stage, what: &str) -> String {
        let message = format!("{what}\n\nRefs {}\nAfk-Run: {}\n", self.name(), self.thread);
        let sha = stage
            .github
            .push_commit(self.play.repository, "afk-bot", &message);
        self.commits.push(sha.clone());
        sha
    }
}

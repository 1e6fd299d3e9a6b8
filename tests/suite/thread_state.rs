//! What the product makes of a thread while things happen to it, on stand-ins for all three servers.
//!
//! The client does the dispatching, the stand-in's driver plays the agent, and nothing else is involved: no tick, no
//! forge. Single recorded moments are tested in the crate itself; here it is their order that counts.

mod live;

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use afk::clock::{Clock, Deadline};
use afk::domain::config::{Secret, SecretSource};
use afk::domain::identity::{
    Authorisation, CommandId, MessageId, RepositoryId, RepositoryKey, Slot, StepNumber, ThreadId,
    Title,
};
use afk::domain::repository::{ForgeKind, IssueNumber};
use afk::domain::run::thread_state::{SessionSign, ThreadReading};
use afk::executor::t3::{Agent, T3 as Client};
use afk::executor::{Executor, NewProject, NewThread, NewTurn, Thread};
use afk::http::Http;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::http_server::{HttpServer, Journal};
use crate::support::sandbox::t3::{AgentProcess, T3, T3Options, T3Version, Workspace};

const VERSIONS: [T3Version; 3] = [T3Version::V0_0_27, T3Version::July, T3Version::Fork0_0_33];

const ROOT: &str = "/data/github.com/acme/widgets-1";

const STALL: TimeDelta = TimeDelta::minutes(30);

/// Wall time of the sandbox; the deadline never comes.
struct StillClock(SandboxClock);

impl Clock for StillClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) {}
}

/// One run on one server.
struct Run<'r> {
    version: T3Version,
    t3: &'r T3,
    clock: &'r SandboxClock,
    address: &'r str,
    executor: &'r dyn Executor,
    commands: Cell<u128>,
    steps: Cell<u32>,
}

impl Run<'_> {
    /// Tells a story on every server: the thread is created in a git workspace, and not started.
    fn on_all(story: impl Fn(&Run<'_>)) {
        for version in VERSIONS {
            Run::on(T3Options::new(version), &story);
        }
    }

    /// Tells a story on one server.
    fn on(options: T3Options, story: impl Fn(&Run<'_>)) {
        let version = options.version;
        let clock = SandboxClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let t3 = T3::new(options, clock.clone());
        t3.place_workspace(ROOT, Workspace::Git { remote: None });
        let server = HttpServer::start("t3", Journal::new(), t3.clone());
        let still = StillClock(clock.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let http = Http::new(Deadline::start(&still, Duration::from_secs(100), stop));
        let bearer = SecretSource::Inline(Secret::parse(T3::BEARER).unwrap());
        let agent = Agent {
            instance: "claudeAgent".to_owned(),
            model: "claude-sonnet-4-6".to_owned(),
        };
        let client = Client::new(&http, server.url().parse().unwrap(), bearer, agent);
        let url = server.url();
        let run = Run {
            version,
            t3: &t3,
            clock: &clock,
            address: url.strip_prefix("http://").unwrap(),
            executor: &client,
            commands: Cell::new(0),
            steps: Cell::new(0),
        };
        run.create();
        story(&run);
    }

    fn create(&self) {
        let project = key().project();
        self.executor
            .create_project(&NewProject {
                command: self.fresh(),
                id: project,
                title: "acme/widgets".to_owned(),
                workspace_root: ROOT.to_owned(),
            })
            .unwrap();
        self.executor
            .create_thread(&NewThread {
                command: self.fresh(),
                id: id(),
                project: project.to_string(),
                title: title(),
            })
            .unwrap();
        self.later();
    }

    fn fresh(&self) -> CommandId {
        self.commands.set(self.commands.get() + 1);
        CommandId(Uuid::from_u128(self.commands.get()))
    }

    fn later(&self) {
        self.clock.advance(TimeDelta::seconds(10));
    }

    /// We send a message; every one but the first names a red commit.
    fn send(&self) {
        let step = StepNumber(self.steps.get());
        self.steps.set(step.0 + 1);
        let turn = NewTurn {
            command: id().step(step),
            thread: id(),
            message: MessageId {
                repository: key(),
                issue: IssueNumber(7),
                authorisation: event(),
                slot: Slot::FIRST,
                step,
                red_commit: (step > StepNumber::FIRST).then(|| format!("{:040x}", step.0)),
            },
            runtime_mode: None,
            text: "Please do it.".to_owned(),
        };
        self.executor.start_turn(&turn).unwrap();
        self.later();
    }

    /// The driver does something to the thread.
    fn play(&self, act: impl FnOnce(&T3, &str)) {
        act(self.t3, &id().to_string());
        self.later();
    }

    fn starts(&self) {
        self.play(|t3, thread| {
            t3.agent_starts(thread).unwrap();
        });
    }

    fn finishes(&self) {
        self.play(|t3, thread| t3.agent_finishes(thread, "Done."));
    }

    fn stops(&self) {
        self.executor.stop_session(self.fresh(), id()).unwrap();
        self.play(|t3, _| t3.settle());
    }

    fn thread(&self) -> Thread {
        self.executor.thread(id()).unwrap().unwrap()
    }

    fn reading(&self) -> ThreadReading {
        self.thread().reading(self.clock.now(), STALL)
    }

    #[track_caller]
    fn is(&self, expected: &str) {
        let reading = self.reading();
        let at = format!("{:?}: {reading:?}", self.version);
        assert_eq!(reading.state.to_string(), expected, "{at}");
        self.lists_agree(&reading, &at);
    }

    /// Lists of the whole fleet may know less than the thread's own reading, and never the opposite.
    #[track_caller]
    fn lists_agree(&self, reading: &ThreadReading, at: &str) {
        for fleet in [self.executor.live_fleet(), self.executor.whole_fleet()] {
            let fleet = fleet.unwrap();
            let listed = fleet.threads[&id()].reading(self.clock.now(), STALL);
            assert_eq!(listed.session, reading.session, "{at}: {listed:?}");
            let runs = reading.state.is_running_class();
            if runs {
                let word = listed.state.as_str();
                assert!(
                    listed.state.is_running_class() || word == "unknown",
                    "{at}: {word}"
                );
            }
        }
    }
}

fn key() -> RepositoryKey {
    RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1))
}

fn id() -> ThreadId {
    key().thread(Slot::FIRST)
}

fn event() -> Authorisation {
    Authorisation::new("LE_1").unwrap()
}

fn title() -> Title {
    Title {
        full_name: "acme/widgets".to_owned(),
        issue: IssueNumber(7),
        slot: Slot::FIRST,
        authorisation: event().digest(),
        ending: None,
    }
}

#[test]
fn thread_state_follows_a_run_through_a_question() {
    Run::on_all(|run| {
        run.is("starting");
        run.send();
        run.is("starting");
        run.play(|t3, thread| t3.agent_prepares(thread));
        run.is("starting");
        run.starts();
        run.is("running");
        run.play(|t3, thread| t3.agent_says(thread, "I will look."));
        run.is("running");
        run.play(|t3, thread| drop(t3.agent_asks(thread, "Which one?")));
        run.is("waiting for an answer");
        run.clock.advance(STALL * 3);
        run.is("waiting for an answer");
        let AgentProcess::Asking { request } = run.t3.thread(&id().to_string()).unwrap().agent
        else {
            panic!("the agent asks");
        };
        answer(run, &request);
        run.is("running");
        run.play(|t3, thread| t3.agent_finishes_before_checkpoint(thread, "Done."));
        run.is("over");
        run.play(|t3, _| t3.settle());
        run.is("over");
        let facts = run.thread().facts;
        assert_eq!(facts.last_words().unwrap().text, "Done.");
        assert_eq!(facts.attempts(), 0);
    });
}

/// A person answers in the cockpit.
fn answer(run: &Run<'_>, request: &str) {
    let body = json!({
        "type": "thread.user-input.respond",
        "commandId": run.fresh().to_string(),
        "threadId": id().to_string(),
        "requestId": request,
        "answers": {"Which one?": "Yes"},
        "createdAt": run.clock.now().to_rfc3339(),
    });
    let body = body.to_string();
    let request = format!(
        "POST /api/orchestration/dispatch HTTP/1.1\r\nhost: t3\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        T3::BEARER,
        body.len()
    );
    let mut stream = TcpStream::connect(run.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).unwrap();
    assert!(status.starts_with("HTTP/1.1 200"), "{status}");
    run.later();
}

#[test]
fn thread_state_of_a_follow_up_turn_is_not_the_one_of_the_turn_before() {
    Run::on_all(|run| {
        run.send();
        let dispatched = run.clock.now() - TimeDelta::seconds(10);
        run.starts();
        run.finishes();
        run.is("over");
        run.send();
        let corrected = run.clock.now() - TimeDelta::seconds(10);
        run.is("starting");
        run.starts();
        run.is("running");
        run.finishes();
        run.is("over");
        run.stops();
        run.is("over");
        run.send();
        run.is("starting");
        run.starts();
        run.play(|t3, thread| t3.agent_process_dies(thread));
        // The fork records nothing of such an end.
        let words = run.reading().state.to_string();
        assert!(
            words.starts_with("failed: the turn ended with an error"),
            "{words}"
        );
        run.send();
        run.is("starting");
        run.starts();
        run.is("running");
        run.finishes();
        run.is("over");

        let facts = run.thread().facts;
        assert_eq!(facts.first_message_at(), Some(dispatched));
        assert_eq!(facts.first_correction_at(), Some(corrected));
        assert_eq!(facts.attempts(), 3);
        assert_eq!(
            facts.answered_commits().next(),
            Some(&*format!("{:040x}", 1))
        );
    });
}

#[test]
fn thread_state_after_a_restart_is_dead_at_the_stall_limit() {
    Run::on_all(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| t3.agent_starts_tool(thread, "make"));
        run.play(|t3, _| t3.restart_server(true));
        run.is("running");
        let quiet = run.reading().quiet_for;
        run.clock.advance(STALL - quiet - TimeDelta::seconds(1));
        run.is("running");
        run.clock.advance(TimeDelta::seconds(1));
        run.is("dead: nothing moved for the stall limit");
        assert!(run.reading().may_hold_live_agent(STALL));
        // The end is noted in the title. That is no sign of life.
        run.executor.retitle(run.fresh(), id(), &title()).unwrap();
        run.is("dead: nothing moved for the stall limit");
        run.clock.advance(STALL);
        assert!(!run.reading().may_hold_live_agent(STALL));
        run.stops();
        run.is("over");
        assert_eq!(run.reading().session, SessionSign::Stopped);
    });
}

#[test]
fn thread_state_after_a_restart_with_a_question_is_dead_once_the_answer_is_refused() {
    Run::on_all(|run| {
        run.send();
        run.starts();
        let mut request = String::new();
        run.play(|t3, thread| request = t3.agent_asks(thread, "Which one?"));
        run.play(|t3, _| t3.restart_server(true));
        run.is("waiting for an answer");
        answer(run, &request);
        let state = run.reading().state.to_string();
        let expected = match run.version {
            T3Version::V0_0_27 => "dead: the server restarted under the turn",
            T3Version::July | T3Version::Fork0_0_33 => {
                "dead: its question outlived the agent that asked"
            }
        };
        assert_eq!(state, expected);
        assert!(!run.reading().may_hold_live_agent(STALL));
        // A corrective turn on the same thread is a turn like any other.
        run.send();
        run.is("starting");
        run.starts();
        run.is("running");
        run.finishes();
        run.is("over");
    });
}

#[test]
fn thread_state_ends_by_interrupt_and_stop() {
    Run::on_all(|run| {
        run.send();
        run.starts();
        let facts = run.thread().facts;
        let turn = facts
            .active_turn()
            .expect("a running session names its turn");
        run.executor
            .interrupt(run.fresh(), id(), Some(turn))
            .unwrap();
        run.later();
        assert!(run.reading().shows_running_session());
        run.play(|t3, _| t3.settle());
        assert!(!run.reading().shows_running_session());
        assert!(!run.reading().state.is_running_class());
        run.stops();
        assert_eq!(run.reading().session, SessionSign::Stopped);
        run.stops();
        assert_eq!(run.t3.live_agents(), Vec::<String>::new());
    });
}

/// A stopped session looks idle while its tool still runs: only "stopped" proves that the agent is gone.
#[test]
fn thread_state_of_a_stop_in_mid_turn_is_idle_before_it_is_stopped() {
    Run::on_all(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| t3.agent_starts_tool(thread, "sleep 40"));
        run.executor.stop_session(run.fresh(), id()).unwrap();
        run.later();
        assert_eq!(run.reading().session, SessionSign::Idle);
        run.play(|t3, _| t3.settle());
        assert_eq!(run.reading().session, SessionSign::Stopped);
    });
}

#[test]
fn interrupt_and_stop_do_no_harm_to_a_thread_that_never_ran() {
    Run::on_all(|run| {
        run.executor.interrupt(run.fresh(), id(), None).unwrap();
        run.is("starting");
        assert!(
            run.thread()
                .facts
                .log
                .unwrap()
                .interrupt_failed_at
                .is_some()
        );
        run.stops();
        run.is("over");
        // The stop came before the request.
        run.send();
        run.is("starting");
    });
}

#[test]
fn archiving_twice_is_archiving_once() {
    Run::on_all(|run| {
        run.executor.archive(run.fresh(), id()).unwrap();
        run.executor.archive(run.fresh(), id()).unwrap();
        assert!(run.t3.thread(&id().to_string()).unwrap().archived);
        let whole = run.executor.whole_fleet().unwrap();
        let reading = whole.threads[&id()].reading(run.clock.now(), STALL);
        assert_eq!(reading.state.to_string(), "gone");
    });
}

#[test]
fn the_environment_is_known_without_a_bearer() {
    Run::on_all(|run| {
        run.t3.expire_bearer(T3::BEARER);
        assert!(!run.executor.environment_id().unwrap().is_empty());
    });
}

#[test]
fn projects_are_listed_with_their_titles() {
    Run::on_all(|run| {
        let fleet = run.executor.live_fleet().unwrap();
        let titles: Vec<&str> = fleet.projects.iter().map(|p| p.title.as_str()).collect();
        assert_eq!(titles, ["acme/widgets"]);
        assert_eq!(fleet.threads[&id()].project, fleet.projects[0].id);
    });
}

//! The ports of the ticks over the simulated world: strict where the real services are.
//!
//! Each call is one point at which a tick can be held, die, or lose its answer. What it is shown comes from `forge.rs` and
//! `executor.rs`; every act is judged by `promises.rs` before it takes effect.

use std::collections::BTreeSet;

use afk::ci::{StageQuery, StageReader};
use afk::domain::identity::{CommandId, EndKind, Ending, ThreadId, Title};
use afk::domain::issue::{Parent, Permission, PermissionFact, ViaApp};
use afk::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use afk::domain::start::blocked_by::BlockerRef;
use afk::domain::told::notification::Notification;
use afk::domain::verdict::ci::{
    Check, CheckState, CommitChecks, CommitSha, FailedCheck, Stage, StageOutcome,
};
use afk::domain::verdict::deploy::ForgeDeployment;
use afk::executor::{Executor, Fleet, NewProject, NewThread, NewTurn, Project, Thread};
use afk::notifier::Sink;
use afk::service_error::{FailureKind, ServiceError};
use afk::tracker::{
    Checks, CommitReading, IssueLookup, LockedIssue, ReadyIssue, Repository, RepositorySurvey,
    RunIssue, Tracker, WatchQuery, WatchReading,
};
use chrono::{DateTime, Utc};

use super::asked::SeenRepository;
use super::commits::{Ci, Commit, check};
use super::executor::{Agent, Message, SimThread};
use super::forge::{By, Comment, LOCK, PEOPLE, Repo, What, state_of};
use super::run::Variant;
use super::ticks::Link;
use super::world::{Due, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    T3,
    Forge,
    Bells,
    Stages,
}

/// A call to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    LiveFleet,
    WholeFleet,
    OneThread,
    EnvironmentId,
    CreateProject,
    CreateThread,
    StartTurn,
    Retitle,
    Interrupt,
    StopSession,
    Archive,
    Survey,
    Issue,
    Reread,
    Permission,
    Watch,
    Stray,
    CommitChecks,
    Excerpt,
    AddLabel,
    RemoveLabel,
    CreateComment,
    EditComment,
    DeleteComment,
    CloseIssue,
    ReopenIssue,
    Ring,
    AskStage,
}

impl Call {
    pub fn service(self) -> Service {
        match self {
            Self::LiveFleet
            | Self::WholeFleet
            | Self::OneThread
            | Self::EnvironmentId
            | Self::CreateProject
            | Self::CreateThread
            | Self::StartTurn
            | Self::Retitle
            | Self::Interrupt
            | Self::StopSession
            | Self::Archive => Service::T3,
            Self::Survey
            | Self::Issue
            | Self::Reread
            | Self::Permission
            | Self::Watch
            | Self::Stray
            | Self::CommitChecks
            | Self::Excerpt
            | Self::AddLabel
            | Self::RemoveLabel
            | Self::CreateComment
            | Self::EditComment
            | Self::DeleteComment
            | Self::CloseIssue
            | Self::ReopenIssue => Service::Forge,
            Self::Ring => Service::Bells,
            Self::AskStage => Service::Stages,
        }
    }

    pub fn is_act(self) -> bool {
        matches!(
            self,
            Self::CreateProject
                | Self::CreateThread
                | Self::StartTurn
                | Self::Retitle
                | Self::Interrupt
                | Self::StopSession
                | Self::Archive
                | Self::AddLabel
                | Self::RemoveLabel
                | Self::CreateComment
                | Self::EditComment
                | Self::DeleteComment
                | Self::CloseIssue
                | Self::ReopenIssue
                | Self::Ring
        )
    }

    /// How often a tick is held right before this call, whatever the driver let it do: what happens seldom, or what much
    /// depends on, more often.
    pub fn eighths_held(self) -> u8 {
        match self {
            Self::CloseIssue | Self::ReopenIssue => 8,
            Self::Interrupt | Self::Stray => 6,
            Self::Archive
            | Self::Reread
            | Self::CreateThread
            | Self::CreateProject
            | Self::StartTurn => 3,
            Self::Retitle
            | Self::StopSession
            | Self::AddLabel
            | Self::RemoveLabel
            | Self::CreateComment
            | Self::EditComment
            | Self::DeleteComment
            | Self::Ring => 1,
            Self::LiveFleet
            | Self::WholeFleet
            | Self::OneThread
            | Self::EnvironmentId
            | Self::Survey
            | Self::Issue
            | Self::Permission
            | Self::Watch
            | Self::CommitChecks
            | Self::Excerpt
            | Self::AskStage => 0,
        }
    }

    /// Whether few runs come to this call.
    pub fn is_seldom(self) -> bool {
        self.eighths_held() == 8
    }

    pub fn failed(self, kind: FailureKind) -> ServiceError {
        let service = match self.service() {
            Service::T3 => "t3",
            Service::Forge => "github",
            Service::Bells => "ntfy",
            Service::Stages => "woodpecker",
        };
        ServiceError::new(service, format!("{self:?}"), kind, "bad weather")
    }
}

type Answer<T> = Result<T, ServiceError>;

// The executor.

impl Executor for Link {
    fn live_fleet(&self) -> Answer<Fleet> {
        let (tick, variant) = (self.tick, self.variant);
        self.call(Call::LiveFleet, move |world| {
            Ok(variant.shown(world.fleet_read(tick, false)))
        })
    }

    fn whole_fleet(&self) -> Answer<Fleet> {
        let (tick, variant) = (self.tick, self.variant);
        self.call(Call::WholeFleet, move |world| {
            Ok(variant.shown(world.fleet_read(tick, true)))
        })
    }

    fn thread(&self, id: ThreadId) -> Answer<Option<Thread>> {
        let (tick, variant) = (self.tick, self.variant);
        self.call(Call::OneThread, move |world| {
            let shown = world.t3.one(id);
            if let Some(thread) = &shown {
                let seen = thread.messages.len();
                let state = &mut world.ticks[tick];
                state.seen.insert(id, seen);
                state.ended.insert(id, ending(thread));
            }
            Ok(shown.map(|thread| variant.shown_thread(thread)))
        })
    }

    fn create_project(&self, project: &NewProject) -> Answer<()> {
        let project = project.clone();
        self.call(Call::CreateProject, move |world| {
            let id = project.id.to_string();
            let taken =
                |known: &Project| known.id == id || known.workspace_root == project.workspace_root;
            if world.t3.projects.iter().any(taken) {
                return Err(Call::CreateProject.failed(FailureKind::Refused));
            }
            world.t3.projects.push(Project {
                id,
                title: project.title.clone(),
                workspace_root: project.workspace_root.clone(),
            });
            Ok(())
        })
    }

    fn create_thread(&self, new: &NewThread) -> Answer<()> {
        if self.variant == Variant::LabelBeforeDispatch {
            let issue = IssueRef {
                repo: self.repo_named(&new.title.full_name),
                number: new.title.issue,
            };
            self.add_label(&issue, LOCK)?;
        }
        let (tick, new) = (self.tick, new.clone());
        self.call(Call::CreateThread, move |world| {
            if world.t3.threads.contains_key(&new.id)
                || !world
                    .t3
                    .projects
                    .iter()
                    .any(|project| project.id == new.project)
            {
                return Err(Call::CreateThread.failed(FailureKind::Refused));
            }
            world.judge_allocation(tick, &new);
            let now = world.now;
            let repo = world
                .repos
                .iter()
                .position(|repo| repo.name.full_name() == new.title.full_name)
                .unwrap();
            world.t3.threads.insert(
                new.id,
                SimThread::new(new.id, &new.project, &new.title, now, repo),
            );
            Ok(())
        })
    }

    fn start_turn(&self, turn: &NewTurn) -> Answer<()> {
        let (tick, mut turn, variant) = (self.tick, turn.clone(), self.variant);
        self.hold(Call::StartTurn);
        let sent_at = afk::clock::Clock::now(&super::ticks::TickClock(self.clone()));
        if (variant == Variant::RandomCommandIds && !turn.message.is_resume())
            || (variant == Variant::CorrectionOutsideSteps && turn.message.repairs().is_some())
            || (variant == Variant::ResumeOutsideSteps && turn.message.is_resume())
        {
            turn.command = self.fresh_command();
        }
        self.send(Call::StartTurn, move |world| {
            match world.t3.receive(turn.command) {
                Err(()) => return Err(Call::StartTurn.failed(FailureKind::Refused)),
                Ok(false) => return Ok(()),
                Ok(true) => {}
            }
            let known = world.t3.threads.contains_key(&turn.thread);
            world.t3.receipts.insert(turn.command, known);
            if !known {
                return Err(Call::StartTurn.failed(FailureKind::Refused));
            }
            world.judge_turn(tick, &turn);
            world.published.push_str(&turn.text);
            let thread = world.thread_mut(turn.thread).unwrap();
            let released = thread.is_released();
            thread.messages.retain(|message| message.id != turn.message);
            let answers_before = thread.answers.len();
            thread.messages.push(Message {
                answers_before,
                id: turn.message.clone(),
                at: sent_at,
                forgotten: false,
            });
            if !released {
                world.turn_accepted(turn.thread);
                world.judge_live_agents(turn.thread);
            }
            Ok(())
        })
    }

    fn retitle(&self, command: CommandId, thread: ThreadId, title: &Title) -> Answer<()> {
        let (tick, title) = (self.tick, title.clone());
        let command = if self.variant == Variant::RandomCommandIds {
            self.fresh_command()
        } else {
            command
        };
        let mut title = title;
        if self.variant == Variant::ReceiptIsLost
            && let Some(ending) = &mut title.ending
        {
            ending.rung.clear();
        }
        self.call(Call::Retitle, move |world| {
            match world.t3.receive(command) {
                Err(()) => return Err(Call::Retitle.failed(FailureKind::Refused)),
                Ok(false) => return Ok(()),
                Ok(true) => {}
            }
            // Archived and deleted threads take a title as well.
            let known = world.t3.threads.contains_key(&thread);
            world.t3.receipts.insert(command, known);
            if !known {
                return Err(Call::Retitle.failed(FailureKind::Refused));
            }
            world.judge_title(tick, thread, &title);
            let now = world.now;
            let thread = world.thread_mut(thread).unwrap();
            thread.title = title.to_string();
            thread.updated_at = now;
            Ok(())
        })
    }

    fn environment_id(&self) -> Answer<String> {
        self.call(Call::EnvironmentId, |_| Ok("environment".to_owned()))
    }

    fn interrupt(&self, _: CommandId, thread: ThreadId, _: Option<&str>) -> Answer<()> {
        self.call(Call::Interrupt, move |world| {
            world.in_seconds(0, 5, Due::Interrupted(thread));
            Ok(())
        })
    }

    fn stop_session(&self, _: CommandId, thread: ThreadId) -> Answer<()> {
        self.call(Call::StopSession, move |world| {
            let now = world.now;
            let Some(found) = world.thread_mut(thread) else {
                return Err(Call::StopSession.failed(FailureKind::Refused));
            };
            // Idle at first sight, while the agent may still be at work.
            if found
                .session
                .as_ref()
                .is_some_and(|session| session.status == "running")
            {
                found.set_session("ready", None, now);
            }
            let found = world.thread_mut(thread).unwrap();
            if found.background_since.is_some() && found.agent == Agent::Working {
                // Accepted, and done when the command is.
                found.stop_waits = true;
            } else {
                world.in_seconds(0, 25, Due::Stopped(thread));
            }
            Ok(())
        })
    }

    fn archive(&self, _: CommandId, thread: ThreadId) -> Answer<()> {
        let tick = self.tick;
        self.call(Call::Archive, move |world| {
            let now = world.now;
            match world.t3.threads.get(&thread) {
                None => return Err(Call::Archive.failed(FailureKind::Refused)),
                Some(thread) if thread.is_released() => return Ok(()),
                Some(_) => {}
            }
            world.judge_release(tick, thread);
            world.thread_mut(thread).unwrap().release(false, false, now);
            Ok(())
        })
    }

    fn unarchive(&self, _: CommandId, thread: ThreadId) -> Answer<()> {
        self.call(Call::Archive, move |world| {
            let now = world.now;
            match world.thread_mut(thread) {
                Some(found) if found.archived && !found.deleted => {
                    found.unarchive(now);
                    Ok(())
                }
                Some(_) | None => Err(Call::Archive.failed(FailureKind::Refused)),
            }
        })
    }
}

fn ending(thread: &Thread) -> Option<Ending> {
    thread.parsed_title()?.ending
}

impl World {
    pub fn seen_repository(&self, repo: usize, public: &BTreeSet<usize>) -> SeenRepository {
        SeenRepository {
            archived: self.repos[repo].archived,
            private: self.repos[repo].private,
            may_be_public: public.contains(&repo),
        }
    }

    fn fleet_read(&mut self, tick: usize, whole: bool) -> Fleet {
        let fleet = if whole {
            self.t3.whole()
        } else {
            self.t3.live()
        };
        let now = self.now;
        let state = &mut self.ticks[tick];
        for thread in fleet.threads.values() {
            state.first_seen.entry(thread.id).or_insert(now);
            if thread.messages_told || !state.seen.contains_key(&thread.id) {
                state.seen.insert(thread.id, thread.messages.len());
            }
            // A second look is for strays only.
            let ending = || ending(thread);
            state.ended.entry(thread.id).or_insert_with(ending);
        }
        fleet
    }
}

// The forge.

impl Link {
    fn repo_named(&self, full_name: &str) -> RepoRef {
        self.world()
            .repos
            .iter()
            .find(|repo| repo.name.full_name() == full_name)
            .unwrap()
            .name
            .clone()
    }

    /// One act on an issue, if the forge lets us.
    fn on_issue(
        &self,
        call: Call,
        issue: &IssueRef,
        act: impl FnOnce(&mut World, usize, u64) -> Answer<()> + Send + 'static,
    ) -> Answer<()> {
        let (tick, issue) = (self.tick, issue.clone());
        self.call(call, move |world| {
            let Some(repo) = world.repo_of(&issue.repo) else {
                return Err(call.failed(FailureKind::NotFound));
            };
            if !world.repos[repo].is_called(&issue.repo) || world.repos[repo].lost {
                return Err(call.failed(FailureKind::NotFound));
            }
            let number = issue.number.0;
            let denied = |world: &mut World| {
                if call == Call::RemoveLabel {
                    world.ticks[tick].denied.insert((repo, number));
                }
                Err(call.failed(FailureKind::Denied))
            };
            if world.repos[repo].archived {
                return denied(world);
            }
            if world.repos[repo]
                .issues
                .get(&number)
                .is_none_or(|issue| issue.gone)
            {
                return Err(call.failed(FailureKind::NotFound));
            }
            let issue = &world.repos[repo].issues[&number];
            let on_comments = matches!(call, Call::CreateComment | Call::EditComment);
            if issue.refuses_writes || (issue.refuses_comments && on_comments) {
                world.count("fault a write is refused for good");
                return denied(world);
            }
            act(world, repo, number)
        })
    }
}

/// A repository answers to every name that it ever had, and says what it is called today.
fn moved(repo: &Repo, asked: &RepoRef, call: Call, variant: Variant) -> Answer<()> {
    if repo.lost {
        return Err(call.failed(FailureKind::NotFound));
    }
    if repo.is_called(asked) {
        Ok(())
    } else if variant == Variant::FollowsNames {
        Err(call.failed(FailureKind::NotFound))
    } else {
        let to = repo.name_today().full_name();
        Err(call.failed(FailureKind::Moved { to }))
    }
}

impl Tracker for Link {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Answer<RepositorySurvey>> {
        let (tick, wanted, variant) = (self.tick, repos.to_vec(), self.variant);
        let answer = self.call(Call::Survey, move |world| {
            for repo in 0..world.repos.len() {
                let seen = world.seen_repository(repo, &world.ticks[tick].public);
                world.ticks[tick].surveyed.insert(repo, seen);
            }
            let lagging = !world.weather.calm && world.rng.u8(0..4) == 0;
            if lagging {
                world.count("fault lagging list");
            }
            Ok(wanted
                .iter()
                .map(|name| {
                    let index = world.repo_of(name).unwrap();
                    let repo = &world.repos[index];
                    moved(repo, name, Call::Survey, variant)?;
                    let numbers = || repo.issues.keys().copied();
                    Ok(RepositorySurvey {
                        repository: repo.repository(),
                        ready: numbers()
                            .filter_map(|number| repo.ready(number, lagging))
                            .collect::<Vec<ReadyIssue>>(),
                        more_ready: false,
                        locked: numbers()
                            .filter(|number| {
                                repo.listed(*number, lagging)
                                    .is_some_and(|issue| issue.shows(LOCK))
                            })
                            .map(IssueNumber)
                            .collect(),
                    })
                })
                .collect::<Vec<_>>())
        });
        match answer {
            Ok(answer) => answer,
            Err(error) => repos.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn issue(&self, repository: &Repository, number: IssueNumber) -> Answer<IssueLookup> {
        let (tick, name, variant) = (self.tick, repository.repo.clone(), self.variant);
        self.call(Call::Issue, move |world| {
            let index = world.repo_of(&name).unwrap();
            moved(&world.repos[index], &name, Call::Issue, variant)?;
            world.note_examined(tick, index, number.0);
            let incomplete = !world.weather.calm && world.rng.u8(0..40) == 0;
            if incomplete {
                world.count("fault incomplete facts");
            }
            if let Some(issue) = world.repos[index].issues.get_mut(&number.0) {
                issue.long_looks += u32::from(issue.long);
            }
            let repo = &world.repos[index];
            Ok(match repo.issues.get(&number.0) {
                None => IssueLookup::Missing,
                Some(issue) if issue.gone => IssueLookup::Missing,
                Some(issue) if issue.pull_request => IssueLookup::PullRequest,
                Some(issue) => {
                    let mut facts = repo.facts(issue);
                    if incomplete {
                        facts.gaps.push("older events were not listed".to_owned());
                    }
                    IssueLookup::Issue(Box::new(facts))
                }
            })
        })
    }

    fn reread(&self, repository: &Repository, number: IssueNumber) -> Answer<IssueLookup> {
        let (tick, name, variant) = (self.tick, repository.repo.clone(), self.variant);
        self.call(Call::Reread, move |world| {
            let index = world.repo_of(&name).unwrap();
            moved(&world.repos[index], &name, Call::Reread, variant)?;
            world.note_reread(tick, index, number.0);
            let repo = &world.repos[index];
            Ok(match repo.issues.get(&number.0) {
                None => IssueLookup::Missing,
                Some(issue) if issue.gone => IssueLookup::Missing,
                Some(issue) => {
                    let mut facts = repo.facts(issue);
                    facts.blockers.clear();
                    for event in &mut facts.label_events {
                        event.via_app = ViaApp::Unknown;
                    }
                    IssueLookup::Issue(Box::new(facts))
                }
            })
        })
    }

    fn parent(&self, _: &Repository, reference: &BlockerRef) -> Answer<Parent> {
        panic!("no body of the simulation names a parent: {reference:?}");
    }

    fn permission(&self, repository: &Repository, login: &str) -> Answer<PermissionFact> {
        let (tick, name, login) = (self.tick, repository.repo.clone(), login.to_owned());
        let variant = self.variant;
        let repository_is_on_forgejo = repository.repo.forge() == ForgeKind::Forgejo;
        self.call(Call::Permission, move |world| {
            let index = world.repo_of(&name).unwrap();
            let level = world.repos[index].permissions.get(login.as_str()).copied();
            let trusted = level.is_some_and(Permission::is_trusted);
            world.ticks[tick]
                .permitted
                .insert((index, login.clone()), trusted);
            if !world.weather.calm && world.rng.u8(0..30) == 0 {
                world.count("fault permission unknown");
                world.ticks[tick].untold.insert((index, login));
                return Ok(PermissionFact::Unknown("a word nobody knows".to_owned()));
            }
            let id = PEOPLE
                .iter()
                .find(|(known, _)| *known == login)
                .map(|(_, id)| *id);
            Ok(match (level, id) {
                (Some(Permission::Triage), Some(id)) if variant == Variant::TriageIsTrusted => {
                    PermissionFact::Known {
                        id,
                        permission: Permission::Write,
                    }
                }
                // A team of the organisation may let somebody label and not push; Forgejo's words leave that open.
                (Some(Permission::Triage), Some(id)) if repository_is_on_forgejo => {
                    PermissionFact::Ambiguous {
                        id,
                        why: "a team of the organisation".to_owned(),
                    }
                }
                (Some(permission), Some(id)) => PermissionFact::Known { id, permission },
                (None, _) | (_, None) => PermissionFact::Unknown("no such user".to_owned()),
            })
        })
    }

    fn watch(&self, queries: &[WatchQuery]) -> Vec<Answer<WatchReading>> {
        let (tick, wanted, variant) = (self.tick, queries.to_vec(), self.variant);
        let answer = self.call(Call::Watch, move |world| {
            let lagging = !world.weather.calm && world.rng.u8(0..4) == 0;
            if lagging {
                world.count("fault lagging list");
            }
            let checks_hidden = !world.weather.calm && world.rng.u8(0..10) == 0;
            let withheld = !world.at_work && !world.weather.calm && world.rng.u8(0..24) == 0;
            if withheld {
                world.count("fault issues are withheld");
            }
            let answers: Vec<_> = wanted
                .iter()
                .map(|query| {
                    let seen = Seen {
                        lagging,
                        checks_hidden,
                        withheld,
                        variant,
                    };
                    world.watch_one(tick, query, seen)
                })
                .collect();
            // Whoever asks again under the new name, and hears of another move, has read nothing.
            let moved = answers.iter().filter(|answer| {
                let failed = answer.as_ref().err();
                failed.is_some_and(|error| matches!(error.kind, FailureKind::Moved { .. }))
            });
            world.ticks[tick].unread += u32::from(moved.count() > 0);
            Ok(answers)
        });
        match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.world().ticks[tick].unread += 1;
                queries.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    fn stray(&self, issue: &IssueRef) -> Answer<RunIssue> {
        let (tick, issue, variant) = (self.tick, issue.clone(), self.variant);
        self.call(Call::Stray, move |world| {
            let index = world.repo_of(&issue.repo).unwrap();
            moved(&world.repos[index], &issue.repo, Call::Stray, variant)?;
            Ok(world.read_issue(tick, index, issue.number.0))
        })
    }

    fn commit_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Answer<CommitChecks> {
        let (repo, sha) = (repo.clone(), sha.clone());
        self.call(Call::CommitChecks, move |world| {
            let index = world.repo_of(&repo).unwrap();
            Ok(world
                .commit(index, &sha)
                .map(|commit| commit.told(has_suites(index)))
                .unwrap_or_default())
        })
    }

    fn deployments(
        &self,
        repo: &RepoRef,
        _: &str,
        _: DateTime<Utc>,
    ) -> Answer<Vec<ForgeDeployment>> {
        let repo = repo.clone();
        self.call(Call::CommitChecks, move |world| {
            let index = world.repo_of(&repo).unwrap();
            let commits = world.repos[index].commits.iter().rev();
            Ok(commits.filter_map(Commit::deployment).collect())
        })
    }

    fn failure_excerpt(&self, _: &RepoRef, check: &Check) -> Option<String> {
        let excerpt = check.excerpt.clone();
        self.call(Call::Excerpt, move |_| Ok(excerpt))
            .ok()
            .flatten()
    }

    fn add_label(&self, issue: &IssueRef, label: &str) -> Answer<()> {
        let label = label.to_owned();
        self.on_issue(Call::AddLabel, issue, move |world, repo, number| {
            world.judge_label_added(repo, number, &label);
            world.change(repo, number, By::Us, What::Labeled(label));
            Ok(())
        })
    }

    fn remove_label(&self, issue: &IssueRef, label: &str) -> Answer<()> {
        let (label, tick) = (label.to_owned(), self.tick);
        self.on_issue(Call::RemoveLabel, issue, move |world, repo, number| {
            world.judge_label_removed(tick, repo, number, &label);
            world.change(repo, number, By::Us, What::Unlabeled(label));
            Ok(())
        })
    }

    fn create_comment(&self, issue: &IssueRef, body: &str) -> Answer<String> {
        let (issue, body) = (issue.clone(), body.to_owned());
        self.on_issue(Call::CreateComment, &issue, move |world, repo, number| {
            world.published.push_str(&body);
            let id = format!("IC_{}", world.next());
            let at = world.now;
            let issue = world.repos[repo].issues.get_mut(&number).unwrap();
            issue.comments.push(Comment {
                id,
                by: By::Us,
                body,
                at,
                edited_by_other: false,
            });
            Ok(())
        })
        .map(|()| "IC_new".to_owned())
    }

    fn edit_comment(&self, issue: &IssueRef, comment: &str, body: &str) -> Answer<()> {
        let (comment, body) = (comment.to_owned(), body.to_owned());
        self.on_issue(Call::EditComment, issue, move |world, repo, number| {
            world.published.push_str(&body);
            let issue = world.repos[repo].issues.get_mut(&number).unwrap();
            match issue.comments.iter_mut().find(|known| known.id == comment) {
                Some(known) => {
                    known.body = body;
                    known.edited_by_other = false;
                    Ok(())
                }
                None => Err(Call::EditComment.failed(FailureKind::NotFound)),
            }
        })
    }

    fn delete_comment(&self, issue: &IssueRef, comment: &str) -> Answer<()> {
        let comment = comment.to_owned();
        self.on_issue(Call::DeleteComment, issue, move |world, repo, number| {
            let issue = world.repos[repo].issues.get_mut(&number).unwrap();
            issue.comments.retain(|known| known.id != comment);
            Ok(())
        })
    }

    fn close_issue(&self, issue: &IssueRef) -> Answer<()> {
        self.on_issue(Call::CloseIssue, issue, |world, repo, number| {
            world.judge_close(repo, number);
            world.change(repo, number, By::Us, What::Closed(None));
            Ok(())
        })
    }

    fn reopen_issue(&self, issue: &IssueRef) -> Answer<()> {
        self.on_issue(Call::ReopenIssue, issue, |world, repo, number| {
            world.change(repo, number, By::Us, What::Reopened);
            Ok(())
        })
    }
}

impl World {
    fn read_issue(&mut self, tick: usize, repo: usize, number: u64) -> RunIssue {
        let newest = self.repos[repo]
            .issues
            .get(&number)
            .and_then(|issue| issue.authorisation())
            .map(|event| event.id);
        self.ticks[tick].labelling.insert((repo, number), newest);
        let repo = &self.repos[repo];
        match repo.issues.get(&number) {
            Some(issue) if !issue.gone && !issue.pull_request => {
                RunIssue::Issue(Box::new(repo.reading(issue)))
            }
            Some(_) | None => RunIssue::Missing,
        }
    }

    fn watch_one(&mut self, tick: usize, query: &WatchQuery, seen: Seen) -> Answer<WatchReading> {
        let Seen {
            lagging,
            checks_hidden,
            withheld,
            variant,
        } = seen;
        let Some(index) = self.repo_of(&query.repo) else {
            return Err(Call::Watch.failed(FailureKind::NotFound));
        };
        moved(&self.repos[index], &query.repo, Call::Watch, variant)?;
        let runs = query
            .runs
            .iter()
            .map(|run| {
                if withheld {
                    self.ticks[tick].withheld.insert((index, run.issue.0));
                    return RunIssue::Unreadable("resource protected by SAML".to_owned());
                }
                self.read_issue(tick, index, run.issue.0)
            })
            .collect();
        let oldest = query.runs.iter().map(|run| run.since).min();
        let now = self.now;
        let repo = &self.repos[index];
        let mut commits: Vec<CommitReading> = repo
            .commits
            .iter()
            .filter(|commit| {
                commit.listed_at <= now && oldest.is_some_and(|since| commit.at >= since)
            })
            .map(|commit| CommitReading {
                sha: commit.sha.clone(),
                message: commit.message.clone(),
                committed_at: commit.at,
                url: format!("https://github.com/o/r/commit/{}", commit.sha),
                author: None,
                by_bot: false,
                parents: Vec::new(),
                checks: if checks_hidden {
                    Checks::Unreadable("the token may not read checks".to_owned())
                } else {
                    Checks::Read(commit.told(has_suites(index)))
                },
            })
            .collect();
        commits.reverse();
        if variant == Variant::BelievesDone {
            let titled_done = |thread: &&SimThread| {
                thread.repo == index
                    && Title::parse(&thread.title)
                        .and_then(|title| title.ending)
                        .is_some_and(|ending| ending.kind == EndKind::Done)
            };
            let done = self.t3.threads.values().filter(titled_done);
            commits.splice(0..0, done.map(believed));
        }
        let locked = repo
            .issues
            .keys()
            .filter_map(|number| {
                let issue = repo.listed(*number, lagging)?;
                issue.shows(LOCK).then(|| LockedIssue {
                    number: IssueNumber(*number),
                    title: format!("Issue {number}"),
                    url: repo.url(*number),
                    state: state_of(issue),
                })
            })
            .collect();
        Ok(WatchReading {
            repository: repo.repository(),
            locked,
            runs,
            commits,
            more_commits: false,
            every_commit: true,
            absent_branch: None,
            linked: Vec::new(),
        })
    }
}

/// How a reading of the watcher differs from what really is.
struct Seen {
    lagging: bool,
    checks_hidden: bool,
    withheld: bool,
    variant: Variant,
}

/// Whether the CI of a repository is GitHub Actions.
const fn has_suites(repo: usize) -> bool {
    repo == 2
}

/// The green commit that somebody sees who believes a title.
fn believed(thread: &SimThread) -> CommitReading {
    let number = thread.id.0.as_u128();
    CommitReading {
        sha: CommitSha::parse(&format!("{number:040x}")).unwrap(),
        message: format!("Done\n\nAfk-Run: {}\n", thread.id),
        committed_at: thread.updated_at,
        url: "https://github.com/o/r/commit/1".to_owned(),
        author: None,
        by_bot: false,
        parents: Vec::new(),
        checks: Checks::Read(CommitChecks {
            checks: vec![check(CheckState::Success, thread.updated_at)],
            suites: None,
        }),
    }
}

// Bells and stages.

/// A place where bells ring.
pub struct SimSink {
    pub link: Link,
    pub name: &'static str,
}

impl Sink for SimSink {
    fn name(&self) -> &'static str {
        self.name
    }

    fn tell(&self, _: &afk::domain::told::message::Message) -> Answer<()> {
        unreachable!("no tick sends messages that are no bells")
    }

    fn ring(&self, notification: &Notification) -> Answer<()> {
        let (tick, name, bell) = (self.link.tick, self.name, notification.clone());
        let variant = self.link.variant;
        if self.link.variant == Variant::ReleaseBeforeBell
            && let Some(thread) = super::promises::thread_of(&bell)
        {
            self.link.archive(self.link.fresh_command(), thread)?;
        }
        self.link.call(Call::Ring, move |world| {
            if world.dead_sinks.contains(name) {
                world.count("fault a bell is refused for good");
                if let Some(thread) = super::promises::thread_of(&bell) {
                    world.ticks[tick].refused.insert((thread, name));
                }
                let kind = if variant == Variant::GivesUpNoSink {
                    FailureKind::Unreachable
                } else {
                    FailureKind::NotFound
                };
                return Err(Call::Ring.failed(kind));
            }
            world.published.push_str(&bell.title());
            world.published.push_str(&bell.body());
            world.judge_bell(tick, name, &bell);
            Ok(())
        })
    }
}

pub struct SimStage {
    pub link: Link,
    pub stage: Stage,
}

impl StageReader for SimStage {
    fn read(&self, query: &StageQuery<'_>) -> Answer<StageOutcome> {
        let (repo, sha, stage) = (query.repo.clone(), query.commit.clone(), self.stage);
        self.link.call(Call::AskStage, move |world| {
            let index = world.repo_of(&repo).unwrap();
            let Some(commit) = world.commit(index, &sha) else {
                return Ok(StageOutcome::None);
            };
            let at: Option<DateTime<Utc>> = Some(commit.deploy_at);
            let word = match stage {
                Stage::Deploy => commit.deploy,
                Stage::Rollout => commit.rollout,
                Stage::Build => commit.ci,
            };
            Ok(match word {
                Ci::None | Ci::Cancelled => StageOutcome::None,
                Ci::Pending | Ci::Blocked => StageOutcome::Pending {
                    detail: "it runs".to_owned(),
                },
                Ci::Green => StageOutcome::Success { ended_at: at },
                Ci::Red => StageOutcome::Failure {
                    concluded_at: at,
                    checks: vec![FailedCheck {
                        name: "deploy".to_owned(),
                        url: None,
                        excerpt: Some(super::settings::excerpt()),
                    }],
                },
            })
        })
    }
}

impl Link {
    pub fn fresh_command(&self) -> CommandId {
        CommandId(afk::clock::IdSource::fresh(&super::ticks::TickClock(
            self.clone(),
        )))
    }
}

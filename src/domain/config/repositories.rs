//! `AFK_REPOS`: what single repositories have beyond a build.
//!
//! Every entry is read on its own, and to its end, so that all problems of all entries are reported at once.

use std::collections::BTreeMap;

use super::entry::{Reader, name, one_of, one_word};
use super::json::Node;
use super::problem::found;
use super::stages::{
    Deploy, NamedCheck, Revision, Rollout, Trigger, WoodpeckerDeploy, WorkloadKind,
};
use super::value::{self, Expected, WorkspacePath};
use crate::domain::repository::{ForgeKind, RepoRef};

/// What one repository has. A repository that is not mentioned has a build only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// What deploys it; `None`: there is no deploy stage.
    pub deploy: Option<Deploy>,
    /// Where its image runs, all of which must; empty: there is no rollout stage.
    pub rollout: Vec<Rollout>,
    /// The branch that runs push to; `None`: the forge's default branch.
    pub branch: Option<String>,
    /// Its workspace on the T3 server; `None`: a directory below `AFK_T3_WORKSPACE_ROOT`.
    pub workspace: Option<WorkspacePath>,
    /// The checks that make up the build stage, never an empty list; `None`: all of CI.
    pub build_checks: Option<Vec<NamedCheck>>,
    /// The mirror on another forge that its commits are built on; `None`: they are built where its issues are.
    pub build_on: Option<RepoRef>,
}

impl RepositoryConfig {
    /// What a repository has that is not mentioned.
    pub const BUILD_ONLY: Self = Self {
        deploy: None,
        rollout: Vec::new(),
        branch: None,
        workspace: None,
        build_checks: None,
        build_on: None,
    };

    /// Returns the branch that runs push to: the configured one, else the forge's default branch. An empty repository has
    /// none yet, and gets `main`.
    #[must_use]
    pub fn branch_or(&self, default_branch: Option<&str>) -> String {
        self.branch
            .as_deref()
            .or(default_branch)
            .unwrap_or("main")
            .to_owned()
    }
}

/// Parses the whole value. Each problem is a text that names its repository.
pub(super) fn parse(
    text: &str,
    default_forge: ForgeKind,
) -> Result<BTreeMap<RepoRef, RepositoryConfig>, Vec<String>> {
    let node =
        serde_json::from_str(text).map_err(|error| vec![format!("expected JSON, {error}")])?;
    let Node::Object(entries) = node else {
        return Err(vec![format!(
            "expected a JSON object of repositories, found {}",
            node.kind()
        )]);
    };
    let mut problems = Vec::new();
    let mut repositories = BTreeMap::new();
    for (name, node) in entries {
        let Ok(repo) = RepoRef::parse(name.trim(), default_forge) else {
            problems.push(format!(
                "expected owner/name, github:owner/name or forgejo:owner/name{}",
                found(&name)
            ));
            continue;
        };
        let mut reader = Reader {
            name: repo.to_string(),
            problems: &mut problems,
        };
        let config = reader.repository(&node, default_forge);
        if config.build_on.as_ref() == Some(&repo) {
            reader.problem("build.on", "expected another repository, found itself");
        }
        if repositories.contains_key(&repo) {
            reader.problem("", "expected one entry, found several");
        }
        repositories.insert(repo, config);
    }
    if problems.is_empty() {
        Ok(repositories)
    } else {
        Err(problems)
    }
}

impl Reader<'_> {
    fn repository(&mut self, node: &Node, default_forge: ForgeKind) -> RepositoryConfig {
        let known = ["deploy", "rollout", "branch", "workspace", "build"];
        let fields = self.object("", node, &known);
        let field = |name| fields.get(name).copied();
        RepositoryConfig {
            deploy: field("deploy").and_then(|node| self.deploy(node)),
            rollout: field("rollout").map_or_else(Vec::new, |node| self.rollouts(node)),
            branch: self.text("branch", field("branch"), value::branch),
            workspace: self.text("workspace", field("workspace"), WorkspacePath::parse),
            build_on: field("build").and_then(|node| self.build_on(node, default_forge)),
            build_checks: field("build").and_then(|node| self.build_checks(node)),
        }
    }

    /// The short form `"woodpecker"`, or an object.
    fn deploy(&mut self, node: &Node) -> Option<Deploy> {
        const WOODPECKER: [&str; 7] = [
            "on", "event", "variable", "target", "workflow", "id", "context",
        ];
        if let Node::Text(_) = node {
            return self.text("deploy", Some(node), |text| match text {
                "woodpecker" => Ok(Deploy::Woodpecker(WoodpeckerDeploy::usual())),
                _ => Err("expected \"woodpecker\" or an object".to_owned()),
            });
        }
        let Node::Object(entries) = node else {
            let text = format!("expected a string or an object, found {}", node.kind());
            self.problem("deploy", &text);
            return None;
        };
        let on = entries.iter().find(|(name, _)| name == "on");
        let service = match on {
            None => "woodpecker".to_owned(),
            Some((_, node)) => self.text("deploy.on", Some(node), |text| {
                one_word(text, &["woodpecker", "github"])
            })?,
        };
        if service == "github" {
            let fields = self.object("deploy", node, &["on", "environment"]);
            let Some(environment) = fields.get("environment") else {
                self.problem("deploy.environment", "is required");
                return None;
            };
            let environment = self.text("deploy.environment", Some(environment), name)?;
            return Some(Deploy::GitHub { environment });
        }
        let fields = self.object("deploy", node, &WOODPECKER);
        let field = |name: &str| fields.get(name).copied();
        let event = match field("event") {
            None => Event::Manual,
            Some(node) => self.text("deploy.event", Some(node), Event::parse)?,
        };
        let variable = self.text("deploy.variable", field("variable"), name);
        let target = self.text("deploy.target", field("target"), name);
        for (member, only) in [("variable", Event::Manual), ("target", Event::Deployment)] {
            if field(member).is_some() && event != only {
                let (only, event) = (only.as_str(), event.as_str());
                let text = format!("goes with event \"{only}\", found \"{event}\"");
                self.problem(&format!("deploy.{member}"), &text);
            }
        }
        Some(Deploy::Woodpecker(WoodpeckerDeploy {
            trigger: match event {
                Event::Push => Trigger::Push,
                Event::Deployment => Trigger::Deployment { target },
                Event::Tag => Trigger::Tag,
                Event::Cron => Trigger::Cron,
                Event::Manual => Trigger::Manual {
                    variable: variable.unwrap_or_else(|| WoodpeckerDeploy::VARIABLE.to_owned()),
                },
            },
            workflow: self.text("deploy.workflow", field("workflow"), name),
            id: field("id").and_then(|node| self.number("deploy.id", node)),
            context: self.text("deploy.context", field("context"), name),
        }))
    }

    /// One object, or a list of them.
    fn rollouts(&mut self, node: &Node) -> Vec<Rollout> {
        match node {
            Node::List(nodes) if nodes.is_empty() => {
                self.problem(
                    "rollout",
                    "expected at least one object, found an empty list",
                );
                Vec::new()
            }
            Node::List(nodes) => nodes
                .iter()
                .enumerate()
                .filter_map(|(index, node)| self.rollout(&format!("rollout[{index}]"), node))
                .collect(),
            Node::Object(_) | Node::Text(_) | Node::Number(_) | Node::Other(_) => {
                self.rollout("rollout", node).into_iter().collect()
            }
        }
    }

    fn rollout(&mut self, path: &str, node: &Node) -> Option<Rollout> {
        const KNOWN: [&str; 6] = [
            "kind",
            "namespace",
            "name",
            "deployment",
            "container",
            "revision",
        ];
        let fields = self.object(path, node, &KNOWN);
        if !matches!(node, Node::Object(_)) {
            return None;
        }
        let at = |field: &str| format!("{path}.{field}");
        let field = |field: &str| fields.get(field).copied();
        let kind = match field("kind") {
            None => Some(WorkloadKind::Deployment),
            Some(node) => self.text(&at("kind"), Some(node), |text| {
                WorkloadKind::ALL
                    .into_iter()
                    .find(|kind| kind.as_str() == text)
                    .ok_or_else(|| {
                        "expected Deployment, StatefulSet, DaemonSet or Application".to_owned()
                    })
            }),
        };
        if field("namespace").is_none() {
            self.problem(&at("namespace"), "is required");
        }
        let named = match (field("name"), field("deployment")) {
            (Some(_), Some(_)) => {
                self.problem(path, "expected name or deployment, found both");
                None
            }
            (None, None) => {
                self.problem(&at("name"), "is required");
                None
            }
            (Some(node), None) => Some(("name", node)),
            (None, Some(node)) => {
                if kind.is_some_and(|kind| kind != WorkloadKind::Deployment) {
                    self.problem(&at("deployment"), "goes with kind Deployment; say name");
                }
                Some(("deployment", node))
            }
        };
        let kubernetes = |dots| move |text: &str| value::kubernetes_name(text, dots);
        let namespace = self.text(&at("namespace"), field("namespace"), kubernetes(false));
        let name =
            named.and_then(|(member, node)| self.text(&at(member), Some(node), kubernetes(true)));
        let container = self.text(&at("container"), field("container"), kubernetes(false));
        let revision = self.text(&at("revision"), field("revision"), revision);
        if kind == Some(WorkloadKind::Application) {
            for member in ["container", "revision"] {
                if field(member).is_some() {
                    self.problem(
                        &at(member),
                        "goes with workloads and not with an Application",
                    );
                }
            }
        }
        Some(Rollout {
            kind: kind?,
            namespace: namespace?,
            name: name?,
            container,
            revision,
        })
    }

    /// The mirror that the build is read from. What is wrong about the members is told by [`Self::build_checks`].
    fn build_on(&mut self, node: &Node, default_forge: ForgeKind) -> Option<RepoRef> {
        let Node::Object(entries) = node else {
            return None;
        };
        let (_, on) = entries.iter().find(|(name, _)| name == "on")?;
        self.text("build.on", Some(on), |text| {
            RepoRef::parse(text, default_forge).map_err(|_| {
                "expected owner/name, github:owner/name or forgejo:owner/name".to_owned()
            })
        })
    }

    fn build_checks(&mut self, node: &Node) -> Option<Vec<NamedCheck>> {
        let fields = self.object("build", node, &["checks", "on"]);
        let path = "build.checks";
        let nodes = match fields.get("checks") {
            None if !matches!(node, Node::Object(_)) => return None,
            None if fields.contains_key("on") => return None,
            None => {
                self.problem(path, "is required");
                return None;
            }
            Some(Node::List(nodes)) => nodes,
            Some(other) => {
                let text = format!("expected a list of names, found {}", other.kind());
                self.problem(path, &text);
                return None;
            }
        };
        if nodes.is_empty() {
            self.problem(path, "expected at least one name, found an empty list");
            return None;
        }
        let names: Vec<_> = nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| self.named_check(&format!("{path}[{index}]"), node))
            .collect();
        Some(value::distinct(names))
    }

    /// A name, or an object of a name and an App.
    fn named_check(&mut self, path: &str, node: &Node) -> Option<NamedCheck> {
        if !matches!(node, Node::Object(_)) {
            let name = self.text(path, Some(node), value::check_name)?;
            return Some(NamedCheck { name, app: None });
        }
        let fields = self.object(path, node, &["name", "app"]);
        let field = |name: &str| fields.get(name).copied();
        let (name_path, app_path) = (format!("{path}.name"), format!("{path}.app"));
        if field("name").is_none() {
            self.problem(&name_path, "is required");
        }
        let app = self.text(&app_path, field("app"), value::app_slug);
        let name = self.text(&name_path, field("name"), value::check_name)?;
        Some(NamedCheck { name, app })
    }
}

/// What starts a deploy pipeline, in the words of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Manual,
    Push,
    Deployment,
    Tag,
    Cron,
}

impl Event {
    const ALL: [Self; 5] = [
        Self::Manual,
        Self::Push,
        Self::Deployment,
        Self::Tag,
        Self::Cron,
    ];

    fn parse(text: &str) -> Result<Self, Expected> {
        let event = Self::ALL.into_iter().find(|event| event.as_str() == text);
        event.ok_or_else(|| format!("expected {}", one_of(&Self::ALL.map(Self::as_str))))
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Push => "push",
            Self::Deployment => "deployment",
            Self::Tag => "tag",
            Self::Cron => "cron",
        }
    }
}

/// `label:KEY` or `annotation:KEY`.
fn revision(text: &str) -> Result<Revision, Expected> {
    let (place, key) = text.split_once(':').unwrap_or_default();
    let sane = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    match place {
        "label" if sane => Ok(Revision::Label(key.to_owned())),
        "annotation" if sane => Ok(Revision::Annotation(key.to_owned())),
        _ => Err("expected label:KEY or annotation:KEY".to_owned()),
    }
}

#[cfg(test)]
mod tests;

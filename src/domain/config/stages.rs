//! What `AFK_REPOS` tells about the stages of one repository: named checks, what deploys it, and where it runs.
//!
//! Data only; nothing about a deploy is guessed. How they are written is [`super::repositories`]' business.

/// A check that makes up the build, with all jobs of its matrix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedCheck {
    /// Its name: `test` names `test`, and `test (20)` as well.
    pub name: String,
    /// Slug of the App that must have posted it; `None`: whoever posts it, statuses included.
    pub app: Option<String>,
}

/// What deploys a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deploy {
    /// A Woodpecker pipeline.
    Woodpecker(WoodpeckerDeploy),
    /// Whatever posts to GitHub's Deployments API.
    GitHub {
        /// The environment that counts.
        environment: String,
    },
}

impl Deploy {
    /// Returns what the statuses of the deploy are called on the forge, when it is configured.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        match self {
            Self::Woodpecker(deploy) => deploy.context.as_deref(),
            Self::GitHub { .. } => None,
        }
    }
}

/// Which of Woodpecker's pipelines is the deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WoodpeckerDeploy {
    /// What starts it.
    pub trigger: Trigger,
    /// The workflow that counts; `None`: all of the pipeline.
    pub workflow: Option<String>,
    /// Woodpecker's number of the repository, which saves looking it up.
    pub id: Option<u64>,
    /// What its statuses are called on the forge, when not `ci/woodpecker`.
    pub context: Option<String>,
}

impl WoodpeckerDeploy {
    /// The variable that names the image, unless configured.
    pub const VARIABLE: &'static str = "IMAGE_TAG";

    /// What the short form `"woodpecker"` means.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            trigger: Trigger::Manual {
                variable: Self::VARIABLE.to_owned(),
            },
            workflow: None,
            id: None,
            context: None,
        }
    }
}

/// What starts the pipeline that deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A build or a person, with a variable that names the image.
    Manual {
        /// The variable.
        variable: String,
    },
    /// A push to the branch.
    Push,
    /// A promotion.
    Deployment {
        /// The environment; `None`: any.
        target: Option<String>,
    },
    /// A tag.
    Tag,
    /// A schedule.
    Cron,
}

/// An object in Kubernetes that runs the repository's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// What it is.
    pub kind: WorkloadKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The container that runs the image; `None`: all of the image's repository.
    pub container: Option<String>,
    /// Where the commit is written; `None`: in the tag of the image.
    pub revision: Option<Revision>,
}

/// The kind of an object whose rollout can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `argoproj.io/v1alpha1` Application of Argo CD.
    Application,
}

impl WorkloadKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Application,
    ];

    /// Returns the name that the API carries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Application => "Application",
        }
    }
}

/// Where a workload, or its template, says which commit it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// In the label of this key.
    Label(String),
    /// In the annotation of this key.
    Annotation(String),
}

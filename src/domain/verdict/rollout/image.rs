//! Whose image the template of a workload runs.
//!
//! Whether its pods are there is [`super::progress`]'s business.

use super::question::RolloutQuestion;
use super::workload::{Container, PastTemplate, Workload};
use crate::domain::config::Revision;
use crate::domain::verdict::image_tag::{self, ImageReference};

/// What a floating tag needs beside it: labels and annotations that tools set by themselves.
const USUAL_LABEL: &str = "app.kubernetes.io/version";
const USUAL_ANNOTATION: &str = "org.opencontainers.image.revision";

/// What an image without a tag means.
const LATEST: &str = "latest";

/// The configured container is not in the template: a mistake of configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{workload} has no container '{container}' (it has {present})")]
pub struct NoSuchContainer {
    workload: String,
    container: String,
    present: String,
}

/// Whose image the template runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// The commit's, or a newer one that contains it.
    Ours,
    /// Ours in some containers and not in all; which has another.
    Partly(String),
    /// That of another commit.
    Other(Another),
    /// Nobody can tell by this tag.
    Unnamed(String),
    /// Only digests: nobody will ever tell.
    Digest(String),
    /// The configured label or annotation is not there.
    NoRevision(String),
}

/// What says that another commit is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Another {
    /// For people: `image tag '4f1c2b7a'`.
    pub what: String,
    /// The tag, or the value of the label or annotation.
    pub named: String,
    /// A tag beside it that names no commit, where `named` is no known one: which of the two is the commit's image nobody can tell.
    pub beside: Option<String>,
}

impl Another {
    fn tag(tag: &str) -> Self {
        Self {
            what: format!("image tag '{tag}'"),
            named: tag.to_owned(),
            beside: None,
        }
    }

    fn beside(tag: &str, other: &str) -> Self {
        Self {
            what: format!("image tags '{tag}' and '{other}'"),
            named: tag.to_owned(),
            beside: Some(other.to_owned()),
        }
    }

    fn revision(place: &str, value: &str) -> Self {
        Self {
            what: format!("{place} '{value}'"),
            named: value.to_owned(),
            beside: None,
        }
    }
}

pub(super) fn image(
    workload: &Workload,
    question: &RolloutQuestion<'_>,
) -> Result<Image, NoSuchContainer> {
    if let Some(name) = &question.rollout.container
        && workload
            .containers
            .iter()
            .all(|container| container.name != *name)
    {
        let names: Vec<_> = workload
            .containers
            .iter()
            .map(|container| container.name.as_str())
            .collect();
        return Err(NoSuchContainer {
            workload: question.name(),
            container: name.clone(),
            present: names.join(", "),
        });
    }
    if let Some(revision) = question.revision() {
        return Ok(by_revision(workload, question, revision));
    }
    Ok(by_tags(workload, question))
}

/// Whether the template runs an image of the run itself, and not only one of a newer commit that contains it.
pub(super) fn runs_own(workload: &Workload, question: &RolloutQuestion<'_>) -> bool {
    let told = match question.revision() {
        Some(Revision::Label(key)) => vec![workload.labels.get(key)],
        Some(Revision::Annotation(key)) => vec![workload.annotations.get(key)],
        None => {
            let is_own = |container: &Container| has_tag(container, &|tag| question.is_of_run(tag));
            let counts = |container: &&Container| {
                let wanted = question.rollout.container.as_ref();
                wanted.is_none_or(|name| container.name == *name)
            };
            let mut counted = workload.containers.iter().filter(counts);
            if counted.any(is_own) {
                return true;
            }
            usual_revisions(workload)
        }
    };
    told.into_iter()
        .flatten()
        .any(|revision| question.is_of_run(revision))
}

/// What tools write in a template by themselves. On the object alone it tells nothing of the pods: writing it there restarts none.
fn usual_revisions(workload: &Workload) -> Vec<Option<&String>> {
    vec![
        workload.template_labels.get(USUAL_LABEL),
        workload.template_annotations.get(USUAL_ANNOTATION),
    ]
}

/// The commit that tools wrote in a template by themselves, whosever it is.
fn usual_commit(workload: &Workload) -> Option<Another> {
    let label = workload.template_labels.get(USUAL_LABEL);
    let annotation = workload.template_annotations.get(USUAL_ANNOTATION);
    [
        ("label", USUAL_LABEL, label),
        ("annotation", USUAL_ANNOTATION, annotation),
    ]
    .into_iter()
    .find_map(|(kind, key, value)| {
        let value = value.filter(|value| image_tag::names_a_commit(value))?;
        Some(Another::revision(&format!("{kind} {key}"), value))
    })
}

/// Whether what a Deployment ran before is of a commit that counts: by the configured label or annotation, and by its tags where none
/// is configured.
pub(super) fn ran(
    template: &PastTemplate,
    question: &RolloutQuestion<'_>,
    counts: &dyn Fn(&str) -> bool,
) -> bool {
    match question.revision() {
        Some(Revision::Label(key)) => template.labels.get(key),
        Some(Revision::Annotation(key)) => template.annotations.get(key),
        None => {
            let mut containers = template.containers.iter();
            return containers.any(|container| has_tag(container, counts));
        }
    }
    .is_some_and(|told| counts(told))
}

/// Whether what a Deployment ran before says what the template of today says of another commit: in the configured label or annotation,
/// or in a tag where none is configured.
pub(super) fn names(template: &PastTemplate, named: &str, question: &RolloutQuestion<'_>) -> bool {
    match question.revision() {
        Some(Revision::Label(key)) => template.labels.get(key).is_some_and(|told| told == named),
        Some(Revision::Annotation(key)) => {
            let told = template.annotations.get(key);
            told.is_some_and(|told| told == named)
        }
        None => template
            .containers
            .iter()
            .any(|container| ImageReference::parse(&container.image).tag == Some(named)),
    }
}

fn has_tag(container: &Container, counts: &dyn Fn(&str) -> bool) -> bool {
    ImageReference::parse(&container.image)
        .tag
        .is_some_and(counts)
}

fn by_revision(workload: &Workload, question: &RolloutQuestion<'_>, revision: &Revision) -> Image {
    let (told, place) = match revision {
        Revision::Label(key) => (workload.labels.get(key), format!("label {key}")),
        Revision::Annotation(key) => (workload.annotations.get(key), format!("annotation {key}")),
    };
    match told {
        None => Image::NoRevision(place),
        Some(value) if question.is_ours(value) => Image::Ours,
        Some(value) => Image::Other(Another::revision(&place, value)),
    }
}

fn by_tags(workload: &Workload, question: &RolloutQuestion<'_>) -> Image {
    let containers = &workload.containers;
    let tag_of = |container: &Container| {
        ImageReference::parse(&container.image)
            .tag
            .map(str::to_owned)
    };
    let runs_ours = |container: &Container| has_tag(container, &|tag| question.is_ours(tag));
    let group: Vec<&Container> = match &question.rollout.container {
        Some(name) => containers
            .iter()
            .filter(|container| container.name == *name)
            .collect(),
        None => match containers.iter().find(|container| runs_ours(container)) {
            Some(ours) => {
                let repository = ImageReference::parse(&ours.image).repository;
                // What is of another commit of ours, in whatever image, is not there yet. Nor is another image of the product, where
                // its commit may be one that was not read.
                let is_relative = |container: &Container| {
                    let other = ImageReference::parse(&container.image);
                    other.repository == repository
                        || other.tag.is_some_and(|tag| {
                            question.is_another_of_ours(tag)
                                || (is_family(repository, other.repository)
                                    && question.may_be_unread(tag))
                        })
                };
                containers
                    .iter()
                    .filter(|container| is_relative(container))
                    .collect()
            }
            None => containers.iter().collect(),
        },
    };
    if let Some(ours) = group.iter().find(|container| runs_ours(container)) {
        return match group.iter().find(|container| !runs_ours(container)) {
            None => Image::Ours,
            Some(other) => Image::Partly(partly(other, ours, question)),
        };
    }
    let tags: Vec<String> = group
        .iter()
        .filter_map(|container| tag_of(container))
        .collect();
    if let Some(tag) = tags.iter().find(|tag| question.is_another_of_ours(tag)) {
        return Image::Other(Another::tag(tag));
    }
    // A floating tag proves nothing; the deploy may say in the template what it deployed. A tag that names no commit that we know of
    // says nothing against it: it may be a sidecar's.
    let says_ours = usual_revisions(workload)
        .into_iter()
        .flatten()
        .any(|revision| question.is_ours(revision));
    if says_ours {
        return Image::Ours;
    }
    let is_pinned = |container: &&&Container| container.image.contains("@sha256:");
    // Any tag may still become one that names the commit. One such as `latest` or `main` is ours more likely than one with a
    // number is, which may be a sidecar's.
    let unnamed: Vec<String> = group
        .iter()
        .filter(|container| !is_pinned(container))
        .map(|container| tag_of(container).unwrap_or_else(|| LATEST.to_owned()))
        .filter(|tag| !image_tag::names_a_commit(tag))
        .collect();
    let floating = unnamed
        .iter()
        .find(|tag| !has_number(tag))
        .or(unnamed.first());
    if let Some(tag) = tags.iter().find(|tag| image_tag::names_a_commit(tag)) {
        return Image::Other(match floating {
            Some(other) => Another::beside(tag, other),
            None => Another::tag(tag),
        });
    }
    let pinned = match (floating, group.iter().find(is_pinned)) {
        (Some(tag), _) => return Image::Unnamed(tag.clone()),
        (None, None) => return Image::Unnamed(LATEST.to_owned()),
        (None, Some(pinned)) => pinned,
    };
    // The next deploy says its commit, or its release, in the same place.
    let release = tags.iter().find(|tag| has_number(tag));
    match (usual_commit(workload), release) {
        (Some(another), _) => Image::Other(another),
        (None, Some(tag)) => Image::Unnamed(tag.clone()),
        (None, None) => Image::Digest(pinned.name.clone()),
    }
}

/// What another container than ours runs, and what to do where its commit may be nobody's of the branch.
fn partly(other: &Container, ours: &Container, question: &RolloutQuestion<'_>) -> String {
    let image = &other.image;
    let is_same =
        ImageReference::parse(image).repository == ImageReference::parse(&ours.image).repository;
    if is_same || has_tag(other, &|tag| question.is_another_of_ours(tag)) {
        image.clone()
    } else {
        format!(
            "{image}, of a commit that was not read; where it is built from another repository, name the container that counts with \"container\" in AFK_REPOS"
        )
    }
}

fn has_number(tag: &str) -> bool {
    tag.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether two images are of one product: `acme/widgets` and `acme/widgets-worker`.
fn is_family(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    !short.is_empty()
        && long
            .strip_prefix(short)
            .is_some_and(|rest| rest.starts_with(['-', '_', '/', '.']))
}

//! Whose image the template of a workload runs.
//!
//! Whether its pods are there is [`super::progress`]'s business.

use super::question::RolloutQuestion;
use super::workload::{Container, Deployment};
use crate::domain::verdict::image_tag::{self, ImageReference};

/// The configured container is not in the template: a mistake of configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Deployment {deployment} has no container '{container}' (it has {present})")]
pub struct NoSuchContainer {
    deployment: String,
    container: String,
    present: String,
}

/// Whose image the template runs.
pub(super) enum Image {
    /// The commit's, or a newer one that contains it.
    Ours,
    /// Ours in some containers and not in all.
    Partly,
    /// That of another commit.
    Other(String),
    /// Nobody can tell.
    Unnamed(String),
}

pub(super) fn image(
    deployment: &Deployment,
    question: &RolloutQuestion<'_>,
) -> Result<Image, NoSuchContainer> {
    let containers = &deployment.containers;
    let is_ours = |tag: &str| {
        image_tag::names(tag, question.commit)
            || question
                .descendants
                .iter()
                .any(|newer| image_tag::names(tag, newer))
    };
    let runs_ours = |container: &Container| {
        ImageReference::parse(&container.image)
            .tag
            .is_some_and(is_ours)
    };
    let group: Vec<&Container> = match question.container {
        Some(name) => containers
            .iter()
            .filter(|container| container.name == name)
            .collect(),
        None => match containers.iter().find(|container| runs_ours(container)) {
            // A deploy sets one image in all containers that run it, init containers too.
            Some(ours) => {
                let repository = ImageReference::parse(&ours.image).repository;
                containers
                    .iter()
                    .filter(|container| {
                        ImageReference::parse(&container.image).repository == repository
                    })
                    .collect()
            }
            None => containers.iter().collect(),
        },
    };
    if let (Some(name), true) = (question.container, group.is_empty()) {
        let names: Vec<_> = containers
            .iter()
            .map(|container| container.name.as_str())
            .collect();
        return Err(NoSuchContainer {
            deployment: question.name.to_owned(),
            container: name.to_owned(),
            present: names.join(", "),
        });
    }
    let ours = group
        .iter()
        .filter(|container| runs_ours(container))
        .count();
    if ours > 0 {
        return Ok(if ours == group.len() {
            Image::Ours
        } else {
            Image::Partly
        });
    }
    let tags: Vec<&str> = group
        .iter()
        .filter_map(|container| ImageReference::parse(&container.image).tag)
        .collect();
    Ok(
        match tags.iter().find(|tag| image_tag::names_a_commit(tag)) {
            Some(tag) => Image::Other((*tag).to_owned()),
            // A floating tag proves nothing; the deploy may say in the template what it deployed.
            None if deployment
                .revisions
                .iter()
                .any(|revision| is_ours(revision)) =>
            {
                Image::Ours
            }
            None => Image::Unnamed((*tags.first().unwrap_or(&"latest")).to_owned()),
        },
    )
}

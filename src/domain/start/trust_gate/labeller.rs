//! Clauses 2 and 3: who may label. A person who may push, or an App that the operator trusts; never we, and never an
//! account that agents use. An App that acts for a person needs the person's permission as well.

use super::people::{Level, People, is_agent, is_own, is_own_slug, permission_word};
use super::refusal::Reasons;
use super::rules::GateRules;
use crate::domain::issue::{Actor, LabelEvent, ViaApp};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::ForgeKind;

/// What the author of the label event is.
enum Labeller<'a> {
    /// A trusted App.
    TrustedApp,
    /// A person whose permission decides.
    Person {
        login: &'a str,
        id: u64,
        /// Whether the forge left open whether an App stood in between.
        app_is_unknown: bool,
    },
    /// Nobody who may label.
    Refused {
        code: ReasonCode,
        detail: String,
        /// Whether the forge also left open whether an App stood in between.
        app_is_unknown: bool,
    },
}

/// Judges the labeller.
pub(super) fn check(event: &LabelEvent, people: &People<'_>, reasons: &mut Reasons) {
    match labeller(event, people.rules) {
        Labeller::TrustedApp => {}
        Labeller::Person {
            login,
            id,
            app_is_unknown,
        } => {
            if app_is_unknown {
                reasons.refuse(
                    ReasonCode::FactsIncomplete,
                    format!("whether an App labelled for {login}"),
                );
            }
            match people.level(login, id) {
                Level::Enough => {}
                Level::TooLow(permission) => reasons.refuse(
                    ReasonCode::PermissionTooLow,
                    format!(
                        "{login} labelled and has {} permission{}",
                        permission_word(permission),
                        too_low_by_team(people.rules.forge)
                    ),
                ),
                Level::NotKnown(code, why) => {
                    reasons.refuse(code, format!("{login}, who labelled: {why}"));
                }
            }
        }
        Labeller::Refused {
            code,
            detail,
            app_is_unknown,
        } => {
            reasons.refuse(code, detail);
            if app_is_unknown {
                let detail = format!("whether an App labelled for {}", event.actor.name());
                reasons.refuse(ReasonCode::FactsIncomplete, detail);
            }
        }
    }
}

/// What else a permission that is too low can mean: rights by a team are not all told by Forgejo and Gitea.
const fn too_low_by_team(forge: ForgeKind) -> &'static str {
    match forge {
        ForgeKind::GitHub => "",
        ForgeKind::Forgejo => {
            "; a right to push by a team of an organisation is not always told here: give the person admin through the team, or make them a direct collaborator with write"
        }
    }
}

/// Returns the person whose permission decides, if one does.
pub(super) fn person_to_ask<'a>(event: &'a LabelEvent, rules: &GateRules<'_>) -> Option<&'a Actor> {
    matches!(labeller(event, rules), Labeller::Person { .. }).then_some(&event.actor)
}

fn labeller<'a>(event: &'a LabelEvent, rules: &GateRules<'_>) -> Labeller<'a> {
    let refused = |code, detail: String| Labeller::Refused {
        code,
        detail,
        app_is_unknown: false,
    };
    let by_self = is_own(&event.actor, rules.own_account)
        || matches!(&event.via_app, ViaApp::App(slug) if is_own_slug(slug, rules.own_account));
    if by_self {
        return refused(
            ReasonCode::LabelBySelf,
            "our own account put the label on".to_owned(),
        );
    }
    let via_agent = matches!(&event.via_app, ViaApp::App(slug) if rules.trust.is_agent(slug));
    if is_agent(&event.actor, rules) || via_agent {
        return refused(
            ReasonCode::LabelByAgent,
            format!("{} is an account that agents use", event.actor.name()),
        );
    }
    let app_is_unknown = event.via_app == ViaApp::Unknown;
    match (&event.actor, &event.via_app) {
        (Actor::User { login, .. }, ViaApp::App(slug)) if !rules.trust.trusts_app(slug) => {
            refused(ReasonCode::LabelByApp, format!("{slug}, for {login}"))
        }
        (
            Actor::User {
                login,
                id: Some(id),
            },
            ViaApp::No | ViaApp::App(_) | ViaApp::Unknown,
        ) => Labeller::Person {
            login,
            id: *id,
            app_is_unknown,
        },
        (Actor::User { login, id: None }, ViaApp::No | ViaApp::App(_) | ViaApp::Unknown) => {
            Labeller::Refused {
                code: ReasonCode::LabelActorUnknown,
                detail: format!("{login} has no account id"),
                app_is_unknown,
            }
        }
        // An App that stands behind another one counts as well.
        (Actor::Bot { slug, .. }, via_app) => match via_app {
            ViaApp::App(behind) if !rules.trust.trusts_app(behind) => {
                refused(ReasonCode::LabelByApp, format!("{behind}, as {slug}"))
            }
            ViaApp::No | ViaApp::App(_) | ViaApp::Unknown if rules.trust.trusts_app(slug) => {
                Labeller::TrustedApp
            }
            ViaApp::No | ViaApp::App(_) | ViaApp::Unknown => {
                refused(ReasonCode::LabelByApp, slug.clone())
            }
        },
        (Actor::Other { kind, login }, ViaApp::No | ViaApp::App(_) | ViaApp::Unknown) => refused(
            ReasonCode::LabelActorUnknown,
            format!("{login} is no person: {kind}"),
        ),
        (Actor::Gone, ViaApp::No | ViaApp::App(_) | ViaApp::Unknown) => refused(
            ReasonCode::LabelActorUnknown,
            "a deleted account".to_owned(),
        ),
    }
}

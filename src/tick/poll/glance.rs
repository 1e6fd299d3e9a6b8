//! p5 of SPEC 4.1, first half: what refuses candidates without anything being asked about a single one.
//!
//! What the bulk read shows refuses at once. Whoever is left is read in batches, whatever is free, so that refused ones never
//! keep an eligible one waiting; a text is held only as long as nothing refuses its issue and there is room. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use super::enrolment::Enrolled;
use super::setting::Poll;
use super::why::Refused;
use crate::domain::identity::{Authorisation, RepositoryKey, Slot};
use crate::domain::issue::{IssueFacts, Permission, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::{Asked, Seen};
use crate::domain::start::dispatch_policy::{Binding, Candidate, Opening};
use crate::domain::start::eligibility::{self, Depth, Sight};
use crate::domain::start::labelling::Labelling;
use crate::domain::start::trust_gate::{GateFacts, GateRules, beyond_reading};
use crate::fan_out::{both, fan_out_at_most};
use crate::service_error::ServiceError;
use crate::tracker::{ISSUES_AT_ONCE, IssueLookup, Repository};

/// So many people are looked up one by one, right before it matters.
const LOOKED_UP_ONE_BY_ONE: usize = 16;

/// One candidate, and the slot that it would run in.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) enrolled: &'a Enrolled,
    pub(super) number: IssueNumber,
    pub(super) slot: Slot,
    /// What the slot is bound to, when it exists already.
    pub(super) bound: Option<&'a Binding>,
}

impl<'a> Question<'a> {
    pub(super) const fn repository(&self) -> &'a Repository {
        &self.enrolled.survey.repository
    }
}

/// An issue that nothing refuses so far.
pub(super) struct Glimpse {
    pub(super) facts: Box<IssueFacts>,
    /// The labelling in force; `None` when none is shown yet: a bulk reading may lag, the issue's own events do not.
    pub(super) authorisation: Option<Authorisation>,
}

impl Glimpse {
    /// The bytes of its texts.
    pub(super) const fn text_bytes(&self) -> usize {
        self.facts.title.len() + self.facts.body.len()
    }
}

/// What a batch told about one candidate.
pub(super) enum Glanced {
    Open(Glimpse),
    Refused(Refused),
    Failed(ServiceError),
}

/// People whose permission decides.
#[derive(Default)]
struct People {
    /// What they may do, as far as it is told that they may not push; by the first question about their repository, and login.
    levels: BTreeMap<(usize, String), Option<Permission>>,
    /// By question: the first question about its repository, and who decides.
    wanted: Vec<(usize, usize, BTreeSet<String>)>,
}

impl Poll<'_> {
    /// Looks at candidates together, which the bulk read does not refuse or is not asked about. The result has one entry per
    /// question, in their order; `None` says that nothing refuses it so far and that there was no room for its text. So many bytes
    /// of text are held, and always the first one's.
    pub(super) fn glance(&self, questions: &[Question<'_>], room: usize) -> Vec<Option<Glanced>> {
        let batches: Vec<(usize, &[Question<'_>])> =
            questions.chunks(ISSUES_AT_ONCE).enumerate().collect();
        // Each batch has its share, so that what is held does not depend on which answer comes first.
        let share = room / batches.len().max(1);
        let read = fan_out_at_most(self.hands.parallel, &batches, |(number, batch)| {
            let wanted: Vec<(&Repository, IssueNumber)> = batch
                .iter()
                .map(|question| (question.repository(), question.number))
                .collect();
            let mut room = share;
            let mut glanced: Vec<Option<Glanced>> = batch.iter().map(|_| None).collect();
            self.hands
                .tracker
                .each_issue(&wanted, &mut |place, lookup| {
                    let is_first = (*number, place) == (0, 0);
                    glanced[place] = held(self.look(&batch[place], lookup), &mut room, is_first);
                });
            glanced
        });
        let mut glanced: Vec<Option<Glanced>> = read.into_iter().flatten().collect();
        self.look_up_more(questions, &mut glanced);
        glanced
    }

    /// Looks up, side by side, what the bodies of those that are left name as blockers, and, where many are left, who may not push;
    /// then asks the gate again.
    fn look_up_more(&self, questions: &[Question<'_>], glanced: &mut [Option<Glanced>]) {
        let mut people = self.people_to_ask(questions, glanced);
        let pairs: Vec<(&Repository, &str)> = people
            .levels
            .keys()
            .map(|(index, login)| (questions[*index].repository(), login.as_str()))
            .collect();
        let mut open: Vec<(&Repository, &mut IssueFacts)> = questions
            .iter()
            .zip(glanced.iter_mut())
            .filter_map(|(question, one)| match one {
                Some(Glanced::Open(glimpse)) => Some((question.repository(), &mut *glimpse.facts)),
                Some(Glanced::Refused(_) | Glanced::Failed(_)) | None => None,
            })
            .collect();
        if open.is_empty() {
            return;
        }
        let tracker = self.hands.tracker;
        let ((), told) = both(
            self.hands.parallel,
            || tracker.resolve_blockers(&mut open),
            || {
                let are_many = pairs.len() > LOOKED_UP_ONE_BY_ONE;
                are_many.then(|| tracker.lower_permissions(&pairs))
            },
        );
        drop(pairs);
        self.judge_blockers(questions, glanced);
        if let Some(told) = told {
            for (level, told) in people.levels.values_mut().zip(told) {
                *level = told;
            }
            self.judge_people(questions, glanced, people);
        }
    }

    /// Whose permission decides about those that are left, each person of a repository once.
    fn people_to_ask(&self, questions: &[Question<'_>], glanced: &[Option<Glanced>]) -> People {
        let mut home: BTreeMap<&RepositoryKey, usize> = BTreeMap::new();
        let mut people = People::default();
        for (index, (question, one)) in questions.iter().zip(glanced).enumerate() {
            let Some(Glanced::Open(glimpse)) = one else {
                continue;
            };
            let Some(authorisation) = &glimpse.authorisation else {
                continue;
            };
            let repository = question.repository();
            let asked = eligibility::people_to_ask(
                &repository.facts,
                &glimpse.facts,
                authorisation,
                &self.rules_for(question),
            );
            let home = *home.entry(&repository.key).or_insert(index);
            let levels = asked.iter().map(|login| ((home, login.clone()), None));
            people.levels.extend(levels);
            people.wanted.push((index, home, asked));
        }
        people
    }

    /// Refuses those about whom somebody decides who may not push for certain: whoever passes is looked up once more by itself.
    fn judge_people(
        &self,
        questions: &[Question<'_>],
        glanced: &mut [Option<Glanced>],
        people: People,
    ) {
        for (index, home, asked) in people.wanted {
            let question = &questions[index];
            let Some(Glanced::Open(glimpse)) = &glanced[index] else {
                continue;
            };
            let Some(authorisation) = &glimpse.authorisation else {
                continue;
            };
            let mut permissions = Permissions::default();
            for login in asked {
                let account = glimpse.facts.account_id(&login);
                let key = (home, login);
                let level = people.levels.get(&key).copied().flatten();
                permissions.insert_level(&key.1, account, level);
            }
            let facts = GateFacts {
                repository: &question.repository().facts,
                issue: &glimpse.facts,
                permissions: &permissions,
                authorisation,
            };
            let rules = self.rules_for(question);
            if let Some(refusal) = eligibility::refused_for_certain(&facts, &rules) {
                let issue = facts.issue;
                let asked = self.kept(question, Depth::Certain, issue, &permissions, &rules);
                let reasons = refusal.into_reasons();
                glanced[index] = Some(Glanced::Refused(Refused { reasons, asked }));
            }
        }
    }

    /// What the bulk read shows.
    fn refused_at_sight(&self, question: &Question<'_>) -> Option<Refused> {
        let seen = question.enrolled.seen(question.number)?;
        let sight = Sight {
            repository: &question.repository().facts,
            labels: &seen.labels,
            labelled_at: seen.labelled_at,
            open_sub_issues: seen.open_sub_issues,
            open_blockers: seen.open_blockers,
            blockers: &seen.blockers,
            assignees: &seen.assignees,
            rivals: &seen.rivals,
        };
        let rules = self.rules_for(question);
        let reasons = eligibility::refused_at_sight(&sight, &rules);
        (!reasons.is_empty()).then(|| Refused {
            reasons,
            asked: if self.hands.keeps_facts {
                Asked::Sight(Box::new(Seen::of(&sight, &rules)))
            } else {
                Asked::Nothing
            },
        })
    }

    /// The candidates that the bulk read alone refuses.
    pub(super) fn all_refused_at_sight(
        &self,
        enrolled: &Enrolled,
        candidates: &[Candidate],
    ) -> BTreeMap<IssueNumber, Refused> {
        let slot = match &enrolled.opening {
            Opening::Free(slot) => *slot,
            Opening::Closed(_) | Opening::Running { .. } | Opening::Resume(_) => {
                let highest = enrolled.slots.last();
                highest.map_or(Slot::FIRST, |view| view.slot.next())
            }
        };
        let refused = candidates.iter().filter_map(|candidate| {
            let question = Question {
                enrolled,
                number: candidate.number,
                slot,
                bound: None,
            };
            let refused = self.refused_at_sight(&question)?;
            Some((candidate.number, refused))
        });
        refused.collect()
    }

    fn look(&self, question: &Question<'_>, lookup: Result<IssueLookup, ServiceError>) -> Glanced {
        let refused =
            |code, detail| Glanced::Refused(Refused::told(vec![Reason::new(code, detail)]));
        let not_open = |detail: &str| refused(ReasonCode::NotOpen, detail.to_owned());
        match lookup {
            Ok(IssueLookup::Issue(facts)) => self.ask_the_issue(question, facts),
            Ok(IssueLookup::PullRequest) => not_open("the number is a pull request"),
            Ok(IssueLookup::TooLong(max)) => refused(ReasonCode::TooLong, beyond_reading(max)),
            Ok(IssueLookup::Missing) => not_open("the issue is not here any more"),
            Err(error) => Glanced::Failed(error),
        }
    }

    /// Asks the gate what it can say of the issue alone. Blockers that the body names may not be looked up yet.
    fn ask_the_issue(&self, question: &Question<'_>, facts: Box<IssueFacts>) -> Glanced {
        let rules = self.rules_for(question);
        let nobody = Permissions::default();
        let authorisation = match self.authorisation(question, &facts) {
            Ok(authorisation) => authorisation,
            Err(reasons)
                if reasons
                    .iter()
                    .all(|one| one.code == ReasonCode::NoLabelEvent) =>
            {
                return Glanced::Open(Glimpse {
                    facts,
                    authorisation: None,
                });
            }
            Err(reasons) => {
                let asked = self.kept(question, Depth::Certain, &facts, &nobody, &rules);
                return Glanced::Refused(Refused { reasons, asked });
            }
        };
        match eligibility::refused_without_people(
            &question.repository().facts,
            &facts,
            &authorisation,
            &rules,
        ) {
            Some(refusal) => Glanced::Refused(Refused {
                reasons: refusal.into_reasons(),
                asked: self.kept(question, Depth::Certain, &facts, &nobody, &rules),
            }),
            None => Glanced::Open(Glimpse {
                facts,
                authorisation: Some(authorisation),
            }),
        }
    }

    /// Asks the gate again, with the blockers that were looked up.
    fn judge_blockers(&self, questions: &[Question<'_>], glanced: &mut [Option<Glanced>]) {
        for (question, one) in questions.iter().zip(glanced) {
            let Some(Glanced::Open(glimpse)) = one else {
                continue;
            };
            let Some(authorisation) = &glimpse.authorisation else {
                continue;
            };
            let rules = self.rules_for(question);
            let refusal = eligibility::refused_so_far(
                &question.repository().facts,
                &glimpse.facts,
                authorisation,
                &rules,
            );
            if let Some(refusal) = refusal {
                let nobody = Permissions::default();
                let depth = Depth::WithoutPeople;
                *one = Some(Glanced::Refused(Refused {
                    reasons: refusal.into_reasons(),
                    asked: self.kept(question, depth, &glimpse.facts, &nobody, &rules),
                }));
            }
        }
    }

    /// Returns the authorisation that is in force.
    ///
    /// # Errors
    ///
    /// Why there is none, or why it is not for this run.
    pub(super) fn authorisation(
        &self,
        question: &Question<'_>,
        facts: &IssueFacts,
    ) -> Result<Authorisation, Vec<Reason>> {
        let seen = question.enrolled.seen(question.number);
        let labelling = Labelling {
            ready: &self.config.labels.ready,
            seen: seen.and_then(|seen| seen.authorisation.as_ref()),
            bound: question.bound,
            slots: &question.enrolled.slots,
        };
        labelling.in_force(facts).map_err(|reason| vec![reason])
    }

    pub(super) fn rules_for<'q>(&'q self, question: &Question<'q>) -> GateRules<'q> {
        self.rules(
            question.repository(),
            question.number,
            question.slot,
            question.bound.is_some(),
        )
    }
}

/// Lets go of a text for which there is no room.
fn held(glanced: Glanced, room: &mut usize, always: bool) -> Option<Glanced> {
    let Glanced::Open(glimpse) = &glanced else {
        return Some(glanced);
    };
    match room.checked_sub(glimpse.text_bytes()) {
        Some(left) => *room = left,
        None if always => *room = 0,
        None => return None,
    }
    Some(glanced)
}

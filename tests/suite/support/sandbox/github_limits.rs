//! Rate limits and overload of the stand-in, counted by the sandbox clock.
//!
//! Ordinary limits are those of the service: requests per hour for REST, points per hour for GraphQL.
//! A test can also force a limit after so many requests. Whoever goes on while an announced limit is in
//! force is counted, because the service punishes that.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::http_server::Response;

/// How an overloaded server fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overload {
    BadGateway,
    GatewayTimeout,
    /// An answer with an error that names a resource limit, and no data.
    ResourceLimit,
}

/// Which hourly budget a request uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    Core,
    GraphQl,
}

impl Budget {
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::GraphQl => "graphql",
        }
    }
}

/// One hourly window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub limit: u64,
    pub used: u64,
    pub reset: DateTime<Utc>,
}

impl Window {
    pub fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

#[derive(Clone, Copy, Debug)]
enum Forced {
    Primary,
    Secondary { status: u16, retry_after: i64 },
}

/// A limit that a request met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    Primary,
    Secondary { status: u16, retry_after: i64 },
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    limited: Limited,
    budget: Budget,
    until: DateTime<Utc>,
}

impl Standing {
    fn binds(&self, budget: Budget) -> bool {
        self.limited != Limited::Primary || self.budget == budget
    }
}

/// All limits of one token.
#[derive(Debug)]
pub struct Limits {
    core: Window,
    graphql: Window,
    /// What comes, and after how many more requests.
    forced: Option<(Forced, u64)>,
    /// Announced limits; an hourly one binds its own budget only.
    standing: Vec<Standing>,
    violations: u64,
    pub overload: Option<(usize, Overload)>,
    /// False on an Enterprise server, where hourly limits are off by default.
    hourly: bool,
}

impl Limits {
    pub fn new(rest_limit: u64, graphql_limit: u64, hourly: bool) -> Self {
        let window = |limit| Window {
            limit,
            used: 0,
            reset: DateTime::UNIX_EPOCH,
        };
        Self {
            core: window(rest_limit),
            graphql: window(graphql_limit),
            forced: None,
            standing: Vec::new(),
            violations: 0,
            overload: None,
            hourly,
        }
    }

    pub fn primary_after(&mut self, requests: u64) {
        self.forced = Some((Forced::Primary, requests));
    }

    pub fn secondary_after(&mut self, requests: u64, status: u16, retry_after: i64) {
        assert!(
            matches!(status, 403 | 429),
            "a secondary limit answers 403 or 429"
        );
        self.forced = Some((
            Forced::Secondary {
                status,
                retry_after,
            },
            requests,
        ));
    }

    pub fn calm_down(&mut self) {
        self.forced = None;
        self.standing.clear();
        self.overload = None;
    }

    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// The budget's window at this time.
    pub fn window(&mut self, budget: Budget, now: DateTime<Utc>) -> Window {
        let window = match budget {
            Budget::Core => &mut self.core,
            Budget::GraphQl => &mut self.graphql,
        };
        if now >= window.reset {
            window.used = 0;
            window.reset = now + TimeDelta::hours(1);
        }
        *window
    }

    /// Lets a request in or says which limit it met.
    pub fn admit(&mut self, budget: Budget, now: DateTime<Utc>) -> Result<(), Limited> {
        self.standing.retain(|standing| now < standing.until);
        if let Some(standing) = self.standing.iter().find(|standing| standing.binds(budget)) {
            self.violations += 1;
            return Err(standing.limited);
        }
        let window = self.window(budget, now);
        let mut met = None;
        match &mut self.forced {
            Some((forced, 0)) => {
                met = Some(match *forced {
                    Forced::Primary => (Limited::Primary, window.reset),
                    Forced::Secondary {
                        status,
                        retry_after,
                    } => {
                        let limited = Limited::Secondary {
                            status,
                            retry_after,
                        };
                        (limited, now + TimeDelta::seconds(retry_after))
                    }
                });
            }
            Some((_, left)) => *left -= 1,
            None => {}
        }
        if met.is_none() && self.hourly && window.remaining() == 0 {
            met = Some((Limited::Primary, window.reset));
        }
        let Some((limited, until)) = met else {
            return Ok(());
        };
        self.forced = None;
        self.standing.push(Standing {
            limited,
            budget,
            until,
        });
        Err(limited)
    }

    /// Takes points from a budget.
    pub fn spend(&mut self, budget: Budget, points: u64) {
        match budget {
            Budget::Core => self.core.used += points,
            Budget::GraphQl => self.graphql.used += points,
        }
    }

    /// Adds the headers every answer has.
    pub fn label(&mut self, response: Response, budget: Budget, now: DateTime<Utc>) -> Response {
        let window = self.window(budget, now);
        let exhausted = self
            .standing
            .iter()
            .any(|standing| standing.limited == Limited::Primary && standing.budget == budget);
        if !self.hourly && !exhausted {
            return response;
        }
        let remaining = if exhausted { 0 } else { window.remaining() };
        response
            .with_header("x-ratelimit-limit", &window.limit.to_string())
            .with_header("x-ratelimit-remaining", &remaining.to_string())
            .with_header("x-ratelimit-used", &(window.limit - remaining).to_string())
            .with_header("x-ratelimit-reset", &window.reset.timestamp().to_string())
            .with_header("x-ratelimit-resource", budget.name())
    }
}

/// The answer to a request that met a limit.
pub fn refusal(limited: Limited, budget: Budget, viewer: u64) -> Response {
    let primary = format!("API rate limit exceeded for user ID {viewer}.");
    match (limited, budget) {
        (Limited::Primary, Budget::GraphQl) => Response::json(
            200,
            &json!({"errors": [{"type": "RATE_LIMITED", "message": primary}]}),
        ),
        (Limited::Primary, Budget::Core) => Response::json(
            403,
            &json!({
                "message": primary,
                "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
                "status": "403",
            }),
        ),
        (Limited::Secondary { status, retry_after }, _) => Response::json(
            status,
            &json!({
                "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
                "status": status.to_string(),
            }),
        )
        .with_header("retry-after", &retry_after.to_string()),
    }
}

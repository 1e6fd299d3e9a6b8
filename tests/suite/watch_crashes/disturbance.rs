//! What may go wrong with one tick, and at which of its requests that says something.
//!
//! What a dead tick leaves behind is what its writes did until then. Reads leave nothing: [`Watchman`] holds every read
//! of every undisturbed story against that. So dying before the first write and after each write is dying before and
//! after each request, and a request that takes effect without an answer, or late, says something only of writes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::support::sandbox::http_server::{
    Exchange, Fault, HttpServer, Journal, Request, Response, Service,
};
use crate::support::world::describe;

/// What happens to the ticks of a story, one of them at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is killed, before or after the effect of any request.
    Dies,
    /// The answer to a write is lost, and the tick goes on.
    LosesAnAnswer,
    /// A write seems lost, and takes effect after the next tick; this one goes on.
    IsLate,
    /// A request is refused with status 429 and a time to wait.
    IsRateLimited,
    /// It is held while another tick of `afk-watch` runs from start to end.
    OvertakenByWatch,
    /// It is held while a tick of `afk-poll` runs from start to end.
    OvertakenByPoll,
}

/// What happens at one request of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Neither this request nor a later one arrives.
    DiesBefore,
    /// The request takes effect; its answer and all later requests are lost.
    DiesAfter,
    LosesTheAnswer,
    IsLate,
    IsRateLimited,
    OvertakenByWatch,
    OvertakenByPoll,
}

/// One disturbance of a story.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disturbance {
    /// Which of the story's watch ticks.
    pub(super) tick: usize,
    /// Which of its requests.
    pub(super) request: usize,
    pub(super) mishap: Mishap,
}

/// One request of an undisturbed tick.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Service, method and path.
    pub(super) line: String,
    pub(super) writes: bool,
}

impl Asked {
    pub(super) fn of(exchange: &Exchange) -> Self {
        Self {
            line: describe(exchange),
            writes: writes(exchange),
        }
    }
}

/// Whether a request may change anything, as its method tells. `afk` sends no mutations in GraphQL.
fn writes(exchange: &Exchange) -> bool {
    exchange.request.method != "GET" && !exchange.request.path.ends_with("/graphql")
}

impl Trouble {
    /// Every disturbance of this kind that may differ from the others, given what the undisturbed ticks asked.
    pub(super) fn everywhere(self, ticks: &[Vec<Asked>]) -> Vec<Disturbance> {
        let mut all = Vec::new();
        for (tick, asked) in ticks.iter().enumerate() {
            let mut at = |request, mishap| {
                all.push(Disturbance {
                    tick,
                    request,
                    mishap,
                });
            };
            let written = || (0..asked.len()).filter(|request| asked[*request].writes);
            // A tick that is held before its first request has read nothing yet.
            let later = || 1..written().next().map_or(0, |_| asked.len());
            match self {
                Self::Dies => {
                    for request in written().take(1) {
                        at(request, Mishap::DiesBefore);
                    }
                    written().for_each(|request| at(request, Mishap::DiesAfter));
                }
                Self::LosesAnAnswer => {
                    written().for_each(|request| at(request, Mishap::LosesTheAnswer));
                }
                Self::IsLate => written().for_each(|request| at(request, Mishap::IsLate)),
                Self::IsRateLimited => {
                    (0..asked.len()).for_each(|request| at(request, Mishap::IsRateLimited));
                }
                Self::OvertakenByWatch => {
                    later().for_each(|request| at(request, Mishap::OvertakenByWatch));
                }
                Self::OvertakenByPoll => {
                    later().for_each(|request| at(request, Mishap::OvertakenByPoll));
                }
            }
        }
        all
    }
}

impl Disturbance {
    /// What goes wrong with a request of the disturbed tick.
    pub(super) fn fault(self, number: usize) -> Fault {
        /// Seconds; the next tick comes after that.
        const RETRY_AFTER: &str = "5";
        let here = number == self.request;
        let beyond = number > self.request;
        match self.mishap {
            Mishap::DiesBefore if here || beyond => Fault::LostRequest,
            Mishap::DiesAfter if here => Fault::LostAnswer,
            Mishap::DiesAfter if beyond => Fault::LostRequest,
            Mishap::LosesTheAnswer if here => Fault::LostAnswer,
            Mishap::IsLate if here => Fault::Late,
            Mishap::IsRateLimited if here => Fault::Instead(
                Response::json(429, &json!({"message": "Too many requests"}))
                    .with_header("retry-after", RETRY_AFTER),
            ),
            Mishap::DiesBefore
            | Mishap::DiesAfter
            | Mishap::LosesTheAnswer
            | Mishap::IsLate
            | Mishap::IsRateLimited
            | Mishap::OvertakenByWatch
            | Mishap::OvertakenByPoll => Fault::None,
        }
    }
}

/// What all services together remember, as one text.
pub(super) type Memory = Arc<dyn Fn() -> String + Send + Sync>;

/// Compares what all services remember before and after each read of a tick.
#[derive(Clone, Default)]
pub(super) struct Watchman(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    /// What was remembered before a request that is under way, by its number.
    before: BTreeMap<usize, String>,
    compared: usize,
    breaches: Vec<String>,
}

impl Watchman {
    /// Watches every exchange of the journal until it is calmed.
    pub(super) fn post(journal: &Journal, memory: &Memory) -> Self {
        let watchman = Self::default();
        let (before, after) = (watchman.clone(), watchman.clone());
        let (look, look_again) = (Arc::clone(memory), Arc::clone(memory));
        journal.intercept(move |exchange| {
            if !writes(exchange) {
                before.notes().before.insert(exchange.number, look());
            }
            Fault::None
        });
        journal.observe(move |exchange| {
            let mut notes = after.notes();
            let Some(remembered) = notes.before.remove(&exchange.number) else {
                return;
            };
            notes.compared += 1;
            if look_again() != remembered {
                notes.breaches.push(describe(exchange));
            }
        });
        watchman
    }

    /// Stops the story when a read changed anything, or was not watched.
    pub(super) fn certify(&self, asked: &[Asked]) {
        let notes = self.notes();
        assert!(
            notes.breaches.is_empty(),
            "reads that write: {:?}",
            notes.breaches
        );
        let reads = asked.iter().filter(|asked| !asked.writes).count();
        assert_eq!(notes.compared, reads, "a read was not watched");
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Remembers every request, reads too.
#[derive(Default)]
struct Gossip(Mutex<Vec<String>>);

impl Service for Gossip {
    fn answer(&self, request: &Request) -> Response {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(request.path.clone());
        Response::empty(200)
    }
}

#[test]
#[should_panic(expected = "reads that write: [\"gossip GET /news\"]")]
fn a_read_that_writes_stops_the_story() {
    let (journal, gossip) = (Journal::new(), Arc::<Gossip>::default());
    let server = HttpServer::start("gossip", Arc::clone(&journal), gossip.clone());
    let memory: Memory = Arc::new(move || format!("{:?}", gossip.0));
    let watchman = Watchman::post(&journal, &memory);
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /news HTTP/1.1\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    let exchanges = journal.exchanges();
    watchman.certify(&exchanges.iter().map(Asked::of).collect::<Vec<_>>());
}

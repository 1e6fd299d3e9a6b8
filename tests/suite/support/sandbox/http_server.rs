//! A loopback HTTP/1.1 server for stand-ins: one [`Service`] behind one port, with faults on demand.
//!
//! It does not know what it serves. It numbers every request of all servers that share one [`Journal`],
//! writes them down, and asks the journal's interceptor what should go wrong with each. Only
//! `Content-Length` bodies are understood, because the program under test sends no others.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query without the question mark; empty when there is none.
    pub query: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON, or `None` when it is not JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// One answer; `Content-Length` is added when it is written.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("answers are JSON");
        Self::text(status, "application/json", &body)
    }

    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    /// No body and no content type, as T3 answers a command that does not fit its schema.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What answers the requests of one port. Called from several threads.
pub trait Service: Send + Sync + 'static {
    fn answer(&self, request: &Request) -> Response;
}

/// What goes wrong with one exchange.
#[derive(Clone, Debug, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The connection is closed before the service sees the request.
    LostRequest,
    /// The service acts, then the connection is closed without an answer.
    LostAnswer,
    /// The connection is closed without an answer, and the service acts when [`Journal::deliver`] is called.
    Late,
    /// The service does not see the request; this is the answer.
    Instead(Response),
    /// The service acts; this is the answer.
    Mask(Response),
    /// The service acts; only so many bytes of its answer's body arrive, then the connection is closed.
    Truncate(usize),
    /// The service acts; the answer never comes, and the connection stays open until the client gives up.
    Hang,
}

/// One line of the journal.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// 0, 1, 2, ... over all servers that share the journal.
    pub number: usize,
    /// Name the server was started with, such as `t3`.
    pub service: &'static str,
    pub request: Request,
    /// `None` when the service never saw the request.
    pub status: Option<u16>,
}

type Interceptor = dyn Fn(&Exchange) -> Fault + Send + Sync;
type Observer = dyn Fn(&Exchange) + Send + Sync;

/// Everything that a set of servers was asked, in order, and the place to plant faults.
#[derive(Default)]
pub struct Journal {
    counter: AtomicUsize,
    exchanges: Mutex<Vec<Exchange>>,
    before: Mutex<Option<Arc<Interceptor>>>,
    after: Mutex<Option<Arc<Observer>>>,
    late: Mutex<Vec<(Arc<dyn Service>, Request)>>,
    latency: Mutex<Duration>,
}

impl Journal {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Plants `interceptor`: called with each request before its service sees it.
    pub fn intercept(&self, interceptor: impl Fn(&Exchange) -> Fault + Send + Sync + 'static) {
        *lock(&self.before) = Some(Arc::new(interceptor));
    }

    /// Plants `observer`: called after the service acted and before the answer leaves.
    pub fn observe(&self, observer: impl Fn(&Exchange) + Send + Sync + 'static) {
        *lock(&self.after) = Some(Arc::new(observer));
    }

    /// Takes interceptor and observer away again.
    pub fn calm(&self) {
        *lock(&self.before) = None;
        *lock(&self.after) = None;
    }

    /// What was held up on its way arrives now. Nobody hears the answers, which are returned.
    pub fn deliver(&self) -> Vec<Response> {
        let late = std::mem::take(&mut *lock(&self.late));
        late.iter()
            .map(|(service, request)| service.answer(request))
            .collect()
    }

    /// Every answer leaves this long after its request arrived, or when it is made where that takes longer: what the stand-in
    /// needs to make it is a part of that time, as it is of any server's. For benchmarks and the demo of slow services only.
    pub fn slow_down(&self, latency: Duration) {
        *lock(&self.latency) = latency;
    }

    /// All exchanges so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.exchanges).clone()
    }

    /// Number of requests so far.
    pub fn len(&self) -> usize {
        lock(&self.exchanges).len()
    }

    /// Forgets all exchanges and starts numbering at 0 again.
    pub fn clear(&self) {
        lock(&self.exchanges).clear();
        self.counter.store(0, Ordering::SeqCst);
    }
}

/// A running server; stops when dropped.
pub struct HttpServer {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    acceptor: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Serves `service` on a free loopback port.
    pub fn start(name: &'static str, journal: Arc<Journal>, service: Arc<dyn Service>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let acceptor = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                counter.fetch_add(1, Ordering::SeqCst);
                let (journal, service) = (Arc::clone(&journal), Arc::clone(&service));
                std::thread::spawn(move || serve(name, &stream, &journal, &service));
            }
        });
        Self {
            address,
            stopping,
            connections,
            acceptor: Some(acceptor),
        }
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees the flag.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

fn serve(name: &'static str, stream: &TcpStream, journal: &Journal, service: &Arc<dyn Service>) {
    drop(stream.set_nodelay(true));
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let keep = exchange(name, request, stream, journal, service);
        if !keep {
            break;
        }
    }
    drop(stream.shutdown(std::net::Shutdown::Both));
}

/// Answers one request; false when the connection must be closed.
fn exchange(
    name: &'static str,
    request: Request,
    stream: &TcpStream,
    journal: &Journal,
    service: &Arc<dyn Service>,
) -> bool {
    let mut exchange = {
        let mut exchanges = lock(&journal.exchanges);
        let exchange = Exchange {
            number: journal.counter.fetch_add(1, Ordering::SeqCst),
            service: name,
            request,
            status: None,
        };
        exchanges.push(exchange.clone());
        exchange
    };
    let delay = Delay::begin(*lock(&journal.latency));
    let interceptor = lock(&journal.before).clone();
    let fault = interceptor.map_or(Fault::None, |interceptor| interceptor(&exchange));
    if matches!(fault, Fault::LostRequest | Fault::Late | Fault::Instead(_)) {
        delay.pass();
    }
    match &fault {
        Fault::LostRequest => return false,
        Fault::Late => {
            lock(&journal.late).push((Arc::clone(service), exchange.request));
            return false;
        }
        Fault::Instead(response) => return write_response(stream, response, None).is_ok(),
        Fault::None | Fault::LostAnswer | Fault::Mask(_) | Fault::Truncate(_) | Fault::Hang => {}
    }
    let response = service.answer(&exchange.request);
    exchange.status = Some(response.status);
    if let Some(noted) = lock(&journal.exchanges)
        .iter_mut()
        .find(|noted| noted.number == exchange.number)
    {
        noted.status = exchange.status;
    }
    let observer = lock(&journal.after).clone();
    if let Some(observer) = observer {
        observer(&exchange);
    }
    delay.pass();
    match fault {
        Fault::None => write_response(stream, &response, None).is_ok(),
        Fault::Mask(masked) => write_response(stream, &masked, None).is_ok(),
        Fault::Truncate(length) => {
            drop(write_response(stream, &response, Some(length)));
            false
        }
        Fault::Hang => {
            // Ends when the client closes its side.
            let mut sink = [0_u8; 64];
            let mut stream = stream;
            while matches!(stream.read(&mut sink), Ok(length) if length > 0) {}
            false
        }
        Fault::LostRequest | Fault::Late | Fault::LostAnswer | Fault::Instead(_) => false,
    }
}

/// Until when an answer is held back.
struct Delay(Option<Instant>);

#[expect(
    clippy::disallowed_methods,
    reason = "benchmarks measure round trips; no test asks for a latency"
)]
impl Delay {
    /// Begins where a request has arrived.
    fn begin(latency: Duration) -> Self {
        Self((!latency.is_zero()).then(|| Instant::now() + latency))
    }

    /// Waits for what is left.
    fn pass(&self) {
        if let Some(until) = self.0 {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).ok()? == 0 {
            return None;
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(&head).ok()?;
    let target = parsed.path?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<String, String> = parsed
        .headers
        .iter()
        .map(|header| {
            (
                header.name.to_ascii_lowercase(),
                String::from_utf8_lossy(header.value).into_owned(),
            )
        })
        .collect();
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut request = Request {
        method: parsed.method?.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: vec![0; length],
    };
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn write_response(
    mut stream: &TcpStream,
    response: &Response,
    cut: Option<usize>,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Stand-in\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", response.body.len()));
    let mut bytes = head.into_bytes();
    let body = &response.body[..cut.unwrap_or(usize::MAX).min(response.body.len())];
    bytes.extend_from_slice(body);
    stream.write_all(&bytes)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

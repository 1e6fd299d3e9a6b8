//! A Kubernetes API server behind a certificate of its own, as pods find it: HTTPS, and trusted by the cluster's roots only.
//!
//! It answers one request per connection and hands each to the stand-in of the sandbox. Certificates and key are made for
//! these tests (`tests/fixtures/kubernetes`) and open nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::sandbox::http_server::{Request, Service};
use crate::support::sandbox::kubernetes::Kubernetes;

/// What `kube-root-ca.crt` holds in every namespace.
pub const ROOTS: &str = include_str!("../../fixtures/kubernetes/ca.crt");
const CERTIFICATE: &str = include_str!("../../fixtures/kubernetes/server.crt");
const KEY: &str = include_str!("../../fixtures/kubernetes/server.key");

/// A running server; stops when dropped.
pub struct ApiServer {
    pub port: u16,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl ApiServer {
    pub fn start(kubernetes: Arc<Kubernetes>) -> Self {
        Self::at("127.0.0.1:0", kubernetes).expect("a loopback port is free")
    }

    /// At another address of this machine, where it has that. The certificate holds for 127.0.0.1, ::1 and ::ffff:127.0.0.1.
    pub fn at(address: &str, kubernetes: Arc<Kubernetes>) -> std::io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap(),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let stopping = Arc::new(AtomicBool::new(false));
        let (noted, stop) = (Arc::clone(&asked), Arc::clone(&stopping));
        let acceptor = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let stream = StreamOwned::new(connection, stream.unwrap());
                // A client that does not trust us hangs up; it is the client's test that fails then.
                if let Some(request) = serve(stream, kubernetes.as_ref()) {
                    noted.lock().unwrap().push(request);
                }
            }
        });
        Ok(Self {
            port: address.port(),
            address,
            asked,
            stopping,
            acceptor: Some(acceptor),
        })
    }

    /// Requests that were answered, as `METHOD path status`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

fn serve(
    stream: StreamOwned<ServerConnection, TcpStream>,
    kubernetes: &Kubernetes,
) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).ok()? == 0 {
            return None;
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(&head).ok()?;
    let target = parsed.path?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: parsed.method?.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            })
            .collect(),
        body: Vec::new(),
    };
    let response = kubernetes.answer(&request);
    let mut stream = reader.into_inner();
    let mut answer = format!("HTTP/1.1 {} Stand-in\r\n", response.status);
    for (name, value) in &response.headers {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = response.body.len();
    answer.push_str(&format!(
        "content-length: {length}\r\nconnection: close\r\n\r\n"
    ));
    stream.write_all(answer.as_bytes()).ok()?;
    stream.write_all(&response.body).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()?;
    Some(format!("{} {path} {}", request.method, response.status))
}

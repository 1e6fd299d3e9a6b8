//! Which addresses a pod reaches through its proxy, and which without: over IPv4 and IPv6, as far as loopback goes.
//!
//! Loopback never goes through a proxy. `::ffff:127.0.0.1` leads to loopback and is no loopback address by itself: it stands here
//! for an address of IPv6 somewhere else.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::kubernetes::Kubernetes;
use crate::support::world::Finished;

use super::api_server::ApiServer;
use super::components::{set_variable, tick};

/// A proxy that closes each connection after its first line. The tick fails then; what counts is whom it asked.
struct Proxy {
    url: String,
    heard: Receiver<String>,
}

impl Proxy {
    /// Listens on an address of this machine; `None`, said loudly, where there is no IPv6.
    fn at(address: &str) -> Option<Self> {
        let listener = bound(TcpListener::bind(address))?;
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut head = [0; 256];
                let length = stream.unwrap().read(&mut head).unwrap_or(0);
                let text = String::from_utf8_lossy(&head[..length]).into_owned();
                let line = text.lines().next().unwrap_or_default().to_owned();
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Some(Self { url, heard })
    }

    /// Whom it was asked for so far, each once.
    fn heard(&self) -> Vec<String> {
        let mut all: Vec<String> = self.heard.try_iter().collect();
        all.dedup();
        all
    }
}

#[expect(clippy::print_stderr, reason = "a test that checks less must say so")]
fn bound<T>(result: std::io::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            eprintln!("SKIPPED: this machine has no loopback of IPv6: {error}");
            None
        }
    }
}

/// An HTTPS server that is no T3, and takes no bearer.
fn server(address: &str) -> Option<ApiServer> {
    let clock = SandboxClock::at(chrono::DateTime::UNIX_EPOCH);
    bound(ApiServer::at(address, Kubernetes::new(clock)))
}

/// A tick whose T3 has this address, behind a proxy, with a list of what goes without.
fn behind(proxy: &Proxy, t3: &str, no_proxy: Option<&str>) -> Option<Finished> {
    let finished = tick(
        &["proxy", "private-ca"],
        &[("AFK_T3_URL", t3)],
        |cron_job| {
            set_variable(cron_job, "HTTPS_PROXY", &proxy.url);
            if let Some(list) = no_proxy {
                set_variable(cron_job, "NO_PROXY", list);
            }
        },
    )?;
    assert_eq!(finished.status, 3, "{finished:?}");
    Some(finished)
}

#[test]
fn row_13_a_proxy_is_used_for_public_addresses() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Some(proxy) = Proxy::at(address) else {
            continue;
        };
        let Some(finished) = behind(&proxy, "https://t3.invalid", None) else {
            return;
        };
        let heard = proxy.heard();
        assert_eq!(heard, ["CONNECT t3.invalid:443 HTTP/1.1"], "{finished:?}");
    }
}

#[test]
fn loopback_of_either_kind_goes_without_a_proxy() {
    let proxy = Proxy::at("127.0.0.1:0").unwrap();
    for (listen, host) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "[::1]")] {
        let Some(server) = server(listen) else {
            continue;
        };
        let url = format!("https://{host}:{}", server.port);
        let Some(finished) = behind(&proxy, &url, None) else {
            return;
        };
        assert_eq!(proxy.heard(), [""; 0], "{finished:?}");
        assert!(
            finished.stdout.contains("something before T3 answers") && !server.asked().is_empty(),
            "{finished:?}"
        );
    }
}

#[test]
fn an_address_of_ipv6_goes_through_the_proxy_unless_no_proxy_names_it() {
    let server = Arc::new(server("127.0.0.1:0").unwrap());
    let url = format!("https://[::ffff:127.0.0.1]:{}", server.port);
    // As addresses are written: short, and in hexadecimal digits.
    let proxied = format!("CONNECT [::ffff:7f00:1]:{} HTTP/1.1", server.port);
    let proxy = Proxy::at("127.0.0.1:0").unwrap();
    for (no_proxy, direct) in [
        (".svc", false),
        ("::ffff:7f00:2", false),
        ("2001:db8::/32,fd00::/8", false),
        ("::ffff:7f00:1", true),
        ("::ffff:127.0.0.1", true),
        ("::ffff:0:0/96", true),
        (".svc, ::ffff:0:0/96", true),
        // All names, and no address.
        ("*", false),
        // Addresses stand without brackets there.
        ("[::ffff:7f00:1]", false),
    ] {
        let before = server.asked().len();
        let Some(finished) = behind(&proxy, &url, Some(no_proxy)) else {
            return;
        };
        let heard = proxy.heard();
        assert_eq!(
            heard,
            if direct {
                vec![]
            } else {
                vec![proxied.clone()]
            },
            "{no_proxy}: {finished:?}"
        );
        assert_eq!(
            server.asked().len() > before,
            direct,
            "{no_proxy}: {finished:?}"
        );
    }
}

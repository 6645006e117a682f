//! The real HTTP client, over loopback: what a socket does that an in-process connector does not.

use std::time::Duration;

use quarterdeck::{
    aws::{
        Clients,
        clients::{Access, Credentials, Patience, https},
        fetch,
    },
    domain::{
        fault::{Fault, FaultKind},
        query::{Answer, Outcome, Query, Request},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::canned::{NOW, access, complete, failed, scope};

/// How a list of scalable targets ends at this address.
async fn targets_at(address: String) -> Outcome {
    let patience = Patience {
        attempts: 1,
        connect: Duration::from_secs(2),
        attempt: Duration::from_secs(5),
        ..Patience::default()
    };
    let credentials = Credentials::Simulator { account: "111122223333".to_owned() };
    let access = Access { endpoint_url: Some(address), ..access(credentials, https(), patience, |_| {}) };
    let clients = Clients::connect(&scope(), &access).await.unwrap();
    fetch(&clients, &Request { scope: scope(), query: Query::ScalableTargets }, NOW).await
}

/// A server that sends these bytes to whoever asks, and hangs up.
async fn server(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 16 * 1024];
            if stream.read(&mut asked).await.is_ok() {
                stream.write_all(bytes).await.ok();
            }
        }
    });
    address
}

async fn fault(bytes: &'static [u8]) -> Fault {
    failed(targets_at(server(bytes).await).await)
}

#[tokio::test]
async fn an_endpoint_that_is_given_is_asked() {
    let address = server(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(complete(targets_at(address).await), Answer::ScalableTargets(Vec::new()));
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fault = failed(targets_at(format!("http://{address}")).await);
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Unreachable, "DispatchFailure"));
}

#[tokio::test]
async fn a_connection_cut_before_the_answer_is_unreachable() {
    assert_eq!(fault(b"").await.kind, FaultKind::Unreachable);
}

#[tokio::test]
async fn a_connection_cut_within_the_answer_is_garbled() {
    assert_eq!(
        fault(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n{\"ScalableTargets\":[").await.kind,
        FaultKind::Garbled
    );
}

#[tokio::test]
async fn what_is_not_http_is_unreachable() {
    assert_eq!(fault(b"SSH-2.0-OpenSSH_9.6\r\n").await.kind, FaultKind::Unreachable);
}

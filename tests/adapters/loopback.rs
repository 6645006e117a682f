//! The real HTTP client, over loopback: what a socket does that an in-process connector does not.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quarterdeck::{
    aws::{
        Clients,
        clients::{Access, Credentials, Patience, https},
        fetch,
    },
    domain::{
        cost::{CostFilter, asking::Ended, month::Month},
        fault::{Fault, FaultKind},
        query::{Answer, Attempt, Outcome, Query, Request},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::canned::{NOW, access, complete, failed, scope};

/// How a list of scalable targets ends at this address.
async fn targets_at(address: String) -> Outcome {
    asked_at(address, Query::ScalableTargets).await.0
}

/// How a read ends at this address, and the attempts at it.
async fn asked_at(address: String, query: Query) -> (Outcome, Vec<Attempt>) {
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let reported = attempts.clone();
    let report = move |attempt| reported.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
    let patience = Patience {
        attempts: 1,
        connect: Duration::from_secs(2),
        attempt: Duration::from_secs(5),
        ..Patience::default()
    };
    let credentials = Credentials::Simulator { account: "111122223333".to_owned() };
    let access = Access { endpoint_url: Some(address), ..access(credentials, https(), patience, report) };
    let clients = Clients::connect(&scope(), &access).await.unwrap();
    let outcome = fetch(&clients, &Request { scope: scope(), query }, NOW).await;
    let attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (outcome, attempts)
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
async fn a_connection_cut_before_the_answer_is_lost() {
    assert_eq!(fault(b"").await.kind, FaultKind::Lost);
}

/// What a question to Cost Explorer comes to at this address: its fault, whether it may be asked again before its time, the
/// attempts at it, and the answers that are reckoned as billed.
async fn billed_at(address: String) -> (FaultKind, bool, usize, u32) {
    let filter = CostFilter::Tag { key: "Project".into(), value: "terminal".into() };
    let (outcome, attempts) = asked_at(address, Query::Bill { filter, month: Month::current(NOW) }).await;
    let kind = failed(outcome).kind;
    let is_soon_again = matches!(Ended::after(kind, None), Ended::Unheard { .. });
    (kind, is_soon_again, attempts.len(), attempts.iter().map(|it| it.pages).sum())
}

#[tokio::test]
async fn what_cost_explorer_may_have_heard_is_asked_once_and_counts_as_billed() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    assert_eq!(billed_at(closed).await, (FaultKind::Unreachable, true, 1, 0));
    assert_eq!(billed_at(server(b"").await).await, (FaultKind::Lost, false, 1, 1));
    let torn = server(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n{\"ResultsByTime\":[").await;
    assert_eq!(billed_at(torn).await, (FaultKind::Garbled, false, 1, 1));
    let limited = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 37\r\n\r\n{\"__type\":\"LimitExceededException\"}\r\n";
    assert_eq!(billed_at(server(limited).await).await, (FaultKind::Throttled, true, 1, 0));
}

#[tokio::test]
async fn a_connection_cut_within_the_answer_is_garbled() {
    assert_eq!(
        fault(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n{\"ScalableTargets\":[").await.kind,
        FaultKind::Garbled
    );
}

#[tokio::test]
async fn what_is_not_http_is_lost() {
    assert_eq!(fault(b"SSH-2.0-OpenSSH_9.6\r\n").await.kind, FaultKind::Lost);
}

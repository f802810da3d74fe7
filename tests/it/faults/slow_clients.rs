//! Clients that connect and say nothing, send a body byte by byte, or never read their answers. `IDLE_CONNECTIONS` sets how many
//! of the first kind there are.

use super::load::{Fate, Writer};
use super::process::Process;
use super::raw::{PATIENCE, connect, exchange, request};
use super::site::Site;
use super::world::Door;
use crate::fuzz::number;
use crate::support::Database;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

const IDLE: usize = 600;
const DEAF: usize = 8;
/// What a client does beside them.
const WRITES: usize = 40;

/// Connections that nobody uses cost a little memory and nothing else, and end by themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_disturb_nobody() {
    let wanted = number("IDLE_CONNECTIONS", IDLE);
    let allowed = rlimit::increase_nofile_limit(rlimit::INFINITY).expect("it can be read");
    assert!(allowed > wanted as u64 + 300, "{allowed} open files are too few for {wanted} connections");
    // They must be open together before the first of them ends.
    let time = if wanted > IDLE { "60" } else { "10" };
    let site = Site::new(Database::Sqlite).with("SERVER__IDLE_TIMEOUT_SECONDS", time);
    let process = site.start("idle");
    let door = Door::new(&process.root, site.secrets());
    let mut writer = Writer::new(0);
    work(&mut writer, &door).await;
    let before = process.resident();

    let mut idle = Vec::new();
    for number in 0..wanted {
        let mut stream = connect(&door).await;
        match number % 3 {
            0 => {}
            1 => stream.write_all(b"GET /scim/v2/Users HTTP/1.1\r\nHost:").await.expect("it is taken"),
            _ => assert!(exchange(&mut stream, &request(&door, "GET", "/Users?count=1", "")).await.is_ok()),
        }
        idle.push(stream);
    }
    until_open(&door, |open| open >= wanted).await;
    let (took, with_all) = (work(&mut writer, &door).await, process.resident());
    println!(
        "{wanted} idle connections: {before} kB resident before, {with_all} kB with them, {:.1} kB each; {WRITES} writes beside them \
         took {took:.0?}",
        (with_all.saturating_sub(before)) as f64 / wanted as f64
    );
    // Nobody closes them on this side.
    until_open(&door, |open| open < 100).await;
    work(&mut writer, &door).await;
    site.check_log();
}

/// A body that never ends takes no place of those who send theirs, and is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickled_bodies_disturb_nobody() {
    let site = Site::new(Database::Sqlite).with("SERVER__REQUEST_TIMEOUT_SECONDS", "4").with("LIMITS__IN_FLIGHT", "20");
    let process = site.start("trickle");
    let door = Door::new(&process.root, site.secrets());
    let mut trickles = JoinSet::new();
    for _ in 0..100 {
        trickles.spawn(trickle(connect(&door).await, request(&door, "POST", "/Users", &" ".repeat(1000))));
    }
    until_open(&door, |open| open >= 100).await;
    let mut writer = Writer::new(0);
    work(&mut writer, &door).await;
    let answers = tokio::time::timeout(PATIENCE, trickles.join_all()).await.expect("they are given up");
    assert!(answers.iter().all(|answer| answer.contains("503") || answer.is_empty()), "{answers:?}");
    until_open(&door, |open| open < 50).await;
    site.check_log();
}

/// Whoever asks again and again and reads nothing is hung up on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_do_not_read_disturb_nobody() {
    let site = Site::new(Database::Sqlite).with("SERVER__WRITE_TIMEOUT_SECONDS", "2");
    let mut process = site.start("deaf");
    let door = Door::new(&process.root, site.secrets());
    let mut deaf = JoinSet::new();
    for _ in 0..DEAF {
        deaf.spawn(ask_for_ever(connect_deaf(&door).await, request(&door, "GET", "/Schemas", "")));
    }
    let mut writer = Writer::new(0);
    work(&mut writer, &door).await;
    let hung_up = tokio::time::timeout(PATIENCE, deaf.join_all()).await.expect("they are hung up on");
    assert_eq!(hung_up.len(), DEAF);
    until_open(&door, |open| open < DEAF).await;
    report(&mut process);
    site.check_log();
}

fn report(process: &mut Process) {
    assert!(process.is_alive());
    println!("{} kB resident after {DEAF} clients that did not read", process.resident());
}

/// A client beside them: all it writes is done.
async fn work(writer: &mut Writer, door: &Door) -> Duration {
    let begun = Instant::now();
    for _ in 0..WRITES {
        assert_eq!(writer.step(door).await, Fate::Done);
    }
    begun.elapsed()
}

/// Waits until so many connections are open as the server says.
async fn until_open(door: &Door, enough: impl Fn(usize) -> bool) {
    let begun = Instant::now();
    loop {
        let request = door.client.get(format!("{}/metrics", door.root));
        let text = request.send().await.expect("an answer").text().await.expect("the whole of it");
        let line = text.lines().find_map(|line| line.strip_prefix("scim_connector_open_connections "));
        let open = line.and_then(|number| number.parse().ok()).expect("the gauge");
        if enough(open) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{open} connections are open");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sends the head and then a byte now and then until it is answered; the first line of the answer.
async fn trickle(stream: TcpStream, request: Vec<u8>) -> String {
    let (mut reading, mut writing) = stream.into_split();
    let drip = tokio::spawn(async move {
        let body = request.len() - 1000;
        if writing.write_all(&request[..body]).await.is_err() {
            return;
        }
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = Vec::new();
    // It may end with a reset, as bytes were on their way.
    let _ = reading.read_to_end(&mut answer).await;
    drip.abort();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

/// A connection with as little room for answers as there can be.
async fn connect_deaf(door: &Door) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("it can be set");
    let address = door.root.trim_start_matches("http://").parse().expect("an address");
    socket.connect(address).await.expect("the server listens")
}

/// Sends requests and never reads, until the connection is gone.
async fn ask_for_ever(mut stream: TcpStream, request: Vec<u8>) {
    while stream.write_all(&request).await.is_ok() {}
}

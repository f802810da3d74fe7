//! W6: groups of 100 to 100,000 members: one member more or less, the group itself, lookups without the members, and a user
//! in many groups.

use crate::bench::{Bench, Side};
use crate::client::Client;
use crate::drive::{Until, drive, expect, micros, percentile};
use crate::failure::{Failure, Result};
use crate::figures::{Beside, Figure};
use crate::people::{body, escape, patch, user_name};
use std::sync::Mutex;
use uuid::Uuid;

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];

/// Members that one PATCH adds while a group is filled.
const BLOCK: usize = 5_000;

/// Groups of the user who has many.
const MANY: usize = 50;

/// The groups of each side.
pub struct Groups(Vec<Prepared>);

struct Prepared {
    /// Members, name and id.
    groups: Vec<(usize, String, String)>,
    /// Who comes and goes.
    guest: String,
    /// Who is in many groups.
    busy: Uuid,
}

impl Groups {
    pub fn prepare(bench: &Bench) -> Result<Self> {
        bench.sides.iter().map(prepare).collect::<Result<_>>().map(Self)
    }

    pub fn round(&self, bench: &mut Bench, round: u32) -> Result<()> {
        let mut figures = Vec::new();
        for (side, prepared) in bench.sides.iter().zip(&self.0) {
            let read = bench.beside_reads(side);
            for group in &prepared.groups {
                figures.push(one_member(bench, side, group, &prepared.guest, round));
                figures.extend(without_members(bench, side, group, round, &read));
                figures.push(whole(bench, side, group, round));
            }
            figures.push(busy_user(bench, side, prepared, round, &read));
        }
        bench.keep(figures);
        Ok(())
    }
}

fn prepare(side: &Side) -> Result<Prepared> {
    let mut client = Client::new(&side.server.target);
    let mut groups = Vec::new();
    for size in SIZES.into_iter().filter(|size| *size <= side.people.count()) {
        let name = format!("Group of {size}");
        let id = create(&mut client, "/Groups", &group(&name, &[]))?;
        for block in side.people.0[..size].chunks(BLOCK) {
            let body = patch(&format!(r#"{{"op":"add","path":"members","value":[{}]}}"#, members(block)));
            let call = ("PATCH", &*format!("/Groups/{id}"), Some(&*body));
            expect(&mut client, call, &[200, 204], |_| true).map_err(Failure::new)?;
        }
        groups.push((size, name, id));
    }
    let guest = create(&mut client, "/Users", &body(side.next_number()))?;
    let (_, busy) = side.people.at(side.people.count() / 3);
    for number in 0..MANY {
        create(&mut client, "/Groups", &group(&format!("Team {number}"), &[busy]))?;
    }
    Ok(Prepared { groups, guest, busy })
}

fn create(client: &mut Client, path: &str, body: &str) -> Result<String> {
    expect(client, ("POST", path, Some(body)), &[201], |_| true).map_err(Failure::new)?;
    client.value("id").ok_or_else(|| Failure::new("What was created has no id."))
}

fn group(name: &str, users: &[Uuid]) -> String {
    let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
    format!(r#"{{"schemas":["{schema}"],"displayName":"{name}","members":[{}]}}"#, members(users))
}

fn members(users: &[Uuid]) -> String {
    users.iter().map(|id| format!(r#"{{"value":"{id}"}}"#)).collect::<Vec<_>>().join(",")
}

/// In and out again, a PATCH each.
fn one_member(bench: &Bench, side: &Side, (size, _, id): &(usize, String, String), guest: &str, round: u32) -> Figure {
    let path = format!("/Groups/{id}");
    let add = patch(&format!(r#"{{"op":"add","path":"members","value":[{{"value":"{guest}"}}]}}"#));
    let remove = patch(&format!(r#"{{"op":"remove","path":"members[value eq \"{guest}\"]"}}"#));
    let beside = bench.beside_hello(1);
    // An even number, so that the group is left as it was.
    let until = Until { seconds: bench.pace.seconds, calls: 2_000 };
    let slice = drive(&side.server.target, 1, until, |client, turn| {
        let body = if turn.number.is_multiple_of(2) { &add } else { &remove };
        let holds = |client: &Client| client.body.is_empty() || client.contains(guest) == turn.number.is_multiple_of(2);
        expect(client, ("PATCH", &path, Some(body)), &[200, 204], holds)
    });
    if slice.latencies.len() % 2 == 1 {
        let _ = Client::new(&side.server.target).call("PATCH", &path, Some(&remove));
    }
    bench.figure(side, &format!("W6 add or remove one member, of {size}"), 1, round, &slice).beside(&beside)
}

/// Lookups that never need the members.
fn without_members(
    bench: &Bench,
    side: &Side,
    (size, name, id): &(usize, String, String),
    round: u32,
    read: &Beside,
) -> [Figure; 2] {
    let (_, member) = side.people.at(size / 2);
    let filters = [
        ("displayName eq", format!("displayName eq \"{name}\"")),
        ("id eq and members eq", format!("id eq \"{id}\" and members eq \"{member}\"")),
    ];
    filters.map(|(what, filter)| {
        let path = format!("/Groups?filter={}&excludedAttributes=members", escape(&filter));
        let slice = drive(&side.server.target, 1, bench.until(), |client, _| {
            let found = |client: &Client| client.number("totalResults") == Some(1) && client.contains(id);
            expect(client, ("GET", &path, None), &[200], |client| found(client) && !client.contains("\"members\""))
        });
        bench.figure(side, &format!("W6 {what}, of {size}"), 1, round, &slice).beside(read)
    })
}

/// The group with all its members: the time to the end and to the first byte, and what the server's memory grows by.
fn whole(bench: &Bench, side: &Side, (size, _, id): &(usize, String, String), round: u32) -> Figure {
    let path = format!("/Groups/{id}");
    let ends: Vec<String> = [0, size - 1].iter().map(|index| side.people.at(*index).1.to_string()).collect();
    let beside = bench.beside_hello(1);
    let first_bytes = Mutex::new(Vec::new());
    side.server.forget_peak();
    let before = side.server.memory();
    let slice = drive(&side.server.target, 1, bench.until(), |client, _| {
        expect(client, ("GET", &path, None), &[200], |client| ends.iter().all(|end| client.contains(end)))?;
        first_bytes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(micros(client.first_byte));
        Ok(())
    });
    let grown = side.server.peak_memory() - before;
    let mut first_bytes = first_bytes.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    first_bytes.sort_by(f64::total_cmp);
    bench
        .figure(side, &format!("W6 GET group, of {size}"), 1, round, &slice)
        .beside(&beside)
        .value("first byte ms", percentile(&first_bytes, 0.5) / 1e3)
        .value("memory grows MiB", grown.max(0.0))
}

fn busy_user(bench: &Bench, side: &Side, prepared: &Prepared, round: u32, read: &Beside) -> Figure {
    let (number, _) = side.people.at(side.people.count() / 3);
    let (path, name) = (format!("/Users/{}", prepared.busy), user_name(number));
    let last = format!("Team {}", MANY - 1);
    let slice = drive(&side.server.target, 1, bench.until(), |client, _| {
        expect(client, ("GET", &path, None), &[200], |client| client.contains(&name) && client.contains(&last))
    });
    bench.figure(side, "W6 GET user in 50 groups", 1, round, &slice).beside(read)
}

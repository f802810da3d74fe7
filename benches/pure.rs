//! What every request pays beside the database: filters, PATCH, decoding, rendering. `cargo bench --bench pure` compares with
//! the run before; a word behind it names some of them: `cargo bench --bench pure -- patch`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scim_connector::domain::Id;
use scim_connector::provisioning::{MEMBERS_IN_A_PIECE, write_members};
use scim_connector::scim::filter::{Unknown, bind, matches, parse};
use scim_connector::scim::patch::{self, PatchRequest};
use scim_connector::scim::project::Projection;
use scim_connector::scim::schema::USER;
use scim_connector::scim::{Object, Reading, decode};
use serde_json::Value;
use std::hint::black_box;

const FILTERS: [(&str, &str); 3] = [
    ("one", r#"userName eq "ada.lovelace@example.com""#),
    ("path", r#"emails[type eq "work" and value co "@example.com"]"#),
    (
        "long",
        r#"(userName sw "a" or name.familyName co "love") and not (active eq false) and meta.lastModified gt "2026-01-31T08:00:00Z""#,
    ),
];

/// What identity providers send; the tests have them, too.
const USERS: &str = include_str!("../tests/it/corpus/users.txt");
const PATCHES: &str = include_str!("../tests/it/corpus/patches.txt");

fn line(corpus: &str, number: usize) -> Value {
    serde_json::from_str(corpus.lines().nth(number).expect("a line")).expect("JSON")
}

/// A user that has something of everything.
fn user() -> Object {
    decode::resource(line(USERS, 0), &USER, &mut Reading::lenient()).expect("a user")
}

fn filters(criterion: &mut Criterion) {
    let user = user();
    for (name, text) in FILTERS {
        let parsed = parse(text, &mut Reading::lenient()).expect("a filter");
        let bound = bind(parsed.clone(), &USER, Unknown::Refuse, &mut Reading::lenient()).expect("of users");
        criterion.bench_function(&format!("filter/parse/{name}"), |bencher| {
            bencher.iter(|| parse(black_box(text), &mut Reading::lenient()));
        });
        criterion.bench_function(&format!("filter/bind/{name}"), |bencher| {
            let bind = |parsed| bind(parsed, &USER, Unknown::Refuse, &mut Reading::lenient());
            bencher.iter_batched(|| parsed.clone(), bind, BatchSize::SmallInput);
        });
        criterion.bench_function(&format!("filter/evaluate/{name}"), |bencher| {
            bencher.iter(|| matches(black_box(&bound), &user));
        });
    }
}

fn patches(criterion: &mut Criterion) {
    let user = user();
    for (name, number) in [("one", 0), ("several", 1)] {
        let body = line(PATCHES, number);
        let bind = |body| {
            let request = PatchRequest::decode(body, &mut Reading::lenient()).expect("a PATCH");
            patch::bind(request, &USER, "the-id", &mut Reading::lenient()).expect("of users")
        };
        let bound = bind(body.clone());
        criterion.bench_function(&format!("patch/bind/{name}"), |bencher| {
            bencher.iter_batched(|| body.clone(), bind, BatchSize::SmallInput);
        });
        criterion.bench_function(&format!("patch/apply/{name}"), |bencher| {
            let apply = |bound| patch::apply(bound, &user, &USER, &mut Reading::lenient());
            bencher.iter_batched(|| bound.clone(), apply, BatchSize::SmallInput);
        });
    }
}

fn decoding(criterion: &mut Criterion) {
    let text = USERS.lines().next().expect("a line");
    criterion.bench_function("decode/user", |bencher| {
        bencher.iter(|| {
            let body = serde_json::from_str(black_box(text)).expect("JSON");
            decode::resource(body, &USER, &mut Reading::lenient())
        });
    });
}

fn rendering(criterion: &mut Criterion) {
    let user = user();
    let some = ["userName".to_owned(), "emails.value".to_owned()];
    for (name, projection) in [("all", Projection::DEFAULT), ("some", Projection::new(Some(&some), None, &USER))] {
        criterion.bench_function(&format!("render/user/{name}"), |bencher| {
            let render = |user| Value::Object(projection.apply(user, &USER)).to_string();
            bencher.iter_batched(|| user.clone(), render, BatchSize::SmallInput);
        });
    }
    let members: Vec<Id> = (0..MEMBERS_IN_A_PIECE).map(|_| Id::new()).collect();
    criterion.bench_function("render/members", |bencher| {
        bencher.iter(|| {
            let mut text = String::new();
            write_members(&mut text, black_box(&members), "https://scim.example.com/scim/v2", true);
            text
        });
    });
}

criterion_group!(pure, filters, patches, decoding, rendering);
criterion_main!(pure);

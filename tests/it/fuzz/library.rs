//! The pure functions of the protocol under changed inputs: the targets that LLVM's fuzzer has, too.

use super::{corpus, fuzz, mutate};

#[path = "../../../fuzz/src/targets.rs"]
mod targets;

#[test]
fn filters() {
    let corpus = corpus::lines(corpus::FILTERS);
    fuzz(|dice| Some(mutate::text(dice, &corpus)), |text| targets::filter(text));
}

#[test]
fn paths() {
    let corpus = corpus::lines(corpus::PATHS);
    fuzz(|dice| Some(mutate::text(dice, &corpus)), |text| targets::path(text));
}

#[test]
fn patches() {
    let corpus = corpus::lines(corpus::PATCHES);
    fuzz(|dice| mutate::json(dice, &corpus), targets::patch);
}

#[test]
fn users() {
    let corpus = corpus::lines(corpus::USERS);
    fuzz(|dice| mutate::json(dice, &corpus), targets::user);
}

#[test]
fn groups() {
    let corpus = corpus::lines(corpus::GROUPS);
    fuzz(|dice| mutate::json(dice, &corpus), targets::group);
}

#[test]
fn queries() {
    let corpus = corpus::lines(corpus::QUERIES);
    fuzz(|dice| Some(mutate::bytes(dice, &corpus)), |bytes| targets::query(bytes));
}

#[test]
fn cursors() {
    let mut corpus = corpus::lines(corpus::CURSORS);
    let good = targets::issued_cursor();
    corpus.push(good);
    fuzz(
        // The untouched one now and then, so that something is accepted.
        |dice| Some(if dice.one_in(50) { good.to_owned() } else { mutate::text(dice, &corpus) }),
        |cursor| targets::cursor(cursor),
    );
}

#[test]
fn bulk_requests() {
    let corpus = corpus::lines(corpus::BULKS);
    fuzz(|dice| mutate::json(dice, &corpus), targets::bulk);
}

//! What `co`, `sw` and `ew` need of folding: a part of a text, folded, is a part of the folded text.

use super::config;
use proptest::prelude::*;
use scim_connector::expr::fold;

/// Letters of every kind, the Greek ones often: their lower case may depend on what stands beside them.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![3 => "[A-Za-zÉéßİıIiﬀǅ😀 .']", 2 => "[Α-Ωα-ω]", 1 => "\\PC"], 0..5)
        .prop_map(|letters| letters.concat())
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn folding_twice_is_folding_once(text in text()) {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }

    #[test]
    fn the_parts_of_a_text_fold_to_the_parts_of_the_folded_text(start in text(), end in text()) {
        prop_assert_eq!(fold(&format!("{start}{end}")), fold(&start) + &fold(&end));
    }
}

/// The same as a person meets it.
#[test]
fn a_greek_name_is_found_by_its_beginning() {
    assert!(fold("ΑΣΤΡΑ").starts_with(&fold("ΑΣ")));
}

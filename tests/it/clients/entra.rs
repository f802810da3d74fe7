//! Microsoft Entra ID (idp.md 2.1): the recorded conversations in its own dialect; those with the default one are in
//! `recorded.rs`.

use super::{has_seen, ids, speaking};
use crate::recorded::{replay, replay_as};
use crate::support::on_both;
use scim_connector::domain::Dialect;
use serde_json::{Value, json};

/// E16–E18: a PATCH of a group is answered without a body.
fn without_group_bodies(exchange: &mut Value) {
    let is_patch =
        exchange["method"] == "PATCH" && exchange["path"].as_str().is_some_and(|path| path.starts_with("/Groups"));
    if is_patch && exchange["expect"]["status"] == 200 {
        exchange["expect"] = json!({ "status": 204 });
    }
}

on_both! {
    async fn the_default_conversation_in_its_own_dialect(server) {
        speaking(&server, Dialect::Entra).await;
        replay_as(&server, include_str!("../fixtures/entra_unflagged.json"), without_group_bodies).await;
        has_seen(&server, &[
            "op_in_other_case", "boolean_as_text", "value_path_without_match", "json_in_text", "list_for_value",
            "empty_text", "complex_as_value", "value_path_in_filter", "attribute_without_urn", "text_for_object",
        ]).await;
    }

    async fn the_flagged_conversation_in_its_own_dialect(server) {
        speaking(&server, Dialect::Entra).await;
        replay_as(&server, include_str!("../fixtures/entra_flagged.json"), without_group_bodies).await;
        has_seen(&server, &["path_as_name", "empty_operations", "dot_behind_urn", "boolean_as_text"]).await;
    }

    async fn groups_in_its_own_dialect(server) {
        speaking(&server, Dialect::Entra).await;
        replay_as(&server, include_str!("../fixtures/entra_groups.json"), without_group_bodies).await;
        has_seen(&server, &["remove_with_value", "unknown_schema", "text_for_object"]).await;
    }

    /// idp.md 2.6: SCIM_Null_Update: an empty text, then null, clears an optional attribute and stays.
    async fn the_null_update_of_the_gallery(server) {
        let user = server.user("grace@example.com").await;
        let path = format!("/Users/{user}");
        let title = |value: Value| json!([{ "op": "Replace", "path": "title", "value": value }]);
        server.patch(&path, title("Admiral".into())).await.expect(200);
        for nothing in [json!(""), Value::Null] {
            let reply = server.patch(&path, title(nothing)).await.expect(200);
            assert_eq!(reply.body.get("title"), None);
        }
        has_seen(&server, &["empty_text", "null_for_remove"]).await;
    }

    /// idp.md 2.6: eleven users in pages of five, each page saying where it begins.
    async fn the_pagination_of_the_gallery(server) {
        let mut all = Vec::new();
        for number in 0..11 {
            all.push(server.user(&format!("user{number:02}@example.com")).await);
        }
        let mut found = Vec::new();
        for start in [1, 6, 11] {
            let page = server.get(&format!("/Users?startIndex={start}&count=5")).await.expect(200);
            assert_eq!((&page.body["startIndex"], &page.body["totalResults"]), (&json!(start), &json!(11)));
            found.extend(ids(&page));
        }
        assert_eq!(found, all);
    }

    /// B27: what Entra sends is refused and comes again in the next cycle.
    async fn an_unknown_member_waits_for_the_next_cycle(server) {
        speaking(&server, Dialect::Entra).await;
        let group = server.group("Engineers", &[]).await;
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "0197a000-0000-7000-8000-000000000000" }] }]);
        assert_eq!(server.patch(&format!("/Groups/{group}"), add).await.expect(400).scim_type(), "invalidValue");
    }

    /// idp.md 2.3: on demand the flag does not apply, so one tenant sends both shapes on one day.
    async fn both_shapes_follow_each_other(server) {
        speaking(&server, Dialect::Auto).await;
        replay(&server, include_str!("../fixtures/entra_unflagged.json")).await;
        let user = server.user("both@example.com").await;
        let flagged = json!([{ "op": "replace", "value": { "name.givenName": "Both", "displayName": "B" } }]);
        let reply = server.patch(&format!("/Users/{user}"), flagged).await.expect(200);
        assert_eq!((&reply.body["name"]["givenName"], &reply.body["displayName"]), (&json!("Both"), &json!("B")));
    }
}

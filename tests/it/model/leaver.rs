//! Who leaves: deactivated, or removed for ever.

use super::*;
use crate::support::on_both;

on_both! {
    /// E-03, E-22, E-23, E-24, E-42, B-06: deactivation takes access and nothing else; reactivation restores just that,
    /// with the same id.
    async fn deactivation_takes_access_and_nothing_else(server) {
        organization(&server, "Sales").await;
        let body = json!({ "userName": "ada", "roles": roles(&["User"]), XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        server.patch(&path, set("memberships", json!([{ "value": group, "groupAdmin": true, "canSend": false }]))).await;
        let before = place(&server, &ada).await;

        let reply = server.patch(&path, activate(false)).await.expect(200);
        assert_eq!(reply.body["active"], false);
        let inactive = place(&server, &ada).await;
        assert_eq!((&inactive["status"], &inactive["blockedReasons"][0]), (&json!("inactive"), &json!("user_inactive")));
        for name in ["organization", "memberships", "effectiveRoles", "primaryGroup"] {
            assert_eq!(inactive[name], before[name], "{name}");
        }
        for filter in ["active eq false".to_owned(), format!("{XU}:status eq \"inactive\"")] {
            assert_eq!(server.find("/Users", &filter).await.body["totalResults"], 1, "{filter}");
        }
        let told = events(&server, "user.deactivated", 1).await;
        assert_eq!(told[0]["data"]["affectsRunningSessions"], false);

        server.patch(&path, activate(true)).await.expect(200);
        assert_eq!(place(&server, &ada).await, before);
        assert_eq!(events(&server, "user.reactivated", 1).await.len(), 1);
    }

    /// E-24, E-22: a PUT that does not mention `active` brings nobody back.
    async fn a_put_brings_nobody_back(server) {
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        server.patch(&path, activate(false)).await.expect(200);
        assert_eq!(server.put(&path, json!({ "userName": "ada" })).await.expect(200).body["active"], false);
        assert_eq!(place(&server, &ada).await["status"], "inactive");
    }

    /// I-06, I-19, I-23, B-08: a removed user is 404 for every verb, is in no list and no group, and never changes.
    async fn a_removed_user_is_gone_for_every_verb(server) {
        let ada = server.user("ada").await;
        let bob = server.user("bob").await;
        let group = server.group("Engineers", &[ada.clone(), bob.clone()]).await;
        let path = format!("/Users/{ada}");
        server.delete(&path).await.expect(204);
        server.get(&path).await.expect(404);
        server.put(&path, json!({ "userName": "ada" })).await.expect(404);
        server.patch(&path, activate(true)).await.expect(404);
        server.patch(&path, set("organization", json!("Default"))).await.expect(404);
        server.delete(&path).await.expect(404);
        let head = send(server.request(Method::HEAD, &path)).await;
        assert_eq!(head.status.as_u16(), 404);
        let operations = json!([
            { "method": "PATCH", "path": path, "data": { "Operations": activate(true) } },
            { "method": "PUT", "path": path, "data": { "userName": "ada" } },
            { "method": "DELETE", "path": path },
        ]);
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
        let bulk = server.post("/Bulk", bulk).await.expect(200);
        for outcome in bulk.body["Operations"].as_array().expect("outcomes") {
            assert_eq!(outcome["status"], "404", "{outcome}");
        }
        for filter in [format!("id eq \"{ada}\""), "userName eq \"ada\"".to_owned(), format!("groups.value eq \"{group}\" and userName eq \"ada\"")] {
            assert_eq!(server.find("/Users", &filter).await.body["totalResults"], 0, "{filter}");
        }
        assert_eq!(server.get("/Users").await.body["totalResults"], 1);
        let read = server.get(&format!("/Groups/{group}")).await.body;
        assert_eq!(read["members"].as_array().map(Vec::len), Some(1));
        assert_eq!(server.find("/Groups", &format!("members.value eq \"{ada}\"")).await.body["totalResults"], 0);
        assert_eq!(server.find("/Groups", &format!("{XG}:memberCount eq 1")).await.body["totalResults"], 1);
        let path_of_group = format!("/Groups/{group}");
        refuses(&server, &[&path_of_group], server.patch(&path_of_group, add_member(&ada)), 400, "member_unknown").await;
        let flags = json!([{ "op": "replace", "path": format!("{XG}:memberSettings[value eq \"{ada}\"].canSend"), "value": false }]);
        let reply = server.patch(&path_of_group, flags).await;
        assert!(reply.status.is_client_error(), "{}", reply.body);
    }

    /// B-08, E-24: with `scim.delete` = deactivate a DELETE deactivates, once (P-19).
    async fn delete_may_mean_deactivate(server) {
        server.policies(&[("scim.delete", "deactivate")]).await;
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        server.delete(&path).await.expect(204);
        let before = everything(&server, &path).await;
        assert_eq!(before.0["active"], false);
        server.delete(&path).await.expect(204);
        same(&before, &everything(&server, &path).await);
        let boss = administrator(&server, "boss").await;
        let path = format!("/Users/{boss}");
        refuses(&server, &[&path], server.delete(&path), 403, "last_active_admin").await;
    }

    /// E-24, I-19: what removes a user is told with his name, and his old record is never touched again.
    async fn a_removal_is_told(server) {
        let ada = server.user("ada").await;
        server.delete(&format!("/Users/{ada}")).await.expect(204);
        let told = events(&server, "user.removed", 1).await;
        assert_eq!((&told[0]["subject"], &told[0]["data"]["userName"]), (&json!(ada), &json!("ada")));
        let account = server.account;
        let id: Id = ada.parse().expect("an id");
        let work = async move |tx: &mut Tx<'_>| tx.removed_user(account, id).await;
        let tombstone = server.app.service.db.read::<_, StorageError, _>(work).await.expect("read");
        assert_eq!(tombstone.map(|row| row.version), Some(2));
    }
}

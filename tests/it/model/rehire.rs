//! Who comes back.

use super::*;
use crate::support::on_both;
use scim_connector::domain::OnConflict;

on_both! {
    /// E-35, E-23: without other word a POST for somebody inactive is a conflict, and the filter finds him.
    async fn a_returning_leaver_is_a_conflict_by_default(server) {
        let body = json!({ "userName": "ada", "externalId": "x1" });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        server.patch(&path, activate(false)).await.expect(200);
        let post = server.post("/Users", json!({ "userName": "Ada" }));
        refuses(&server, &[&path], post, 409, "username_taken").await;
        let other_name = server.post("/Users", json!({ "userName": "ada2", "externalId": "x1" }));
        refuses(&server, &[&path], other_name, 409, "external_id_taken").await;
        assert_eq!(server.find("/Users", "userName eq \"ADA\"").await.resources()[0]["id"], ada.as_str());
    }

    /// E-23: with `restore` the old record comes back: 201, the old id, his groups; found by externalId or by userName.
    async fn a_returning_leaver_gets_his_record_back(server) {
        server.configure(|connection| connection.settings.on_conflict = Some(OnConflict::Restore)).await;
        organization(&server, "Sales").await;
        let body = json!({ "userName": "ada", "externalId": "x1", XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        server.group("Engineers", std::slice::from_ref(&ada)).await;
        for push in [
            json!({ "userName": "ADA", "externalId": "x1" }),
            json!({ "userName": "ada2", "externalId": "x1" }),
            json!({ "userName": "ADA2", "externalId": "x9", "active": true, "title": "Dr" }),
        ] {
            server.patch(&path, activate(false)).await.expect(200);
            let version = server.get(&path).await.header("etag").to_owned();
            let back = server.post("/Users", push.clone()).await.expect(201);
            assert_eq!(back.id(), ada, "{push}");
            assert_eq!(back.header("location"), format!("{}{path}", server.base_url));
            assert_ne!(back.header("etag"), version);
            assert_eq!((&back.body["active"], &back.body["userName"]), (&json!(true), &push["userName"]));
            assert_eq!(groups_of(&server, &ada).await, ["Engineers*"]);
            assert_eq!(place(&server, &ada).await["organization"], "Sales");
        }
        assert_eq!(server.get("/Users").await.body["totalResults"], 1);
        // Somebody active is a conflict all the same.
        server.post("/Users", json!({ "userName": "ada2" })).await.expect(409);
        // Another connection restores nobody of this one.
        server.patch(&path, activate(false)).await.expect(200);
        let second = second_connection(&server).await;
        by(&server, &second, Method::POST, "/Users", json!({ "userName": "ada2" })).await.expect(409);
    }

    /// I-19, E-35: userName, e-mail, externalId and username of a removed user are free again, and the new record names
    /// the old one (P-20).
    async fn a_removed_person_gets_a_new_record(server) {
        server.policies(&[("users.unique_email_scim", "on")]).await;
        server.configure(|connection| connection.settings.on_conflict = Some(OnConflict::Restore)).await;
        let body = json!({
            "userName": "Ada@example.com", "externalId": "x1", "emails": [{ "value": "ada@example.com" }],
            XU: { "username": "ada" },
        });
        let old = server.post("/Users", body.clone()).await.expect(201).id();
        server.patch(&format!("/Users/{old}"), activate(false)).await.expect(200);
        server.delete(&format!("/Users/{old}")).await.expect(204);
        let new = server.post("/Users", body).await.expect(201).id();
        assert_ne!(new, old);
        let told = events(&server, "user.created", 2).await;
        let last = told.iter().find(|event| event["subject"] == new.as_str()).expect("it is told");
        assert_eq!(last["data"]["previousUserId"], old.as_str());
        let first = told.iter().find(|event| event["subject"] == old.as_str()).expect("it is told");
        assert_eq!(first["data"].get("previousUserId"), None);
        server.get(&format!("/Users/{old}")).await.expect(404);
    }
}

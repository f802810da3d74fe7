//! The highest role that a connection may grant (P-18).

use super::*;
use crate::support::on_both;
use scim_connector::admin::{create_connection, create_token};
use scim_connector::domain::{AboveCeiling, OnConflict};

on_both! {
    /// E-05, E-37, I-04, I-17: above the ceiling a role is shown as sent and does not count.
    async fn a_role_above_the_ceiling_is_held(server) {
        for (name, sent) in [("ada", "Administrator"), ("bob", "finance_admin")] {
            let body = json!({ "userName": name, "roles": roles(&[sent, "User"]) });
            let user = server.post("/Users", body).await.expect(201);
            assert_eq!(user.body["roles"], roles(&[sent, "User"]));
            assert_eq!(effective(&server, &user.id()).await, ["standard_user"]);
            // It is no administrator who could be the last one.
            server.delete(&format!("/Users/{}", user.id())).await.expect(204);
        }
    }

    /// E-05, E-37: with `reject` it is refused with the ceiling's name, and nothing is changed.
    async fn a_role_above_the_ceiling_is_refused(server) {
        server.configure(|connection| connection.settings.above_ceiling = AboveCeiling::Reject).await;
        let ada = server.post("/Users", json!({ "userName": "ada", "roles": roles(&["User"]) })).await.expect(201).id();
        let path = format!("/Users/{ada}");
        for request in [
            server.patch(&path, set_roles(&["ADMIN"])).await,
            server.patch(&path, json!([{ "op": "add", "path": "roles", "value": roles(&["ADMIN"]) }])).await,
            server.put(&path, json!({ "userName": "ada", "roles": roles(&["ADMIN"]) })).await,
            server.post("/Users", json!({ "userName": "bob", "roles": roles(&["ADMIN"]) })).await,
        ] {
            refused(&request, 403, "role_ceiling");
            assert!(request.body["detail"].as_str().is_some_and(|detail| detail.contains("standard_user")));
        }
        let up = server.patch(&path, set_roles(&["User", "Finance Admin"]));
        refuses(&server, &[&path], up, 403, "role_ceiling").await;
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
    }

    /// E-37: a finance administrator's ceiling lets finance administrators through and no administrators.
    async fn the_ceiling_has_steps(server) {
        server.configure(|connection| connection.role_ceiling = RoleCeiling::FinanceAdmin).await;
        let body = json!({ "userName": "ada", "roles": roles(&["Finance Admin", "ADMIN"]) });
        let ada = server.post("/Users", body).await.expect(201).id();
        assert_eq!(effective(&server, &ada).await, ["finance_admin"]);
    }

    /// E-37: a rule is pulled by the connection, so its ceiling holds for what rules give.
    async fn a_rule_is_no_way_around_the_ceiling(server) {
        server.configure(|connection| connection.rules.rules = vec![rule("Boss", gives_roles(&["administrator"]))]).await;
        let ada = server.post("/Users", in_department("ada", "Boss")).await.expect(201);
        assert_eq!(ada.body["roles"][0]["value"], "administrator");
        assert!(effective(&server, &ada.id()).await.is_empty());
    }

    /// E-37: neither a type nor a rehire nor a repeated push lifts a held role.
    async fn nothing_that_a_connection_does_lifts_a_held_role(server) {
        server.configure(|connection| connection.settings.on_conflict = Some(OnConflict::Restore)).await;
        let wish = json!([{ "value": "ADMIN", "type": "work", "primary": true }, { "value": "administrator" }]);
        let body = json!({ "userName": "ada", "roles": wish });
        let ada = server.post("/Users", body.clone()).await.expect(201).id();
        let path = format!("/Users/{ada}");
        server.put(&path, body.clone()).await.expect(200);
        server.patch(&path, set_roles(&["Organization admin"])).await.expect(200);
        server.patch(&path, activate(false)).await.expect(200);
        server.post("/Users", body).await.expect(201);
        assert!(effective(&server, &ada).await.is_empty());
        server.group("Engineers", std::slice::from_ref(&ada)).await;
        assert!(effective(&server, &ada).await.is_empty());
    }

    /// E-37: a connection that may grant everything approves nothing by what it sends back: that is for an administrator.
    async fn an_echo_of_a_held_role_approves_nothing(server) {
        let ada = server.post("/Users", json!({ "userName": "ada", "roles": roles(&["ADMIN"]) })).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let high = high_connection(&server).await;
        let title = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
        by(&server, &high, Method::PATCH, &path, patch_of(title)).await.expect(200);
        let whole = server.get(&path).await.body;
        by(&server, &high, Method::PUT, &path, whole).await.expect(200);
        let more = json!([{ "op": "add", "path": "roles", "value": [{ "value": "User" }] }]);
        by(&server, &high, Method::PATCH, &path, patch_of(more)).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
    }
}

/// A token of a connection that may grant everything.
async fn high_connection(server: &Server) -> String {
    let db = &server.app.service.db;
    let made = create_connection(db, server.account, "third", Dialect::Auto, RoleCeiling::Administrator).await;
    let token = create_token(db, server.account, made.expect("a connection").id, None).await.expect("a token");
    token.secret.reveal().to_owned()
}

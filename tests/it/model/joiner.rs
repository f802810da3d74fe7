//! Who joins: organization, roles, groups and status come from the push, from rules and from the account's policies.

use super::*;
use crate::support::on_both;

on_both! {
    /// E-02, E-17, A-15, A-16: a plain POST makes an active user who can send, in organization and group Default.
    async fn a_plain_push_makes_somebody_who_can_work(server) {
        let reply = server.post("/Users", json!({ "userName": "ada" })).await.expect(201);
        assert_eq!(reply.body.get(XU), None, "nothing of the product that was not given");
        assert_eq!(reply.header("location"), format!("{}/Users/{}", server.base_url, reply.id()));
        let place = place(&server, &reply.id()).await;
        assert_eq!((&place["status"], &place["organization"]), (&json!("active"), &json!("Default")));
        assert_eq!(place["primaryGroup"], "Default");
        assert_eq!((place.get("blockedReasons"), place.get("effectiveRoles")), (None, None));
        assert_eq!(memberships(&server, &reply.id()).await, [("Default".to_owned(), true, false, true)]);
    }

    /// E-04, E-15: the organization is taken by name in any case, by id, and as an object with value or display.
    async fn an_organization_is_taken_in_every_form(server) {
        let sales = organization(&server, "Sales").await.to_string();
        for (number, form) in [
            json!("Sales"), json!("sALES"), json!(" Sales "), json!(sales), json!({ "value": sales }),
            json!({ "value": "Sales" }), json!({ "display": "Sales" }), json!([{ "value": "sales" }]),
        ].into_iter().enumerate() {
            let body = json!({ "userName": format!("user{number}"), XU: { "organization": form } });
            let reply = server.post("/Users", body).await.expect(201);
            assert_eq!(reply.body[XU], json!({ "organization": "Sales" }), "{form}");
            let schemas = reply.body["schemas"].as_array().expect("schemas");
            assert!(schemas.contains(&json!(XU)), "{schemas:?}");
            let place = place(&server, &reply.id()).await;
            assert_eq!(place["sender"], json!({ "name": "Sales", "email": "sales@sets.example" }));
            assert_eq!(place["expiration"], json!({ "days": 30, "reminderDays": 3 }));
        }
        assert_eq!(server.find("/Users", &format!("{XU}:organization eq \"Sales\"")).await.body["totalResults"], 8);
    }

    /// E-07, E-40: a second organization is refused, whether it comes at once or by a PATCH.
    async fn a_second_organization_is_refused(server) {
        for name in ["Sales", "Support"] {
            organization(&server, name).await;
        }
        let both = json!(["Sales", "Support"]);
        let reply = server.post("/Users", json!({ "userName": "ada", XU: { "organization": both } })).await.expect(400);
        assert_eq!(reply.scim_type(), "invalidValue");
        let ada = server.user("ada").await;
        server.patch(&format!("/Users/{ada}"), set("organization", json!("Sales"))).await.expect(200);
        let path = format!("/Users/{ada}");
        let before = everything(&server, &path).await;
        let reply = server.patch(&path, set("organization", both)).await.expect(400);
        assert_eq!(reply.scim_type(), "invalidValue");
        same(&before, &everything(&server, &path).await);
        // `add` on a single value replaces it (RFC 7644 §3.5.2.1): one organization again.
        let add = json!([{ "op": "add", "path": format!("{XU}:organization"), "value": "Support" }]);
        server.patch(&path, add).await.expect(200);
        assert_eq!(place(&server, &ada).await["organization"], "Support");
    }

    /// E-04, E-32: with `park` nobody says an organization, so the user exists and cannot start sessions until one is
    /// assigned (P-03).
    async fn a_parked_user_is_cured_by_an_organization(server) {
        organization(&server, "Sales").await;
        server.policies(&[("organization.fallback", "park")]).await;
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        let parked = place(&server, &ada).await;
        assert_eq!(parked.get("organization"), None);
        assert_eq!((&parked["blockedReasons"], &parked["status"]), (&json!(["no_organization"]), &json!("active")));
        assert_eq!(parked.get("sender"), None);

        let filter = format!("not ({XU}:organization pr)");
        assert_eq!(server.find("/Users", &filter).await.body["totalResults"], 1);
        server.patch(&path, set("organization", json!("Sales"))).await.expect(200);
        let cured = place(&server, &ada).await;
        assert_eq!((cured.get("blockedReasons"), &cured["organization"]), (None, &json!("Sales")));

        // Unknown is not an organization either.
        let body = json!({ "userName": "bob", XU: { "organization": "Nowhere" } });
        let bob = server.post("/Users", body).await.expect(201).id();
        assert_eq!(place(&server, &bob).await["blockedReasons"], json!(["no_organization"]));
    }

    /// E-04, E-07, E-15: with `reject` a push without a known organization changes nothing and names the known ones.
    async fn a_push_without_organization_is_refused_where_the_account_wants_one(server) {
        organization(&server, "Sales").await;
        server.policies(&[("organization.fallback", "reject")]).await;
        let none = server.post("/Users", json!({ "userName": "ada" }));
        refuses(&server, &[], none, 400, "organization_required").await;
        let unknown = json!({ "userName": "ada", XU: { "organization": "Sails" } });
        let reply = server.post("/Users", unknown).await;
        refused(&reply, 400, "organization_unknown");
        assert_eq!(reply.scim_type(), "invalidValue");
        let detail = reply.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("Sails") && detail.contains("Sales"), "{detail}");

        let known = json!({ "userName": "ada", XU: { "organization": "Sales" } });
        let path = format!("/Users/{}", server.post("/Users", known).await.expect(201).id());
        let to_unknown = server.patch(&path, set("organization", json!("Sails")));
        refuses(&server, &[&path], to_unknown, 400, "organization_unknown").await;
        let withdrawn = server.put(&path, json!({ "userName": "ada" }));
        refuses(&server, &[&path], withdrawn, 400, "organization_required").await;
        let removed = json!([{ "op": "remove", "path": format!("{XU}:organization") }]);
        refuses(&server, &[&path], server.patch(&path, removed), 400, "organization_required").await;
    }

    /// E-12: the product's own list of what a new user needs (P-26); a role is given by default.
    async fn the_product_may_require_more_of_a_joiner(server) {
        server.policies(&[("users.required", "product"), ("roles.cardinality", "single")]).await;
        let whole = json!({
            "userName": "ada@example.com", "name": { "givenName": "Ada", "familyName": "L" },
            "emails": [{ "value": "ada+test@example.com", "primary": true }],
        });
        for (missing, named) in [("/name/givenName", "name.givenName"), ("/name/familyName", "name.familyName")] {
            let mut body = whole.clone();
            *body.pointer_mut(missing).expect("it is there") = Value::Null;
            let reply = server.post("/Users", body).await;
            refused(&reply, 400, "attribute_required");
            assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains(named)), "{}", reply.body);
        }
        let without_mail = json!({ "userName": "ada", "name": whole["name"] });
        refused(&server.post("/Users", without_mail).await, 400, "attribute_required");
        let ada = server.post("/Users", whole).await.expect(201).id();
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
        // What the product gave by itself gives way to what is said, also where a user has one role.
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        server.patch(&format!("/Users/{ada}"), set_roles(&["Administrator"])).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["administrator"]);
    }

    /// E-12: what the product gave by itself stays while nobody says another role, also when it is echoed.
    async fn the_role_of_the_product_stays_until_another_is_given(server) {
        server.policies(&[("users.required", "product")]).await;
        let body = json!({
            "userName": "ada@example.com", "name": { "givenName": "Ada", "familyName": "L" },
        });
        let ada = server.post("/Users", body.clone()).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let before = everything(&server, &path).await;
        server.put(&path, ada.body.clone()).await.expect(200);
        server.put(&path, body).await.expect(200);
        same(&before, &everything(&server, &path).await);
        assert_eq!(effective(&server, &ada.id()).await, ["standard_user"]);
    }

    /// E-05: roles by key, name and alias in any case; shown as sent, effective as the catalogue has them.
    async fn roles_are_found_by_every_name(server) {
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        for (number, (sent, key)) in [
            ("administrator", "administrator"), ("ADMIN", "administrator"), ("organization admin", "administrator"),
            ("User", "standard_user"), ("standard user", "standard_user"), ("Finance Admin", "finance_admin"),
        ].into_iter().enumerate() {
            let body = json!({ "userName": format!("u{number}"), "roles": roles(&[sent]) });
            let user = server.post("/Users", body).await.expect(201);
            assert_eq!(user.body["roles"], roles(&[sent]));
            assert_eq!(effective(&server, &user.id()).await, [key], "{sent}");
        }
    }

    /// E-05: a value outside the catalogue is kept, shown and grants nothing; with `reject` it is refused (P-18).
    async fn an_unknown_role_is_kept_or_refused(server) {
        let body = json!({ "userName": "ada", "roles": roles(&["Wizard", "User"]) });
        let ada = server.post("/Users", body).await.expect(201);
        assert_eq!(ada.body["roles"], roles(&["Wizard", "User"]));
        assert_eq!(effective(&server, &ada.id()).await, ["standard_user"]);
        assert_eq!(server.find("/Users", "roles.value eq \"wizard\"").await.body["totalResults"], 1);

        server.policies(&[("roles.unknown", "reject")]).await;
        let path = format!("/Users/{}", ada.id());
        let reply = server.post("/Users", json!({ "userName": "bob", "roles": roles(&["Wizard"]) })).await;
        refused(&reply, 400, "role_unknown");
        assert_eq!(reply.scim_type(), "invalidValue");
        assert!(reply.body["detail"].as_str().is_some_and(|d| d.contains("Wizard") && d.contains("Standard User")));
        refuses(&server, &[&path], server.patch(&path, set_roles(&["Witch"])), 400, "role_unknown").await;
        // What was kept before is no reason to refuse another change.
        server.patch(&path, json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);
    }

    /// E-05: two roles where a user has one are refused and named (P-18).
    async fn a_second_role_is_refused_where_a_user_has_one(server) {
        server.policies(&[("roles.cardinality", "single")]).await;
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        let two = json!({ "userName": "ada", "roles": roles(&["User", "Finance Admin"]) });
        refuses(&server, &[], server.post("/Users", two), 400, "role_cardinality").await;
        let ada = server.post("/Users", json!({ "userName": "ada", "roles": roles(&["User"]) })).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let add = json!([{ "op": "add", "path": "roles", "value": [{ "value": "Finance Admin" }] }]);
        refuses(&server, &[&path], server.patch(&path, add), 400, "role_cardinality").await;
        server.patch(&path, set_roles(&["Finance Admin"])).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["finance_admin"]);
    }

    /// E-13, I-13, I-14, E-35, I-30: the e-mail check over SCIM (P-10): an address, and nobody else's; the sentence finds the
    /// holder.
    async fn an_email_address_belongs_to_one_user_where_the_account_says_so(server) {
        let mail = |name: &str, mail: &str| json!({ "userName": name, "emails": [{ "value": mail }] });
        server.post("/Users", mail("early", "a@example.com")).await.expect(201);
        server.post("/Users", mail("late", "A@example.com")).await.expect(201);
        server.policies(&[("users.unique_email_scim", "on")]).await;
        let taken = server.post("/Users", mail("third", "A@EXAMPLE.com")).await;
        refused(&taken, 409, "email_taken");
        assert_eq!(taken.scim_type(), "uniqueness");
        let found = server.find("/Users", "emails.value eq \"A@EXAMPLE.com\"").await;
        assert_eq!(found.body["totalResults"], 2);
        for wrong in ["no-address", "a b@example.com", "@example.com", "a@", "a@@example.com"] {
            refused(&server.post("/Users", mail("third", wrong)).await, 400, "email_invalid");
        }
        server.user("login@example.com").await;
        refused(&server.post("/Users", mail("third", "Login@Example.com")).await, 409, "email_taken");
        // Plus-addresses are kept and distinct.
        let plus = server.post("/Users", mail("third", "a+x@example.com")).await.expect(201);
        assert_eq!(plus.body["emails"][0]["value"], "a+x@example.com");
        let path = format!("/Users/{}", plus.id());
        let steal = json!([{ "op": "replace", "path": "emails", "value": [{ "value": "a@example.com" }] }]);
        refuses(&server, &[&path], server.patch(&path, steal), 409, "email_taken").await;
    }

    /// I-15, I-30, E-40: `username` is unique inside the organization and checked again on a move (P-11).
    async fn a_username_is_unique_inside_the_organization(server) {
        organization(&server, "Sales").await;
        let body = |name: &str, organization: &str| {
            json!({ "userName": name, XU: { "username": "Ann", "organization": organization } })
        };
        server.post("/Users", body("one", "Default")).await.expect(201);
        let two = server.post("/Users", body("two", "Sales")).await.expect(201).id();
        let taken = server.post("/Users", json!({ "userName": "x", XU: { "username": "aNN" } })).await;
        refused(&taken, 409, "username_taken");
        assert_eq!(taken.scim_type(), "uniqueness");
        let path = format!("/Users/{two}");
        let moved = server.patch(&path, set("organization", json!("Default")));
        refuses(&server, &[&path], moved, 409, "username_taken").await;
        let other = json!([
            { "op": "replace", "path": format!("{XU}:organization"), "value": "Default" },
            { "op": "replace", "path": format!("{XU}:username"), "value": "Ann2" },
        ]);
        server.patch(&path, other).await.expect(200);
        let found = server.find("/Users", &format!("{XU}:username eq \"ANN2\"")).await;
        assert_eq!(found.resources()[0]["id"], two.as_str());
    }

    /// E-02: `sendInvite` is write-only and makes the user invited (P-13); he does not count as active administrator.
    async fn somebody_invited_is_not_active(server) {
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        let body = json!({ "userName": "ada", "roles": roles(&["ADMIN"]), XU: { "sendInvite": true } });
        let ada = server.post("/Users", body).await.expect(201);
        assert!(!ada.body.to_string().contains("sendInvite"));
        assert_eq!(place(&server, &ada.id()).await["status"], "invited");
        assert_eq!(server.find("/Users", &format!("{XU}:status eq \"invited\"")).await.body["totalResults"], 1);
        let boss = administrator(&server, "boss").await;
        let path = format!("/Users/{boss}");
        refuses(&server, &[&path], server.delete(&path), 403, "last_active_admin").await;
        server.policies(&[("activation.scim", "invite")]).await;
        let bob = server.user("bob").await;
        assert_eq!(place(&server, &bob).await["status"], "invited");
    }
}

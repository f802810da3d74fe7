//! `/Organizations` and `/SettingsSets`: one settings set for each organization, guardrails, filters, versions, and what
//! users get from them.

use crate::support::{Database, Reply, Server, on_both, query, send};
use reqwest::Method;
use scim_connector::domain::{Id, Rule, RuleSet, Scope};
use scim_connector::storage::DatabaseUrl;
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
const DETAIL: &str = "urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail";

/// The status and the code of a refusal.
fn refused(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.body[DETAIL]["code"].as_str().unwrap_or_default())
}

pub async fn settings_set(server: &Server, name: &str, email: &str, days: i64) -> String {
    let body = json!({
        "displayName": name,
        "sender": { "name": name, "email": email },
        "expiration": { "days": days, "reminderDays": 2 },
    });
    server.post("/SettingsSets", body).await.expect(201).id()
}

pub async fn organization(server: &Server, name: &str, settings_set: &str) -> String {
    let body = json!({ "displayName": name, "settingsSet": { "value": settings_set } });
    server.post("/Organizations", body).await.expect(201).id()
}

async fn place(server: &Server, user_name: &str, organization: &str) -> String {
    let body = json!({ "userName": user_name, USER: { "organization": organization } });
    server.post("/Users", body).await.expect(201).id()
}

on_both! {
    /// E-08: the set is required, by id or name; one serves several organizations, and its name is never stale.
    async fn each_organization_applies_exactly_one_settings_set(server) {
        let sales = settings_set(&server, "Sales mails", "sales@example.com", 30).await;
        for value in [json!({ "value": sales }), json!({ "value": "sales MAILS" }), json!("Sales mails")] {
            let name = format!("Org {value}");
            let made = server.post("/Organizations", json!({ "displayName": name, "settingsSet": value })).await;
            let set = &made.expect(201).body["settingsSet"];
            assert_eq!(set["value"], sales.as_str());
            assert_eq!(set["display"], "Sales mails");
            assert_eq!(set["$ref"], format!("{}/SettingsSets/{sales}", server.base_url));
        }
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Revenue" }]);
        server.patch(&format!("/SettingsSets/{sales}"), rename).await.expect(200);
        let list = server.find("/Organizations", &format!("settingsSet.value eq \"{sales}\"")).await.expect(200);
        assert_eq!(list.body["totalResults"], 3);
        assert!(list.resources().iter().all(|found| found["settingsSet"]["display"] == "Revenue"), "{}", list.body);

        let path = format!("/SettingsSets/{sales}?attributes=usedBy,default,displayName");
        let read = server.get(&path).await.expect(200);
        assert_eq!(read.body["usedBy"].as_array().map(Vec::len), Some(3));
        assert_eq!(read.body["default"], false);
        let plain = server.get(&format!("/SettingsSets/{sales}")).await.expect(200);
        assert_eq!((plain.body.get("usedBy"), plain.body.get("default")), (None, None));

        let organization = list.resources()[0]["id"].as_str().expect("an id").to_owned();
        for request in [
            json!({ "displayName": "None" }),
            json!({ "displayName": "None", "settingsSet": null }),
            json!({ "displayName": "None", "settingsSet": { "value": "nobody" } }),
            json!({ "displayName": "None", "settingsSet": { "value": organization } }),
        ] {
            let reply = server.post("/Organizations", request).await;
            assert_eq!(refused(&reply), (400, "settings_set_required"), "{}", reply.body);
            let detail = reply.body["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("Default, Revenue"), "{detail}");
        }
        let two = json!({ "displayName": "Two", "settingsSet": [{ "value": sales }, { "value": "Default" }] });
        assert_eq!(server.post("/Organizations", two).await.expect(400).scim_type(), "invalidValue");
        let path = format!("/Organizations/{organization}");
        for operation in [
            json!({ "op": "remove", "path": "settingsSet" }),
            json!({ "op": "replace", "path": "settingsSet.value", "value": "nobody" }),
        ] {
            assert_eq!(refused(&server.patch(&path, json!([operation])).await), (400, "settings_set_required"));
        }
        assert_eq!(server.get(&path).await.body["settingsSet"]["value"], sales.as_str());
    }

    /// E-09, E-33: a wrong sender is traced to the set of the organization; a change of the set, or of the organization, shows.
    async fn sender_and_expiration_of_a_user_come_from_the_set_of_his_organization(server) {
        let sales = settings_set(&server, "Sales mails", "wrong@example.com", 30).await;
        let legal = settings_set(&server, "Legal mails", "legal@example.com", 90).await;
        let organization_id = organization(&server, "Sales", &sales).await;
        organization(&server, "Legal", &legal).await;
        let ada = place(&server, "ada", "Sales").await;
        let path = format!("/Users/{ada}?attributes={USER}:sender,{USER}:expiration,{USER}:organization");
        let shown = async || server.get(&path).await.expect(200).body[USER].clone();
        let before = shown().await;
        assert_eq!(before["sender"], json!({ "name": "Sales mails", "email": "wrong@example.com" }));
        assert_eq!(before["expiration"], json!({ "days": 30, "reminderDays": 2 }));

        let found = server.find("/Organizations", "displayName eq \"sales\"").await.expect(200);
        let set = found.resources()[0]["settingsSet"]["value"].as_str().expect("an id").to_owned();
        let cure = json!([{ "op": "replace", "path": "sender.email", "value": "sales@example.com" }]);
        server.patch(&format!("/SettingsSets/{set}"), cure).await.expect(200);
        assert_eq!(shown().await["sender"], json!({ "name": "Sales mails", "email": "sales@example.com" }));

        let other = json!([{ "op": "replace", "path": "settingsSet.value", "value": "Legal mails" }]);
        server.patch(&format!("/Organizations/{organization_id}"), other).await.expect(200);
        assert_eq!(shown().await["expiration"], json!({ "days": 90, "reminderDays": 2 }));

        let back = json!([{ "op": "replace", "path": "settingsSet.value", "value": "Sales mails" }]);
        server.patch(&format!("/Organizations/{organization_id}"), back).await.expect(200);
        let moved = json!([{ "op": "replace", "path": format!("{USER}:organization"), "value": "Legal" }]);
        server.patch(&format!("/Users/{ada}"), moved).await.expect(200);
        assert_eq!(shown().await["sender"]["email"], "legal@example.com");

        let own = json!([{ "op": "replace", "path": format!("{USER}:sender.email"), "value": "own@example.com" }]);
        assert_eq!(server.patch(&format!("/Users/{ada}"), own).await.expect(400).scim_type(), "mutability");
        assert_eq!(shown().await["sender"]["email"], "legal@example.com");
    }

    /// E-08, I-09: names are unique without regard to case; nothing that is in use goes.
    async fn what_is_taken_or_in_use_is_refused(server) {
        let set = settings_set(&server, "Mails", "mails@example.com", 30).await;
        let sales = organization(&server, "Sales", &set).await;
        let again = json!({ "displayName": "SALES", "settingsSet": { "value": set } });
        let reply = server.post("/Organizations", again.clone()).await;
        assert_eq!((refused(&reply), reply.scim_type()), ((409, "organization_name_taken"), "uniqueness"));
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.starts_with("An Organization")));
        let other = organization(&server, "Other", &set).await;
        assert_eq!(refused(&server.put(&format!("/Organizations/{other}"), again).await), (409, "organization_name_taken"));
        let reply = server.post("/SettingsSets", json!({ "displayName": "mails" })).await;
        assert_eq!((refused(&reply), reply.scim_type()), ((409, "settings_set_name_taken"), "uniqueness"));

        let ada = place(&server, "ada", "Sales").await;
        let inactive = place(&server, "bob", "Sales").await;
        let leave = json!([{ "op": "replace", "path": "active", "value": false }]);
        server.patch(&format!("/Users/{inactive}"), leave).await.expect(200);
        let path = format!("/Organizations/{sales}");
        let count = server.get(&format!("{path}?attributes=userCount,default")).await.expect(200);
        assert_eq!((&count.body["userCount"], &count.body["default"]), (&json!(2), &json!(false)));
        assert_eq!(refused(&server.delete(&path).await), (409, "organization_has_users"));
        assert_eq!(refused(&server.delete(&format!("/SettingsSets/{set}")).await), (409, "settings_set_in_use"));

        server.delete(&format!("/Users/{ada}")).await.expect(204);
        server.delete(&format!("/Users/{inactive}")).await.expect(204);
        server.delete(&path).await.expect(204);
        server.get(&path).await.expect(404);
        server.delete(&path).await.expect(404);
        server.delete(&format!("/Organizations/{other}")).await.expect(204);
        server.delete(&format!("/SettingsSets/{set}")).await.expect(204);

        let list = server.get("/Organizations?attributes=default,userCount").await.expect(200);
        assert_eq!((&list.body["totalResults"], &list.resources()[0]["default"]), (&json!(1), &json!(true)));
        let default = list.resources()[0]["id"].as_str().expect("an id");
        assert_eq!(refused(&server.delete(&format!("/Organizations/{default}")).await), (403, "default_protected"));
        let sets = server.get("/SettingsSets?attributes=default,usedBy").await.expect(200);
        assert_eq!((&sets.body["totalResults"], &sets.resources()[0]["default"]), (&json!(1), &json!(true)));
        assert_eq!(sets.resources()[0]["usedBy"][0]["value"], default);
    }

    /// E-08: what mails cannot be sent from and what no session could wait for is refused with the wrong value.
    async fn sender_and_expiration_are_checked(server) {
        for (code, part) in [
            ("email_invalid", json!({ "sender": { "email": "nobody" } })),
            ("email_invalid", json!({ "sender": { "email": "a b@example.com" } })),
            ("value_invalid", json!({ "sender": { "name": "two\nlines" } })),
            ("value_invalid", json!({ "expiration": { "days": 0 } })),
            ("value_invalid", json!({ "expiration": { "days": 36_501 } })),
            ("value_invalid", json!({ "expiration": { "days": "soon" } })),
            ("value_invalid", json!({ "expiration": { "days": 5, "reminderDays": 5 } })),
            ("value_invalid", json!({ "expiration": { "days": 5, "reminderDays": -1 } })),
            ("value_invalid", json!({ "expiration": { "reminderDays": 1 } })),
        ] {
            let mut body = part.clone();
            body["displayName"] = "Checked".into();
            assert_eq!(refused(&server.post("/SettingsSets", body).await), (400, code), "{part}");
        }
        let body = json!({ "displayName": "Checked", "expiration": { "days": 1, "reminderDays": 0 } });
        let id = server.post("/SettingsSets", body).await.expect(201).id();
        let path = format!("/SettingsSets/{id}");
        let later = json!([{ "op": "replace", "path": "expiration.reminderDays", "value": 1 }]);
        assert_eq!(refused(&server.patch(&path, later).await), (400, "value_invalid"));
        assert_eq!(server.get(&path).await.body["expiration"], json!({ "days": 1, "reminderDays": 0 }));
    }

    /// RFC 7644 §3.4.2: filters, orders and pages, numbers by their value.
    async fn both_are_listed_with_filters_orders_and_pages(server) {
        for (name, days) in [("a", 9), ("b", 10), ("c", 100), ("d", 1000)] {
            let body = json!({
                "displayName": name, "externalId": format!("x-{name}"),
                "expiration": { "days": days }, "sender": { "email": format!("{name}@Example.com") },
            });
            server.post("/SettingsSets", body).await.expect(201);
        }
        let names = |reply: &Reply| -> String {
            reply.resources().iter().filter_map(|found| found["displayName"].as_str()).collect::<Vec<_>>().join(" ")
        };
        for (filter, found) in [
            ("expiration.days gt 9", "b c d"),
            ("expiration.days ge 10 and expiration.days lt 1000", "b c"),
            ("expiration.days eq 100", "c"),
            ("expiration.days ne 100", "Default a b d"),
            ("expiration.days le 9.5", "a"),
            ("expiration.days eq 9.5", ""),
            ("expiration.days gt -1", "a b c d"),
            ("not (expiration.days pr)", "Default"),
            ("sender.email eq \"B@example.com\"", "b"),
            ("externalId eq \"x-d\"", "d"),
            ("displayName sw \"def\"", "Default"),
            ("meta.resourceType eq \"SettingsSet\" and displayName gt \"b\"", "Default c d"),
        ] {
            let reply = server.find("/SettingsSets", filter).await.expect(200);
            assert_eq!(names(&reply), found, "{filter}");
        }
        let sorted = server.get("/SettingsSets?sortBy=expiration.days&sortOrder=descending&count=3").await.expect(200);
        assert_eq!((names(&sorted).as_str(), &sorted.body["totalResults"]), ("Default d c", &json!(5)));
        let page = server.get("/SettingsSets?startIndex=4&count=5").await.expect(200);
        assert_eq!(names(&page), "c d");
        let (mut seen, mut path) = (Vec::new(), "/SettingsSets?cursor&count=2&sortBy=displayName".to_owned());
        loop {
            let page = server.get(&path).await.expect(200);
            seen.push(names(&page));
            let Some(cursor) = page.body["nextCursor"].as_str() else { break };
            path = format!("/SettingsSets?cursor={cursor}&count=2&sortBy=displayName");
        }
        assert_eq!(seen, ["a b", "c d", "Default"]);
        for filter in ["usedBy.value pr", "default eq true", "shoeSize eq 1", "expiration.days co 1"] {
            assert_eq!(server.find("/SettingsSets", filter).await.expect(400).scim_type(), "invalidFilter", "{filter}");
        }
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "displayName eq \"default\"",
        });
        let found = server.post("/Organizations/.search", search.clone()).await.expect(200);
        assert_eq!((names(&found).as_str(), found.body["totalResults"].as_u64()), ("Default", Some(1)));
        let root = server.post("/.search", search).await.expect(200);
        assert_eq!(root.body["totalResults"], 0, "the root searches users and groups only");
    }

    /// RFC 7644 §3.5, §3.14: what changes nothing moves no version; a stale If-Match is told.
    async fn versions_count_changes_and_guard_against_stale_ones(server) {
        let set = settings_set(&server, "Mails", "mails@example.com", 30).await;
        let id = organization(&server, "Sales", &set).await;
        let path = format!("/Organizations/{id}");
        let read = server.get(&path).await.expect(200);
        assert_eq!((read.header("etag"), &read.body["meta"]["version"]), ("W/\"1\"", &json!("W/\"1\"")));
        assert_eq!(read.body["meta"]["location"], format!("{}{path}", server.base_url));
        let put = server.put(&path, read.body.clone()).await.expect(200);
        assert_eq!(put.body, read.body);

        let rename = json!({ "displayName": "Revenue", "settingsSet": { "value": set }, "externalId": "r" });
        let put = |tag: &'static str| send(server.request(Method::PUT, &path).json(&rename).header("If-Match", tag));
        assert_eq!(refused(&put("W/\"2\"").await), (412, "version_conflict"));
        let changed = put("W/\"1\"").await.expect(200);
        assert_eq!((changed.header("etag"), &changed.body["externalId"]), ("W/\"2\"", &json!("r")));
        for path in [path.clone(), format!("/SettingsSets/{set}")] {
            let stale = send(server.request(Method::DELETE, &path).header("If-Match", "W/\"9\"")).await;
            assert_eq!(refused(&stale), (412, "version_conflict"));
        }
        // The name of the set changes without the version of the organization, so nothing is "not modified".
        let known = send(server.request(Method::GET, &path).header("If-None-Match", "W/\"2\"")).await;
        known.expect(200);
        let body = server.get(&format!("/SettingsSets/{set}")).await.expect(200).body;
        let cleared = server.put(&format!("/SettingsSets/{set}"), json!({ "displayName": "Mails" })).await.expect(200);
        assert_eq!((cleared.body.get("sender"), &cleared.body["meta"]["version"]), (None, &json!("W/\"2\"")));
        let back = server.put(&format!("/SettingsSets/{set}"), body.clone()).await.expect(200);
        assert_eq!((&back.body["sender"], &back.body["meta"]["version"]), (&body["sender"], &json!("W/\"3\"")));
        let not_modified = send(
            server.request(Method::GET, &format!("/SettingsSets/{set}")).header("If-None-Match", "W/\"3\""),
        );
        not_modified.await.expect(304);
    }

    /// Invariant 8: nothing of another account is visible or can be named.
    async fn another_account_sees_and_uses_none_of_it(server) {
        let set = settings_set(&server, "Mails", "mails@example.com", 30).await;
        let id = organization(&server, "Sales", &set).await;
        let token = server.other_account("other").await;
        let other = |method: Method, path: &str, body: Value| {
            let request = server.client.request(method, format!("{}{path}", server.base_url)).bearer_auth(&token);
            send(if body.is_null() { request } else { request.json(&body) })
        };
        for path in [format!("/Organizations/{id}"), format!("/SettingsSets/{set}")] {
            other(Method::GET, &path, Value::Null).await.expect(404);
            other(Method::DELETE, &path, Value::Null).await.expect(404);
            let operations = json!([{ "op": "replace", "path": "displayName", "value": "Mine" }]);
            other(Method::PATCH, &path, json!({ "Operations": operations })).await.expect(404);
        }
        for path in ["/Organizations", "/SettingsSets"] {
            assert_eq!(other(Method::GET, path, Value::Null).await.expect(200).body["totalResults"], 1);
        }
        let named = json!({ "displayName": "Mine", "settingsSet": { "value": set } });
        let reply = other(Method::POST, "/Organizations", named).await;
        assert_eq!(refused(&reply), (400, "settings_set_required"));
        assert!(!reply.body.to_string().contains("Mails"), "{}", reply.body);
        let same = json!({ "displayName": "Sales", "settingsSet": { "value": "Default" } });
        other(Method::POST, "/Organizations", same).await.expect(201);
    }

    /// P-25: only connections for the whole account write them; who may only provision users does not see them either.
    async fn the_scope_of_a_connection_holds_for_them(server) {
        let set = settings_set(&server, "Mails", "mails@example.com", 30).await;
        let body = json!({ "displayName": "Sales", "settingsSet": { "value": set } });
        for (scope, reads) in [
            (Scope::ReadOnly, 200),
            (Scope::UsersOnly, 403),
            (Scope::GroupAdmin(Vec::new()), 200),
        ] {
            server.configure(move |connection| connection.settings.scope = scope.clone()).await;
            let refusals = [
                server.post("/Organizations", body.clone()).await,
                server.post("/SettingsSets", json!({ "displayName": "New" })).await,
                server.delete(&format!("/SettingsSets/{set}")).await,
            ];
            assert!(refusals.iter().all(|reply| refused(reply) == (403, "out_of_scope")), "{refusals:?}");
            for path in ["/Organizations", "/SettingsSets", "/Organizations/x", "/Groups"] {
                let expected = if reads == 200 && path.ends_with('x') { 404 } else { reads };
                server.get(path).await.expect(expected);
            }
        }
    }

    /// Bulk makes and fills organizations in one request; what fails by itself leaves the rest.
    async fn bulk_makes_them_too(server) {
        let operation = |method: &str, path: &str, id: &str, data: Value| {
            json!({ "method": method, "path": path, "bulkId": id, "data": data })
        };
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                operation("POST", "/Organizations", "o", json!({ "displayName": "Sales", "settingsSet": { "value": "bulkId:s" } })),
                operation("POST", "/SettingsSets", "s", json!({ "displayName": "Mails" })),
                operation("POST", "/Users", "u", json!({ "userName": "ada", USER: { "organization": "bulkId:o" } })),
                operation("POST", "/Organizations", "x", json!({ "displayName": "Else" })),
                { "method": "DELETE", "path": "/SettingsSets/bulkId:s" },
                operation("POST", "/Roles", "r", json!({ "displayName": "No" })),
            ],
        });
        let reply = server.post("/Bulk", body).await.expect(200);
        let statuses: Vec<&str> = reply.body["Operations"].as_array().expect("a list").iter()
            .map(|done| done["status"].as_str().unwrap_or_default()).collect();
        assert_eq!(statuses, ["201", "201", "201", "400", "409", "400"], "{}", reply.body);
        let found = server.find("/Users", &format!("{USER}:organization eq \"Sales\"")).await.expect(200);
        assert_eq!(found.body["totalResults"], 1);
    }

    /// Every change is told with its version, and a deleted organization is in no rule any more.
    async fn changes_are_told_and_rules_forget_what_is_deleted(server) {
        let set = settings_set(&server, "Mails", "mails@example.com", 30).await;
        let id = organization(&server, "Sales", &set).await;
        let target: Id = id.parse().expect("an id");
        server.configure(move |connection| {
            let rule = RuleSet { organization: Some(target), ..RuleSet::default() };
            connection.rules.rules = vec![Rule {
                id: Id::new(), name: "all".to_owned(), when: "userName pr".to_owned(), set: rule,
            }];
        }).await;
        let path = format!("/Organizations/{id}");
        server.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "Revenue" }])).await.expect(200);
        server.delete(&path).await.expect(204);
        server.delete(&format!("/SettingsSets/{set}")).await.expect(204);
        server.user("ada").await;

        let account = server.account;
        let read = server.app.service.db.read::<_, scim_connector::storage::Error, _>(async move |tx| {
            let rows = tx.connections(account).await?;
            let audit = tx.audit(account, &scim_connector::storage::AuditQuery { limit: 50, ..Default::default() }).await?;
            Ok((rows, audit))
        });
        let (rows, audit) = read.await.expect("they are read");
        assert!(rows.iter().all(|row| !row.rules.contains(&id)));
        let actions: Vec<&str> = audit.iter().rev().map(|row| row.action.as_str()).collect();
        let told = [
            "settings_set.created", "organization.created", "organization.updated", "organization.deleted",
            "settings_set.deleted",
        ];
        assert!(actions.windows(told.len()).any(|window| window == told), "{actions:?}");
        let renamed = audit.iter().find(|row| row.action == "organization.updated").expect("an entry");
        assert!(renamed.changes.contains("Revenue") && renamed.changes.contains("Sales"), "{}", renamed.changes);
    }

    /// An organization that is deleted while users are placed into it: either he is in it and it stays, or it is gone and he is
    /// refused. The same for a settings set that is given to an organization meanwhile.
    async fn a_deletion_never_leaves_anybody_pointing_at_nothing(server) {
        for round in 0..8 {
            let set = settings_set(&server, &format!("Mails {round}"), "mails@example.com", 30).await;
            let name = format!("Sales {round}");
            let id = organization(&server, &name, &set).await;
            let delete = server.delete(&format!("/Organizations/{id}")).await;
            delete.expect(204);
            let id = organization(&server, &name, &set).await;
            let (path, set_path) = (format!("/Organizations/{id}"), format!("/SettingsSets/{set}"));
            let user = |number: usize| {
                let body = json!({ "userName": format!("u{round}-{number}"), USER: { "organization": id } });
                server.post("/Users", body)
            };
            let give = server.post(
                "/Organizations", json!({ "displayName": format!("New {round}"), "settingsSet": { "value": set } }),
            );
            let other = json!([{ "op": "replace", "path": "settingsSet.value", "value": "Default" }]);
            let (_, one, two, gone, _, _) = tokio::join!(
                server.patch(&path, other), user(1), user(2), server.delete(&path), server.delete(&set_path), give
            );
            let placed = [&one, &two].iter().filter(|reply| reply.status == 201).count();
            // A user whose organization is unknown by then falls back to the default one.
            let there = server.find("/Users", &format!("{USER}:organization eq \"{id}\"")).await.expect(200);
            match gone.status.as_u16() {
                204 => assert_eq!(there.body["totalResults"], 0, "{placed}"),
                409 => assert!(there.body["totalResults"].as_u64() > Some(0)),
                status => panic!("{status}: {}", gone.body),
            }
        }
        let DatabaseUrl::Postgres(url) = server.url.clone() else {
            assert_eq!(server.database, Database::Sqlite);
            return;
        };
        let dangling = tokio::task::spawn_blocking(move || query(&url,
            "SELECT (SELECT count(*) FROM users u WHERE organization_id IS NULL OR NOT EXISTS (SELECT 1 FROM organizations o \
             WHERE o.account_id = u.account_id AND o.id = u.organization_id)), \
             (SELECT count(*) FROM organizations o WHERE NOT EXISTS (SELECT 1 FROM settings_sets s \
             WHERE s.account_id = o.account_id AND s.id = o.settings_set_id))",
        ));
        assert_eq!(dangling.await.expect("psql runs"), ["0|0"]);
    }
}

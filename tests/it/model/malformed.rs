//! Values that are wrong: a client error or an answer, never a failure of the server, and never half a change.

use super::*;
use crate::support::on_both;

/// Wrong in every way, whatever the attribute.
fn wrong(foreign: &str) -> Vec<Value> {
    let deep = (0..40).fold(json!("x"), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!("True"),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!(" "),
        json!("a\u{0}b"),
        json!("\u{0}"),
        json!("\u{feff}\u{202e}"),
        json!("x".repeat(100_000)),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!({ "value": null }),
        json!({ "value": "a\u{0}b" }),
        json!([{ "value": "a\u{0}b" }]),
        json!([{ "value": NOBODY }]),
        json!([{ "value": foreign }]),
        json!(foreign),
        json!([{ "value": 5 }]),
        json!([{ "value": true, "canSend": "maybe" }]),
        json!([{ "shoe": "x" }]),
        json!([{ "key": 5, "value": [] }]),
        json!([{ "key": "k\u{0}", "value": "v\u{0}" }]),
        json!([{ "display": "Field" }]),
        json!({ "display": "" }),
        json!([{ "value": "x", "primary": true }, { "value": "y", "primary": true }]),
        json!(vec![json!({ "value": NOBODY }); 5_000]),
        json!(vec!["x"; 5_000]),
        deep,
        json!("'; DROP TABLE users; --"),
        json!("bulkId:x"),
        json!({ "a": { "b": { "c": 1 } } }),
    ]
}

const USER_ATTRIBUTES: &[&str] = &[
    "organization",
    "primaryGroup",
    "username",
    "memberships",
    "metadata",
    "folders",
    "websiteAccess",
    "accessLevel",
    "status",
    "blockedReasons",
    "effectiveRoles",
    "invitation",
    "sender",
    "expiration",
    "sendInvite",
    "nonsense",
];
const GROUP_ATTRIBUTES: &[&str] = &[
    "description",
    "archived",
    "roles",
    "folders",
    "taskDispatch",
    "default",
    "memberCount",
    "memberSettings",
    "nonsense",
];

/// The user of an account of its own.
async fn foreign_user(server: &Server) -> String {
    let token = server.other_account("elsewhere").await;
    by(server, &token, Method::POST, "/Users", json!({ "userName": "foreign" })).await.expect(201).id()
}

/// Sends requests and checks that each is answered properly and whole, and that the resource can be read after each.
async fn sane(server: &Server, path: &str, reply: Reply, state: &mut (Value, Value), what: String) {
    let status = reply.status.as_u16();
    assert!((200..500).contains(&status), "{what}: {status} {}", reply.body);
    let after = everything(server, path).await;
    if status >= 400 {
        assert_eq!(&after, state, "{what}");
    }
    *state = after;
}

on_both! {
    /// E-07, A-15, E-09: wrong values for every attribute of the user's extension.
    async fn wrong_values_of_a_user_are_answered(server) {
        let foreign = foreign_user(&server).await;
        server.group("Field", &[]).await;
        for policies in [[("organization.fallback", "default"), ("groups.mode", "multiple")], [("organization.fallback", "reject"), ("groups.mode", "single")]] {
            server.policies(&policies).await;
            let body = json!({ "userName": "ada", XU: { "organization": "Default" } });
            let ada = server.post("/Users", body).await.expect(201).id();
            let path = format!("/Users/{ada}");
            let mut state = everything(&server, &path).await;
            // What names something means something else in each mode.
            let names = if policies[1].1 == "single" { &USER_ATTRIBUTES[..4] } else { USER_ATTRIBUTES };
            for name in names {
                for value in wrong(&foreign) {
                    let what = || {
                        let text = value.to_string();
                        format!("{name} = {}", text.chars().take(100).collect::<String>())
                    };
                    sane(&server, &path, server.patch(&path, set(name, value.clone())).await, &mut state, what()).await;
                }
            }
            server.delete(&path).await.expect(204);
        }
    }

    /// E-07, A-15: the same in a POST and a PUT.
    async fn wrong_bodies_of_a_user_are_answered(server) {
        let foreign = foreign_user(&server).await;
        let bob = server.user("bob").await;
        let path = format!("/Users/{bob}");
        let mut state = everything(&server, &path).await;
        for name in USER_ATTRIBUTES.iter().take(9) {
            for value in wrong(&foreign) {
                let body = |user: &str| json!({ "userName": user, XU: { *name: value } });
                let reply = server.post("/Users", body("ada")).await;
                let status = reply.status.as_u16();
                assert!((200..500).contains(&status), "{name}: {status} {}", reply.body);
                if status == 201 {
                    place(&server, &reply.id()).await;
                    server.delete(&format!("/Users/{}", reply.id())).await.expect(204);
                }
                sane(&server, &path, server.put(&path, body("bob")).await, &mut state, format!("{name} PUT")).await;
            }
        }
    }

    /// A-17, E-29, E-31: wrong values for every attribute of the group's extension.
    async fn wrong_values_of_a_group_are_answered(server) {
        let foreign = foreign_user(&server).await;
        server.policies(&[("groups.grant_roles", "on")]).await;
        let ada = server.user("ada").await;
        let group = server.group("Field", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        let mut state = everything(&server, &path).await;
        for name in GROUP_ATTRIBUTES {
            for value in wrong(&foreign) {
                let text: String = value.to_string().chars().take(100).collect();
                let what = || format!("{name} = {text}");
                sane(&server, &path, server.patch(&path, set_group(name, value.clone())).await, &mut state, what()).await;
                let body = json!({ "displayName": "Field", XG: { *name: value } });
                sane(&server, &path, server.put(&path, body).await, &mut state, what()).await;
            }
        }
    }

    /// wrong paths and value paths.
    async fn wrong_paths_are_answered(server) {
        let foreign = foreign_user(&server).await;
        let ada = server.user("ada").await;
        let group = server.group("Field", std::slice::from_ref(&ada)).await;
        let (user_path, group_path) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
        let selections = [
            format!("[value eq \"{group}\"]"), format!("[value eq \"{foreign}\"]"), "[value eq \"\"]".to_owned(), "[value eq \"a\\u0000b\"]".to_owned(),
            "[canSend eq true]".to_owned(), "[primary eq true]".to_owned(), "[display eq \"Field\"]".to_owned(), "[not (value pr)]".to_owned(),
            "[value pr]".to_owned(), "[origin co \"scim\"]".to_owned(), "[value eq 5]".to_owned(), "[]".to_owned(), "[".to_owned(), String::new(),
            format!("[value eq \"{group}\" or value eq \"{NOBODY}\"]"), "[nonsense eq \"x\"]".to_owned(),
        ];
        for selection in &selections {
            for sub in ["", ".canSend", ".groupAdmin", ".primary", ".value", ".display", ".origin", ".$ref", ".nonsense"] {
                for op in ["add", "replace", "remove"] {
                    for value in [json!(true), json!("x"), json!({ "canSend": false }), json!([{ "value": group }]), Value::Null] {
                        for (path, attribute) in [(&user_path, format!("{XU}:memberships")), (&group_path, format!("{XG}:memberSettings"))] {
                            let target = format!("{attribute}{selection}{sub}");
                            let reply = server.patch(path, json!([{ "op": op, "path": target, "value": value }])).await;
                            let status = reply.status.as_u16();
                            assert!((200..500).contains(&status), "{op} {target} {value}: {status} {}", reply.body);
                        }
                    }
                }
                let held = memberships(&server, &ada).await;
                assert_eq!(held.iter().filter(|membership| membership.1).count(), 1, "{selection}{sub}: {held:?}");
            }
        }
    }

    /// E-01: filters with wrong values are refused or find nothing.
    async fn wrong_filters_are_answered(server) {
        let foreign = foreign_user(&server).await;
        server.user("ada").await;
        for (path, urn, names) in [("/Users", XU, USER_ATTRIBUTES), ("/Groups", XG, GROUP_ATTRIBUTES)] {
            for name in names {
                for value in ["\"\"", "\"a\\u0000b\"", "null", "true", "5", "-1.5", "1e308", "1e999", &format!("\"{foreign}\""), "\"%_\\\\\""] {
                    for op in ["eq", "ne", "co", "gt", "pr"] {
                        for filter in [format!("{urn}:{name} {op} {value}"), format!("not ({urn}:{name}.value {op} {value})"), format!("{urn}:{name}[value {op} {value}]")] {
                            let filter = if op == "pr" { filter.replace(&format!(" {value}"), "") } else { filter };
                            let reply = server.find(path, &filter).await;
                            assert!(matches!(reply.status.as_u16(), 200 | 400), "{filter}: {}", reply.body);
                        }
                    }
                }
                for sort in ["ascending", "descending"] {
                    let reply = server.get(&format!("{path}?sortBy={urn}:{name}&sortOrder={sort}")).await;
                    assert!(matches!(reply.status.as_u16(), 200 | 400), "{name}: {}", reply.body);
                }
            }
        }
    }

    /// E-01: nothing of another account can be named: user, group, organization; the answer does not tell that it exists.
    async fn another_account_is_not_there(server) {
        let token = server.other_account("elsewhere").await;
        let theirs = async |method: Method, path: &str, body: Value| by(&server, &token, method, path, body).await;
        let user = theirs(Method::POST, "/Users", json!({ "userName": "foreign" })).await.expect(201).id();
        let group = theirs(Method::POST, "/Groups", json!({ "displayName": "Foreign" })).await.expect(201).id();
        let ada = server.user("ada").await;
        let own = server.group("Field", &[]).await;
        let path = format!("/Users/{ada}");
        for id in [group.as_str(), NOBODY] {
            refuses(&server, &[&path], server.patch(&path, set("memberships", json!([{ "value": id }]))), 400, "group_unknown").await;
            refuses(&server, &[&path], server.patch(&path, set("primaryGroup", json!(id))), 400, "group_unknown").await;
        }
        let path = format!("/Groups/{own}");
        for id in [user.as_str(), NOBODY] {
            refuses(&server, &[&path], server.patch(&path, add_member(id)), 400, "member_unknown").await;
        }
        server.policies(&[("organization.fallback", "reject")]).await;
        let place = theirs(Method::GET, &format!("/Users/{user}?attributes={XU}"), Value::Null).await.body;
        assert_eq!(place[XU]["organization"], "Default");
        for filter in [format!("{XU}:primaryGroup eq \"{group}\""), format!("{XU}:memberships[value eq \"{group}\"]")] {
            assert_eq!(server.find("/Users", &filter).await.body["totalResults"], 0);
        }
    }
}

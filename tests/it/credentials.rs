//! Tokens and the walls between accounts.

use crate::support::{Database, Reply, Server, on_both, query, send};
use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;
use futures_util::future::{join, join_all};
use reqwest::Method;
use scim_connector::admin;
use scim_connector::domain::Scope;
use scim_connector::storage::DatabaseUrl;
use serde_json::json;
use std::time::{Duration, Instant};

on_both! {
    /// idp.md 2.5: two live secrets, so that one can be exchanged without a gap.
    async fn several_tokens_of_a_connection_are_good_at_once(server) {
        let second = new_token(&server, None).await.1;
        for token in [&server.token, &second] {
            get(&server, &format!("Bearer {token}")).await.expect(200);
        }
    }

    /// A revocation counts with the next request, on every replica.
    async fn a_revoked_token_is_refused_at_once(server) {
        let (id, token) = new_token(&server, None).await;
        get(&server, &format!("Bearer {token}")).await.expect(200);

        let db = &server.app.service.db;
        for _ in 0..2 {
            admin::revoke_token(db, id, server.app.now()).await.expect("revoking twice is no error");
            refused(&get(&server, &format!("Bearer {token}")).await);
        }
        server.get("/Users").await.expect(200);
    }

    /// Whoever was here before is confirmed together with what he reads: what has changed since counts all the same, on
    /// every replica, whoever changed it.
    async fn nobody_gets_an_answer_as_who_he_was(server) {
        let user = server.user("ada").await;
        let second = match server.database {
            Database::Sqlite => None,
            Database::Postgres => Some(Server::start_on(server.url.clone(), |_| ()).await),
        };
        let replicas: Vec<&Server> = [&server].into_iter().chain(&second).collect();
        let all = async |status: u16| {
            for replica in &replicas {
                for reply in everything(replica, &server.token, &user).await {
                    assert_eq!(reply.status, status, "{}", reply.body);
                }
            }
        };
        let by_hand = async |statement: &'static str| run(&server.url, statement).await;

        all(200).await;
        by_hand("UPDATE tokens SET revoked_at = 1").await;
        all(401).await;
        by_hand("UPDATE tokens SET revoked_at = NULL").await;
        all(200).await;
        server.configure(|connection| connection.settings.allowed_addresses = vec!["192.0.2.1".to_owned()]).await;
        all(403).await;
        server.configure(|connection| connection.settings.allowed_addresses.clear()).await;
        all(200).await;
        server.configure(|connection| connection.settings.scope = Scope::ReadOnly).await;
        let [read, found, patched] = everything(replicas[replicas.len() - 1], &server.token, &user).await;
        assert_eq!([read.status, found.status, patched.status], [200, 200, 403]);
        server.configure(|connection| connection.settings.scope = Scope::Account).await;
        all(200).await;
        by_hand("DELETE FROM tokens").await;
        all(401).await;
    }

    /// The same for each way to write: what is not allowed any more leaves nothing behind, and what still is needs no second try.
    async fn nobody_writes_as_who_he_was(server) {
        let methods = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        for (number, method) in methods.into_iter().enumerate() {
            let user = server.user(&format!("user-{number}")).await;
            let token = new_token(&server, None).await.1;
            let write = async || {
                let path = if method == Method::POST { String::new() } else { format!("/{user}") };
                let request = server.client.request(method.clone(), format!("{}/Users{path}", server.base_url));
                let body = json!({
                    "userName": format!("user-{number}{}", if method == Method::POST { "-b" } else { "" }), "nickName": "U",
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{ "op": "replace", "path": "nickName", "value": "U" }],
                });
                send(request.bearer_auth(&token).json(&body)).await
            };
            let known = async || get(&server, &format!("Bearer {token}")).await.expect(200);

            let before = known().await.body;
            server.configure(|connection| connection.settings.scope = Scope::ReadOnly).await;
            write().await.expect(403);
            server.configure(|connection| connection.settings.scope = Scope::Account).await;
            assert_eq!(known().await.body, before, "{method}");
            run(&server.url, "UPDATE tokens SET revoked_at = 1").await;
            refused(&write().await);
            run(&server.url, "UPDATE tokens SET revoked_at = NULL").await;
            assert_eq!(known().await.body, before, "{method}");
            run(&server.url, "UPDATE accounts SET roles = roles").await;
            assert!(write().await.status.is_success(), "{method}");
            assert_ne!(known().await.body, before, "{method}");
        }
    }

    /// Whoever asks after a revocation gets no answer, however many ask at once.
    async fn no_request_that_begins_after_a_revocation_is_answered(server) {
        let user = server.user("ada").await;
        let (mut answered, mut refused) = (0, 0);
        for _ in 0..6 {
            let (id, token) = new_token(&server, None).await;
            let ends = Instant::now() + Duration::from_millis(120);
            let ask = async || {
                let mut seen = Vec::new();
                while Instant::now() < ends {
                    let begun = Instant::now();
                    let request = server.client.get(format!("{}/Users/{user}", server.base_url));
                    seen.push((begun, send(request.bearer_auth(&token)).await.status));
                }
                seen
            };
            let revoke = async {
                tokio::time::sleep(Duration::from_millis(60)).await;
                let db = &server.app.service.db;
                admin::revoke_token(db, id, server.app.now()).await.expect("it is revoked");
                Instant::now()
            };
            let (seen, revoked) = join(join_all((0..8).map(|_| ask())), revoke).await;
            for (begun, status) in seen.into_iter().flatten() {
                assert!(status == 200 || status == 401, "{status}");
                assert!(begun < revoked || status == 401, "a request that began after the revocation was answered");
                *(if status == 200 { &mut answered } else { &mut refused }) += 1;
            }
        }
        assert!(answered > 0 && refused > 0, "{answered} were answered and {refused} refused");
    }

    /// The database itself changes the number by which a caller is confirmed.
    async fn whatever_lets_somebody_in_changes_the_mark_of_access(server) {
        let statements = [
            ("UPDATE accounts SET policies = '{}'", true),
            ("UPDATE accounts SET roles = roles", true),
            ("UPDATE accounts SET default_group_id = default_group_id", true),
            ("UPDATE connections SET settings = '{}'", true),
            ("UPDATE connections SET name = 'other'", true),
            ("UPDATE tokens SET expires_at = 4000000000000", true),
            ("UPDATE tokens SET revoked_at = 1", true),
            ("UPDATE tokens SET last_used_at = 1", false),
            ("UPDATE organizations SET version = version + 1", false),
            ("DELETE FROM tokens", true),
        ];
        let mut before = access_mark(&server).await;
        for (statement, changes) in statements {
            run(&server.url, statement).await;
            let after = access_mark(&server).await;
            assert_eq!(after != before, changes, "{statement}");
            before = after;
        }
    }

    /// What is wrong with a request is nobody's business who may not ask.
    async fn strangers_are_not_told_what_is_wrong_with_a_query(server) {
        let wrong = |token: &str| server.client.get(format!("{}/Users?count=many", server.base_url)).bearer_auth(token);
        send(wrong(&server.token)).await.expect(400);
        for _ in 0..2 {
            refused(&send(wrong("sct_unknown")).await);
        }
    }

    async fn an_expired_token_is_refused(server) {
        let long = new_token(&server, Some(60_000)).await.1;
        let short = new_token(&server, Some(1)).await.1;
        tokio::time::sleep(Duration::from_millis(20)).await;

        refused(&get(&server, &format!("Bearer {short}")).await);
        get(&server, &format!("Bearer {long}")).await.expect(200);
    }

    /// RFC 6750 §2.1, RFC 9110 §11.1 (the scheme in any case); Okta's header mode sends the token alone.
    async fn a_token_is_taken_with_and_without_the_word_bearer(server) {
        let token = &server.token;
        for good in [format!("Bearer {token}"), format!("bearer {token}"), token.clone(), format!("BEARER  {token} ")] {
            get(&server, &good).await.expect(200);
        }
        let upper = token.to_uppercase();
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            "Basic dXNlcjpwYXNz",
            "non-token",
            &format!("Basic {token}"),
            &upper,
            &token[..20],
        ] {
            refused(&get(&server, bad).await);
        }
        refused(&send(server.client.get(format!("{}/Users", server.base_url))).await);
        let latin = reqwest::header::HeaderValue::from_bytes(b"Bearer \xff\xfe").expect("a header may hold these");
        let request = server.client.get(format!("{}/Users", server.base_url)).header("Authorization", latin);
        refused(&send(request).await);
    }

    /// An admin key is no token: it opens the admin API of its account and nothing of SCIM.
    async fn an_admin_key_does_not_open_scim(server) {
        let key = admin::create_admin_key(&server.app.service.db, server.account).await.expect("a key");
        refused(&get(&server, &format!("Bearer {}", key.secret.reveal())).await);
    }

    async fn the_last_use_of_a_token_is_written_down(server) {
        let before = server.app.now();
        let (unused, _) = new_token(&server, None).await;
        server.get("/Users").await.expect(200);

        server.app.write_last_uses().await;

        let tokens = admin::tokens(&server.app.service.db, server.account, Some(server.connection)).await;
        for token in tokens.expect("the tokens") {
            let last_used = token.lifetime.last_used;
            assert_eq!(last_used.is_some_and(|time| time >= before), token.id != unused, "{last_used:?}");
        }
    }

    /// What belongs to another account is not there: whatever the method, whatever the list.
    async fn nothing_of_another_account_can_be_reached(server) {
        let user = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&user)).await;
        let before =
            [server.get(&format!("/Users/{user}")).await.body, server.get(&format!("/Groups/{group}")).await.body];
        let stranger = server.other_account("other").await;
        let ask = |method: Method, path: &str| {
            server.client.request(method, format!("{}{path}", server.base_url)).bearer_auth(&stranger)
        };

        for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
            let body = json!({
                "userName": "x", "displayName": "x", "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "replace", "path": "displayName", "value": "stolen" }],
            });
            for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
                send(ask(method.clone(), &path).json(&body)).await.expect(404);
                let bulk = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                    "Operations": [{ "method": method.as_str(), "path": path, "data": body }],
                });
                let reply = send(ask(Method::POST, "/Bulk").json(&bulk)).await.expect(200);
                let expected = if method == Method::GET { "400" } else { "404" };
                assert_eq!(reply.body["Operations"][0]["status"], expected, "{}", reply.body);
            }
            let missing = path.replace(|c: char| c.is_ascii_digit(), "0");
            let (theirs, nobodys) = (send(ask(Method::GET, &path)).await, send(ask(Method::GET, &missing)).await);
            assert_eq!(theirs.body["detail"].as_str().map(str::len), nobodys.body["detail"].as_str().map(str::len));
        }
        for list in ["/Users", "/Groups", "/"] {
            for filter in ["id pr", &format!("id eq \"{user}\""), &format!("id eq \"{group}\"")] {
                let reply = send(ask(Method::GET, list).query(&[("filter", filter)])).await.expect(200);
                assert_eq!(reply.body["totalResults"], 0, "{list} {filter}");
            }
        }
        let after =
            [server.get(&format!("/Users/{user}")).await.body, server.get(&format!("/Groups/{group}")).await.body];
        assert_eq!(after, before);
    }

    /// The names of one account are free in another.
    async fn two_accounts_may_have_the_same_names(server) {
        server.user("ada").await;
        server.group("Engineers", &[]).await;
        let other = server.other_account("other").await;
        for (path, body) in
            [("/Users", json!({ "userName": "ada" })), ("/Groups", json!({ "displayName": "Engineers" }))]
        {
            let request = server.client.post(format!("{}{path}", server.base_url)).bearer_auth(&other);
            send(request.json(&body)).await.expect(201);
        }
    }

    /// A copy of the database opens nothing.
    async fn the_plain_token_is_nowhere_in_the_database(server) {
        server.get("/Users").await.expect(200);
        server.app.write_last_uses().await;
        match &server.url {
            DatabaseUrl::Sqlite(path) => {
                let mut bytes = std::fs::read(path).expect("the file");
                bytes.extend(std::fs::read(path.with_extension("db-wal")).unwrap_or_default());
                let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
                assert!(holds(b"tokens_by_connection"), "this is the database");
                assert!(!holds(server.token.as_bytes()) && !holds(&server.token.as_bytes()[4..]));
            }
            DatabaseUrl::Postgres(url) => {
                let url = url.clone();
                let rows =
                    tokio::task::spawn_blocking(move || query(&url, "SELECT encode(hash, 'escape'), * FROM tokens"));
                let rows = rows.await.expect("psql runs").join("\n");
                assert!(!rows.is_empty() && !rows.contains(&server.token[4..]));
            }
        }
    }
}

async fn new_token(server: &Server, lifetime: Option<i64>) -> (scim_connector::domain::Id, String) {
    let db = &server.app.service.db;
    let token = admin::create_token(db, server.account, server.connection, lifetime).await.expect("a token");
    (token.id, token.secret.reveal().to_owned())
}

async fn get(server: &Server, authorization: &str) -> Reply {
    let request = server.client.get(format!("{}/Users", server.base_url));
    send(request.header("Authorization", authorization)).await
}

/// A read, a look-up and a change with this token.
async fn everything(server: &Server, token: &str, user: &str) -> [Reply; 3] {
    let ask = |method, path: &str| {
        server.client.request(method, format!("{}/Users{path}", server.base_url)).bearer_auth(token)
    };
    let change = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "nickName", "value": "Ada" }],
    });
    let one = format!("/{user}");
    [
        send(ask(Method::GET, &one)).await,
        send(ask(Method::GET, "?filter=userName%20eq%20%22ada%22")).await,
        send(ask(Method::PATCH, &one).json(&change)).await,
    ]
}

/// A statement that somebody gives the database himself.
async fn run(url: &DatabaseUrl, statement: &'static str) {
    let url = url.clone();
    let run = move || match url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("it opens");
            connection.batch_execute("PRAGMA busy_timeout = 10000").expect("it is set up");
            connection.batch_execute(statement).expect(statement);
        }
        DatabaseUrl::Postgres(url) => drop(query(&url, statement)),
    };
    tokio::task::spawn_blocking(run).await.expect("it runs");
}

async fn access_mark(server: &Server) -> i64 {
    let account = server.account;
    let mark = server.app.service.db.read(async move |tx| tx.access_mark(account).await);
    mark.await.expect("it is read").expect("there is the account")
}

/// Okta SPEC test 11: an error of SCIM with its status in the body; RFC 9110 §11.6.1: the challenge.
#[track_caller]
fn refused(reply: &Reply) {
    assert_eq!(reply.status, 401, "{}", reply.body);
    assert!(reply.header("www-authenticate").starts_with("Bearer"), "{:?}", reply.headers);
    assert_eq!((reply.header("content-type"), &reply.body["status"]), ("application/scim+json", &json!("401")));
    assert!(reply.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
}

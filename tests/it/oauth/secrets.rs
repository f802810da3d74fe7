//! Client credentials by secret (RFC 6749 §4.4).

use super::*;
use crate::support::on_both;
use oauth2::basic::BasicClient;
use oauth2::{AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse, TokenUrl};
use scim_connector::domain::{Id, PlainSecret, SecretKind};
use scim_connector::storage::rows::OAuthSecretRow;
use scim_connector::storage::{Error as StorageError, Tx};

/// A token as a real OAuth client gets it.
async fn by_library(server: &Server, client: &str, secret: &str, how: AuthType) -> String {
    let url = TokenUrl::new(format!("{}/oauth/token", root(server))).expect("a URL");
    let oauth = BasicClient::new(ClientId::new(client.to_owned()))
        .set_client_secret(ClientSecret::new(secret.to_owned()))
        .set_auth_type(how)
        .set_token_uri(url);
    let http = server.client.clone();
    let send = |request: HttpRequest| library_call(http.clone(), request);
    let token = oauth.exchange_client_credentials().add_scope(Scope::new("scim".to_owned()));
    let token = token.request_async(&send).await.expect("a token");
    assert_eq!(token.expires_in(), Some(std::time::Duration::from_secs(3600)));
    assert_eq!(token.scopes().map(|scopes| scopes[0].to_string()), Some("scim".to_owned()));
    token.access_token().secret().clone()
}

pub async fn library_call(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(reqwest::Request::try_from(request)?).await?;
    let mut response = oauth2::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(answer.bytes().await?.to_vec()).expect("a response"))
}

on_both! {
    /// idp.md 2.5: client credentials by Basic and in the body, with a real OAuth client.
    async fn a_client_gets_tokens_by_basic_and_by_body(server) {
        let id = client(&server, json!({ "name": "Entra" })).await;
        let (secret_id, secret) = secret(&server, &id).await;
        for how in [AuthType::BasicAuth, AuthType::RequestBody] {
            let token = by_library(&server, &id, &secret, how).await;
            open(&server, &token).await.expect(200);
            // Okta's header mode sends it alone.
            let raw = server.client.get(format!("{}/Users", server.base_url)).header("authorization", &token);
            send(raw).await.expect(200);
            let made = server.client.post(format!("{}/Users", server.base_url)).bearer_auth(&token);
            let name = uuid::Uuid::now_v7().to_string();
            send(made.json(&json!({ "userName": name }))).await.expect(201);
            // It is the connection that acts.
            assert_eq!(server.find("/Users", &format!("userName eq \"{name}\"")).await.expect(200).body["totalResults"], 1);
        }
        server.app.write_last_uses().await;
        for path in [format!("/oauth-clients/{id}"), format!("/client-secrets/{secret_id}")] {
            let read = server.api(Method::GET, &path, None).await.expect(200);
            assert!(read.body["lastUsedAt"].is_string() && read.body.get("secret").is_none(), "{}", read.body);
        }
        let reply = ask_with_secret(&server, &id, &secret).await.expect(200);
        let parts = (&reply.body["token_type"], &reply.body["expires_in"], &reply.body["scope"]);
        assert_eq!(parts, (&json!("Bearer"), &json!(3600), &json!("scim")));
        is_unauthorized(&open(&server, &secret).await, "/oauth/token");
        // It opens nothing else.
        let admin = server.client.get(format!("{}/api/v1/account", root(&server))).bearer_auth(access_token(&reply));
        send(admin).await.expect(401);
    }

    /// RFC 6749 §5.2: each refusal has its word, and a sentence.
    async fn what_is_wrong_with_a_token_request_is_said(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let other = client(&server, json!({ "name": "y" })).await;
        let secret = secret(&server, &id).await.1;
        let grant = ("grant_type", "client_credentials");
        let (by_id, by_secret) = (("client_id", id.as_str()), ("client_secret", secret.as_str()));
        let unknown = Id::new().to_string();
        for (form, status, error, word) in [
            (vec![by_id, by_secret], 400, "invalid_request", "grant_type"),
            (vec![("grant_type", "password"), by_id, by_secret], 400, "unsupported_grant_type", "client_credentials"),
            (vec![grant, by_id, by_secret, ("scope", "scim admin")], 400, "invalid_scope", "scim"),
            (vec![grant, by_id, by_secret, by_id], 400, "invalid_request", "twice"),
            (vec![grant, by_secret], 400, "invalid_request", "client_id"),
            (vec![grant, by_id], 401, "invalid_client", "client_secret"),
            (vec![grant], 401, "invalid_client", "client_id"),
            (vec![grant, by_id, ("client_secret", "scs_x")], 401, "invalid_client", "not known"),
            (vec![grant, ("client_id", other.as_str()), by_secret], 401, "invalid_client", "not known"),
            (vec![grant, ("client_id", unknown.as_str()), by_secret], 401, "invalid_client", "not known"),
            (vec![grant, ("client_id", "nobody"), by_secret], 401, "invalid_client", "not known"),
            (vec![grant, by_id, by_secret, ("client_assertion", "a.b.c")], 400, "invalid_request", "one way"),
            (vec![grant, by_id, ("client_assertion", "a.b.c")], 400, "invalid_request", "client_assertion_type"),
            (vec![grant, by_id, ("client_assertion", "abc"), ("client_assertion_type", ASSERTION_TYPE)],
                401, "invalid_client", "cannot be read"),
            (vec![grant, by_id, ("client_assertion", "e30.e30.x"), ("client_assertion_type", ASSERTION_TYPE)],
                401, "invalid_client", "takes no assertions"),
        ] {
            is_error(&ask(&server, &form).await, status, error, word);
        }
        // A parameter without a value is as if it were left out, an unknown one is ignored (RFC 6749 §3.2).
        access_token(&ask(&server, &[grant, by_id, by_secret, ("scope", ""), ("resource", "x")]).await);

        let url = format!("{}/oauth/token", root(&server));
        let basic = |user: &str, password: &str| server.client.post(&url).basic_auth(user, Some(password));
        let ours = basic(&id, &secret);
        access_token(&send(ours.form(&[grant])).await);
        // RFC 6749 §2.3.1: both are form-encoded first.
        let escaped: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        access_token(&send(basic(&id.replace('-', "%2D"), &escaped).form(&[grant])).await);
        is_error(&send(basic(&id, "wrong").form(&[grant])).await, 401, "invalid_client", "not known");
        is_error(&send(basic(&id, &secret).form(&[grant, by_secret])).await, 400, "invalid_request", "one way");
        let another = basic(&id, &secret).form(&[grant, ("client_id", other.as_str())]);
        is_error(&send(another).await, 400, "invalid_request", "client_id");
        let odd = server.client.post(&url).header("authorization", "Basic %%%").form(&[grant]);
        is_error(&send(odd).await, 401, "invalid_client", "Authorization");
        let json = server.client.post(&url).json(&json!({ "grant_type": "client_credentials" }));
        is_error(&send(json).await, 400, "invalid_request", "x-www-form-urlencoded");
        let long = server.client.post(&url).body("x".repeat(100_000));
        is_error(&send(long).await, 400, "invalid_request", "too long");
        send(server.client.get(&url)).await.expect(405);
    }

    /// idp.md 2.5: two live secrets; one that is revoked takes its access tokens along, at once.
    async fn secrets_are_exchanged_without_a_gap(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let (first, second) = (secret(&server, &id).await, secret(&server, &id).await);
        let old = access_token(&ask_with_secret(&server, &id, &first.1).await);
        let new = access_token(&ask_with_secret(&server, &id, &second.1).await);
        for token in [&old, &new] {
            open(&server, token).await.expect(200);
        }
        let path = format!("/client-secrets/{}", first.0);
        for _ in 0..2 {
            server.api(Method::DELETE, &path, None).await.expect(204);
        }
        is_error(&ask_with_secret(&server, &id, &first.1).await, 401, "invalid_client", "revoked");
        is_unauthorized(&open(&server, &old).await, "revoked");
        open(&server, &new).await.expect(200);
        let listed = server.api(Method::GET, &format!("/oauth-clients/{id}/client-secrets"), None).await.expect(200);
        assert_eq!(listed.items().iter().map(|item| item["revokedAt"].is_string()).collect::<Vec<_>>(), [true, false]);
        assert!(!listed.body.to_string().contains("scs_"), "{}", listed.body);

        server.api(Method::DELETE, &format!("/oauth-clients/{id}"), None).await.expect(204);
        is_unauthorized(&open(&server, &new).await, "revoked");
        is_error(&ask_with_secret(&server, &id, &second.1).await, 401, "invalid_client", "revoked");
        let late = server.api(Method::POST, &format!("/oauth-clients/{id}/client-secrets"), Some(json!({}))).await;
        assert_eq!(late.expect(422).code(), "value_invalid");
        let audit = server.api(Method::GET, &format!("/audit?subject={id}"), None).await.expect(200);
        let actions: Vec<&str> = audit.items().iter().filter_map(|entry| entry["action"].as_str()).collect();
        assert_eq!(actions, ["oauth_client.revoked", "oauth_client.created"]);
        assert!(!audit.body.to_string().contains("scs_"));
    }

    async fn an_expired_secret_is_refused(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let secret = PlainSecret::generate(SecretKind::ClientSecret).expect("a secret");
        let row = OAuthSecretRow {
            hash: secret.hash().0,
            id: Id::new().into(),
            account_id: server.account.into(),
            client_id: id.parse::<Id>().expect("an id").into(),
            created_at: 1,
            expires_at: Some(2),
            revoked_at: None,
            last_used_at: None,
        };
        let work = async move |tx: &mut Tx<'_>| tx.insert_oauth_secret(&row).await;
        server.app.service.db.write::<(), StorageError, _>(work).await.expect("it is written");
        is_error(&ask_with_secret(&server, &id, secret.reveal()).await, 401, "invalid_client", "expired");
    }

    /// P-04: before organization mode nothing is provisioned; credentials can be made ready.
    async fn personal_mode_gives_no_access(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let secret = secret(&server, &id).await.1;
        let token = access_token(&ask_with_secret(&server, &id, &secret).await);
        server.policies(&[("account.mode", "personal")]).await;
        is_error(&ask_with_secret(&server, &id, &secret).await, 400, "unauthorized_client", "personal mode");
        is_error(&ask_with_secret(&server, &id, "scs_x").await, 401, "invalid_client", "not known");
        let refused = open(&server, &token).await;
        assert!(refused.body.to_string().contains("organization_mode_required"), "{}", refused.body);
        server.api(Method::GET, &format!("/oauth-clients/{id}"), None).await.expect(200);
    }

    /// Tokens hold across a restart, and are refused by a server with another address.
    async fn access_tokens_survive_a_restart(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let secret = secret(&server, &id).await.1;
        let token = access_token(&ask_with_secret(&server, &id, &secret).await);
        let address = root(&server);
        let server = server.restart_with(|config| config.public_url = address).await;
        open(&server, &token).await.expect(200);
        let server = server.restart().await;
        is_unauthorized(&open(&server, &token).await, "iss");
    }

    /// Nothing of one account is seen from another.
    async fn clients_of_other_accounts_are_not_visible(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let secret = secret(&server, &id).await.0;
        let key = server.other_admin_key("other").await;
        for path in [
            format!("/connections/{}/oauth-clients", server.connection),
            format!("/connections/{}/trusted-issuers", server.connection),
            format!("/oauth-clients/{id}"),
            format!("/oauth-clients/{id}/client-secrets"),
            format!("/client-secrets/{secret}"),
        ] {
            let url = format!("{}/api/v1{path}", root(&server));
            send(server.client.get(&url).bearer_auth(&key)).await.expect(404);
            let gone = send(server.client.delete(&url).bearer_auth(&key)).await;
            assert!([404, 405].contains(&gone.status.as_u16()), "{path}: {}", gone.body);
        }
    }

    /// A dry run, a repeated request and an old version are what they are for tokens.
    async fn writes_are_tried_repeated_and_conditional(server) {
        let path = format!("/connections/{}/oauth-clients", server.connection);
        let tried = server.api(Method::POST, &format!("{path}?dry_run=true"), Some(json!({ "name": "x" }))).await;
        assert_eq!(tried.expect(200).body["status"], 201);
        assert!(server.api(Method::GET, &path, None).await.expect(200).items().is_empty());
        let again = || server.api_request(Method::POST, &path).header("Idempotency-Key", "k").json(&json!({ "name": "x" }));
        let first = send(again()).await.expect(201);
        assert_eq!(send(again()).await.expect(201).id(), first.id());
        assert!(first.header("location").ends_with(&format!("/oauth-clients/{}", first.id())));
        let client = format!("/oauth-clients/{}", first.id());
        let stale = server.api_request(Method::PATCH, &client).header("If-Match", "W/\"7\"").json(&json!({ "name": "y" }));
        assert_eq!(send(stale).await.expect(412).code(), "version_conflict");
        let changed = server.api(Method::PATCH, &client, Some(json!({ "name": "y" }))).await.expect(200);
        assert_eq!((&changed.body["name"], changed.header("etag")), (&json!("y"), "W/\"2\""));
        let secret = format!("{client}/client-secrets");
        let again = || server.api_request(Method::POST, &secret).header("Idempotency-Key", "s").json(&json!({}));
        assert!(send(again()).await.expect(201).body["secret"].is_string());
        assert_eq!(send(again()).await.expect(409).code(), "idempotency_secret_shown");
        let empty = server.api(Method::POST, &path, Some(json!({ "name": " " }))).await;
        assert_eq!(empty.expect(422).code(), "value_invalid");
    }

    /// RFC 8414, and the address is the configured one whatever Host says.
    async fn the_metadata_describe_what_there_is(server) {
        let url = format!("{}/.well-known/oauth-authorization-server", root(&server));
        let reply = send(server.client.get(url).header("host", "evil.example")).await.expect(200);
        let (body, issuer) = (&reply.body, root(&server));
        assert_eq!((&body["issuer"], &body["token_endpoint"]), (&json!(issuer), &json!(format!("{issuer}/oauth/token"))));
        assert_eq!(body["grant_types_supported"], json!(["client_credentials"]));
        assert_eq!((&body["scopes_supported"], &body["response_types_supported"]), (&json!(["scim"]), &json!([])));
        let methods = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
        assert_eq!(body["token_endpoint_auth_methods_supported"], methods);
        let signed = &body["token_endpoint_auth_signing_alg_values_supported"];
        assert!(signed.to_string().contains("RS256") && !signed.to_string().contains("HS"), "{signed}");
        assert!(!signed.to_string().contains("none"));
        let keys = send(server.client.get(body["jwks_uri"].as_str().expect("an address"))).await.expect(200);
        let key = &keys.body["keys"][0];
        assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&json!("EC"), &json!("ES256"), &json!("sig")));
        assert!(key.get("d").is_none(), "the private part stays here");
    }
}

/// P-22: what was taken back counts with the next request on every replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_counts_at_once_on_another_replica() {
    let server = Server::start(Database::Postgres).await;
    let address = root(&server);
    let second = Server::start_on(server.url.clone(), |config| config.public_url = address).await;
    let id = client(&server, json!({ "name": "x" })).await;
    let (first, other) = (secret(&server, &id).await, secret(&server, &id).await);
    let token = access_token(&ask_with_secret(&server, &id, &first.1).await);
    let kept = access_token(&ask_with_secret(&second, &id, &other.1).await);
    for token in [&token, &kept] {
        open(&second, token).await.expect(200);
        open(&server, token).await.expect(200);
    }
    server.api(Method::DELETE, &format!("/client-secrets/{}", first.0), None).await.expect(204);
    is_unauthorized(&open(&second, &token).await, "revoked");
    is_error(&ask_with_secret(&second, &id, &first.1).await, 401, "invalid_client", "revoked");
    open(&second, &kept).await.expect(200);
    second.api(Method::DELETE, &format!("/oauth-clients/{id}"), None).await.expect(204);
    is_unauthorized(&open(&server, &kept).await, "revoked");
}

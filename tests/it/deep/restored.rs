//! A PostgreSQL database dumped and restored into another cluster, whose transactions are numbered lower.

use super::{copies, wrong};
use crate::support::{Cluster, Database, FORGETFUL, Server, dump_into, query};
use reqwest::Method;
use scim_connector::storage::DatabaseUrl;

/// New events get larger numbers than all before, and the feed shows them at once; a second start moves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_on_in_another_cluster() {
    let server = Server::start(Database::Postgres).await;
    let DatabaseUrl::Postgres(source) = server.url.clone() else { unreachable!("it is PostgreSQL") };
    let target = tokio::task::spawn_blocking(|| Cluster::start(FORGETFUL)).await.expect("it starts");
    let transactions = "DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";
    on_its_own_thread({
        let source = source.clone();
        move || drop(query(&source, transactions))
    })
    .await;
    server.user("ada").await;
    server.user("bob").await;
    let before = feed(&server, 0, 2).await;
    let last = before[before.len() - 1];

    let restored = format!("{}/postgres", target.url());
    on_its_own_thread({
        let restored = restored.clone();
        move || dump_into(&source, &restored)
    })
    .await;
    let url = DatabaseUrl::Postgres(restored.clone());
    let found = wrong(&copies::open(&url).await).await;
    assert!(found.len() == 1 && found[0].starts_with("event numbers: "), "before a server starts: {found:?}");

    let server = Server::start_on(url.clone(), |_| ()).await;
    assert_eq!(wrong(&server.app.service.db).await, [""; 0]);
    assert_eq!(feed(&server, 0, 2).await, before, "what was there is there");
    server.user("carl").await;
    let after = feed(&server, last, 1).await;
    assert!(after[0] > last, "{after:?} after {before:?}");

    let offset = "SELECT last_value FROM event_offset";
    let first = query(&restored, offset);
    let replica = Server::start_on(url, |_| ()).await;
    assert_eq!(query(&restored, offset), first, "it is lifted once");
    replica.user("dora").await;
    assert_eq!(feed(&replica, after[0], 1).await.len(), 1);
    assert_eq!(wrong(&server.app.service.db).await, [""; 0]);
}

async fn on_its_own_thread(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.expect("it ends");
}

/// The numbers of the events `user.created` behind one, when there are so many.
async fn feed(server: &Server, after: i64, count: usize) -> Vec<i64> {
    for _ in 0..200 {
        let page = server.api(Method::GET, &format!("/events?after={after}&limit=1000"), None).await.expect(200);
        let created = page.items().iter().filter(|event| event["kind"] == "user.created");
        let found: Vec<i64> = created.filter_map(|event| event["sequence"].as_i64()).collect();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the feed does not show {count} events behind {after}")
}

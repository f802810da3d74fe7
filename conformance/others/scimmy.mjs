// An Express server with scimmy-routers and nothing of its own: users and groups live in two maps.
//
//     node scimmy.mjs PORT TOKEN
//
// `run` copies it into the folder where it has installed the packages.
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);

function serve(type, unique) {
    const kept = new Map();
    let last = 0;
    SCIMMY.Resources.declare(type)
        .ingress((resource, data) => {
            const plain = JSON.parse(JSON.stringify(data));
            const taken = [...kept.values()].find(
                (other) => other.id !== resource.id && other[unique]?.toLowerCase() === plain[unique]?.toLowerCase(),
            );
            if (taken) throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} is taken`);
            const old = resource.id ? kept.get(resource.id) : undefined;
            if (resource.id && !old) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not there`);
            const now = new Date().toISOString();
            const next = { ...plain, id: old?.id ?? String(++last), meta: { created: old?.meta.created ?? now, lastModified: now } };
            kept.set(next.id, next);
            return structuredClone(next);
        })
        .egress((resource) => {
            const all = structuredClone([...kept.values()]);
            if (!resource.id) return resource.filter ? resource.filter.match(all) : all;
            if (!kept.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not there`);
            return structuredClone(kept.get(resource.id));
        })
        .degress((resource) => {
            if (!kept.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not there`);
        });
}

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
serve(SCIMMY.Resources.User, "userName");
serve(SCIMMY.Resources.Group, "displayName");

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("a wrong token");
        return "1";
    },
}));
app.listen(Number(port), "127.0.0.1");

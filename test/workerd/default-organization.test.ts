/** `DEFAULT_ORGANIZATION`: images that are called by one name, as at Docker Hub. */
import { describe, it } from "vitest";
import { readSettings } from "../../src/model/settings.ts";
import { eventually } from "../support/workerd/waiting.ts";
import { newAccount, newName, newOrganization, pushAs, withSettings } from "../support/workerd/managing-clients.ts";
import { basic, digestOf, errorsOf, send } from "../support/workerd/registry-requests.ts";

describe("a name without an organization", () => {
  it("is refused, unless one is set", async ({ expect }) => {
    const answer = await send("GET", "/v2/nginx/tags/list");
    expect(answer.status).toBe(400);
    expect((await errorsOf(answer))[0]?.message).toContain("names no organization");
  });

  it("is an image of the organization that is set, in paths, scopes and mounts", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator, newName("library"));
    await pushAs(administrator, `${organization}/box`);
    const fetch = withSettings({ DEFAULT_ORGANIZATION: organization });
    const Authorization = basic(administrator.name, administrator.password);
    const token = async (...scopes: string[]) => {
      const query = scopes.map((scope) => `&scope=${scope}`).join("");
      const answer = await fetch(`http://registry.test/token?service=registry.test${query}`, {
        headers: { Authorization },
      });
      const { token: text, scope } = await answer.json<{ token: string; scope: string }>();
      return { bearer: { Authorization: `Bearer ${text}` }, scope };
    };
    const { bearer, scope } = await token("repository:box:pull", `repository:${organization}/box:pull,push`);
    expect(scope).toBe(`repository:${organization}/box:pull,push`);
    for (const name of ["box", `${organization}/box`]) {
      const tags = await fetch(`http://registry.test/v2/${name}/tags/list`, { headers: bearer });
      expect(await tags.json()).toEqual({ name: `${organization}/box`, tags: ["latest"] });
    }
    const upload = await fetch("http://registry.test/v2/box/blobs/uploads/", { method: "POST", headers: bearer });
    expect(upload.status).toBe(202);
    expect(upload.headers.get("Location")).toContain(`/v2/${organization}/box/blobs/uploads/`);
    const config = digestOf("absent");
    const both = await token("repository:box:pull", "repository:copy:pull,push");
    const mount = `http://registry.test/v2/copy/blobs/uploads/?mount=${config}&from=box`;
    expect((await fetch(mount, { method: "POST", headers: both.bearer })).status).toBe(202);
  });

  it("is recorded as that organization's when a push is refused", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const [library, foreign] = [
      await newOrganization(administrator),
      await newOrganization((await newAccount()).administrator),
    ];
    const fetch = withSettings({ DEFAULT_ORGANIZATION: library });
    const headers = { Authorization: basic(member.name, member.password) };
    const refused = await fetch(`http://registry.test/v2/${foreign}/blobs/uploads/`, { method: "POST", headers });
    expect(refused.status).toBe(403);
    const audit = () =>
      administrator.get("/api/audit?action=registry.request").then((answer) => answer.json<{ events: unknown[] }>());
    const { events } = await eventually(audit, (found) => found.events.length > 0);
    expect(events).toMatchObject([{ organization: library, resource: `${library}/${foreign}` }]);
  });

  it("may be none that is none", ({ expect }) => {
    expect(readSettings({ DEFAULT_ORGANIZATION: "" }).defaultOrganization).toBeUndefined();
    for (const wrong of ["Library", "a/b", "manage"]) {
      expect(() => readSettings({ DEFAULT_ORGANIZATION: wrong })).toThrow("DEFAULT_ORGANIZATION");
    }
  });
});

/** Organizations and the rights on them: SWR's "Organization management". */
import { beforeAll, expect, test } from "vitest";
import { addUser, type Person } from "../../support/server-people.ts";
import { pushImage } from "../../support/server-images.ts";
import type { SdkUser, SdkRegistry } from "../sdk-registry.ts";

const INTEGER = expect.any(Number);
const PERMISSION_BODIES: readonly [auth: unknown, refusal: string][] = [
  [0, "400 SVCSTG.SWR.4001065"],
  [2, "400 SVCSTG.SWR.4001065"],
  [8, "400 SVCSTG.SWR.4001065"],
  ["7", "400 SVCSTG.SWR.4001065"],
];

interface Namespaces {
  namespaces: { name: string; auth: number; creator_name: string }[];
}

/** Registers the tests. The registry allows five organizations for each user. */
export function organizations(setting: SdkRegistry): void {
  let administrator: Person;
  let swr: SdkUser;
  let member: Person;
  let membersSwr: SdkUser;
  let others: { person: Person; sdk: SdkUser };

  beforeAll(async () => {
    ({ person: administrator, sdk: swr } = await setting.account("north"));
    member = await addUser(setting.server, administrator, "ned");
    membersSwr = await setting.sdkOf(member);
    others = await setting.account("south");
  });

  const authOf = (person: Person, auth: number) => ({ user_id: person.id, user_name: person.name, auth });

  test("an organization is created, shown, listed and deleted", async () => {
    expect(await swr.call("createNamespace", { body: { namespace: "north-one" } })).toEqual({ httpStatusCode: 201 });

    const organization = { id: INTEGER, name: "north-one", creator_name: "north", auth: 7 };
    const shown = await swr.call("showNamespace", { namespace: "north-one" });
    expect(shown).toMatchObject({ ...organization, httpStatusCode: 200 });
    const listed = await swr.call<Namespaces>("listNamespaces");
    expect(listed).toMatchObject({ namespaces: [organization], httpStatusCode: 200 });

    expect(await swr.call("deleteNamespaces", { namespace: "north-one" })).toEqual({ httpStatusCode: 204 });
    expect(await swr.refusal("showNamespace", { namespace: "north-one" })).toBe("404 SVCSTG.SWR.4040058");
    expect(await swr.refusal("deleteNamespaces", { namespace: "north-one" })).toBe("404 SVCSTG.SWR.4040058");
  });

  test("a name is taken once for all accounts, and each user has five", async () => {
    const names = ["one", "two", "three", "four", "five"].map((name) => `quota-${name}`);
    for (const namespace of names) {
      expect(await swr.call("createNamespace", { body: { namespace } })).toEqual({ httpStatusCode: 201 });
    }

    for (const user of [swr, membersSwr, others.sdk]) {
      const refusal = await user.refusal("createNamespace", { body: { namespace: "quota-one" } });
      expect(refusal).toBe("409 SVCSTG.SWR.4090060");
    }
    const sixth = await swr.refusalOf("createNamespace", { body: { namespace: "quota-six" } });
    expect(sixth).toMatchObject({ status: 400, code: "SVCSTG.SWR.4000097", message: expect.stringContaining("5") });
    expect(sixth.requestId).toMatch(/^[0-9a-f-]{36}$/);
    // What one user has created does not count against another.
    await membersSwr.call("createNamespace", { body: { namespace: "quota-six" } });

    await swr.call("deleteNamespaces", { namespace: "quota-one" });
    await swr.call("createNamespace", { body: { namespace: "quota-one" } });
    for (const namespace of [...names, "quota-six"]) await swr.call("deleteNamespaces", { namespace });
  });

  test("names keep to the grammar, at its limits too", async () => {
    const longest = `n${"o".repeat(63)}`;
    for (const namespace of ["n", longest, "n.o_r-t__h"]) {
      expect(await swr.call("createNamespace", { body: { namespace } })).toEqual({ httpStatusCode: 201 });
      expect(await swr.call("deleteNamespaces", { namespace })).toEqual({ httpStatusCode: 204 });
    }
    const bad = ["", `${longest}o`, "North", "1north", "-north", "north-", "no..rth", "no._rth", "no___rth", "no/rth"];
    for (const namespace of [...bad, "..", "%2f", "no rth", "nörd", "manage"]) {
      const refusal = await swr.refusal("createNamespace", { body: { namespace } });
      expect(`${namespace}: ${refusal}`).toBe(`${namespace}: 400 SVCSTG.SWR.4001028`);
    }
    for (const body of [{}, { namespace: 7 }, { namespace: null }, { namespace: ["north"] }, [], "north"]) {
      const refusal = await swr.refusal("createNamespace", { body });
      expect(`${JSON.stringify(body)}: ${refusal}`).toMatch(/: 400 SVCSTG\.SWR\.(4000014|4001014|4001028)$/);
    }
    // As SWR does: clients send fields of newer versions.
    const body = { namespace: "north-extra", colour: "blue" };
    expect(await swr.call("createNamespace", { body })).toEqual({ httpStatusCode: 201 });
    await swr.call("deleteNamespaces", { namespace: "north-extra" });
  });

  test("an organization with images cannot be deleted", async () => {
    await swr.call("createNamespace", { body: { namespace: "north-full" } });
    await pushImage(administrator, "north-full/web", "1");
    expect(await swr.refusal("deleteNamespaces", { namespace: "north-full" })).toBe("406 SVCSTG.SWR.4060074");

    await swr.call("deleteRepo", { namespace: "north-full", repository: "web" });
    expect(await swr.call("deleteNamespaces", { namespace: "north-full" })).toEqual({ httpStatusCode: 204 });
  });

  test("rights are granted, changed and taken away, and say what somebody may", async () => {
    const namespace = "north-rights";
    await swr.call("createNamespace", { body: { namespace } });
    const change = (operation: "createNamespaceAuth" | "updateNamespaceAuth", auth: number) =>
      swr.call(operation, { namespace, body: [authOf(member, auth)] });
    expect(await membersSwr.refusal("showNamespace", { namespace })).toBe("404 SVCSTG.SWR.4040058");

    expect(await change("createNamespaceAuth", 1)).toEqual({ httpStatusCode: 200 });
    expect(await swr.call("showNamespaceAuth", { namespace })).toEqual({
      id: INTEGER,
      name: namespace,
      creator_name: "north",
      self_auth: authOf(administrator, 7),
      others_auths: [authOf(member, 1)],
      httpStatusCode: 200,
    });
    expect(await membersSwr.call("showNamespace", { namespace })).toMatchObject({ auth: 1 });
    const removal = { namespace, body: [administrator.id] };
    expect(await membersSwr.refusal("deleteNamespaceAuth", removal)).toBe("403 SVCSTG.SWR.4030170");
    expect(await membersSwr.refusal("deleteNamespaces", { namespace })).toBe("403 SVCSTG.SWR.4030170");

    for (const auth of [3, 7]) {
      expect(await change("updateNamespaceAuth", auth)).toEqual({ httpStatusCode: 201 });
      expect(await membersSwr.call("showNamespace", { namespace })).toMatchObject({ auth });
    }
    const { self_auth: ownRight } = await membersSwr.call("showNamespaceAuth", { namespace });
    expect(ownRight).toEqual(authOf(member, 7));

    const gone = await swr.call("deleteNamespaceAuth", { namespace, body: [member.id] });
    expect(gone).toEqual({ httpStatusCode: 204 });
    expect(await membersSwr.refusal("showNamespace", { namespace })).toBe("404 SVCSTG.SWR.4040058");
    await swr.call("deleteNamespaces", { namespace });
  });

  test("a right that is there already, or is not, is refused, and so is one that does not exist", async () => {
    const namespace = "north-wrong";
    const body = [authOf(member, 1)];
    await swr.call("createNamespace", { body: { namespace } });

    const missing = "404 SVCSTG.SWR.4040078";
    expect(await swr.refusal("updateNamespaceAuth", { namespace, body })).toBe(missing);
    expect(await swr.refusal("deleteNamespaceAuth", { namespace, body: [member.id] })).toBe(missing);
    await swr.call("createNamespaceAuth", { namespace, body });
    expect(await swr.refusal("createNamespaceAuth", { namespace, body })).toBe("409 SVCSTG.SWR.4090076");
    for (const [auth, refusal] of PERMISSION_BODIES) {
      const wrong = [{ ...authOf(member, 1), auth }];
      expect(await swr.refusal("updateNamespaceAuth", { namespace, body: wrong })).toBe(refusal);
    }
    // One that is no user of the account cannot be told from one that is no user at all.
    const stranger = await swr.refusalOf("createNamespaceAuth", { namespace, body: [authOf(others.person, 1)] });
    const nobody = { user_id: "999999", user_name: "nobody", auth: 1 };
    const unknown = await swr.refusalOf("createNamespaceAuth", { namespace, body: [nobody] });
    expect(stranger).toMatchObject({ status: 404, code: unknown.code });
    const sameMessage = stranger.message.replaceAll("south", "nobody").replace(`"${others.person.id}"`, '"999999"');
    expect(sameMessage).toBe(unknown.message);
    expect(await swr.refusal("createNamespaceAuth", { namespace: "absent", body })).toBe("404 SVCSTG.SWR.4040058");
    await swr.call("deleteNamespaces", { namespace });
  });

  test("a list is filtered, and shows where somebody has a right to a single image only when asked to", async () => {
    for (const namespace of ["north-alpha", "north-beta"]) await swr.call("createNamespace", { body: { namespace } });
    await swr.call("createNamespaceAuth", { namespace: "north-alpha", body: [authOf(member, 3)] });
    await pushImage(administrator, "north-beta/web", "1");
    const image = { namespace: "north-beta", repository: "web" };
    await swr.call("createUserRepositoryAuth", { ...image, body: [authOf(member, 1)] });
    const list = async (user: SdkUser, fields: Record<string, string>) => {
      const { namespaces } = await user.call<Namespaces>("listNamespaces", fields);
      return namespaces.map(({ name, auth }) => `${name} ${auth}`);
    };

    expect(await list(swr, {})).toEqual(["north-alpha 7", "north-beta 7"]);
    expect(await list(membersSwr, {})).toEqual(["north-alpha 3"]);
    expect(await list(membersSwr, { filter: "mode::visible" })).toEqual(["north-alpha 3", "north-beta 1"]);
    expect(await list(membersSwr, { filter: "namespace::north-beta|mode::visible" })).toEqual(["north-beta 1"]);
    expect(await list(membersSwr, { filter: "namespace::north-beta" })).toEqual([]);
    expect(await list(swr, { namespace: "north-beta" })).toEqual(["north-beta 7"]);
    expect(await list(swr, { namespace: "north-beta", filter: "namespace::north-alpha" })).toEqual(["north-alpha 7"]);
    expect(await list(others.sdk, { filter: "mode::visible" })).toEqual([]);
    for (const filter of [
      "mode",
      "mode::all",
      "colour::blue",
      "mode::visible|mode::visible",
      "mode::visible::x",
      "|",
    ]) {
      const refusal = await swr.refusal("listNamespaces", { filter });
      expect(`${filter} ${refusal}`).toBe(`${filter} 400 SVCSTG.SWR.4001035`);
    }

    await swr.call("deleteRepo", image);
    for (const namespace of ["north-alpha", "north-beta"]) await swr.call("deleteNamespaces", { namespace });
  });
}

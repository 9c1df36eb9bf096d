import { describe, it } from "vitest";
import { RegistryError } from "../../kernel/errors.ts";
import { parseOrganizationName } from "../../kernel/reference.ts";
import { authOf, levelOfAuth, parseFilter, readOrder, readPaging, readQuery, repositoryOf } from "./params.ts";

function codeOf(action: () => unknown): string {
  try {
    return `answered ${JSON.stringify(action())}`;
  } catch (error) {
    if (error instanceof RegistryError) return error.code;
    throw error;
  }
}

describe("a filter", () => {
  const KEYS = ["namespace", "name", "limit"] as const;

  it("is pairs of key and value", ({ expect }) => {
    expect(parseFilter("namespace::acme", KEYS)).toEqual({ namespace: "acme" });
    expect(parseFilter("name::a$b|limit::10", KEYS)).toEqual({ name: "a$b", limit: "10" });
    expect(parseFilter("name::|limit::a:b", KEYS)).toEqual({ name: "", limit: "a:b" });
  });

  it.for(["", "|", "name", "name:x", "::x", "name::x::y", "name::x|name::y", "name::x|", "NAME::x", "constructor::x"])(
    "is not %s",
    (filter, { expect }) => {
      expect(codeOf(() => parseFilter(filter, KEYS))).toBe("FILTER_INVALID");
    },
  );

  it("wins over plain parameters, which are all ignored", ({ expect }) => {
    const plain = { name: "b", limit: "5" };
    expect(readQuery({ ...plain, filter: "name::a" }, KEYS)).toEqual({ name: "a" });
    expect(readQuery({ ...plain, filter: "" }, KEYS)).toEqual(plain);
    expect(readQuery({ ...plain, filter: undefined }, KEYS)).toEqual(plain);
  });
});

describe("paging", () => {
  it("begins with the first hundred", ({ expect }) => {
    expect(readPaging({})).toEqual({ limit: 100, offset: 0 });
    expect(readPaging({ limit: "1", offset: "0" })).toEqual({ limit: 1, offset: 0 });
    expect(readPaging({ limit: "1000", offset: "10000" })).toEqual({ limit: 1000, offset: 10_000 });
  });

  it.for([
    { limit: "0" },
    { limit: "1001" },
    { offset: "10001" },
    { offset: "999999999999999" },
    { limit: "-1" },
    { limit: "" },
    { limit: "1.5" },
    { limit: "1e2" },
    { limit: " 1" },
    { limit: "٣" },
    { offset: "-1" },
    { offset: "" },
    { offset: "x" },
    { offset: "9999999999999999" },
  ])("refuses %j", (paging, { expect }) => {
    expect(codeOf(() => readPaging(paging))).toBe("PAGINATION_INVALID");
  });
});

describe("an order", () => {
  const COLUMNS = { name: "by name", updated_time: "by time" } as const;
  const FALLBACK = { column: "by time", isDescending: true } as const;
  const order = (order_column?: string, order_type?: string) =>
    readOrder<string>(
      { ...(order_column !== undefined && { order_column }), ...(order_type !== undefined && { order_type }) },
      COLUMNS,
      FALLBACK,
    );

  it("has a column and a direction, each with a default", ({ expect }) => {
    expect(order()).toEqual(FALLBACK);
    expect(order("name")).toEqual({ column: "by name", isDescending: true });
    expect(order("name", "asc")).toEqual({ column: "by name", isDescending: false });
    expect(order(undefined, "asc")).toEqual({ column: "by time", isDescending: false });
  });

  it.for([["size"], ["toString"], ["Name"], [""], ["name", "up"], ["name", "ASC"], ["name", ""]])(
    "is not %j",
    ([column, type], { expect }) => {
      expect(codeOf(() => order(column, type))).toBe("ORDER_INVALID");
    },
  );
});

describe("a level", () => {
  it("is 1, 3 or 7", ({ expect }) => {
    for (const level of ["read", "edit", "manage"] as const) expect(levelOfAuth(authOf(level))).toBe(level);
    for (const auth of [0, 2, 15, "1", null, undefined, 3.5, [1]]) {
      expect(codeOf(() => levelOfAuth(auth))).toBe("PERMISSION_INVALID");
    }
  });
});

describe("a repository in a path", () => {
  it("has $ for /", ({ expect }) => {
    const namespace = parseOrganizationName("acme");
    expect(repositoryOf({ namespace, repository: "web" })).toBe("acme/web");
    expect(repositoryOf({ namespace, repository: "a$b$c" })).toBe("acme/a/b/c");
    expect(repositoryOf({ namespace, repository: `${"a$".repeat(63)}bc` })).toHaveLength(133);
    for (const repository of ["", "$", "a$", "$a", "a$$b", "A", "a$..$b", "a".repeat(129)]) {
      expect(codeOf(() => repositoryOf({ namespace, repository }))).toBe("NAME_INVALID");
    }
  });
});

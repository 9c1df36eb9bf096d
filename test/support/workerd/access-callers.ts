/** Everybody who may ask for something, with the rights that they have: for tests of access. */
import type { Level, Role } from "../../../src/model/rights/access.ts";
import { asUser, newName, newUser, PASSWORD } from "./managing-clients.ts";
import { basic, fetchAnonymously } from "./registry-requests.ts";

/** The account that everything belongs to. */
export const HOME = newName("home");
/** The account that images are shared with. */
export const OTHER = newName("other");

interface Person {
  account: string;
  role?: Role;
  /** The permission on all organizations of the account, or on all images but no organization. */
  organization?: Level;
  image?: Level;
}

/** The users who ask, and all the rights that they have. */
const PEOPLE = {
  otherMember: { account: OTHER },
  otherAdministrator: { account: OTHER, role: "administrator" },
  stranger: { account: HOME },
  imageRead: { account: HOME, image: "read" },
  imageEdit: { account: HOME, image: "edit" },
  imageManage: { account: HOME, image: "manage" },
  organizationRead: { account: HOME, organization: "read" },
  organizationEdit: { account: HOME, organization: "edit" },
  organizationManage: { account: HOME, organization: "manage" },
  administrator: { account: HOME, role: "administrator" },
  operator: { account: newName("operators"), role: "operator" },
} as const satisfies Record<string, Person>;

type UserName = keyof typeof PEOPLE;
/** The last two come with an administrator's login command, and with a token that was made from it. */
export type CallerName = "anonymous" | UserName | "loginCommand" | "loginToken";
const USERS = Object.keys(PEOPLE) as UserName[];
export const CALLERS: readonly CallerName[] = ["anonymous", ...USERS, "loginCommand", "loginToken"];

function personOf(caller: CallerName): Person | undefined {
  return caller in PEOPLE ? PEOPLE[caller as UserName] : undefined;
}

export function isLogin(caller: CallerName): boolean {
  return caller === "loginCommand" || caller === "loginToken";
}

/** Whether the caller administers an account, be it another one. */
export function isAdministrator(caller: CallerName): boolean {
  return personOf(caller)?.role !== undefined;
}

export function isOf(account: string, caller: CallerName): boolean {
  return personOf(caller)?.account === account;
}

/** The right to the organizations; a login command's is its administrator's, where it reaches. */
export function organizationRightOf(caller: CallerName): Level | undefined {
  return isLogin(caller) || caller === "administrator" ? "manage" : personOf(caller)?.organization;
}

/** The right to the images, by account or permission. */
export function imageRightOf(caller: CallerName): Level | undefined {
  return organizationRightOf(caller) ?? personOf(caller)?.image;
}

/** How an image is open beyond that: not at all, to all users of the other account, or to everybody. */
export type Kind = "private" | "shared" | "public";
export const KINDS: readonly Kind[] = ["private", "shared", "public"];

/** Whether the caller may pull an image, by whatever right. */
export function mayPull(caller: CallerName, kind: Kind): boolean {
  if (kind === "public" || imageRightOf(caller) !== undefined) return true;
  return kind === "shared" && isOf(OTHER, caller);
}

// --- Credentials ---

const names = new Map<CallerName, string>();
for (const caller of USERS) {
  const { account, role = "member" }: Person = PEOPLE[caller];
  names.set(caller, (await newUser(account, { role })).name);
}

const machine = await newUser(HOME, { role: "administrator" });
const login = await (await machine.post("/api/login-command")).json<{ user: string; password: string }>();

/** The levels of those users who have a permission, by their names. */
export function levelsOn(kind: "organization" | "image"): Record<string, Level> {
  const levels: Record<string, Level> = {};
  for (const [caller, name] of names) {
    const level = personOf(caller)?.[kind];
    if (level !== undefined) levels[name] = level;
  }
  return levels;
}

/** What a caller logs in with; an anonymous one's are wrong. */
export function credentialsOf(caller: CallerName): { name: string; password: string } {
  if (isLogin(caller)) return { name: login.user, password: login.password };
  return { name: names.get(caller) ?? "nobody", password: PASSWORD };
}

export const ADMINISTRATOR_OF_HOME = asUser(credentialsOf("administrator").name);

/**
 * The header `Authorization` with which a caller comes, if any.
 *
 * @param way `token`: with a token for this scope, as container tools do.
 */
export async function authorize(
  caller: CallerName,
  way: "basic" | "token",
  scope: string | undefined,
): Promise<Record<string, string>> {
  if (way === "basic" && caller !== "loginToken") return basicOf(caller);
  const key = `${caller} ${scope}`;
  let found = tokens.get(key);
  if (!found || found.requestedAt + TOKEN_USE_MS < Date.now()) {
    found = { token: requestToken(caller, scope), requestedAt: Date.now() };
    tokens.set(key, found);
  }
  return { Authorization: `Bearer ${await found.token}` };
}

function basicOf(caller: CallerName): Record<string, string> {
  const { name, password } = credentialsOf(caller);
  return caller === "anonymous" ? {} : { Authorization: basic(name, password) };
}

/** Less than the five minutes that they live: a slow machine takes longer for all routes. */
const TOKEN_USE_MS = 4 * 60_000;
const tokens = new Map<string, { token: Promise<string>; requestedAt: number }>();

async function requestToken(caller: CallerName, scope: string | undefined): Promise<string> {
  const query = scope === undefined ? "" : `&scope=${encodeURIComponent(scope)}`;
  const path = `/token?service=registry.test${query}`;
  const response = await fetchAnonymously(path, { headers: basicOf(caller) });
  const { token } = await response.json<{ token: string }>();
  return token;
}

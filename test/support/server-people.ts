/** Accounts, users and access keys of a running registry, made over its API as an operator makes them. */
import { PASSWORD, USER, type Server } from "./server.ts";

/** Everybody's that {@link addAccount} and {@link addUser} make. */
const PEOPLES_PASSWORD = "battery staple, horse correct";

/** To pull, as SWR's API numbers the rights. */
const READ = 1;

export interface AccessKey {
  /** AK. */
  access: string;
  /** SK. */
  secret: string;
}

/** Who somebody is to the registry. */
export interface Credentials {
  name: string;
  password: string;
  /** As SWR's API calls it; not known of the operator. */
  id?: string;
  account?: string;
}

/** A user who sends requests with their own name and password. */
export class Person {
  readonly #server: Pick<Server, "url">;
  readonly name: string;
  readonly password: string;
  readonly id: string;
  readonly account: string;

  constructor(server: Pick<Server, "url">, { name, password, id = "", account = "" }: Credentials) {
    this.#server = server;
    this.name = name;
    this.password = password;
    this.id = id;
    this.account = account;
  }

  get authorization(): string {
    return `Basic ${Buffer.from(`${this.name}:${this.password}`).toString("base64")}`;
  }

  /** Sends a request; bytes go as they are, anything else as JSON. */
  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const isRaw = body instanceof Uint8Array;
    return fetch(`${this.#server.url}${path}`, {
      method,
      headers: {
        Authorization: this.authorization,
        ...(body !== undefined && !isRaw && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? new Uint8Array(body) : JSON.stringify(body) }),
    });
  }

  /** Sends a request that has to succeed, and answers its JSON. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} by ${this.name}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  addAccessKey(): Promise<AccessKey> {
    return this.ask("POST", "/api/access-keys");
  }
}

/** Who runs the deployment. */
export function operatorOf(server: Pick<Server, "url">): Person {
  return new Person(server, { name: USER, password: PASSWORD });
}

/** Makes an account of this name and answers its administrator, who has the same. */
export async function addAccount(server: Pick<Server, "url">, name: string): Promise<Person> {
  const administrator = { name, password: PEOPLES_PASSWORD };
  await operatorOf(server).ask("POST", "/api/accounts", { name, administrator });
  const { user } = await new Person(server, administrator).ask<{ user: { id: string } }>("GET", "/api/session");
  return new Person(server, { ...administrator, id: user.id, account: name });
}

/** Makes a user without rights in the administrator's account. */
export async function addUser(server: Pick<Server, "url">, administrator: Person, name: string): Promise<Person> {
  const credentials = { name, password: PEOPLES_PASSWORD };
  const { id } = await administrator.ask<{ id: string }>("POST", "/api/users", credentials);
  return new Person(server, { ...credentials, id, account: administrator.account });
}

/** Makes a user who may pull what is in one organization of the administrator's account, and nothing else. */
export async function addReader(
  server: Pick<Server, "url">,
  administrator: Person,
  name: string,
  organization: string,
): Promise<Person> {
  const reader = await addUser(server, administrator, name);
  const right = { user_id: reader.id, user_name: reader.name, auth: READ };
  await administrator.ask("POST", `/v2/manage/namespaces/${organization}/access`, [right]);
  return reader;
}

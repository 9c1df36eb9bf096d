/** Huawei's unmodified SDK for SWR (npm), and a registry for it alone. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core";
import { Logger4jInstance } from "@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js";
import * as sdk from "@huaweicloud/huaweicloud-sdk-swr/v2/public-api.js";
import { afterAll, beforeAll } from "vitest";
import { type AccessKey, addAccount, type Person } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, startServer, type Server } from "../support/server.ts";

/** What the SDK fills in where a path holds `{project_id}`; any name will do. */
export const PROJECT_ID = "0f5181caba0024e72f89c0045e707b91";

type Operations = Pick<sdk.SwrClient, Exclude<keyof sdk.SwrClient, "getPath">>;
/** An operation by the name that it has in the SDK. */
export type Operation = {
  [K in keyof Operations]: Operations[K] extends (request: never) => Promise<unknown> ? K : never;
}[keyof Operations];

const NOT_OPERATIONS: ReadonlySet<string> = new Set(["constructor", "getPath", "overrideEndpoints"]);
/** All that the SDK has. */
export const OPERATIONS = Object.getOwnPropertyNames(sdk.SwrClient.prototype).filter(
  (name) => !NOT_OPERATIONS.has(name),
) as Operation[];

/** What an operation answers: the fields of the body and the status. Of a list it is an array with the status as a property. */
export type Answer<T = Record<string, unknown>> = T & { httpStatusCode: number; "Content-Range"?: string };

/** A user who calls the SDK with an access key. */
export class SdkUser {
  static readonly #called = new Set<Operation>();
  readonly #client: sdk.SwrClient;

  constructor(endpoint: string, { access, secret }: AccessKey) {
    const credentials = new BasicCredentials().withAk(access).withSk(secret).withProjectId(PROJECT_ID);
    this.#client = sdk.SwrClient.newBuilder().withCredential(credentials).withEndpoint(endpoint).build();
  }

  /** What no {@link SdkUser} of this file has called yet. */
  static get neverCalled(): Operation[] {
    return OPERATIONS.filter((operation) => !SdkUser.#called.has(operation));
  }

  /**
   * Calls an operation.
   *
   * @param fields parameters by their names on the wire, and `body`.
   * @throws the SDK's exception for every status but 2xx.
   */
  async call<T = Record<string, unknown>>(operation: Operation, fields: Record<string, unknown> = {}) {
    SdkUser.#called.add(operation);
    const request = Object.assign(newRequest(operation), fields);
    const send = this.#client[operation] as (request: object) => Promise<unknown>;
    return (await send.call(this.#client, request)) as Answer<T>;
  }

  /** Calls an operation that has to be refused, and answers status and code: `409 SVCSTG.SWR.4090060`. */
  async refusal(operation: Operation, fields: Record<string, unknown> = {}): Promise<string> {
    const { status, code } = await this.refusalOf(operation, fields);
    return `${status} ${code}`;
  }

  /** The same with everything that the SDK makes of the refusal. */
  async refusalOf(operation: Operation, fields: Record<string, unknown> = {}) {
    try {
      const answer = await this.call(operation, fields);
      throw new Error(`${operation} was not refused: ${JSON.stringify(answer)} ${answer.httpStatusCode}`);
    } catch (error) {
      if (!isSdkException(error)) throw error;
      const { httpStatusCode: status, errorCode: code, errorMsg: message, requestId } = error;
      return { status, code, message, requestId };
    }
  }
}

interface SdkException {
  httpStatusCode: number;
  errorCode: string | undefined;
  errorMsg: string;
  requestId: string | undefined;
}

function isSdkException(error: unknown): error is SdkException {
  return error instanceof Error && "httpStatusCode" in error && error.httpStatusCode !== undefined;
}

function newRequest(operation: Operation): object {
  const name = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Request`;
  const Request = (sdk as unknown as Record<string, new () => object>)[name];
  if (!Request) throw new Error(`the SDK has no ${name}`);
  return new Request();
}

/** A registry for one test file. */
export class SdkRegistry {
  readonly directory = makeTemporaryDirectory();
  server!: Server;

  /** The SDK with a new access key of this user. */
  async sdkOf(person: Person): Promise<SdkUser> {
    return new SdkUser(this.server.url, await person.addAccessKey());
  }

  /** A new account, by its administrator. */
  async account(name: string) {
    const person = await addAccount(this.server, name);
    return { person, sdk: await this.sdkOf(person) };
  }
}

/** Prepares a test file. */
export function useRegistry(environment: NodeJS.ProcessEnv = {}): SdkRegistry {
  const setting = new SdkRegistry();
  const home = process.env.HOME;
  beforeAll(async () => {
    setting.server = await startServer(join(setting.directory, "state"), 0, environment);
    // The SDK leaves a file there.
    process.env.HOME = join(setting.directory, "home");
    mkdirSync(process.env.HOME);
    // It prints every refusal with the whole request.
    Logger4jInstance.level = "off";
  });
  afterAll(async () => {
    process.env.HOME = home;
    await setting.server.stop();
    removeDirectory(setting.directory);
  });
  return setting;
}

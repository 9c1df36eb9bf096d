/** Machines that several users of docker sit at: one daemon, and a configuration for each. */
import { mkdirSync } from "node:fs";
import { execute, type Result } from "../support/commands.ts";
import { dockerArchiveOf } from "../support/image-layouts.ts";
import type { Person } from "../support/server-people.ts";
import { type Server, startServer } from "../support/server.ts";
import { DAEMON_PROGRAMS, type DockerDaemon, dockerDaemon } from "./docker-daemon.ts";
import { type ClientSetup, useClient } from "./client-setup.ts";

/** Prints a password for a permanent login command: guide 4.2, step 4, to the letter. */
const OPENSSL_LINE = String.raw`printf "$AK" | openssl dgst -binary -sha256 -hmac "$SK" | od -An -vtx1 | sed 's/[ \n]//g' | sed 'N;s/\n//'`;

/** docker with the logins of one machine. */
export class Machine {
  readonly #docker: ClientSetup;
  readonly #daemon: DockerDaemon;
  readonly #config: string;

  constructor(docker: ClientSetup, daemon: DockerDaemon, name: string) {
    this.#docker = docker;
    this.#daemon = daemon;
    this.#config = docker.path("machines", name);
    mkdirSync(this.#config, { recursive: true });
  }

  /** Runs docker, whatever comes of it. */
  attempt(...args: string[]): Promise<Result> {
    return this.#docker.attempt(args, { environment: { DOCKER_CONFIG: this.#config } });
  }

  /** Types a line into a shell. */
  type(line: string, environment: NodeJS.ProcessEnv = {}): Promise<Result> {
    const settings = { DOCKER_CONFIG: this.#config, DOCKER_HOST: this.#daemon.host, ...environment };
    return execute(["sh", "-c", line], { environment: settings });
  }

  login(name: string, password: string): Promise<Result> {
    return this.attempt("login", "-u", name, "-p", password, this.#docker.server.address);
  }

  /** Logs a user in, who has to be let in. */
  async loginAs({ name, password }: Pick<Person, "name" | "password">): Promise<void> {
    const { exitCode, output } = await this.login(name, password);
    if (exitCode !== 0) throw new Error(`${name} was not let in: ${output}`);
  }

  /** Gives the image a name and pushes it. */
  async push(id: string, reference: string): Promise<Result> {
    await this.#docker.run(["tag", id, reference]);
    return this.attempt("push", reference);
  }

  pull(reference: string): Promise<Result> {
    return this.attempt("pull", reference);
  }
}

/** Prepares a test file for docker at several machines. `needs` are programs beside docker, `environment` the registry's settings. */
export function useMachines({ needs, environment }: { needs: readonly string[]; environment: NodeJS.ProcessEnv }) {
  const daemon = dockerDaemon();
  const docker = useClient("docker", {
    globalArguments: () => ["--host", daemon.host],
    needs: [...DAEMON_PROGRAMS, ...needs],
    environment,
    prepare: daemon.start,
    cleanUp: daemon.stop,
  });
  return {
    docker,
    /** Whether there is a registry: not when programs are missing, and all tests are skipped. */
    isReady: () => (docker.server as Server | undefined) !== undefined,
    machine: (name: string) => new Machine(docker, daemon, name),
    /** The name of an image as docker takes it. */
    reference: (name: string, address = docker.server.address) => `${address}/${name}`,
    /** Stops the registry, does something meanwhile, and starts it again where it was, with further settings. */
    restart: async (further: NodeJS.ProcessEnv = {}, meanwhile?: () => void) => {
      const { port, stateDir, stop } = docker.server;
      await stop();
      meanwhile?.();
      docker.server = await startServer(stateDir, port, { ...environment, ...further });
    },
  };
}

/** Loads an image of one small layer into the daemon and answers its id. */
export async function loadSmallImage(docker: ClientSetup, name: string): Promise<string> {
  const { layout } = await docker.image(name, [1000]);
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
}

/** The password that the guide's line prints for an access key. */
export async function passwordByOpenssl(machine: Machine, access: string, secret: string): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.type(OPENSSL_LINE, { AK: access, SK: secret });
  if (exitCode !== 0 || stderr !== "") throw new Error(`openssl ended with ${exitCode}: ${stderr}`);
  return stdout.trim();
}

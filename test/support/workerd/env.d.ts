import type { D1Migration } from "@cloudflare/vitest-plugin";
import type { Env as WorkerEnv } from "../../../src/env.ts";
import type * as mainModule from "../../../src/index.ts";

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      MIGRATIONS: D1Migration[];
      /** How many registries the test of garbage collection uses at random, and from which seed on; may be empty. */
      GARBAGE_RUNS: string;
      GARBAGE_SEED: string;
    }
    interface GlobalProps {
      mainModule: typeof mainModule;
    }
  }
}

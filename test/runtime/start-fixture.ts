/** Starts a Worker and names its workerd: `start.ts <wrangler.toml> <state directory>`. */
import { startRuntime } from "../../scripts/local/runtime.ts";

const [configPath, stateDir] = process.argv.slice(2);
if (configPath === undefined || stateDir === undefined) throw new Error("two arguments are needed");
const runtime = await startRuntime({ configPath, stateDir });
console.log(`workerd ${runtime.workerdPid}`);
await runtime.failed;

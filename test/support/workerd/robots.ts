/** Robots and their access keys for tests. */
import { type Client, newName } from "./managing-clients.ts";
import type { Key } from "./signed-requests.ts";

export interface RobotKey extends Key {
  ends: string | null;
}

/** Makes a robot of the administrator's account, which has no rights yet, and answers its name. */
export async function newRobot(administrator: Client, name = newName("robot")): Promise<string> {
  const response = await administrator.post("/api/users", { name, kind: "robot" });
  if (response.status !== 201) throw new Error(`making a robot: ${response.status} ${await response.text()}`);
  return name;
}

/** Makes an access key for a robot; without an end it counts for ever. */
export async function newRobotKey(administrator: Client, robot: string, ends?: Date): Promise<RobotKey> {
  const body = ends === undefined ? undefined : { ends: ends.toISOString() };
  const response = await administrator.post(`/api/users/${robot}/access-keys`, body);
  if (response.status !== 201) throw new Error(`making a key: ${response.status} ${await response.text()}`);
  return response.json<RobotKey>();
}

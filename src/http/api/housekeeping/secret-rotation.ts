import { type Rotation, showRotation, startReencryption } from "../../../registry/housekeeping/secret-rotation.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";

const Count = z.int();

const SecretRotation = z
  .object({
    tokenSecrets: Count.openapi({
      description: "How many values of `TOKEN_SECRET` are accepted: 1 when it is not being exchanged.",
    }),
    encryptionKeys: Count.openapi({ description: "The same of `ENCRYPTION_KEY`." }),
    left: z
      .object({ accessKeys: Count, triggers: Count, clusters: Count, remotes: Count })
      .openapi({ description: "Secrets that are not under the current `ENCRYPTION_KEY` yet, by what they are of." }),
    lost: Count.openapi({ description: "Those of them that are under a key which the registry has not got." }),
    isComplete: z.boolean().openapi({ description: "Whether nothing needs an older `ENCRYPTION_KEY` any more." }),
  })
  .openapi("SecretRotation");

const Reencryption = SecretRotation.extend({
  done: Count.openapi({ description: "How many secrets have been taken over to the current key just now." }),
  failed: Count.openapi({ description: "How many could not be read, and stay as they are." }),
}).openapi("Reencryption");

const tags = ["Secrets"];
const path = "/secret-rotation";

const show = createRoute({
  method: "get",
  path,
  operationId: "showSecretRotation",
  tags,
  summary: "Show the progress of secret rotation",
  description: "Operators.",
  responses: { 200: json(SecretRotation, "What is still under an older key.") },
});

const start = createRoute({
  method: "post",
  path,
  operationId: "reencryptSecrets",
  tags,
  summary: "Re-encrypt secrets with the current key",
  description: "Operators. As it is done every hour: some thousand at once, so it may take several requests.",
  responses: { 200: json(Reencryption, "What was done, and what is left.") },
});

/** Exchanging the secrets of the deployment: docs/deploy.md, "Rotating secrets". */
export const secretRotation = createRouter()
  .openapi(show, async (c) => {
    return c.json(describeRotation(await showRotation(managerCall(c))), 200);
  })
  .openapi(start, async (c) => {
    const result = await startReencryption(managerCall(c));
    return c.json({ ...describeRotation(await showRotation(managerCall(c))), ...result }, 200);
  });

function describeRotation(rotation: Rotation): z.infer<typeof SecretRotation> {
  const { accessKeys, triggers, clusters, remotes } = rotation.left;
  return { ...rotation, isComplete: accessKeys + triggers + clusters + remotes === 0 };
}

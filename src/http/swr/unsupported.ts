/** Operations of SWR that Berth knows of but does not have: they are refused as such, in SWR's words. */
import { RegistryError } from "../../kernel/errors.ts";
import { requireRepository } from "../../registry/rights/management.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, z } from "../openapi.ts";
import { RepositoryParams, repositoryOf } from "./params.ts";

type Operation = readonly [method: "get" | "post" | "patch" | "delete", path: string, operationId: string];

const REPOSITORY = "/namespaces/{namespace}/repos/{repository}";

const REPOSITORY_OPERATIONS: readonly Operation[] = [
  ["get", `${REPOSITORY}/{tag}/accessories`, "listRepoAccessories"],
  ["get", `${REPOSITORY}/{tag}/references`, "listReferences"],
];

const ACCOUNT_OPERATIONS: readonly Operation[] = [
  ["get", "/agency", "checkAgency"],
  ["post", "/agency", "createAgency"],
];

export const unsupported = refuse(REPOSITORY_OPERATIONS, ACCOUNT_OPERATIONS);

export const unsupportedV3 = refuse(
  [["get", `${REPOSITORY}/tags`, "listRepositoryTag"]],
  [
    ["get", "/repos", "listRepoDetails"],
    ["get", "/shared-repositories", "listSharedRepoDetails"],
  ],
);

/**
 * A router that refuses all of these with 501. For paths below an image it first checks that the caller may know of the
 * image.
 */
function refuse(ofRepositories: readonly Operation[], ofAccounts: readonly Operation[]) {
  const router = createRouter();
  for (const operation of ofRepositories) {
    router.openapi(routeOf(operation, parametersOf(operation)), async (c) => {
      const repository = repositoryOf(RepositoryParams.parse(c.req.param()));
      await requireRepository(managerCall(c), repository, "read");
      throw notImplemented(operation);
    });
  }
  for (const operation of ofAccounts) {
    router.openapi(routeOf(operation, z.object({})), () => {
      throw notImplemented(operation);
    });
  }
  return router;
}

function routeOf([method, path, operationId]: Operation, params: z.ZodObject) {
  return createRoute({
    method,
    path,
    operationId,
    tags: ["Not implemented"],
    summary: "Part of SWR, not of Berth",
    request: { params },
    responses: { 501: { description: "The operation is not implemented." } },
  });
}

/** What is in the path, beyond the image. */
function parametersOf([, path]: Operation): z.ZodObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  const others = names.filter((name) => !(name in RepositoryParams.shape));
  return RepositoryParams.extend(
    Object.fromEntries(others.map((name) => [name, z.string().openapi({ param: { name, in: "path" } })])),
  );
}

function notImplemented([, , operationId]: Operation): RegistryError {
  return new RegistryError("NOT_IMPLEMENTED", `${operationId} is not implemented`);
}

import { expect, it } from "vitest";
import { organizationInPath } from "./request-stores.ts";

it.for([
  ["/v2/acme/web/manifests/v1", "acme"],
  ["/v2/acme/team/web/blobs/uploads/", "acme"],
  ["/v2/manage/namespaces/acme/repos", "acme"],
  ["/api/organizations/acme/images/web", "acme"],
  ["/api/organizations/acme", "acme"],
  // A name of one part is of the organization that a setting or a mirror says.
  ["/v2/nginx/manifests/v1", undefined],
  ["/v2/nginx/blobs/uploads/", undefined],
  ["/v2/nginx/tags/list", undefined],
  ["/v2/acme/web/tags/list", "acme"],
  ["/v2/manage/namespaces", undefined],
  ["/v2/manage/overview", undefined],
  ["/v2/", undefined],
  ["/v2/_catalog", undefined],
  ["/token", undefined],
  ["/api/organizations", undefined],
  ["/api/users", undefined],
] as const)("%s names the organization %s", ([path, organization]) => {
  expect(organizationInPath(path)).toBe(organization);
});

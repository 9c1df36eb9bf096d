/** Organizations that stand for a registry elsewhere, and their settings (docs/pull-through.md). */
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { Versions } from "../../kernel/precondition.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { parseUpstreamPath } from "../../model/upstreams/upstreams.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  deleteUpstream,
  findUpstream,
  saveUpstream,
  type UpstreamRecord,
  type UpstreamSettings,
} from "../../storage/upstreams/upstreams.ts";
import { actorOf, type Call } from "../call.ts";
import { unknownRemote } from "../remotes/remotes.ts";
import { requireOrganization, unknownOrganization } from "../rights/management.ts";
import { unlessChanged } from "../versions.ts";

export type Upstream = UpstreamRecord;

/** @throws RegistryError UPSTREAM_UNKNOWN when the organization stands for nothing but itself. */
export async function getUpstream(call: Call<Manager>, name: OrganizationName): Promise<Upstream> {
  const { id } = await requireOrganization(call, name, "manage");
  const upstream = await findUpstream(call.stores.db, id);
  if (!upstream) throw unknownUpstream(name);
  return upstream;
}

/**
 * Lets an organization stand for a remote registry of its account, or changes how it does.
 *
 * @param versions of which the registry that it stands for so far must have one.
 * @throws RegistryError ORGANIZATION_NOT_EMPTY when it has images that are not of that registry; REMOTE_UNKNOWN; UPSTREAM_UNKNOWN
 * when there is none of any version.
 */
export async function setUpstream(
  call: Call<Manager>,
  name: OrganizationName,
  { remote, versions, ...settings }: UpstreamSettings & { remote: string; versions?: Versions | undefined },
): Promise<Upstream> {
  const path = parseUpstreamPath(settings.path);
  const organization = await requireOrganization(call, name, "manage");
  const wanted = { ...settings, path };
  const saving = saveUpstream(call.stores.db, actorOf(call), organization, { name: remote }, wanted, versions);
  const { outcome } = await unlessChanged(`the upstream of ${name}`, saving);
  if (outcome === "unknown") throw unknownUpstream(name);
  if (outcome === "remote-unknown") throw unknownRemote(shorten(remote));
  if (outcome === "not-empty") {
    throw notEmpty(name, "it can stand for another registry, or another part of one, only while it has none");
  }
  const upstream = await findUpstream(call.stores.db, organization.id);
  // It was deleted just now.
  if (!upstream) throw unknownOrganization(name);
  return upstream;
}

/** Lets an organization stand for nothing but itself. @throws RegistryError ORGANIZATION_NOT_EMPTY while it has images. */
export async function removeUpstream(call: Call<Manager>, name: OrganizationName): Promise<void> {
  const organization = await requireOrganization(call, name, "manage");
  const { outcome } = await deleteUpstream(call.stores.db, actorOf(call), organization);
  if (outcome === "unknown") throw unknownUpstream(name);
  if (outcome === "not-empty") {
    throw notEmpty(name, "delete them first, so that none of them seems to be your own afterwards");
  }
}

function notEmpty(name: OrganizationName, why: string): RegistryError {
  const message = `organization ${name} has images: ${why}`;
  return new RegistryError("ORGANIZATION_NOT_EMPTY", { message, detail: { namespace: name } });
}

export function unknownUpstream(name: OrganizationName): RegistryError {
  return new RegistryError("UPSTREAM_UNKNOWN", {
    message: `organization ${name} stands for no other registry`,
    detail: { namespace: name },
  });
}

/** Searching images: what the caller may see, and the image centre of public ones (guide 7.1.2). */
import { levelOf, type Manager, type RegistryCaller, type User, type Visitor } from "../../model/rights/access.ts";
import {
  ALL_SOURCES,
  type ImageFilter,
  type ImageSort,
  type ImageSource,
  type Page,
} from "../../model/images/image-search.ts";
import { listArchitectures } from "../../storage/images/platforms.ts";
import { type FoundImage, searchImages as search } from "../../storage/images/search.ts";
import type { Stores } from "../../storage/stores.ts";
import { searcherOf } from "../rights/access.ts";
import { requireUser } from "../rights/callers.ts";
import type { Call } from "../call.ts";

/**
 * One page of the images that the caller may pull, and where the search ended if it did before the page was full.
 *
 * @param source "all": own, shared and public ones together.
 */
export async function searchImages(
  call: Call<Manager>,
  source: ImageSource | "all",
  filter: ImageFilter,
  page: Page<ImageSort>,
) {
  const sources = source === "all" ? ALL_SOURCES : [source];
  return describe(call.stores, { user: call.caller.user, sources, filter, page });
}

/**
 * One page of the public images of all accounts.
 *
 * @throws RegistryError UNAUTHORIZED for anonymous callers, unless the operator lets them pull; DENIED.
 */
export async function searchImageCentre(call: Call<Visitor>, filter: ImageFilter, page: Page<ImageSort>) {
  const visitor = call.stores.settings.allowsAnonymousPull ? call.caller.user : requireUser(call.caller);
  return describe(call.stores, { user: visitor, sources: ["public"], filter, page });
}

/** How many images that have a text in their names one search of docker looks at, in any order of names. */
const MAX_NAMED = 5000;
/** Of texts that more have: how many parts of the list of all names. `docker search` has no next page to go on with. */
const MAX_PARTS = 10;

/**
 * The images whose name has a text in it, as `docker search` shows them: what the caller may pull. Credentials that only push
 * and pull will do; a token has to be one for the catalog.
 *
 * @throws RegistryError UNAUTHORIZED for anonymous callers, unless the operator lets them pull.
 */
export async function searchForDocker(call: Call<RegistryCaller>, text: string, limit: number) {
  const user = await searcherOf(call);
  const sources = user ? ALL_SOURCES : (["public"] as const);
  const filter = text === "" ? {} : { text };
  const images: FoundImage[] = [];
  let after: Page<ImageSort>["after"];
  for (let parts = 0; parts < MAX_PARTS && images.length < limit; parts += 1) {
    const page = { sort: "name", isDescending: false, after, limit: limit - images.length } as const;
    const { rows, end } = await search(call.stores.nearby, { ...page, user, sources, filter, maxFew: MAX_NAMED });
    images.push(...rows);
    if (!end) break;
    after = [end.key, end.id];
  }
  return images;
}

/** Whose images of which kinds are wanted. */
interface ImageSearch {
  user: User | undefined;
  sources: readonly ImageSource[];
  filter: ImageFilter;
  page: Page<ImageSort>;
}

async function describe(stores: Stores, { user, sources, filter, page }: ImageSearch) {
  const { rows: images, end } = await search(stores.nearby, { ...page, user, sources, filter });
  const ids = images.map((image) => image.id);
  const architectures = await listArchitectures(stores.nearby, ids);
  const rows = images.map(({ facts, ...image }) => {
    const level = levelOf(user, facts, stores.settings.allowsAnonymousPull);
    if (!level) throw new Error(`image ${image.name} was found for somebody who may not see it`);
    return { ...image, level, architectures: architectures.get(image.id) ?? [] };
  });
  return { rows, end };
}

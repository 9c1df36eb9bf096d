/** What images and organizations took up on each day, and what was pulled. */
import type { ImageName } from "../../kernel/reference.ts";
import { queries } from "./client.ts";

const ORGANIZATION = "/api/organizations/{organization}/usage/daily";
const IMAGE = "/api/organizations/{organization}/images/{image}/usage/daily";

/** Of an organization, the last days from the oldest to today (UTC): for who has a right to all of its images. */
export function useOrganizationDays(organization: string, days: number) {
  return queries.useQuery(
    "get",
    ORGANIZATION,
    { params: { path: { organization }, query: { days } } },
    { select: (usage) => usage.days },
  );
}

/** The same of an image, with the number of pulls. */
export function useImageDays({ organization, image }: ImageName, days: number) {
  return queries.useQuery(
    "get",
    IMAGE,
    { params: { path: { organization, image }, query: { days } } },
    { select: (usage) => usage.days },
  );
}

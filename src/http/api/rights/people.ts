/** The fields that accounts and users have in the API. */
import { ROLES } from "../../../model/rights/access.ts";
import { ACCOUNT_NAME } from "../../../model/accounts/account.ts";
import {
  MAX_KNOWN_PASSWORD_LENGTH,
  MAX_PASSWORD_LENGTH,
  MAX_SEARCH_LENGTH,
  MIN_PASSWORD_LENGTH,
} from "../../../kernel/field-limits.ts";
import type { Stores } from "../../../registry/stores.ts";
import { because, z } from "../../openapi.ts";
import { cutSealedPage, PAGE_PARAMS, readSealedCursor } from "../paging.ts";

export const PersonName = z
  .string()
  .regex(ACCOUNT_NAME, because("PERSON_NAME_FORM"))
  .openapi({ description: "1 to 64 letters, digits, `.`, `_` and `-`; the first is a letter.", example: "alice" });

export const Password = z
  .string()
  .min(MIN_PASSWORD_LENGTH)
  .max(MAX_PASSWORD_LENGTH)
  .openapi({ description: `${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters.` });

/** A password to be checked, which may be older than the rules for new ones. */
export const KnownPassword = z.string().min(1).max(MAX_KNOWN_PASSWORD_LENGTH);

export const AccountRole = z.enum(ROLES).openapi({
  description: "`administrator` manages all organizations and users of the account; `operator` the deployment as well.",
});

export const Time = z.string().openapi({ format: "date-time", example: "2026-11-24T08:00:00.000Z" });

/** A name in the path. Text that cannot be a name is answered as an unknown name. */
export const NameParams = z.object({
  name: z.string().openapi({ param: { name: "name", in: "path" }, example: "alice" }),
});

/** The query of a list of names. */
export const NamePageQuery = z.strictObject({
  search: z
    .string()
    .min(1)
    .max(MAX_SEARCH_LENGTH)
    .optional()
    .openapi({ description: `Part of the name, in upper or lower case: 1 to ${MAX_SEARCH_LENGTH} characters.` }),
  ...PAGE_PARAMS,
});

/** What to ask for so that {@link cutNamePage} can tell whether there is more. */
export async function readNamePage(stores: Stores, { search, cursor, limit }: z.output<typeof NamePageQuery>) {
  const after = (await readSealedCursor(stores, cursor, z.tuple([z.string()])))?.[0];
  return { search, after, limit: limit + 1 };
}

/** Cuts the page that a query asks for, which a search may not have filled. */
export function cutNamePage<T extends { name: string }>(
  stores: Stores,
  { limit }: { limit: number },
  { rows, end }: { rows: readonly T[]; end: { key: string } | undefined },
) {
  return cutSealedPage(stores, rows, limit, ({ name }) => [name], end && [end.key]);
}

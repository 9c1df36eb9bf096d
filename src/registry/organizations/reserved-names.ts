import { isReservedUserName } from "../../model/accounts/account.ts";
import { RegistryError } from "../../kernel/errors.ts";

/** Refuses to call a user what the deployment's own administrator is called, or jobs are. */
export function refuseReservedName(name: string): void {
  if (!isReservedUserName(name)) return;
  throw new RegistryError("USER_RESERVED", {
    message: `the name ${name} is reserved for the administrator that the deployment makes, or for jobs: choose another one`,
    detail: { name },
  });
}

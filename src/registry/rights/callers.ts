/**
 * Who calls a management API: the one place that makes a {@link Visitor}, {@link Manager} or {@link Copier} of what credentials
 * say.
 */
import type { Copier, Credentials, Manager, User, Visitor } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";

/**
 * Who looks at what everybody may see: also somebody without credentials.
 *
 * @throws RegistryError DENIED for credentials that only push and pull.
 */
export function visitorOf({ user, reach, address, passwordChanges }: Credentials): Visitor {
  if (user && reach === "registry") {
    const message =
      "a login command's credentials, and tokens for single images, push and pull only: log in with a password";
    throw new RegistryError("DENIED", message);
  }
  return { api: "management", user, address, passwordChanges };
}

/**
 * Who manages.
 *
 * @throws RegistryError UNAUTHORIZED without credentials; DENIED for those that only push and pull.
 */
export function managerOf(credentials: Credentials): Manager {
  const user = requireUser(credentials);
  return { ...visitorOf(credentials), user };
}

/**
 * Who copies images.
 *
 * @throws RegistryError UNAUTHORIZED without credentials.
 */
export function copierOf(credentials: Credentials): Copier {
  const { reach, address, passwordChanges } = credentials;
  return { api: "replication", user: requireUser(credentials), reach, address, passwordChanges };
}

/** The same user as a manager, for what pushes and pulls of theirs show and do as well: `registry/dockyard/dockyard.ts`. */
export function asManager({ user, address, passwordChanges }: Copier): Manager {
  return { api: "management", user, address, passwordChanges };
}

/** The user behind a request, for what no anonymous caller may do. @throws RegistryError UNAUTHORIZED. */
export function requireUser({ user }: { user: User | undefined }): User {
  if (!user) throw new RegistryError("UNAUTHORIZED", "authentication required");
  return user;
}

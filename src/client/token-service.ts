import type { Challenge } from "../kernel/challenge.ts";
import { ProtocolViolation } from "./errors.ts";

/**
 * Where a registry gives tokens: the realm of its challenge (Docker token specification, "How to authenticate"). Names and
 * passwords are sent there, so it must be as safe as the registry itself.
 *
 * @throws ProtocolViolation when it is no address, or passwords that are encrypted on the way to the registry would not be.
 */
export function tokenServiceOf({ parameters }: Challenge, registry: URL): URL {
  const realm = URL.parse(parameters["realm"] ?? "", registry.href);
  if (!realm || !["http:", "https:"].includes(realm.protocol) || realm.username !== "" || realm.password !== "") {
    throw new ProtocolViolation("the registry names no usable address of its token service");
  }
  if (registry.protocol === "https:" && realm.protocol !== "https:") {
    throw new ProtocolViolation(
      `the registry gives tokens over plain HTTP, at ${realm.origin}, where nothing hides the password: ` +
        "a proxy in front of it must pass the scheme on",
    );
  }
  return realm;
}

/** Where a registry is, and what it is called. */
import { isLoopbackName } from "../kernel/loopback.ts";
import { usageFailure } from "./failure.ts";

export interface RegistryAddress {
  /** Host and port, as image references and docker's configuration name it: `registry.example.com`. */
  name: string;
  /** Its root. */
  url: URL;
}

/**
 * Reads an address as people type it: a host with or without a port, or a URL. Without a scheme it is HTTPS, except on
 * loopback addresses, where it is HTTP, as docker has it.
 *
 * @throws Failure (usage) for what is no address, has a path, or holds credentials.
 */
export function parseRegistryAddress(text: string): RegistryAddress {
  const hasScheme = /^https?:\/\//i.test(text);
  const url = URL.parse(hasScheme ? text : `https://${text}`);
  if (!url || url.hostname === "") throw usageFailure(`"${text}" is no address of a registry`, EXAMPLE);
  if (url.username !== "" || url.password !== "") {
    throw usageFailure(
      "an address of a registry holds no credentials",
      "Use `berth login`, or BERTH_USERNAME and BERTH_PASSWORD.",
    );
  }
  if ((url.pathname !== "/" && url.pathname !== "") || url.search !== "" || url.hash !== "") {
    throw usageFailure(`"${text}" has a path: an address of a registry is a host`, EXAMPLE);
  }
  if (!hasScheme && isLoopbackName(url.hostname)) url.protocol = "http:";
  return { name: url.host, url: new URL("/", url) };
}

const EXAMPLE = "For example: registry.example.com, 127.0.0.1:8787, http://registry.internal:5000";

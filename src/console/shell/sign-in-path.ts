/** The page for signing in that leads back to an address of the console afterwards. */
export function signInPath(path: string, search = ""): string {
  const next = search === "" ? path : `${path}?${search}`;
  return next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`;
}

/** Where to go after signing in: what `next` names, if that is a page of the console, else the overview. */
export function nextPath(search: string, origin = location.origin): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  // Also `//host` and `/\host` would leave for another site.
  const target = next.startsWith("/") ? URL.parse(next, origin) : null;
  return target?.origin === origin ? target.pathname + target.search + target.hash : "/";
}

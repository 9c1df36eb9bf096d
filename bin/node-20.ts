/** Gives Node 20 what it does not have yet, and the program uses. */
export function addWhatIsMissing(): void {
  Promise.withResolvers ??= withResolvers;
  if (!("parse" in URL)) Object.assign(URL, { parse });
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  const made = {} as PromiseWithResolvers<T>;
  made.promise = new Promise<T>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

function parse(url: string, base?: string | URL): URL | null {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
}

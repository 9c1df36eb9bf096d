/** Browsers by what tells them in `User-Agent`; each names others as well, so the first that fits counts. */
const BROWSERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bAndroid\b/, "Android"],
  [/\b(?:iPhone|iPad)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/** A client in few words: `Firefox 140, Linux` for a browser, `docker/28.1` for a tool. */
export function clientName(client: string): string {
  for (const [pattern, name] of BROWSERS) {
    const version = pattern.exec(client)?.[1];
    if (version === undefined) continue;
    const system = SYSTEMS.find(([sign]) => sign.test(client))?.[1];
    return [`${name} ${version}`, ...(system === undefined ? [] : [system])].join(", ");
  }
  return client.split(" ", 1)[0] ?? client;
}

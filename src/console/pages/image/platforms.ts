/** What an image runs on, and which parts of an index are for what. */
import type { ChildManifest } from "../../api/image-manifests.ts";

interface ShownPlatform {
  os: string;
  architecture: string;
  variant?: string | null;
  osVersion?: string | null;
}

/** `linux/arm64/v8`: as docker's `--platform` takes it. */
export function formatPlatform({ os, architecture, variant }: ShownPlatform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join("/");
}

/** A platform with the version of its system, which alone tells images for Windows apart. */
export function formatSystem(platform: ShownPlatform): string {
  const name = formatPlatform(platform);
  return platform.osVersion ? `${name} ${platform.osVersion}` : name;
}

/** A part of an index that somebody may look at. */
export interface PlatformChoice {
  /** What addresses call it: the platform where only one part is for it, else the part's digest. */
  key: string;
  /** What people call it; "" for a part that does not tell its platform. */
  label: string;
  child: ChildManifest;
}

/** What docker pulls on most machines, and shows where it is not told otherwise. */
const DEFAULT_PLATFORM = "linux/amd64";

/** The parts of an index that are images or artifacts: attestations about them are left out. */
export function platformChoices(children: readonly ChildManifest[]): PlatformChoice[] {
  const shown = children.filter((child) => child.attests === null);
  const labels = shown.map(({ platform }) => (platform && !isUnknown(platform) ? formatSystem(platform) : ""));
  return shown.map((child, at) => {
    const label = labels[at] ?? "";
    const isUnique = label !== "" && labels.filter((other) => other === label).length === 1;
    return { key: isUnique ? label : child.digest, label, child };
  });
}

/** The part that an address names, or else the one that most people would get. */
export function choosePlatform(
  choices: readonly PlatformChoice[],
  key: string | undefined,
): PlatformChoice | undefined {
  return (
    choices.find((choice) => choice.key === key) ??
    choices.find(({ label }) => label === DEFAULT_PLATFORM) ??
    choices[0]
  );
}

/** The parts as a field offers them for choice. */
export function platformOptions(choices: readonly PlatformChoice[]): { value: string; label: string }[] {
  return choices.map(({ key, label }) => ({ value: key, label: label || key }));
}

/** Attestations about a part of an index, which BuildKit puts into the index itself. */
export function attestationsOf(children: readonly ChildManifest[], digest: string): ChildManifest[] {
  return children.filter((child) => child.attests === digest);
}

function isUnknown({ os, architecture }: ShownPlatform): boolean {
  return os === "unknown" || architecture === "unknown";
}

import { describe, it } from "vitest";
import tokens from "./tokens.css?raw";

type Theme = "light" | "dark";

/** A colour token's value in a theme, as red, green and blue from 0 to 255. */
function color(name: string, theme: Theme): number[] {
  const pair = new RegExp(`--color-${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);`).exec(tokens);
  const hex = pair?.[theme === "light" ? 1 : 2];
  if (!hex) throw new Error(`tokens.css has no --color-${name} of two hexadecimal colours`);
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(first: string, second: string, theme: Theme): number {
  const [dark = 0, light = 0] = [luminance(color(first, theme)), luminance(color(second, theme))].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const PLAIN = ["canvas", "surface", "surface-raised", "surface-sunken"];
const SURFACES = [...PLAIN, "surface-hover", "surface-active", "accent-subtle"];
const TONES = ["info", "success", "warning", "danger"];

const TEXT: [string, string][] = [
  ...SURFACES.flatMap((surface): [string, string][] => [
    ["text", surface],
    ["text-muted", surface],
    ["accent", surface],
  ]),
  ...TONES.flatMap((tone): [string, string][] => [
    [tone, `${tone}-subtle`],
    ["text", `${tone}-subtle`],
    ["accent", `${tone}-subtle`],
    ...PLAIN.map((surface): [string, string] => [tone, surface]),
  ]),
  ...["accent-fill", "accent-fill-hover", "accent-fill-active"].map((fill): [string, string] => ["on-accent", fill]),
  ...["danger-fill", "danger-fill-hover", "danger-fill-active"].map((fill): [string, string] => ["on-danger", fill]),
  ["tooltip-text", "tooltip"],
];

const GRAPHICS: [string, string][] = [
  ...SURFACES.map((surface): [string, string] => ["focus", surface]),
  ...PLAIN.flatMap((surface): [string, string][] => [
    ["border-control", surface],
    ["accent-fill", surface],
    ["warning-fill", surface],
  ]),
];

describe.for<Theme>(["light", "dark"])("in the %s theme", (theme) => {
  it.for(TEXT)("%s on %s is readable text (4.5:1)", ([text, surface], { expect }) => {
    expect(contrast(text, surface, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.for(GRAPHICS)("%s on %s is a visible shape (3:1)", ([shape, surface], { expect }) => {
    expect(contrast(shape, surface, theme)).toBeGreaterThanOrEqual(3);
  });
});

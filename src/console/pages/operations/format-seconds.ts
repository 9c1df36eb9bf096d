import i18next from "i18next";

/** How long something took, in seconds of the current language: "0.4 sec", "17 秒". */
export function formatSeconds(milliseconds: number): string {
  return new Intl.NumberFormat(i18next.language, {
    style: "unit",
    unit: "second",
    unitDisplay: "short",
    maximumFractionDigits: milliseconds < 10_000 ? 1 : 0,
  }).format(milliseconds / 1000);
}

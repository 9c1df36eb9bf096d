/** Berth's own, as package.json has it: what people compare with CHANGELOG.md. */
export const VERSION = "0.2.0";

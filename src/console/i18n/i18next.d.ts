import type english from "./en/index.ts";

declare module "i18next" {
  /** Makes the keys of `t` types: those of the English texts. */
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: typeof english;
    returnNull: false;
  }
}

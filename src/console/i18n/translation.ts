/** The forms of a text that languages have besides `_one` and `_other`, by the number in it (CLDR's plural categories). */
type MoreForms = "zero" | "two" | "few" | "many";

/**
 * What another language has in place of the English texts: the same keys, and more forms of those that say a number. A text
 * that is missing is a type error; `texts.test.ts` finds a form that is.
 */
export type Translation<English> = English extends string
  ? string
  : { readonly [Key in keyof English]: Translation<English[Key]> } & {
      readonly [Key in keyof English as Key extends `${infer Text}_other` ? `${Text}_${MoreForms}` : never]?: string;
    };

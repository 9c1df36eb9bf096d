/** What the registry has refused of a form's fields. React Aria's fields get it from React Aria; others ask here. */
import { createContext, use } from "react";

export interface FieldErrors {
  /** By the names of fields. */
  errors: Readonly<Record<string, string>>;
  /** Takes the complaint about a field away, because it was changed. */
  clear: (name: string) => void;
}

export const FieldErrorsContext = /* @__PURE__ */ createContext<FieldErrors>({ errors: {}, clear: () => undefined });

/** The complaint about a field, and how to take it away; none for a field without a name. */
export function useFieldError(name: string | undefined): { error: string | undefined; clear: () => void } {
  const { errors, clear } = use(FieldErrorsContext);
  const error = name === undefined ? undefined : errors[name];
  return {
    error,
    clear: () => {
      if (name !== undefined && error !== undefined) clear(name);
    },
  };
}

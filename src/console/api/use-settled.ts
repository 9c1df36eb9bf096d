import { useEffect, useState } from "react";

/** Long enough to type the next letter. */
const PAUSE_MS = 250;

/** A value that somebody types, once typing pauses: for questions to the registry that need not be asked at each key. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (value === settled) return undefined;
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value, settled]);
  return settled;
}

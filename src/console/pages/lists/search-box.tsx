import { useEffect, useEffectEvent, useState } from "react";
import { SearchField } from "../../ui/index.ts";

export interface SearchBoxProps {
  /** For screen readers, and in the empty field. */
  label: string;
  /** What is searched for at present. */
  value: string;
  /** Called when typing pauses, without spaces around. */
  onSearch: (text: string) => void;
  maxLength?: number;
}

/** Long enough to type the next letter. */
const PAUSE_MS = 250;

/** A search box for lists that a server filters: it waits for a pause in typing. */
export function SearchBox({ label, value, onSearch, maxLength = 193 }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const [searched, setSearched] = useState(value);
  const search = useEffectEvent(onSearch);

  if (value !== searched) {
    // Somebody cleared the filters, or went back.
    setSearched(value);
    if (value !== text.trim()) setText(value);
  }

  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => search(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);

  return <SearchField label={label} value={text} onChange={setText} maxLength={maxLength} />;
}

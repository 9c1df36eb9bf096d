import { useEffect, useEffectEvent, useState } from "react";
import { useTagSuggestions } from "../../api/image-tags.ts";
import { useSettled } from "../../api/use-settled.ts";
import { ComboBox } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";

export interface TagPickerProps {
  label: string;
  /** "" while none is chosen. */
  value: string;
  /** Called with tags that exist only. */
  onChange: (tag: string) => void;
}

/** Who stops typing for so long, at the name of a tag, means that one and not a longer one. */
const PAUSE_MS = 700;

/** Chooses one of the image's tags: the newest are proposed, then those that have in their names what is typed. */
export function TagPicker({ label, value, onChange }: TagPickerProps) {
  const [chosen, setChosen] = useState(value);
  const [text, setText] = useState(value);
  const asked = useSettled(text);
  const { tags, isFetching } = useTagSuggestions(useImage(), asked === value ? "" : asked);
  const isTag = tags.some(({ name }) => name === text);
  const change = useEffectEvent(onChange);

  if (value !== chosen) {
    // Chosen elsewhere, as by exchanging two of them.
    setChosen(value);
    setText(value);
  }

  useEffect(() => {
    if (!isTag || text === value) return undefined;
    const timer = setTimeout(() => change(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, isTag]);

  return (
    <ComboBox
      label={label}
      items={tags.map(({ name }) => ({ id: name, label: name }))}
      inputValue={text}
      onInputChange={setText}
      onSelect={({ id }) => onChange(id)}
      isLoading={isFetching}
      isFiltered
      allowsCustom
    />
  );
}

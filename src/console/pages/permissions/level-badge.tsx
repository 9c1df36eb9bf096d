import type { Level } from "../../api/permissions.ts";
import { Badge, type BadgeProps } from "../../ui/index.ts";
import { useLevelNames } from "./use-level-names.ts";

const TONES: Readonly<Record<Level, NonNullable<BadgeProps["tone"]>>> = {
  read: "neutral",
  edit: "info",
  manage: "success",
};

/** A right, in a word. */
export function LevelBadge({ level }: { level: Level }) {
  const { names } = useLevelNames();
  return <Badge tone={TONES[level]}>{names[level]}</Badge>;
}

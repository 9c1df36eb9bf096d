/** How single values are shown: names, sizes, times, digests, states, and text to be copied. */
import { Fragment, type ReactNode, useEffect, useReducer, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import type { Day as CalendarDay } from "../../kernel/day.ts";
import { ExactTime } from "./exact-time.tsx";
import {
  formatBytes,
  formatDate,
  formatDay,
  formatNumber,
  formatPlanned,
  formatRelative,
  shortDigest,
} from "./format.ts";
import { splitHidden } from "./hidden-characters.ts";
import { IconCheck, IconClose, IconCopy } from "./icons.tsx";
import { toast, type Tone } from "./messages.tsx";
import { useIsScrollable } from "./use-is-scrollable.ts";
import styles from "./values.module.css";

/**
 * A name that a user chose: of an image, a tag, an organization. It may be long, without a space, or in a script that
 * runs the other way; it is broken where it must and does not disturb the text around it.
 */
export function Name({ children }: { children: ReactNode }) {
  return (
    <bdi className={styles.name} title={typeof children === "string" ? children : undefined}>
      {typeof children === "string" ? <Marked text={children} /> : children}
    </bdi>
  );
}

/**
 * A text that anybody may have written. What would turn the direction of letters, or is not seen at all, is shown as a mark with
 * its name, so that no text looks like another.
 */
export function Marked({ text }: { text: string }) {
  const parts = splitHidden(text);
  if (!parts.some(({ isHidden }) => isHidden)) return text;
  return parts.map((part, at) =>
    part.isHidden ? (
      <span key={at} className={styles.hidden}>
        {part.text}
      </span>
    ) : (
      <Fragment key={at}>{part.text}</Fragment>
    ),
  );
}

/** A size, with the exact number of bytes in the tooltip. */
export function Bytes({ value }: { value: number }) {
  // Only for its new rendering when the language changes.
  useTranslation("kit");
  return (
    <span className={styles.value} title={formatNumber(value)}>
      {formatBytes(value)}
    </span>
  );
}

export interface TimeProps {
  /** RFC 3339, or a Date. Nothing is shown as "never". */
  value: string | Date | undefined | null;
  /** "3 hours ago" (the default), or the date itself. */
  relative?: boolean;
  /** For something that ends then: "until Dec 6, 2026", not "in 6 days", which would tell when it begins. */
  isEnd?: boolean;
  /** For something that is going to happen then: "at any moment" when it is near or late, not "just now". */
  isPlanned?: boolean;
}

/** How often "3 minutes ago" is counted anew. */
const TICK_MS = 60_000;

/** A moment, in the reader's language and time zone. A press on it tells exactly when that is. */
export function Time({ value, relative = true, isEnd = false, isPlanned = false }: TimeProps) {
  const { t } = useTranslation("kit");
  const [, tick] = useReducer((count: number) => count + 1, 0);
  const ages = relative && !isEnd;
  useEffect(() => {
    if (!ages) return undefined;
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [ages]);

  const date = value === undefined || value === null ? undefined : new Date(value);
  if (!date || Number.isNaN(date.getTime())) return <span className={styles.muted}>{t("never")}</span>;
  const age = isPlanned ? formatPlanned(date) : formatRelative(date);
  return (
    <ExactTime date={date}>
      {isEnd ? t("until", { day: formatDate(date, "day") }) : relative ? age : formatDate(date)}
    </ExactTime>
  );
}

/** A day that is a day, the same in every time zone, such as the last one of a share. */
export function Day({ value }: { value: CalendarDay }) {
  // Only for its new rendering when the language changes.
  useTranslation("kit");
  return (
    <time dateTime={value} className={styles.value}>
      {formatDay(value)}
    </time>
  );
}

export interface DigestProps {
  /** `sha256:` and 64 digits. */
  value: string;
}

/** The start of a digest; the tooltip and the clipboard have all of it. */
export function Digest({ value }: DigestProps) {
  const { t } = useTranslation("kit");
  return (
    <span className={styles.digest}>
      <span className={styles.hex} title={value} dir="ltr">
        {shortDigest(value)}
      </span>
      <CopyButton value={value} label={t("copyDigest")} />
    </span>
  );
}

export interface BadgeProps {
  tone?: Tone | "neutral";
  children: ReactNode;
}

/** A word or two about the state of something. */
export function Badge({ tone = "neutral", children }: BadgeProps) {
  return <span className={classNames(styles.badge, styles[tone])}>{children}</span>;
}

export interface Chip {
  id: string;
  label: string;
  href?: string;
}

export interface ChipsProps {
  /** What they are, for screen readers. */
  label: string;
  items: readonly Chip[];
  /** With it every chip has a cross. */
  onRemove?: (id: string) => void;
}

/** Short values in a row: tags, platforms, filters that are on. */
export function Chips({ label, items, onRemove }: ChipsProps) {
  const { t } = useTranslation("kit");
  return (
    <ul className={styles.chips} aria-label={label}>
      {items.map((item) => (
        <li key={item.id} className={styles.chip}>
          {item.href === undefined ? (
            <bdi className={styles.text}>{item.label}</bdi>
          ) : (
            <Link href={item.href} className={styles.text ?? ""}>
              <bdi>{item.label}</bdi>
            </Link>
          )}
          {onRemove && (
            <button
              type="button"
              className={styles.remove}
              aria-label={t("remove", { name: item.label })}
              onClick={() => onRemove(item.id)}
            >
              <IconClose />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

export interface CodeBlockProps {
  code: string;
  copyLabel?: string;
  /** It is a file, whose indentation says something: long lines scroll. Those of commands are broken, so that all of them is seen. */
  keepsLines?: boolean;
  /** CSS height beyond which it scrolls. */
  maxHeight?: string;
  /** What goes to the clipboard, where it isn't what is shown. */
  copyValue?: string;
}

/** Commands or a file, to be read and copied. Always from left to right. */
export function CodeBlock({ code, copyLabel, keepsLines = false, maxHeight, copyValue }: CodeBlockProps) {
  const { t } = useTranslation("kit");
  const [pre, isScrollable] = useIsScrollable();
  return (
    <div className={styles.block}>
      <pre
        ref={pre}
        dir="ltr"
        className={classNames(styles.code, !keepsLines && styles.wrap)}
        style={{ maxBlockSize: maxHeight }}
        {...(isScrollable && { tabIndex: 0 })}
      >
        <code>
          <Marked text={code} />
        </code>
      </pre>
      <div className={styles.copy}>
        <CopyButton value={copyValue ?? code} label={copyLabel ?? t("copy")} />
      </div>
    </div>
  );
}

export interface CopyButtonProps {
  /** What goes to the clipboard. */
  value: string;
  /** What is copied, in words: "Copy login command". "Copy" unless given. */
  label?: string;
  /** Where another button beside it copies something else; else two sheets of paper. */
  icon?: ReactNode;
  size?: "small" | "medium";
  /** It is on the clipboard. */
  onCopied?: (() => void) | undefined;
}

/** How long the check mark stays. */
const COPIED_MS = 2000;

/** Copies a value, and says so by a check mark and aloud. */
export function CopyButton({ value, label, icon = <IconCopy />, size = "small", onCopied }: CopyButtonProps) {
  const { t } = useTranslation("kit");
  const [isCopied, setIsCopied] = useState(false);

  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy() {
    if (await copyText(value)) {
      setIsCopied(true);
      onCopied?.();
    } else toast(t("copyFailed"), { tone: "danger" });
  }

  return (
    <>
      <IconButton
        label={isCopied ? t("copied") : (label ?? t("copy"))}
        icon={isCopied ? <IconCheck /> : icon}
        size={size}
        onPress={() => void copy()}
      />
      <span className="visually-hidden" role="status">
        {isCopied && t("copied")}
      </span>
    </>
  );
}

/**
 * Puts text on the clipboard. Where the Clipboard API is missing (a registry on plain http) the selection of a hidden
 * text area does it.
 * @returns whether it worked
 */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by a permission: the older way may still be allowed.
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text: string): boolean {
  const active = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.style.position = "fixed";
  area.style.opacity = "0";
  // Inside the open dialog, if any: focus may not leave it.
  (active?.closest("[role=dialog],[role=alertdialog]") ?? document.body).append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (active instanceof HTMLElement) active.focus({ preventScroll: true });
  }
}

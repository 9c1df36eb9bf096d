/** How far a transfer is: bars on a terminal, lines elsewhere. */
import { MultiBar, type SingleBar } from "cli-progress";
import { formatBytes } from "../kernel/byte-units.ts";
import { printNotice, shortDigest } from "./output.ts";

/** One thing on its way. */
export interface TransferState {
  state: "waiting" | "sending" | "sent" | "present";
  /** Bytes. */
  size: number;
  done: number;
}

export interface Progress {
  /** Tells how far something is that is known by its digest. */
  update: (digest: string, state: TransferState) => void;
  /** Says a sentence, above the bars. */
  say: (text: string) => void;
  /** Leaves everything as it stands. */
  stop: () => void;
}

const WORDS = { waiting: "waiting", sending: "", sent: "done", present: "already there" } as const;
const SILENT: Progress = { update: () => undefined, say: () => undefined, stop: () => undefined };

/** @param isQuiet shows nothing at all. */
export function startProgress(isQuiet: boolean, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (isQuiet) return SILENT;
  return stream.isTTY ? new Bars(stream) : new Lines();
}

class Bars implements Progress {
  readonly #bars: MultiBar;
  readonly #byDigest = new Map<string, SingleBar>();

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new MultiBar({
      stream,
      format: "{name}  [{bar}]  {done} / {size}  {word}",
      barCompleteChar: "=",
      barIncompleteChar: " ",
      barsize: 30,
      fps: 5,
      hideCursor: true,
      clearOnComplete: false,
      stopOnComplete: false,
      emptyOnZero: true,
    });
  }

  update(digest: string, { state, size, done }: TransferState): void {
    const payload = { name: shortDigest(digest), done: formatBytes(done), size: formatBytes(size), word: WORDS[state] };
    const bar = this.#byDigest.get(digest);
    if (bar) bar.update(done, payload);
    // A bar of nothing would never be full.
    else this.#byDigest.set(digest, this.#bars.create(Math.max(1, size), done, payload));
  }

  say(text: string): void {
    this.#bars.log(`${text}\n`);
    this.#bars.update();
  }

  stop(): void {
    this.#bars.stop();
  }
}

/** Milliseconds between two lines about what is on its way. */
const INTERVAL_MS = 10_000;

class Lines implements Progress {
  readonly #told = new Map<string, { state: TransferState["state"]; at: number }>();

  update(digest: string, { state, size, done }: TransferState): void {
    const last = this.#told.get(digest);
    const now = performance.now();
    const isNews = state === "sending" ? last !== undefined && now - last.at >= INTERVAL_MS : last?.state !== state;
    if (last === undefined || isNews) this.#told.set(digest, { state, at: now });
    if (!isNews || state === "waiting") return;
    const word =
      state === "sending" ? `${formatBytes(done)} of ${formatBytes(size)}` : `${formatBytes(size)}, ${WORDS[state]}`;
    printNotice(`${shortDigest(digest)}  ${word}`);
  }

  say(text: string): void {
    printNotice(text);
  }

  stop(): void {
    // Lines stay.
  }
}

/** One sentence about what goes on, which a newer one replaces. */
export interface StatusLine {
  show: (text: string) => void;
  /** Makes room for what stays. */
  clear: () => void;
}

const NO_STATUS: StatusLine = { show: () => undefined, clear: () => undefined };
/** Milliseconds between two sentences on a terminal. */
const REDRAW_MS = 200;

/** @param isQuiet shows nothing at all. */
export function startStatusLine(isQuiet: boolean, stream: NodeJS.WriteStream = process.stderr): StatusLine {
  if (isQuiet) return NO_STATUS;
  const { isTTY } = stream;
  let shownAt = isTTY ? 0 : performance.now();
  return {
    show: (text) => {
      const now = performance.now();
      if (now - shownAt < (isTTY ? REDRAW_MS : INTERVAL_MS)) return;
      shownAt = now;
      if (isTTY) stream.write(`\r${text.slice(0, stream.columns - 1)}\x1b[K`);
      else printNotice(text);
    },
    clear: () => {
      if (!isTTY) return;
      shownAt = 0;
      stream.write("\r\x1b[K");
    },
  };
}

/** What the Worker of this folder is told, and answers. */

/** How much there is. */
export interface FullSize {
  /** Tags of all images together; a tenth of them, each with a manifest of its own, belongs to one image. */
  tags: number;
  images: number;
  blobs: number;
  auditEvents: number;
}

/** Names in a full registry. The administrator, `admin`, is user 1 of account 1. */
export const FULL = {
  /** Has nearly all images. */
  organization: "big",
  /** Has a tenth of all tags, manifests and blobs. */
  largeImage: "big/large",
  /** Of these there are few. */
  rareCategory: "arm",
  rareArchitecture: "riscv64",
  /** The member with a permission on the whole organization, and the one with a permission on a single image. */
  member: "member",
  guest: "guest",
  /** The account that everything private is shared with, and its administrator. */
  partner: "partner",
} as const;

/** What was asked of D1. */
export interface Asked {
  statements: number;
  rowsRead: number;
  rowsWritten: number;
  /** The most that one statement wrote, indexes and what triggers write along included. */
  mostWritten: number;
  /** That statement. */
  mostWriting: string;
  /** The longest that one statement, or one batch, held the database, in milliseconds. */
  longest: number;
  /** That statement, or batch. */
  longestSql: string;
  /** What is wrong with the plans of statements that were not sent before. */
  faults: string[];
}

export function nothingAsked(): Asked {
  return {
    statements: 0,
    rowsRead: 0,
    rowsWritten: 0,
    mostWritten: 0,
    mostWriting: "",
    longest: 0,
    longestSql: "",
    faults: [],
  };
}

/** What two parts of one job asked together. */
export function sumOfAsked(one: Asked, other: Asked): Asked {
  const [most, longest] = [
    one.mostWritten < other.mostWritten ? other : one,
    one.longest < other.longest ? other : one,
  ];
  return {
    statements: one.statements + other.statements,
    rowsRead: one.rowsRead + other.rowsRead,
    rowsWritten: one.rowsWritten + other.rowsWritten,
    mostWritten: most.mostWritten,
    mostWriting: most.mostWriting,
    longest: longest.longest,
    longestSql: longest.longestSql,
    faults: [...one.faults, ...other.faults],
  };
}

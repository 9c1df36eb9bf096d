/** The two kinds of a login command (guide 4.1, 4.2). */
export const LOGIN_KINDS = ["temporary", "permanent"] as const;
export type LoginKind = (typeof LOGIN_KINDS)[number];

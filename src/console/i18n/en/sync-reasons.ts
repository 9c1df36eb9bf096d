import { SYNC_REASONS, type SyncReasonCode } from "../../../kernel/sync-reasons.ts";

/** Why jobs of synchronization are where they are, by the registry's codes: its own sentences are these. */
const syncReasons: Record<SyncReasonCode, string> = SYNC_REASONS;

export default syncReasons;

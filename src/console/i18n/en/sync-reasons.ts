import { SYNC_REASONS, type SyncReasonCode } from "../../../kernel/sync-reasons.ts";

/** The reasons of jobs of synchronization, by their codes. The registry has the same sentences. */
const syncReasons: Record<SyncReasonCode, string> = SYNC_REASONS;

export default syncReasons;

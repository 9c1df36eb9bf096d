ALTER TABLE `users` ADD `password_changes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Tokens carry the number, so no statement that sets a password can forget to end them.
CREATE TRIGGER `password_changed` AFTER UPDATE OF `password_hash` ON `users`
WHEN NEW.`password_hash` <> OLD.`password_hash`
BEGIN
  UPDATE `users` SET `password_changes` = OLD.`password_changes` + 1 WHERE `id` = NEW.`id`;
END;
--> statement-breakpoint
ALTER TABLE `audit_events` ADD `origin_account_id` integer;--> statement-breakpoint
CREATE INDEX `audit_events_foreign` ON `audit_events` (`account_id`,`created_at`) WHERE "audit_events"."origin_account_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `kind` text DEFAULT 'browser' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `password_changes` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `client` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `address` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_address` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_used_at` integer;--> statement-breakpoint
-- Until now there were two kinds, and they differed in how long they last: a browser's 12 hours, an IAM client's 24.
UPDATE `sessions` SET `kind` = 'iam-token' WHERE `expires_at` - `created_at` > 43200000;--> statement-breakpoint
-- Which key a secret is under is what its text begins with (src/model/encryption.ts): what is under an old one is found
-- without reading the rest. drizzle-kit cannot write an index of an expression with a comma.
CREATE INDEX `access_keys_by_encryption_key` ON `access_keys` (substr(`encrypted_secret`, 1, 9), `id`);--> statement-breakpoint
CREATE INDEX `clusters_by_encryption_key` ON `clusters` (substr(`encrypted_token`, 1, 9), `id`);--> statement-breakpoint
CREATE INDEX `triggers_by_encryption_key` ON `triggers` (substr(`encrypted_secrets`, 1, 9), `id`) WHERE `encrypted_secrets` IS NOT NULL;

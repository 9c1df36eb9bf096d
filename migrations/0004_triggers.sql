CREATE TABLE `outbound_paces` (
	`key` text PRIMARY KEY NOT NULL,
	`next_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `clusters` ADD `namespaces` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `slot_at` integer;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `host` text;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `account_id` integer;--> statement-breakpoint
CREATE INDEX `deliveries_under_way` ON `deliveries` (`host`,`account_id`,`leased_until`) WHERE "deliveries"."leased_until" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `triggers` ADD `approved_by` integer;--> statement-breakpoint
-- Written by hand: triggers go on in the right of the user who made them.
UPDATE `triggers` SET `approved_by` = `created_by` WHERE `cluster_id` IS NOT NULL AND `approved_by` IS NULL;

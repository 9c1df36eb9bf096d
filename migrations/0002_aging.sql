CREATE TABLE `collections` (
	`id` integer PRIMARY KEY NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`manifests` integer DEFAULT 0 NOT NULL,
	`blobs` integer DEFAULT 0 NOT NULL,
	`objects` integer DEFAULT 0 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	`is_complete` integer DEFAULT false NOT NULL,
	`object_cursor` text
);
--> statement-breakpoint
CREATE TABLE `garbage_objects` (
	`object_key` text PRIMARY KEY NOT NULL,
	`size` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `retention_log` (
	`id` integer PRIMARY KEY NOT NULL,
	`repository_id` integer NOT NULL,
	`rule_id` integer NOT NULL,
	`rule` text NOT NULL,
	`tag` text NOT NULL,
	`digest` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `retention_log_by_repository` ON `retention_log` (`repository_id`,`id`);--> statement-breakpoint
CREATE TABLE `retention_rules` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`repository_id` integer NOT NULL,
	`kind` text NOT NULL,
	`amount` integer NOT NULL,
	`labels` text NOT NULL,
	`patterns` text NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`next_run_at` integer,
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `retention_rules_repository_id_unique` ON `retention_rules` (`repository_id`);--> statement-breakpoint
CREATE INDEX `retention_rules_by_next_run` ON `retention_rules` (`next_run_at`) WHERE "retention_rules"."next_run_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `blobs` ADD `is_unreferenced` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX `blobs_unreferenced` ON `blobs` (`last_used_at`,`id`) WHERE "blobs"."is_unreferenced" = 1;--> statement-breakpoint
ALTER TABLE `manifests` ADD `unreferenced_since` integer DEFAULT 0;--> statement-breakpoint
CREATE INDEX `manifests_unreferenced` ON `manifests` (`unreferenced_since`,`id`) WHERE "manifests"."unreferenced_since" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `repositories` ADD `keeps_untagged` integer DEFAULT false NOT NULL;
--> statement-breakpoint
-- Written by hand from here on: what garbage collection need not search for, because these triggers note it.
UPDATE `blobs` SET `is_unreferenced` = 0 WHERE EXISTS (SELECT 1 FROM `manifest_blobs` WHERE `blob_id` = `blobs`.`id`);--> statement-breakpoint
CREATE TRIGGER `manifests_tagged` AFTER INSERT ON `tags` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = NULL WHERE `id` = NEW.`manifest_id` AND `unreferenced_since` IS NOT NULL;
	UPDATE `retention_rules` SET `next_run_at` = 0 WHERE `repository_id` = NEW.`repository_id` AND `kind` = 'tag_rule';
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_retagged` AFTER UPDATE OF `manifest_id` ON `tags` WHEN NEW.`manifest_id` <> OLD.`manifest_id` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = 0 WHERE `id` = OLD.`manifest_id` AND `unreferenced_since` IS NULL;
	UPDATE `manifests` SET `unreferenced_since` = NULL WHERE `id` = NEW.`manifest_id` AND `unreferenced_since` IS NOT NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_untagged` AFTER DELETE ON `tags` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = 0 WHERE `id` = OLD.`manifest_id` AND `unreferenced_since` IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_adopted` AFTER INSERT ON `manifest_children` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = NULL WHERE `id` = NEW.`child_id` AND `unreferenced_since` IS NOT NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_orphaned` AFTER DELETE ON `manifest_children` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = 0 WHERE `id` = OLD.`child_id` AND `unreferenced_since` IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `referrers_orphaned` AFTER DELETE ON `manifests` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = 0
	WHERE `repository_id` = OLD.`repository_id` AND `subject` = OLD.`digest` AND `unreferenced_since` IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `blobs_referenced` AFTER INSERT ON `manifest_blobs` BEGIN
	UPDATE `blobs` SET `is_unreferenced` = 0 WHERE `id` = NEW.`blob_id` AND `is_unreferenced` = 1;
END;
--> statement-breakpoint
CREATE TRIGGER `blobs_released` AFTER DELETE ON `manifest_blobs` BEGIN
	UPDATE `blobs` SET `is_unreferenced` = 1
	WHERE `id` = OLD.`blob_id` AND NOT EXISTS (SELECT 1 FROM `manifest_blobs` WHERE `blob_id` = OLD.`blob_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `immutable_tags_lifted` AFTER DELETE ON `immutable_tag_rules` BEGIN
	UPDATE `retention_rules` SET `next_run_at` = 0 WHERE `repository_id` = OLD.`repository_id`;
END;

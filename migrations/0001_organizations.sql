CREATE TABLE `access_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`access_key` text NOT NULL,
	`encrypted_secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_keys_access_key_unique` ON `access_keys` (`access_key`);--> statement-breakpoint
CREATE INDEX `access_keys_by_user` ON `access_keys` (`user_id`);--> statement-breakpoint
CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_name_unique` ON `accounts` (`name`);--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	`account_id` integer,
	`organization` text,
	`user_id` integer,
	`user_name` text NOT NULL,
	`address` text,
	`action` text NOT NULL,
	`resource` text NOT NULL,
	`result` text NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `audit_events_by_time` ON `audit_events` (`created_at`);--> statement-breakpoint
CREATE INDEX `audit_events_by_account` ON `audit_events` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_organization` ON `audit_events` (`organization`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_user` ON `audit_events` (`user_name`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_action` ON `audit_events` (`action`,`id`);--> statement-breakpoint
CREATE TABLE `daily_pulls` (
	`account_id` integer NOT NULL,
	`day` text NOT NULL,
	`repository_id` integer NOT NULL,
	`pulls` integer NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`account_id`, `day`, `repository_id`)
);
--> statement-breakpoint
CREATE TABLE `daily_storage` (
	`account_id` integer NOT NULL,
	`day` text NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`account_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `immutable_tag_rules` (
	`id` integer PRIMARY KEY NOT NULL,
	`repository_id` integer NOT NULL,
	`pattern` text NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `immutable_tag_rules_by_pattern` ON `immutable_tag_rules` (`repository_id`,`pattern`);--> statement-breakpoint
CREATE TABLE `organization_permissions` (
	`organization_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`level` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `user_id`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `organization_permissions_by_user` ON `organization_permissions` (`user_id`,`organization_id`);--> statement-breakpoint
CREATE TABLE `repository_permissions` (
	`repository_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`level` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `user_id`),
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `repository_permissions_by_user` ON `repository_permissions` (`user_id`,`repository_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_by_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `shares` (
	`repository_id` integer NOT NULL,
	`account_id` integer NOT NULL,
	`deadline` text NOT NULL,
	`ends_at` integer,
	`note` text DEFAULT '' NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `account_id`),
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE INDEX `shares_by_account` ON `shares` (`account_id`,`repository_id`);--> statement-breakpoint
CREATE TABLE `used_signatures` (
	`signature` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `used_signatures_by_expiry` ON `used_signatures` (`expires_at`);--> statement-breakpoint
-- Written by hand from here on: `users`, `organizations` and `repositories` are made anew with their rows, since no ALTER
-- TABLE adds AUTOINCREMENT or a foreign key that is NOT NULL. Dropping a table deletes what refers to its rows with ON
-- DELETE, so that is kept as well. Whoever was there belongs to the account "admin".
PRAGMA defer_foreign_keys=ON;--> statement-breakpoint
INSERT INTO `accounts` (`id`, `name`, `created_at`) SELECT 1, 'admin', min(`created_at`) FROM `users` HAVING count(*) > 0;--> statement-breakpoint
CREATE TABLE `__kept_history` AS SELECT * FROM `tag_history`;--> statement-breakpoint
CREATE TABLE `__kept_links` AS SELECT * FROM `repository_blobs`;--> statement-breakpoint
CREATE TABLE `__kept_repositories` AS SELECT * FROM `repositories`;--> statement-breakpoint
CREATE TABLE `__kept_users` AS SELECT * FROM `users`;--> statement-breakpoint
CREATE TABLE `__kept_organizations` AS SELECT * FROM `organizations`;--> statement-breakpoint
DROP TABLE `users`;--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `users` (`id`, `account_id`, `name`, `role`, `password_hash`, `created_at`) SELECT `id`, 1, `name`, CASE WHEN `is_operator` THEN 'operator' ELSE 'member' END, `password_hash`, `created_at` FROM `__kept_users`;--> statement-breakpoint
CREATE UNIQUE INDEX `users_name_unique` ON `users` (`name`);--> statement-breakpoint
CREATE INDEX `users_by_account` ON `users` (`account_id`,`name`);--> statement-breakpoint
DROP TABLE `organizations`;--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
INSERT INTO `organizations` (`id`, `account_id`, `name`, `created_by`, `created_at`) SELECT `id`, 1, `name`, `created_by`, `created_at` FROM `__kept_organizations`;--> statement-breakpoint
CREATE UNIQUE INDEX `organizations_name_unique` ON `organizations` (`name`);--> statement-breakpoint
CREATE INDEX `organizations_by_account` ON `organizations` (`account_id`,`name`);--> statement-breakpoint
CREATE INDEX `organizations_by_creator` ON `organizations` (`created_by`);--> statement-breakpoint
INSERT INTO `organization_permissions` (`organization_id`, `user_id`, `level`, `created_at`) SELECT `id`, `created_by`, 'manage', `created_at` FROM `organizations` WHERE `created_by` IS NOT NULL;--> statement-breakpoint
DROP TABLE `repositories`;--> statement-breakpoint
CREATE TABLE `repositories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`account_id` integer DEFAULT 0 NOT NULL,
	`name` text NOT NULL,
	`is_public` integer DEFAULT false NOT NULL,
	`category` text DEFAULT 'other' NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer DEFAULT 0 NOT NULL,
	`pull_count` integer DEFAULT 0 NOT NULL,
	`tag_count` integer DEFAULT 0 NOT NULL,
	`stored_bytes` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
INSERT INTO `repositories` (`id`, `organization_id`, `account_id`, `name`, `created_at`) SELECT `id`, `organization_id`, 1, `name`, `created_at` FROM `__kept_repositories`;--> statement-breakpoint
CREATE UNIQUE INDEX `repositories_name_unique` ON `repositories` (`name`);--> statement-breakpoint
DELETE FROM `tag_history`;--> statement-breakpoint
INSERT INTO `tag_history` SELECT * FROM `__kept_history`;--> statement-breakpoint
DELETE FROM `repository_blobs`;--> statement-breakpoint
INSERT INTO `repository_blobs` SELECT * FROM `__kept_links`;--> statement-breakpoint
DROP TABLE `__kept_links`;--> statement-breakpoint
DROP TABLE `__kept_repositories`;--> statement-breakpoint
DROP TABLE `__kept_history`;--> statement-breakpoint
DROP TABLE `__kept_users`;--> statement-breakpoint
DROP TABLE `__kept_organizations`;--> statement-breakpoint
CREATE INDEX `repositories_by_name` ON `repositories` (`account_id`,`name`);--> statement-breakpoint
CREATE INDEX `repositories_by_update` ON `repositories` (`account_id`,`updated_at`);--> statement-breakpoint
CREATE INDEX `repositories_by_tag_count` ON `repositories` (`account_id`,`tag_count`);--> statement-breakpoint
CREATE INDEX `repositories_public` ON `repositories` (`name`) WHERE "repositories"."is_public" = 1;--> statement-breakpoint
CREATE INDEX `repositories_public_by_update` ON `repositories` (`updated_at`) WHERE "repositories"."is_public" = 1;--> statement-breakpoint
CREATE INDEX `repositories_public_by_tag_count` ON `repositories` (`tag_count`) WHERE "repositories"."is_public" = 1;--> statement-breakpoint
CREATE INDEX `repositories_by_organization` ON `repositories` (`organization_id`,`name`);--> statement-breakpoint
ALTER TABLE `manifests` ADD `last_pulled_at` integer;--> statement-breakpoint
CREATE INDEX `tag_history_by_repository` ON `tag_history` (`repository_id`,`id`);--> statement-breakpoint
CREATE INDEX `tags_by_update` ON `tags` (`repository_id`,`updated_at`);--> statement-breakpoint
UPDATE `repositories` SET
	`updated_at` = max(`created_at`, coalesce((SELECT max(`tags`.`updated_at`) FROM `tags` WHERE `tags`.`repository_id` = `repositories`.`id`), 0)),
	`tag_count` = (SELECT count(*) FROM `tags` WHERE `tags`.`repository_id` = `repositories`.`id`),
	`stored_bytes` = (SELECT coalesce(sum(`size`), 0) FROM `repository_blobs` JOIN `blobs` ON `blobs`.`id` = `blob_id` WHERE `repository_blobs`.`repository_id` = `repositories`.`id`);
--> statement-breakpoint
CREATE TRIGGER `tags_counted` AFTER INSERT ON `tags` BEGIN
	UPDATE `repositories` SET `tag_count` = `tag_count` + 1 WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `tags_uncounted` AFTER DELETE ON `tags` BEGIN
	UPDATE `repositories` SET `tag_count` = `tag_count` - 1 WHERE `id` = OLD.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `repository_blobs_counted` AFTER INSERT ON `repository_blobs` BEGIN
	UPDATE `repositories` SET `stored_bytes` = `stored_bytes` + (SELECT `size` FROM `blobs` WHERE `id` = NEW.`blob_id`)
	WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `repository_blobs_uncounted` AFTER DELETE ON `repository_blobs` BEGIN
	UPDATE `repositories` SET `stored_bytes` = `stored_bytes` - (SELECT `size` FROM `blobs` WHERE `id` = OLD.`blob_id`)
	WHERE `id` = OLD.`repository_id`;
END;
--> statement-breakpoint
CREATE TABLE `manifest_platforms` (
	`manifest_id` integer NOT NULL,
	`repository_id` integer NOT NULL,
	`os` text NOT NULL,
	`architecture` text NOT NULL,
	`variant` text DEFAULT '' NOT NULL,
	PRIMARY KEY(`manifest_id`, `architecture`, `os`, `variant`),
	FOREIGN KEY (`manifest_id`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `manifest_platforms_by_architecture` ON `manifest_platforms` (`repository_id`,`architecture`);

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
--> statement-breakpoint
CREATE TABLE `open_uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`seen_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `open_uploads_by_user` ON `open_uploads` (`user_id`,`organization_id`);--> statement-breakpoint
CREATE INDEX `open_uploads_by_organization` ON `open_uploads` (`organization_id`,`seen_at`);--> statement-breakpoint
CREATE INDEX `open_uploads_by_time` ON `open_uploads` (`seen_at`);--> statement-breakpoint
CREATE TABLE `organization_blobs` (
	`blob_id` integer NOT NULL,
	`organization_id` integer NOT NULL,
	`links` integer NOT NULL,
	PRIMARY KEY(`blob_id`, `organization_id`),
	FOREIGN KEY (`blob_id`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `quotas` (
	`holder` text NOT NULL,
	`holder_id` integer NOT NULL,
	`resource` text NOT NULL,
	`account_id` integer,
	`used` integer DEFAULT 0 NOT NULL,
	`own_limit` integer,
	PRIMARY KEY(`holder`, `holder_id`, `resource`)
);
--> statement-breakpoint
ALTER TABLE `accounts` ADD `audit_event_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `tag_event_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `repository_blobs` ADD `manifest_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `repository_blobs` ADD `unneeded_since` integer DEFAULT 0;--> statement-breakpoint
CREATE INDEX `repository_blobs_unneeded` ON `repository_blobs` (`unneeded_since`) WHERE "repository_blobs"."unneeded_since" IS NOT NULL;
--> statement-breakpoint
-- Written by hand from here on: what each account and organization has is counted once, and kept by triggers afterwards.
-- The limits are explained in docs/quotas.md.
INSERT INTO `quotas` (`holder`, `holder_id`, `resource`, `own_limit`) VALUES
	('organization', 0, 'storedBytes', 549755813888),
	('organization', 0, 'manifestBytes', 268435456),
	('organization', 0, 'images', 2000),
	('organization', 0, 'tags', 100000),
	('organization', 0, 'openUploads', 200),
	('account', 0, 'storedBytes', 1099511627776),
	('account', 0, 'manifestBytes', 536870912),
	('account', 0, 'images', 5000),
	('account', 0, 'tags', 200000),
	('account', 0, 'openUploads', 500);
--> statement-breakpoint
INSERT INTO `organization_blobs` (`blob_id`, `organization_id`, `links`)
SELECT `blob_id`, `organization_id`, count(*) FROM `repository_blobs` JOIN `repositories` ON `repositories`.`id` = `repository_id`
GROUP BY `blob_id`, `organization_id`;
--> statement-breakpoint
INSERT INTO `quotas` (`holder`, `holder_id`, `resource`)
SELECT 'account', `accounts`.`id`, `resource` FROM `accounts` CROSS JOIN `quotas` WHERE `holder` = 'account' AND `holder_id` = 0;
--> statement-breakpoint
INSERT INTO `quotas` (`holder`, `holder_id`, `resource`, `account_id`)
SELECT 'organization', `organizations`.`id`, `resource`, `organizations`.`account_id` FROM `organizations` CROSS JOIN `quotas`
WHERE `holder` = 'organization' AND `holder_id` = 0;
--> statement-breakpoint
UPDATE `quotas` SET `used` = `counted`.`total` FROM (
	SELECT `organization_id` AS `id`, sum(`size`) AS `total` FROM `organization_blobs` JOIN `blobs` ON `blobs`.`id` = `blob_id`
	GROUP BY `organization_id`) AS `counted`
WHERE `holder` = 'organization' AND `holder_id` = `counted`.`id` AND `resource` = 'storedBytes';
--> statement-breakpoint
UPDATE `quotas` SET `used` = `counted`.`total` FROM (
	SELECT `organization_id` AS `id`, sum(`size`) AS `total` FROM `manifests` JOIN `repositories` ON `repositories`.`id` = `repository_id`
	GROUP BY `organization_id`) AS `counted`
WHERE `holder` = 'organization' AND `holder_id` = `counted`.`id` AND `resource` = 'manifestBytes';
--> statement-breakpoint
UPDATE `quotas` SET `used` = `counted`.`total` FROM (
	SELECT `organization_id` AS `id`, count(*) AS `total` FROM `repositories` GROUP BY `organization_id`) AS `counted`
WHERE `holder` = 'organization' AND `holder_id` = `counted`.`id` AND `resource` = 'images';
--> statement-breakpoint
UPDATE `quotas` SET `used` = `counted`.`total` FROM (
	SELECT `organization_id` AS `id`, sum(`tag_count`) AS `total` FROM `repositories` GROUP BY `organization_id`) AS `counted`
WHERE `holder` = 'organization' AND `holder_id` = `counted`.`id` AND `resource` = 'tags';
--> statement-breakpoint
UPDATE `quotas` SET `used` = `counted`.`total` FROM (
	SELECT `account_id` AS `id`, `resource` AS `kind`, sum(`used`) AS `total` FROM `quotas` WHERE `holder` = 'organization'
	GROUP BY `account_id`, `resource`) AS `counted`
WHERE `holder` = 'account' AND `holder_id` = `counted`.`id` AND `resource` = `counted`.`kind`;
--> statement-breakpoint
-- An upgrade refuses no push: who comes with more than half of what is allowed may have twice as much as that.
UPDATE `quotas` SET `own_limit` = 2 * `used`
WHERE `holder_id` <> 0 AND 2 * `used` > (
	SELECT `common`.`own_limit` FROM `quotas` AS `common`
	WHERE `common`.`holder` = `quotas`.`holder` AND `common`.`holder_id` = 0 AND `common`.`resource` = `quotas`.`resource`);
--> statement-breakpoint
UPDATE `accounts` SET
	`audit_event_count` = (SELECT count(*) FROM `audit_events` WHERE `audit_events`.`account_id` = `accounts`.`id`),
	`tag_event_count` = (
		SELECT count(*) FROM `repositories` JOIN `tag_history` ON `tag_history`.`repository_id` = `repositories`.`id`
		WHERE `repositories`.`account_id` = `accounts`.`id`);
--> statement-breakpoint
UPDATE `repository_blobs` SET `manifest_count` = `counted`.`total`, `unneeded_since` = NULL FROM (
	SELECT `repository_id` AS `repository`, `blob_id` AS `blob`, count(*) AS `total` FROM `manifest_blobs`
	JOIN `manifests` ON `manifests`.`id` = `manifest_id` GROUP BY `repository_id`, `blob_id`) AS `counted`
WHERE `repository_id` = `counted`.`repository` AND `blob_id` = `counted`.`blob`;
--> statement-breakpoint
CREATE TRIGGER `repository_blobs_named` AFTER INSERT ON `manifest_blobs` BEGIN
	UPDATE `repository_blobs` SET `manifest_count` = `manifest_count` + 1, `unneeded_since` = NULL
	WHERE `repository_id` = (SELECT `repository_id` FROM `manifests` WHERE `id` = NEW.`manifest_id`) AND `blob_id` = NEW.`blob_id`;
END;
--> statement-breakpoint
-- Before: afterwards what the manifest named has gone with it.
CREATE TRIGGER `repository_blobs_unnamed` BEFORE DELETE ON `manifests` BEGIN
	UPDATE `repository_blobs` SET
		`manifest_count` = `manifest_count` - 1,
		`unneeded_since` = iif(`manifest_count` = 1, 0, `unneeded_since`)
	WHERE `repository_id` = OLD.`repository_id`
		AND `blob_id` IN (SELECT `blob_id` FROM `manifest_blobs` WHERE `manifest_id` = OLD.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `accounts_measured` AFTER INSERT ON `accounts` BEGIN
	INSERT INTO `quotas` (`holder`, `holder_id`, `resource`)
	SELECT 'account', NEW.`id`, `resource` FROM `quotas` WHERE `holder` = 'account' AND `holder_id` = 0;
END;
--> statement-breakpoint
CREATE TRIGGER `accounts_unmeasured` AFTER DELETE ON `accounts` BEGIN
	DELETE FROM `quotas` WHERE `holder` = 'account' AND `holder_id` = OLD.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_measured` AFTER INSERT ON `organizations` BEGIN
	INSERT INTO `quotas` (`holder`, `holder_id`, `resource`, `account_id`)
	SELECT 'organization', NEW.`id`, `resource`, NEW.`account_id` FROM `quotas` WHERE `holder` = 'organization' AND `holder_id` = 0;
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_unmeasured` AFTER DELETE ON `organizations` BEGIN
	DELETE FROM `quotas` WHERE `holder` = 'organization' AND `holder_id` = OLD.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `quotas_passed_on` AFTER UPDATE OF `used` ON `quotas` WHEN NEW.`account_id` IS NOT NULL BEGIN
	UPDATE `quotas` SET `used` = `used` + NEW.`used` - OLD.`used`
	WHERE `holder` = 'account' AND `holder_id` = NEW.`account_id` AND `resource` = NEW.`resource`;
END;
--> statement-breakpoint
-- Only growth is refused, so that who has more than a limit that was lowered can still delete. A message is a literal.
CREATE TRIGGER `quotas_held` AFTER UPDATE OF `used` ON `quotas`
WHEN NEW.`used` > OLD.`used` AND NEW.`used` > ifnull(NEW.`own_limit`, (
	SELECT `own_limit` FROM `quotas` WHERE `holder` = NEW.`holder` AND `holder_id` = 0 AND `resource` = NEW.`resource`))
BEGIN
	SELECT RAISE(ABORT, 'quota exceeded: organization storedBytes') WHERE NEW.`holder` = 'organization' AND NEW.`resource` = 'storedBytes';
	SELECT RAISE(ABORT, 'quota exceeded: organization manifestBytes') WHERE NEW.`holder` = 'organization' AND NEW.`resource` = 'manifestBytes';
	SELECT RAISE(ABORT, 'quota exceeded: organization images') WHERE NEW.`holder` = 'organization' AND NEW.`resource` = 'images';
	SELECT RAISE(ABORT, 'quota exceeded: organization tags') WHERE NEW.`holder` = 'organization' AND NEW.`resource` = 'tags';
	SELECT RAISE(ABORT, 'quota exceeded: organization openUploads') WHERE NEW.`holder` = 'organization' AND NEW.`resource` = 'openUploads';
	SELECT RAISE(ABORT, 'quota exceeded: account storedBytes') WHERE NEW.`holder` = 'account' AND NEW.`resource` = 'storedBytes';
	SELECT RAISE(ABORT, 'quota exceeded: account manifestBytes') WHERE NEW.`holder` = 'account' AND NEW.`resource` = 'manifestBytes';
	SELECT RAISE(ABORT, 'quota exceeded: account images') WHERE NEW.`holder` = 'account' AND NEW.`resource` = 'images';
	SELECT RAISE(ABORT, 'quota exceeded: account tags') WHERE NEW.`holder` = 'account' AND NEW.`resource` = 'tags';
	SELECT RAISE(ABORT, 'quota exceeded: account openUploads') WHERE NEW.`holder` = 'account' AND NEW.`resource` = 'openUploads';
END;
--> statement-breakpoint
CREATE TRIGGER `organization_blobs_linked` AFTER INSERT ON `repository_blobs` BEGIN
	INSERT INTO `organization_blobs` (`blob_id`, `organization_id`, `links`)
	SELECT NEW.`blob_id`, `organization_id`, 1 FROM `repositories` WHERE `id` = NEW.`repository_id`
	ON CONFLICT (`blob_id`, `organization_id`) DO UPDATE SET `links` = `links` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_blobs_unlinked` AFTER DELETE ON `repository_blobs` BEGIN
	UPDATE `organization_blobs` SET `links` = `links` - 1 WHERE `blob_id` = OLD.`blob_id`
		AND `organization_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = OLD.`repository_id`);
	DELETE FROM `organization_blobs` WHERE `blob_id` = OLD.`blob_id` AND `links` = 0
		AND `organization_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = OLD.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `organization_blobs_measured` AFTER INSERT ON `organization_blobs` BEGIN
	UPDATE `quotas` SET `used` = `used` + (SELECT `size` FROM `blobs` WHERE `id` = NEW.`blob_id`)
	WHERE `holder` = 'organization' AND `resource` = 'storedBytes'
		AND `holder_id` = NEW.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_blobs_unmeasured` AFTER DELETE ON `organization_blobs` BEGIN
	UPDATE `quotas` SET `used` = `used` - (SELECT `size` FROM `blobs` WHERE `id` = OLD.`blob_id`)
	WHERE `holder` = 'organization' AND `resource` = 'storedBytes'
		AND `holder_id` = OLD.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_measured` AFTER INSERT ON `manifests` BEGIN
	UPDATE `quotas` SET `used` = `used` + NEW.`size`
	WHERE `holder` = 'organization' AND `resource` = 'manifestBytes'
		AND `holder_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = NEW.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_unmeasured` AFTER DELETE ON `manifests` BEGIN
	UPDATE `quotas` SET `used` = `used` - OLD.`size`
	WHERE `holder` = 'organization' AND `resource` = 'manifestBytes'
		AND `holder_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = OLD.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `repositories_measured` AFTER INSERT ON `repositories` BEGIN
	UPDATE `quotas` SET `used` = `used` + 1
	WHERE `holder` = 'organization' AND `resource` = 'images'
		AND `holder_id` = NEW.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `repositories_unmeasured` AFTER DELETE ON `repositories` BEGIN
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `resource` = 'images'
		AND `holder_id` = OLD.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `tags_measured` AFTER INSERT ON `tags` BEGIN
	UPDATE `quotas` SET `used` = `used` + 1
	WHERE `holder` = 'organization' AND `resource` = 'tags'
		AND `holder_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = NEW.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `tags_unmeasured` AFTER DELETE ON `tags` BEGIN
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `resource` = 'tags'
		AND `holder_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = OLD.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `open_uploads_measured` AFTER INSERT ON `open_uploads` BEGIN
	UPDATE `quotas` SET `used` = `used` + 1
	WHERE `holder` = 'organization' AND `resource` = 'openUploads'
		AND `holder_id` = NEW.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `open_uploads_unmeasured` AFTER DELETE ON `open_uploads` BEGIN
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `resource` = 'openUploads'
		AND `holder_id` = OLD.`organization_id`;
END;
--> statement-breakpoint
-- One user has at most half of the places of an organization, and of an account.
CREATE TRIGGER `open_uploads_shared` AFTER INSERT ON `open_uploads` BEGIN
	SELECT RAISE(ABORT, 'quota exceeded: user organization')
	WHERE 2 * (SELECT count(*) FROM `open_uploads` WHERE `user_id` = NEW.`user_id` AND `organization_id` = NEW.`organization_id`) - 1 > (
		SELECT ifnull(`own`.`own_limit`, `common`.`own_limit`) FROM `quotas` AS `own`
		JOIN `quotas` AS `common` ON `common`.`holder` = `own`.`holder` AND `common`.`holder_id` = 0 AND `common`.`resource` = `own`.`resource`
		WHERE `own`.`holder` = 'organization' AND `own`.`holder_id` = NEW.`organization_id` AND `own`.`resource` = 'openUploads');
	SELECT RAISE(ABORT, 'quota exceeded: user account')
	WHERE 2 * (SELECT count(*) FROM `open_uploads` WHERE `user_id` = NEW.`user_id`) - 1 > (
		SELECT ifnull(`own`.`own_limit`, `common`.`own_limit`) FROM `quotas` AS `own`
		JOIN `quotas` AS `common` ON `common`.`holder` = `own`.`holder` AND `common`.`holder_id` = 0 AND `common`.`resource` = `own`.`resource`
		WHERE `own`.`holder` = 'account' AND `own`.`holder_id` = (SELECT `account_id` FROM `organizations` WHERE `id` = NEW.`organization_id`) AND `own`.`resource` = 'openUploads');
END;
--> statement-breakpoint
-- What foreign keys delete along with an image cannot be counted any more, because the image is gone by then.
CREATE TRIGGER `repositories_emptied` BEFORE DELETE ON `repositories`
WHEN EXISTS (SELECT 1 FROM `repository_blobs` WHERE `repository_id` = OLD.`id`)
	OR EXISTS (SELECT 1 FROM `tag_history` WHERE `repository_id` = OLD.`id`)
BEGIN
	SELECT RAISE(ABORT, 'the blobs and the tag history of an image are deleted before it');
END;
--> statement-breakpoint
-- What happened to tags is remembered within bounds: beyond them each event takes the place of two of the same image.
CREATE TRIGGER `tag_history_counted` AFTER INSERT ON `tag_history` BEGIN
	UPDATE `accounts` SET `tag_event_count` = `tag_event_count` + 1 WHERE `id` = (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`);
	DELETE FROM `tag_history` WHERE `id` IN (
		SELECT `oldest`.`id` FROM `tag_history` AS `oldest`
		WHERE `oldest`.`repository_id` = NEW.`repository_id` AND `oldest`.`id` < NEW.`id` AND (
			SELECT `tag_event_count` > 100000 + 2 * `used` FROM `accounts`
			JOIN `quotas` ON `holder` = 'account' AND `holder_id` = `accounts`.`id` AND `resource` = 'tags'
			WHERE `accounts`.`id` = (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`))
		ORDER BY `oldest`.`id` LIMIT 2);
END;
--> statement-breakpoint
CREATE TRIGGER `tag_history_uncounted` AFTER DELETE ON `tag_history` BEGIN
	UPDATE `accounts` SET `tag_event_count` = `tag_event_count` - 1 WHERE `id` = (SELECT `account_id` FROM `repositories` WHERE `id` = OLD.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `audit_events_counted` AFTER INSERT ON `audit_events` WHEN NEW.`account_id` IS NOT NULL BEGIN
	UPDATE `accounts` SET `audit_event_count` = `audit_event_count` + 1 WHERE `id` = NEW.`account_id`;
	DELETE FROM `audit_events` WHERE `id` IN (
		SELECT `oldest`.`id` FROM `audit_events` AS `oldest`
		WHERE `oldest`.`account_id` = NEW.`account_id` AND `oldest`.`id` < NEW.`id`
			AND (SELECT `audit_event_count` > 1000000 FROM `accounts` WHERE `id` = NEW.`account_id`)
		ORDER BY `oldest`.`id` LIMIT 2);
END;
--> statement-breakpoint
CREATE TRIGGER `audit_events_uncounted` AFTER DELETE ON `audit_events` WHEN OLD.`account_id` IS NOT NULL BEGIN
	UPDATE `accounts` SET `audit_event_count` = `audit_event_count` - 1 WHERE `id` = OLD.`account_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `users_limited` BEFORE INSERT ON `users`
WHEN (SELECT count(*) FROM `users` WHERE `account_id` = NEW.`account_id`) >= 10000
BEGIN
	SELECT RAISE(ABORT, 'too many users');
END;
--> statement-breakpoint
-- An insertion that is left out is told as the limit of its organization or image is (storage/triggers.ts).
CREATE TRIGGER `clusters_limited` BEFORE INSERT ON `clusters`
WHEN (
	SELECT count(*) FROM `organizations` JOIN `clusters` ON `clusters`.`organization_id` = `organizations`.`id`
	WHERE `organizations`.`account_id` = (SELECT `account_id` FROM `organizations` WHERE `id` = NEW.`organization_id`)) >= 200
BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `triggers_limited` BEFORE INSERT ON `triggers`
WHEN (
	SELECT count(*) FROM `repositories` JOIN `triggers` ON `triggers`.`repository_id` = `repositories`.`id`
	WHERE `repositories`.`account_id` = (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`)) >= 10000
BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
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

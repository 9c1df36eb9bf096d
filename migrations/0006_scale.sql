CREATE TABLE `cleanups` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`target_id` integer NOT NULL,
	`position` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cleanups_by_target` ON `cleanups` (`kind`,`target_id`);--> statement-breakpoint
CREATE TABLE `daily_organization_pulls` (
	`account_id` integer NOT NULL,
	`organization_id` integer NOT NULL,
	`day` text NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`account_id`, `organization_id`, `day`)
);
--> statement-breakpoint
DROP INDEX `audit_events_by_time`;--> statement-breakpoint
CREATE INDEX `audit_events_denied` ON `audit_events` (`account_id`,`id`) WHERE "audit_events"."result" = 'denied';--> statement-breakpoint
DROP INDEX `manifest_platforms_by_architecture`;--> statement-breakpoint
ALTER TABLE `manifest_platforms` ADD `is_tagged` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `manifest_platforms_of_tags` ON `manifest_platforms` (`repository_id`,`architecture`) WHERE "manifest_platforms"."is_tagged" = 1;--> statement-breakpoint
CREATE INDEX `manifest_platforms_by_architecture` ON `manifest_platforms` (`architecture`,`repository_id`) WHERE "manifest_platforms"."is_tagged" = 1;--> statement-breakpoint
ALTER TABLE `accounts` ADD `user_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `organization_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `trigger_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `cluster_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `organizations` ADD `user_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `organizations` ADD `image_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `repositories` ADD `share_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `repositories_by_organization_update` ON `repositories` (`organization_id`,`updated_at`);--> statement-breakpoint
CREATE INDEX `repositories_by_organization_tag_count` ON `repositories` (`organization_id`,`tag_count`);--> statement-breakpoint
CREATE INDEX `repositories_by_category` ON `repositories` (`account_id`,`category`);--> statement-breakpoint
CREATE INDEX `repositories_by_visibility` ON `repositories` (`account_id`,`is_public`);--> statement-breakpoint
CREATE INDEX `repositories_by_creator` ON `repositories` (`created_by`) WHERE "repositories"."created_by" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `repositories_public_by_category` ON `repositories` (`category`) WHERE "repositories"."is_public" = 1;--> statement-breakpoint
CREATE INDEX `repositories_shared_by_account` ON `repositories` (`account_id`,`name`) WHERE "repositories"."share_count" > 0;--> statement-breakpoint
CREATE INDEX `repositories_shared_by_name` ON `repositories` (`name`) WHERE "repositories"."share_count" > 0;--> statement-breakpoint
CREATE INDEX `repositories_shared_by_update` ON `repositories` (`updated_at`) WHERE "repositories"."share_count" > 0;--> statement-breakpoint
CREATE INDEX `repositories_shared_by_tag_count` ON `repositories` (`tag_count`) WHERE "repositories"."share_count" > 0;--> statement-breakpoint
CREATE INDEX `users_with_role` ON `users` (`account_id`,`role`) WHERE "users"."role" <> 'member';--> statement-breakpoint
-- Written by hand from here on. SWR sorts images by their names without the organization; drizzle-kit cannot write that.
CREATE INDEX `repositories_by_image_name` ON `repositories` (`account_id`, substr(`name`, instr(`name`, '/') + 1));--> statement-breakpoint
-- What is counted once, and kept by triggers afterwards.
UPDATE `accounts` SET
	`user_count` = (SELECT count(*) FROM `users` WHERE `users`.`account_id` = `accounts`.`id`),
	`organization_count` = (SELECT count(*) FROM `organizations` WHERE `organizations`.`account_id` = `accounts`.`id`),
	`trigger_count` = (
		SELECT count(*) FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `repository_id`
		JOIN `organizations` ON `organizations`.`id` = `organization_id` WHERE `organizations`.`account_id` = `accounts`.`id`),
	`cluster_count` = (
		SELECT count(*) FROM `clusters` JOIN `organizations` ON `organizations`.`id` = `organization_id`
		WHERE `organizations`.`account_id` = `accounts`.`id`);
--> statement-breakpoint
UPDATE `organizations` SET
	`user_count` = (SELECT count(*) FROM `organization_permissions` WHERE `organization_permissions`.`organization_id` = `organizations`.`id`),
	`image_bytes` = (SELECT ifnull(sum(`stored_bytes`), 0) FROM `repositories` WHERE `repositories`.`organization_id` = `organizations`.`id`);
--> statement-breakpoint
UPDATE `repositories` SET `share_count` = `counted`.`total`
FROM (SELECT `repository_id` AS `id`, count(*) AS `total` FROM `shares` GROUP BY `repository_id`) AS `counted`
WHERE `repositories`.`id` = `counted`.`id`;
--> statement-breakpoint
UPDATE `manifest_platforms` SET `is_tagged` = 1 WHERE EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = `manifest_platforms`.`manifest_id`);
--> statement-breakpoint
INSERT INTO `daily_organization_pulls` (`account_id`, `organization_id`, `day`, `bytes`)
SELECT `account_id`, 0, `day`, sum(`bytes`) FROM `daily_pulls` GROUP BY `account_id`, `day`;
--> statement-breakpoint
INSERT INTO `daily_organization_pulls` (`account_id`, `organization_id`, `day`, `bytes`)
SELECT `repositories`.`account_id`, `organization_id`, `day`, sum(`bytes`) FROM `daily_pulls`
JOIN `repositories` ON `repositories`.`id` = `daily_pulls`.`repository_id` GROUP BY 1, 2, 3;
--> statement-breakpoint
CREATE TRIGGER `users_counted` AFTER INSERT ON `users` BEGIN
	UPDATE `accounts` SET `user_count` = `user_count` + 1 WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
-- A deleted user or account stays, under a name that none can have: what it made refers to it.
CREATE TRIGGER `users_hidden` AFTER UPDATE OF `name` ON `users` WHEN NEW.`name` >= '~' AND OLD.`name` < '~' BEGIN
	UPDATE `accounts` SET `user_count` = `user_count` - 1 WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `users_of_deleted` BEFORE INSERT ON `users`
WHEN (SELECT `name` FROM `accounts` WHERE `id` = NEW.`account_id`) >= '~' BEGIN
	SELECT RAISE(ABORT, 'the account is deleted');
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_of_deleted` BEFORE INSERT ON `organizations`
WHEN (SELECT `name` FROM `accounts` WHERE `id` = NEW.`account_id`) >= '~' BEGIN
	SELECT RAISE(ABORT, 'the account is deleted');
END;
--> statement-breakpoint
CREATE TRIGGER `users_uncounted` AFTER DELETE ON `users` WHEN OLD.`name` < '~' BEGIN
	UPDATE `accounts` SET `user_count` = `user_count` - 1 WHERE `id` = OLD.`account_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_counted` AFTER INSERT ON `organizations` BEGIN
	UPDATE `accounts` SET `organization_count` = `organization_count` + 1 WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
-- A deleted organization stays, under a name that none can have, until its deleted images are taken apart.
CREATE TRIGGER `organizations_hidden` AFTER UPDATE OF `name` ON `organizations` WHEN NEW.`name` >= '~' AND OLD.`name` < '~' BEGIN
	UPDATE `accounts` SET `organization_count` = `organization_count` - 1 WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_uncounted` AFTER DELETE ON `organizations` WHEN OLD.`name` < '~' BEGIN
	UPDATE `accounts` SET `organization_count` = `organization_count` - 1 WHERE `id` = OLD.`account_id`;
END;
--> statement-breakpoint
-- How many triggers and clusters an account has, which limits it, is not to be looked for in all of its images. Those of a
-- deleted image count until they are gone. What goes along with an image or organization is subtracted before it.
DROP TRIGGER `triggers_limited`;--> statement-breakpoint
CREATE TRIGGER `triggers_limited` BEFORE INSERT ON `triggers`
WHEN (SELECT `trigger_count` FROM `accounts` WHERE `id` = (
	SELECT `organizations`.`account_id` FROM `repositories` JOIN `organizations` ON `organizations`.`id` = `organization_id`
	WHERE `repositories`.`id` = NEW.`repository_id`)) >= 10000
BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `triggers_counted` AFTER INSERT ON `triggers` BEGIN
	UPDATE `accounts` SET `trigger_count` = `trigger_count` + 1 WHERE `id` = (
		SELECT `organizations`.`account_id` FROM `repositories` JOIN `organizations` ON `organizations`.`id` = `organization_id`
		WHERE `repositories`.`id` = NEW.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `triggers_uncounted` AFTER DELETE ON `triggers` BEGIN
	UPDATE `accounts` SET `trigger_count` = `trigger_count` - 1 WHERE `id` = (
		SELECT `organizations`.`account_id` FROM `repositories` JOIN `organizations` ON `organizations`.`id` = `organization_id`
		WHERE `repositories`.`id` = OLD.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `triggers_of_images_uncounted` BEFORE DELETE ON `repositories` BEGIN
	UPDATE `accounts` SET `trigger_count` = `trigger_count` - (SELECT count(*) FROM `triggers` WHERE `repository_id` = OLD.`id`)
	WHERE `id` = (SELECT `account_id` FROM `organizations` WHERE `id` = OLD.`organization_id`);
END;
--> statement-breakpoint
DROP TRIGGER `clusters_limited`;--> statement-breakpoint
CREATE TRIGGER `clusters_limited` BEFORE INSERT ON `clusters`
WHEN (SELECT `cluster_count` FROM `accounts` WHERE `id` = (
	SELECT `account_id` FROM `organizations` WHERE `id` = NEW.`organization_id`)) >= 200
BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `clusters_counted` AFTER INSERT ON `clusters` BEGIN
	UPDATE `accounts` SET `cluster_count` = `cluster_count` + 1
	WHERE `id` = (SELECT `account_id` FROM `organizations` WHERE `id` = NEW.`organization_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `clusters_uncounted` AFTER DELETE ON `clusters` BEGIN
	UPDATE `accounts` SET `cluster_count` = `cluster_count` - 1
	WHERE `id` = (SELECT `account_id` FROM `organizations` WHERE `id` = OLD.`organization_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `clusters_of_organizations_uncounted` BEFORE DELETE ON `organizations` BEGIN
	UPDATE `accounts` SET `cluster_count` = `cluster_count` - (SELECT count(*) FROM `clusters` WHERE `organization_id` = OLD.`id`)
	WHERE `id` = OLD.`account_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_users_counted` AFTER INSERT ON `organization_permissions` BEGIN
	UPDATE `organizations` SET `user_count` = `user_count` + 1 WHERE `id` = NEW.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_users_uncounted` AFTER DELETE ON `organization_permissions` BEGIN
	UPDATE `organizations` SET `user_count` = `user_count` - 1 WHERE `id` = OLD.`organization_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `shares_counted` AFTER INSERT ON `shares` BEGIN
	UPDATE `repositories` SET `share_count` = `share_count` + 1 WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `shares_uncounted` AFTER DELETE ON `shares` BEGIN
	UPDATE `repositories` SET `share_count` = `share_count` - 1 WHERE `id` = OLD.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `platforms_tagged` AFTER INSERT ON `tags` BEGIN
	UPDATE `manifest_platforms` SET `is_tagged` = 1 WHERE `manifest_id` = NEW.`manifest_id` AND `is_tagged` = 0;
END;
--> statement-breakpoint
CREATE TRIGGER `platforms_retagged` AFTER UPDATE OF `manifest_id` ON `tags` WHEN NEW.`manifest_id` <> OLD.`manifest_id` BEGIN
	UPDATE `manifest_platforms` SET `is_tagged` = 0 WHERE `manifest_id` = OLD.`manifest_id`
		AND NOT EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = OLD.`manifest_id`);
	UPDATE `manifest_platforms` SET `is_tagged` = 1 WHERE `manifest_id` = NEW.`manifest_id` AND `is_tagged` = 0;
END;
--> statement-breakpoint
CREATE TRIGGER `platforms_untagged` AFTER DELETE ON `tags` BEGIN
	UPDATE `manifest_platforms` SET `is_tagged` = 0 WHERE `manifest_id` = OLD.`manifest_id`
		AND NOT EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = OLD.`manifest_id`);
END;
--> statement-breakpoint
-- The names of images, organizations, users and accounts by three letters that they have after each other. Upper and lower case are alike.
CREATE VIRTUAL TABLE `repositories_text` USING fts5(`name`, content='repositories', content_rowid='id', tokenize='trigram', columnsize=0);--> statement-breakpoint
CREATE VIRTUAL TABLE `organizations_text` USING fts5(`name`, content='organizations', content_rowid='id', tokenize='trigram', columnsize=0);--> statement-breakpoint
CREATE VIRTUAL TABLE `users_text` USING fts5(`name`, content='users', content_rowid='id', tokenize='trigram', columnsize=0);--> statement-breakpoint
CREATE VIRTUAL TABLE `accounts_text` USING fts5(`name`, content='accounts', content_rowid='id', tokenize='trigram', columnsize=0);--> statement-breakpoint
INSERT INTO `repositories_text` (`rowid`, `name`) SELECT `id`, `name` FROM `repositories`;--> statement-breakpoint
INSERT INTO `organizations_text` (`rowid`, `name`) SELECT `id`, `name` FROM `organizations`;--> statement-breakpoint
INSERT INTO `users_text` (`rowid`, `name`) SELECT `id`, `name` FROM `users`;--> statement-breakpoint
INSERT INTO `accounts_text` (`rowid`, `name`) SELECT `id`, `name` FROM `accounts`;
--> statement-breakpoint
CREATE TRIGGER `repositories_named` AFTER INSERT ON `repositories` BEGIN
	INSERT INTO `repositories_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `repositories_renamed` AFTER UPDATE OF `name` ON `repositories` BEGIN
	INSERT INTO `repositories_text` (`repositories_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
	INSERT INTO `repositories_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `repositories_unnamed` AFTER DELETE ON `repositories` BEGIN
	INSERT INTO `repositories_text` (`repositories_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_named` AFTER INSERT ON `organizations` BEGIN
	INSERT INTO `organizations_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_renamed` AFTER UPDATE OF `name` ON `organizations` BEGIN
	INSERT INTO `organizations_text` (`organizations_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
	INSERT INTO `organizations_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `organizations_unnamed` AFTER DELETE ON `organizations` BEGIN
	INSERT INTO `organizations_text` (`organizations_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `users_named` AFTER INSERT ON `users` BEGIN
	INSERT INTO `users_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `users_renamed` AFTER UPDATE OF `name` ON `users` BEGIN
	INSERT INTO `users_text` (`users_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
	INSERT INTO `users_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `users_unnamed` AFTER DELETE ON `users` BEGIN
	INSERT INTO `users_text` (`users_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `accounts_named` AFTER INSERT ON `accounts` BEGIN
	INSERT INTO `accounts_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `accounts_renamed` AFTER UPDATE OF `name` ON `accounts` BEGIN
	INSERT INTO `accounts_text` (`accounts_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
	INSERT INTO `accounts_text` (`rowid`, `name`) VALUES (NEW.`id`, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `accounts_unnamed` AFTER DELETE ON `accounts` BEGIN
	INSERT INTO `accounts_text` (`accounts_text`, `rowid`, `name`) VALUES ('delete', OLD.`id`, OLD.`name`);
END;
--> statement-breakpoint
-- A deleted image stays, with account 0 and a name that none can have, until all that it had is deleted in slices. Nothing
-- is added to it meanwhile: a push fails as it does when the image is gone, and everything else finds no image.
CREATE TRIGGER `manifests_of_deleted` BEFORE INSERT ON `manifests`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed');
END;
--> statement-breakpoint
CREATE TRIGGER `tags_of_deleted` BEFORE INSERT ON `tags`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed');
END;
--> statement-breakpoint
CREATE TRIGGER `repository_blobs_of_deleted` BEFORE INSERT ON `repository_blobs`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `shares_of_deleted` BEFORE INSERT ON `shares`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `repository_permissions_of_deleted` BEFORE INSERT ON `repository_permissions`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `retention_rules_of_deleted` BEFORE INSERT ON `retention_rules`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `immutable_tag_rules_of_deleted` BEFORE INSERT ON `immutable_tag_rules`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `triggers_of_deleted` BEFORE INSERT ON `triggers`
WHEN (SELECT `account_id` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
-- An image that goes into an organization which was deleted meanwhile.
CREATE TRIGGER `repositories_of_deleted` BEFORE INSERT ON `repositories`
WHEN (SELECT `name` FROM `organizations` WHERE `id` = NEW.`organization_id`) >= '~' BEGIN
	SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
CREATE TRIGGER `pulls_added` AFTER INSERT ON `daily_pulls` BEGIN
	INSERT INTO `daily_organization_pulls` (`account_id`, `organization_id`, `day`, `bytes`)
	SELECT NEW.`account_id`, 0, NEW.`day`, NEW.`bytes` WHERE true
	ON CONFLICT (`account_id`, `organization_id`, `day`) DO UPDATE SET `bytes` = `bytes` + excluded.`bytes`;
	INSERT INTO `daily_organization_pulls` (`account_id`, `organization_id`, `day`, `bytes`)
	SELECT NEW.`account_id`, `organization_id`, NEW.`day`, NEW.`bytes` FROM `repositories` WHERE `id` = NEW.`repository_id`
	ON CONFLICT (`account_id`, `organization_id`, `day`) DO UPDATE SET `bytes` = `bytes` + excluded.`bytes`;
END;
--> statement-breakpoint
CREATE TRIGGER `pulls_added_to` AFTER UPDATE OF `bytes` ON `daily_pulls` BEGIN
	UPDATE `daily_organization_pulls` SET `bytes` = `bytes` + NEW.`bytes` - OLD.`bytes`
	WHERE `account_id` = NEW.`account_id` AND `organization_id` = 0 AND `day` = NEW.`day`;
	UPDATE `daily_organization_pulls` SET `bytes` = `bytes` + NEW.`bytes` - OLD.`bytes`
	WHERE `account_id` = NEW.`account_id` AND `day` = NEW.`day`
		AND `organization_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = NEW.`repository_id`);
END;
--> statement-breakpoint
-- An image that is deleted counts no more at once, with all of its tags; its bytes go with the rows that have them.
CREATE TRIGGER `repositories_hidden` AFTER UPDATE OF `account_id` ON `repositories` WHEN NEW.`account_id` = 0 AND OLD.`account_id` <> 0 BEGIN
	UPDATE `quotas` SET `used` = `used` - 1 WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'images';
	UPDATE `organizations` SET `image_bytes` = `image_bytes` - OLD.`stored_bytes` WHERE `id` = OLD.`organization_id`;
	UPDATE `quotas` SET `used` = `used` - OLD.`tag_count` WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'tags';
END;
--> statement-breakpoint
DROP TRIGGER `repositories_unmeasured`;--> statement-breakpoint
CREATE TRIGGER `repositories_unmeasured` AFTER DELETE ON `repositories` WHEN OLD.`account_id` <> 0 BEGIN
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `resource` = 'images'
		AND `holder_id` = OLD.`organization_id`;
END;
--> statement-breakpoint
DROP TRIGGER `tags_unmeasured`;--> statement-breakpoint
CREATE TRIGGER `tags_unmeasured` AFTER DELETE ON `tags` BEGIN
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `resource` = 'tags'
		AND `holder_id` = (SELECT `organization_id` FROM `repositories` WHERE `id` = OLD.`repository_id` AND `account_id` <> 0);
END;
--> statement-breakpoint
DROP TRIGGER `tag_history_uncounted`;--> statement-breakpoint
CREATE TRIGGER `tag_history_uncounted` AFTER DELETE ON `tag_history` BEGIN
	UPDATE `accounts` SET `tag_event_count` = `tag_event_count` - 1 WHERE `id` = (
		SELECT `organizations`.`account_id` FROM `repositories` JOIN `organizations` ON `organizations`.`id` = `organization_id`
		WHERE `repositories`.`id` = OLD.`repository_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `image_bytes_counted` AFTER UPDATE OF `stored_bytes` ON `repositories`
WHEN NEW.`stored_bytes` <> OLD.`stored_bytes` AND NEW.`account_id` <> 0 BEGIN
	UPDATE `organizations` SET `image_bytes` = `image_bytes` + NEW.`stored_bytes` - OLD.`stored_bytes` WHERE `id` = NEW.`organization_id`;
END;
--> statement-breakpoint
-- Of a manifest that is taken apart, while it is there itself.
CREATE TRIGGER `repository_blobs_unnamed_one` AFTER DELETE ON `manifest_blobs` BEGIN
	UPDATE `repository_blobs` SET
		`manifest_count` = `manifest_count` - 1,
		`unneeded_since` = iif(`manifest_count` = 1, 0, `unneeded_since`)
	WHERE `repository_id` = (SELECT `repository_id` FROM `manifests` WHERE `id` = OLD.`manifest_id`) AND `blob_id` = OLD.`blob_id`;
END;
--> statement-breakpoint
-- How many users an account has is known without counting them.
DROP TRIGGER `users_limited`;--> statement-breakpoint
CREATE TRIGGER `users_limited` BEFORE INSERT ON `users`
WHEN (SELECT `user_count` FROM `accounts` WHERE `id` = NEW.`account_id`) >= 10000
BEGIN
	SELECT RAISE(ABORT, 'too many users');
END;
--> statement-breakpoint
-- What is remembered within bounds: whether there is too much is asked in the LIMIT, where it is asked once. As a condition it
-- would be asked of each of the oldest rows, which are all that there are.
DROP TRIGGER `tag_history_counted`;--> statement-breakpoint
CREATE TRIGGER `tag_history_counted` AFTER INSERT ON `tag_history` BEGIN
	UPDATE `accounts` SET `tag_event_count` = `tag_event_count` + 1 WHERE `id` = (
		SELECT `organizations`.`account_id` FROM `repositories` JOIN `organizations` ON `organizations`.`id` = `organization_id`
		WHERE `repositories`.`id` = NEW.`repository_id`);
	DELETE FROM `tag_history` WHERE `id` IN (
		SELECT `oldest`.`id` FROM `tag_history` AS `oldest`
		WHERE `oldest`.`repository_id` = NEW.`repository_id` AND `oldest`.`id` < NEW.`id`
		ORDER BY `oldest`.`id` LIMIT ifnull((
			SELECT iif(`tag_event_count` > 100000 + 2 * `used`, 2, 0) FROM `accounts`
			JOIN `quotas` ON `holder` = 'account' AND `holder_id` = `accounts`.`id` AND `resource` = 'tags'
			WHERE `accounts`.`id` = (
				SELECT `organizations`.`account_id` FROM `repositories` JOIN `organizations` ON `organizations`.`id` = `organization_id`
				WHERE `repositories`.`id` = NEW.`repository_id`)), 0));
END;
--> statement-breakpoint
DROP TRIGGER `audit_events_counted`;--> statement-breakpoint
CREATE TRIGGER `audit_events_counted` AFTER INSERT ON `audit_events` WHEN NEW.`account_id` IS NOT NULL BEGIN
	UPDATE `accounts` SET `audit_event_count` = `audit_event_count` + 1 WHERE `id` = NEW.`account_id`;
	DELETE FROM `audit_events` WHERE `id` IN (
		SELECT `oldest`.`id` FROM `audit_events` AS `oldest`
		WHERE `oldest`.`account_id` = NEW.`account_id` AND `oldest`.`id` < NEW.`id`
		ORDER BY `oldest`.`id` LIMIT ifnull((
			SELECT iif(`audit_event_count` > 1000000, 2, 0) FROM `accounts` WHERE `id` = NEW.`account_id`), 0));
END;

ALTER TABLE `deliveries` ADD `organization_id` integer;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `is_failing` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `repositories` ADD `is_image` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `repositories` ADD `pushed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Written by hand from here on. Rows are filled before there are indexes of them. Of deliveries so many at once as one statement
-- may take, and the newest 200,000 in all, which is more than anybody is shown of them.
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 25000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 50000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 25000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 75000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 50000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 100000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 75000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 125000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 100000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 150000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 125000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 175000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 150000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = `owned`.`account_id`, `organization_id` = `owned`.`organization_id`
FROM (SELECT `triggers`.`id`, `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`) AS `owned`
WHERE `owned`.`id` = `deliveries`.`trigger_id` AND `deliveries`.`id` > (SELECT ifnull(max(`id`), 0) - 200000 FROM `deliveries`) AND `deliveries`.`id` <= (SELECT ifnull(max(`id`), 0) - 175000 FROM `deliveries`);
--> statement-breakpoint
UPDATE `repositories` SET `pushed_at` = ifnull((
	SELECT max(`updated_at`) FROM `tags` WHERE `tags`.`repository_id` = `repositories`.`id` AND `tags`.`companion_of` IS NULL), 0)
WHERE `account_id` <> 0;
--> statement-breakpoint
UPDATE `deliveries` SET `is_failing` = 1 WHERE `id` IN (
	SELECT (
		SELECT iif(`ended`.`status` = 'success', NULL, `ended`.`id`) FROM `deliveries` AS `ended`
		WHERE `ended`.`trigger_id` = `triggers`.`id` AND `ended`.`status` IN ('success', 'failed', 'dead') AND `ended`.`event` ->> '$.isTest' IS NULL
		ORDER BY `ended`.`id` DESC LIMIT 1)
	FROM `triggers`);
--> statement-breakpoint
CREATE INDEX `deliveries_failing` ON `deliveries` (`account_id`,`id`) WHERE "deliveries"."is_failing" = 1;--> statement-breakpoint
CREATE INDEX `deliveries_failing_by_trigger` ON `deliveries` (`trigger_id`) WHERE "deliveries"."is_failing" = 1;--> statement-breakpoint
CREATE INDEX `deliveries_by_account` ON `deliveries` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_organization` ON `deliveries` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `repositories_by_push` ON `repositories` (`account_id`,`pushed_at`);--> statement-breakpoint
CREATE INDEX `repositories_by_organization_push` ON `repositories` (`organization_id`,`pushed_at`);--> statement-breakpoint
CREATE INDEX `repositories_begun` ON `repositories` (`organization_id`,`created_at`) WHERE "repositories"."is_image" = 0;--> statement-breakpoint
CREATE INDEX `repositories_begun_by_time` ON `repositories` (`created_at`) WHERE "repositories"."is_image" = 0;--> statement-breakpoint
CREATE INDEX `sync_jobs_by_account` ON `sync_jobs` (`account_id`,`id`);--> statement-breakpoint
-- The overview reads the newest deliveries of an account or an organization from an index. A Worker of an older version names neither.
CREATE TRIGGER `deliveries_owned` AFTER INSERT ON `deliveries` WHEN NEW.`organization_id` IS NULL BEGIN
	UPDATE `deliveries` SET (`account_id`, `organization_id`) = (
		SELECT `account_id`, `organization_id` FROM `triggers` JOIN `repositories` ON `repositories`.`id` = `triggers`.`repository_id`
		WHERE `triggers`.`id` = NEW.`trigger_id`)
	WHERE `id` = NEW.`id`;
END;
--> statement-breakpoint
-- A trigger fails from a delivery that failed to one that succeeds. What was deleted of the history says nothing any more.
CREATE TRIGGER `deliveries_ended` AFTER UPDATE OF `status` ON `deliveries`
WHEN NEW.`status` IN ('success', 'failed', 'dead') AND NEW.`event` ->> '$.isTest' IS NULL BEGIN
	UPDATE `deliveries` SET `is_failing` = 0 WHERE `trigger_id` = NEW.`trigger_id` AND `is_failing` = 1 AND `id` <> NEW.`id`;
	UPDATE `deliveries` SET `is_failing` = NEW.`status` <> 'success' WHERE `id` = NEW.`id` AND `is_failing` <> (NEW.`status` <> 'success');
END;
--> statement-breakpoint
-- When an image was pushed to last, with the numbers of the same row. What a deleted image still has says nothing.
DROP TRIGGER `tags_counted`;--> statement-breakpoint
CREATE TRIGGER `tags_counted` AFTER INSERT ON `tags` BEGIN
	UPDATE `repositories` SET
		`tag_count` = `tag_count` + (NEW.`companion_of` IS NULL),
		`companion_count` = `companion_count` + (NEW.`companion_of` IS NOT NULL),
		`pushed_at` = max(`pushed_at`, iif(NEW.`companion_of` IS NULL, NEW.`updated_at`, 0))
	WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `tags_pushed` AFTER UPDATE OF `updated_at`, `companion_of` ON `tags` BEGIN
	UPDATE `repositories` SET `pushed_at` = ifnull((
		SELECT max(`updated_at`) FROM `tags` WHERE `repository_id` = NEW.`repository_id` AND `companion_of` IS NULL), 0)
	WHERE `id` = NEW.`repository_id` AND `account_id` <> 0;
END;
--> statement-breakpoint
DROP TRIGGER `tags_uncounted`;--> statement-breakpoint
CREATE TRIGGER `tags_uncounted` AFTER DELETE ON `tags` BEGIN
	UPDATE `repositories` SET
		`tag_count` = `tag_count` - (OLD.`companion_of` IS NULL),
		`companion_count` = `companion_count` - (OLD.`companion_of` IS NOT NULL),
		`pushed_at` = CASE WHEN OLD.`companion_of` IS NULL AND `pushed_at` = OLD.`updated_at` THEN ifnull((
			SELECT max(`updated_at`) FROM `tags` WHERE `repository_id` = OLD.`repository_id` AND `companion_of` IS NULL), 0)
			ELSE `pushed_at` END
	WHERE `id` = OLD.`repository_id`;
END;
--> statement-breakpoint
DROP TRIGGER `repositories_removed`;--> statement-breakpoint
CREATE TRIGGER `repositories_removed` AFTER UPDATE OF `account_id` ON `repositories` WHEN NEW.`account_id` = 0 AND OLD.`account_id` <> 0 BEGIN
	UPDATE `repositories` SET `generation` = `generation` + 1, `pushed_at` = 0 WHERE `id` = NEW.`id`;
END;
--> statement-breakpoint
-- A repository is an image from its first manifest: docs/decisions/0034-an-image-from-its-first-manifest.md. Until then it
-- takes nothing of the quota of images, but is refused at once where there is no room for one more.
CREATE TRIGGER `repositories_made_images` AFTER INSERT ON `manifests`
WHEN (SELECT `is_image` FROM `repositories` WHERE `id` = NEW.`repository_id`) = 0 BEGIN
	UPDATE `repositories` SET `is_image` = 1 WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
DROP TRIGGER `repositories_measured`;--> statement-breakpoint
CREATE TRIGGER `repositories_measured` AFTER INSERT ON `repositories` BEGIN
	UPDATE `quotas` SET `used` = `used` + 1
	WHERE `holder` = 'organization' AND `holder_id` = NEW.`organization_id` AND `resource` = 'images';
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `holder_id` = NEW.`organization_id` AND `resource` = 'images' AND NEW.`is_image` = 0;
END;
--> statement-breakpoint
CREATE TRIGGER `repositories_measured_later` AFTER UPDATE OF `is_image` ON `repositories`
WHEN NEW.`is_image` = 1 AND OLD.`is_image` = 0 AND NEW.`account_id` <> 0 BEGIN
	UPDATE `quotas` SET `used` = `used` + 1
	WHERE `holder` = 'organization' AND `holder_id` = NEW.`organization_id` AND `resource` = 'images';
END;
--> statement-breakpoint
DROP TRIGGER `repositories_hidden`;--> statement-breakpoint
CREATE TRIGGER `repositories_hidden` AFTER UPDATE OF `account_id` ON `repositories` WHEN NEW.`account_id` = 0 AND OLD.`account_id` <> 0 BEGIN
	UPDATE `quotas` SET `used` = `used` - OLD.`is_image`
	WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'images';
	UPDATE `organizations` SET
		`image_bytes` = `image_bytes` - OLD.`stored_bytes`,
		`companion_count` = `companion_count` - OLD.`companion_count`
	WHERE `id` = OLD.`organization_id`;
	UPDATE `accounts` SET `companion_count` = `companion_count` - OLD.`companion_count` WHERE `id` = OLD.`account_id`;
	UPDATE `quotas` SET `used` = `used` - OLD.`tag_count` - OLD.`companion_count`
	WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'tags';
END;
--> statement-breakpoint
DROP TRIGGER `repositories_unmeasured`;--> statement-breakpoint
CREATE TRIGGER `repositories_unmeasured` AFTER DELETE ON `repositories` WHEN OLD.`account_id` <> 0 AND OLD.`is_image` = 1 BEGIN
	UPDATE `quotas` SET `used` = `used` - 1
	WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'images';
END;

CREATE TABLE `daily_image_usage` (
	`repository_id` integer NOT NULL,
	`day` text NOT NULL,
	`stored_bytes` integer,
	`tags` integer,
	PRIMARY KEY(`repository_id`, `day`),
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `daily_image_usage_by_day` ON `daily_image_usage` (`day`);--> statement-breakpoint
CREATE TABLE `daily_organization_usage` (
	`organization_id` integer NOT NULL,
	`day` text NOT NULL,
	`stored_bytes` integer,
	`tags` integer,
	PRIMARY KEY(`organization_id`, `day`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `daily_organization_usage_by_day` ON `daily_organization_usage` (`day`);--> statement-breakpoint
ALTER TABLE `organizations` ADD `usage_changed_on` integer;--> statement-breakpoint
ALTER TABLE `repositories` ADD `usage_changed_on` integer;--> statement-breakpoint
-- Written by hand from here on. What an image or organization had at the end of a day is written down when it is about to
-- change for the first time on a later day, by the change itself: one row each, however much changes on that day
-- (docs/decisions/0040-usage-by-day.md). What there is already has a past that nobody has written down.
INSERT INTO `daily_image_usage` (`repository_id`, `day`)
SELECT `id`, date('now', '-1 day') FROM `repositories` WHERE `account_id` <> 0 AND `created_at` / 86400000 < unixepoch() / 86400;
--> statement-breakpoint
INSERT INTO `daily_organization_usage` (`organization_id`, `day`)
SELECT `id`, date('now', '-1 day') FROM `organizations` WHERE `name` < '~' AND `created_at` / 86400000 < unixepoch() / 86400;
--> statement-breakpoint
-- A deleted image has no usage any more, and its rows go in slices. So has a deleted organization below.
CREATE TRIGGER `image_usage_noted` AFTER UPDATE OF `stored_bytes`, `tag_count` ON `repositories`
WHEN ifnull(OLD.`usage_changed_on`, OLD.`created_at` / 86400000) < unixepoch() / 86400 AND NEW.`account_id` <> 0
	AND (NEW.`stored_bytes` <> OLD.`stored_bytes` OR NEW.`tag_count` <> OLD.`tag_count`)
BEGIN
	INSERT INTO `daily_image_usage` (`repository_id`, `day`, `stored_bytes`, `tags`)
	VALUES (OLD.`id`, date('now', '-1 day'), OLD.`stored_bytes`, OLD.`tag_count`)
	ON CONFLICT (`repository_id`, `day`) DO NOTHING;
	UPDATE `repositories` SET `usage_changed_on` = unixepoch() / 86400 WHERE `id` = OLD.`id`;
END;
--> statement-breakpoint
-- Of the numbers that an organization's usage is made of, one is about to be another; the others are as they were, or this
-- would have been written down already.
CREATE TRIGGER `organization_usage_noted` AFTER UPDATE OF `used` ON `quotas`
WHEN NEW.`holder` = 'organization' AND NEW.`resource` IN ('storedBytes', 'tags') AND NEW.`used` <> OLD.`used` AND EXISTS (
	SELECT 1 FROM `organizations` WHERE `id` = NEW.`holder_id` AND `name` < '~'
		AND ifnull(`usage_changed_on`, `created_at` / 86400000) < unixepoch() / 86400)
BEGIN
	INSERT INTO `daily_organization_usage` (`organization_id`, `day`, `stored_bytes`, `tags`)
	SELECT `id`, date('now', '-1 day'),
		iif(NEW.`resource` = 'storedBytes', OLD.`used`, (
			SELECT `used` FROM `quotas` WHERE `holder` = 'organization' AND `holder_id` = NEW.`holder_id` AND `resource` = 'storedBytes')),
		iif(NEW.`resource` = 'tags', OLD.`used`, (
			SELECT `used` FROM `quotas` WHERE `holder` = 'organization' AND `holder_id` = NEW.`holder_id` AND `resource` = 'tags')) - `companion_count`
	FROM `organizations` WHERE `id` = NEW.`holder_id`
	ON CONFLICT (`organization_id`, `day`) DO NOTHING;
	UPDATE `organizations` SET `usage_changed_on` = unixepoch() / 86400 WHERE `id` = NEW.`holder_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_companions_noted` AFTER UPDATE OF `companion_count` ON `organizations`
WHEN ifnull(OLD.`usage_changed_on`, OLD.`created_at` / 86400000) < unixepoch() / 86400 AND NEW.`name` < '~'
	AND NEW.`companion_count` <> OLD.`companion_count`
BEGIN
	INSERT INTO `daily_organization_usage` (`organization_id`, `day`, `stored_bytes`, `tags`)
	SELECT OLD.`id`, date('now', '-1 day'), `bytes`.`used`, `tags`.`used` - OLD.`companion_count`
	FROM `quotas` AS `bytes` JOIN `quotas` AS `tags`
		ON `tags`.`holder` = 'organization' AND `tags`.`holder_id` = OLD.`id` AND `tags`.`resource` = 'tags'
	WHERE `bytes`.`holder` = 'organization' AND `bytes`.`holder_id` = OLD.`id` AND `bytes`.`resource` = 'storedBytes'
	ON CONFLICT (`organization_id`, `day`) DO NOTHING;
	UPDATE `organizations` SET `usage_changed_on` = unixepoch() / 86400 WHERE `id` = OLD.`id`;
END;

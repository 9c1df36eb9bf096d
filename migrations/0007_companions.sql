CREATE TABLE `resting_companions` (
	`repository_id` integer NOT NULL,
	`name` text NOT NULL,
	`manifest_id` integer NOT NULL,
	`companion_of` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `name`),
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`manifest_id`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `resting_companions_by_digest` ON `resting_companions` (`repository_id`,`companion_of`);--> statement-breakpoint
CREATE INDEX `resting_companions_by_manifest` ON `resting_companions` (`manifest_id`);--> statement-breakpoint
CREATE TABLE `unsettled_manifests` (
	`repository_id` integer NOT NULL,
	`digest` text NOT NULL,
	`is_released` integer NOT NULL,
	`spared_tag` text,
	PRIMARY KEY(`repository_id`, `digest`),
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
DROP INDEX `tags_by_update`;--> statement-breakpoint
ALTER TABLE `tags` ADD `companion_of` text;--> statement-breakpoint
ALTER TABLE `tags` ADD `waiting_since` integer;--> statement-breakpoint
CREATE INDEX `tags_by_name` ON `tags` (`repository_id`,`name`) WHERE "tags"."companion_of" IS NULL;--> statement-breakpoint
CREATE INDEX `tags_companions` ON `tags` (`repository_id`,`companion_of`,`name`) WHERE "tags"."companion_of" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tags_waiting` ON `tags` (`waiting_since`) WHERE "tags"."waiting_since" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tags_by_update` ON `tags` (`repository_id`,`updated_at`) WHERE "tags"."companion_of" IS NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `companion_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `manifests` ADD `content` text DEFAULT 'image' NOT NULL;--> statement-breakpoint
CREATE INDEX `manifests_everywhere` ON `manifests` (`digest`);--> statement-breakpoint
ALTER TABLE `organizations` ADD `companion_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `repositories` ADD `companion_count` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- Written by hand from here on. What is there already is told apart once, by the rules of src/model/tag-kind.ts.
UPDATE `manifests` SET `content` = 'artifact'
WHERE iif(
	`media_type` IN ('application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'),
	`artifact_type` IS NOT NULL OR NOT EXISTS (SELECT 1 FROM `manifest_platforms` WHERE `manifest_id` = `manifests`.`id`),
	`artifact_type` NOT IN ('application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'));
--> statement-breakpoint
-- Of indexes only those of caches name blobs, so that few texts are read.
UPDATE `manifests` SET `content` = 'cache'
WHERE `artifact_type` = 'application/vnd.buildkit.cacheconfig.v0' OR (
	`media_type` IN ('application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json')
	AND EXISTS (SELECT 1 FROM `manifest_blobs` WHERE `manifest_id` = `manifests`.`id`)
	AND EXISTS (
		SELECT 1 FROM `manifest_texts`
		WHERE `manifest_id` = `manifests`.`id` AND instr(`text`, 'application/vnd.buildkit.cacheconfig.v0') > 0));
--> statement-breakpoint
UPDATE `tags` SET
	`companion_of` = `found`.`companion`,
	`waiting_since` = CASE WHEN `found`.`is_named` AND NOT EXISTS (
		SELECT 1 FROM `manifests`
		WHERE `manifests`.`repository_id` = `tags`.`repository_id`
			AND `manifests`.`digest` >= `found`.`companion` AND `manifests`.`digest` < `found`.`companion` || 'g')
		THEN CAST(strftime('%s', 'now') AS integer) * 1000 END
FROM (
	SELECT `id`, ifnull(`named` <> substr(`digest`, 1, 71), 0) AS `is_named`,
		CASE WHEN `named` <> substr(`digest`, 1, 71) THEN `named` ELSE substr(`subject`, 1, 71) END AS `companion`
	FROM (
		SELECT `id`, `digest`, `subject`,
			CASE WHEN `at` > 0 AND length(`hex`) = 64 AND `hex` NOT GLOB '*[^0-9a-f]*' AND (
				`ending` IN ('.sig', '.att', '.sbom', '.image-locations.imgpkg')
				OR (`at` = 1 AND `content` <> 'image' AND (`ending` = '' OR `ending` GLOB '.*')))
				THEN `algorithm` || ':' || `hex` END AS `named`
		FROM (
			SELECT `id`, `digest`, `subject`, `content`, `at`,
				substr(`name`, `at`, 6) AS `algorithm`, substr(`name`, `at` + 7, 64) AS `hex`, substr(`name`, `at` + 71) AS `ending`
			FROM (
				SELECT `tags`.rowid AS `id`, `tags`.`name` AS `name`, `digest`, `subject`, `content`,
					iif(instr(`tags`.`name`, 'sha256-') > 0, instr(`tags`.`name`, 'sha256-'), instr(`tags`.`name`, 'sha512-')) AS `at`
				FROM `tags` JOIN `manifests` ON `manifests`.`id` = `tags`.`manifest_id`)))) AS `found`
WHERE `tags`.rowid = `found`.`id` AND `found`.`companion` IS NOT NULL;
--> statement-breakpoint
UPDATE `repositories` SET
	`companion_count` = `counted`.`total`,
	`tag_count` = `tag_count` - `counted`.`total`
FROM (SELECT `repository_id` AS `id`, count(*) AS `total` FROM `tags` WHERE `companion_of` IS NOT NULL GROUP BY `repository_id`) AS `counted`
WHERE `repositories`.`id` = `counted`.`id`;
--> statement-breakpoint
UPDATE `organizations` SET `companion_count` = `counted`.`total`
FROM (SELECT `organization_id` AS `id`, sum(`companion_count`) AS `total` FROM `repositories` WHERE `account_id` <> 0 GROUP BY `organization_id`) AS `counted`
WHERE `organizations`.`id` = `counted`.`id`;
--> statement-breakpoint
UPDATE `accounts` SET `companion_count` = (
	SELECT ifnull(sum(`companion_count`), 0) FROM `organizations` WHERE `organizations`.`account_id` = `accounts`.`id`);
--> statement-breakpoint
-- What only companions lead to is not among the platforms of an image.
UPDATE `manifest_platforms` SET `is_tagged` = 0
WHERE `is_tagged` = 1 AND `manifest_id` IN (SELECT `manifest_id` FROM `tags` WHERE `companion_of` IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = `manifest_platforms`.`manifest_id` AND `companion_of` IS NULL);
--> statement-breakpoint
DROP TRIGGER `platforms_tagged`;--> statement-breakpoint
CREATE TRIGGER `platforms_tagged` AFTER INSERT ON `tags` WHEN NEW.`companion_of` IS NULL BEGIN
	UPDATE `manifest_platforms` SET `is_tagged` = 1 WHERE `manifest_id` = NEW.`manifest_id` AND `is_tagged` = 0;
END;
--> statement-breakpoint
DROP TRIGGER `platforms_retagged`;--> statement-breakpoint
CREATE TRIGGER `platforms_retagged` AFTER UPDATE OF `manifest_id`, `companion_of` ON `tags`
WHEN NEW.`manifest_id` <> OLD.`manifest_id` OR (NEW.`companion_of` IS NULL) <> (OLD.`companion_of` IS NULL) BEGIN
	UPDATE `manifest_platforms` SET `is_tagged` = 0 WHERE OLD.`companion_of` IS NULL AND `manifest_id` = OLD.`manifest_id`
		AND NOT EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = OLD.`manifest_id` AND `companion_of` IS NULL);
	UPDATE `manifest_platforms` SET `is_tagged` = 1 WHERE NEW.`companion_of` IS NULL AND `manifest_id` = NEW.`manifest_id` AND `is_tagged` = 0;
END;
--> statement-breakpoint
DROP TRIGGER `platforms_untagged`;--> statement-breakpoint
CREATE TRIGGER `platforms_untagged` AFTER DELETE ON `tags` WHEN OLD.`companion_of` IS NULL BEGIN
	UPDATE `manifest_platforms` SET `is_tagged` = 0 WHERE `manifest_id` = OLD.`manifest_id`
		AND NOT EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = OLD.`manifest_id` AND `companion_of` IS NULL);
END;
--> statement-breakpoint
-- Numbers of tags are without companions, which quotas count along.
CREATE TRIGGER `companions_counted` AFTER UPDATE OF `companion_count` ON `repositories`
WHEN NEW.`companion_count` <> OLD.`companion_count` AND NEW.`account_id` <> 0 BEGIN
	UPDATE `organizations` SET `companion_count` = `companion_count` + NEW.`companion_count` - OLD.`companion_count` WHERE `id` = NEW.`organization_id`;
	UPDATE `accounts` SET `companion_count` = `companion_count` + NEW.`companion_count` - OLD.`companion_count` WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
DROP TRIGGER `repositories_hidden`;--> statement-breakpoint
CREATE TRIGGER `repositories_hidden` AFTER UPDATE OF `account_id` ON `repositories` WHEN NEW.`account_id` = 0 AND OLD.`account_id` <> 0 BEGIN
	UPDATE `quotas` SET `used` = `used` - 1 WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'images';
	UPDATE `organizations` SET
		`image_bytes` = `image_bytes` - OLD.`stored_bytes`,
		`companion_count` = `companion_count` - OLD.`companion_count`
	WHERE `id` = OLD.`organization_id`;
	UPDATE `accounts` SET `companion_count` = `companion_count` - OLD.`companion_count` WHERE `id` = OLD.`account_id`;
	UPDATE `quotas` SET `used` = `used` - OLD.`tag_count` - OLD.`companion_count`
	WHERE `holder` = 'organization' AND `holder_id` = OLD.`organization_id` AND `resource` = 'tags';
END;
--> statement-breakpoint
DROP TRIGGER `tags_counted`;--> statement-breakpoint
CREATE TRIGGER `tags_counted` AFTER INSERT ON `tags` BEGIN
	UPDATE `repositories` SET
		`tag_count` = `tag_count` + (NEW.`companion_of` IS NULL),
		`companion_count` = `companion_count` + (NEW.`companion_of` IS NOT NULL)
	WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `tags_recounted` AFTER UPDATE OF `companion_of` ON `tags` WHEN (NEW.`companion_of` IS NULL) <> (OLD.`companion_of` IS NULL) BEGIN
	UPDATE `repositories` SET
		`tag_count` = `tag_count` + (NEW.`companion_of` IS NULL) - (OLD.`companion_of` IS NULL),
		`companion_count` = `companion_count` + (NEW.`companion_of` IS NOT NULL) - (OLD.`companion_of` IS NOT NULL)
	WHERE `id` = NEW.`repository_id`;
END;
--> statement-breakpoint
DROP TRIGGER `tags_uncounted`;--> statement-breakpoint
CREATE TRIGGER `tags_uncounted` AFTER DELETE ON `tags` BEGIN
	UPDATE `repositories` SET
		`tag_count` = `tag_count` - (OLD.`companion_of` IS NULL),
		`companion_count` = `companion_count` - (OLD.`companion_of` IS NOT NULL)
	WHERE `id` = OLD.`repository_id`;
END;
--> statement-breakpoint
-- What follows notes manifests whose companions are to go, or to come back: src/storage/companions.ts. Images without
-- companions are not noted, which takes one look into an index that holds nothing but companions. Nothing is noted of a
-- deleted image, whose rows go in slices.
CREATE TRIGGER `companions_released` AFTER DELETE ON `tags`
WHEN EXISTS (SELECT 1 FROM `tags` WHERE `repository_id` = OLD.`repository_id` AND `companion_of` IS NOT NULL)
	AND (SELECT `account_id` FROM `repositories` WHERE `id` = OLD.`repository_id`) <> 0 BEGIN
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`)
	SELECT `repository_id`, `digest`, 1 FROM `manifests` WHERE `id` = OLD.`manifest_id`
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 1, `spared_tag` = NULL;
END;
--> statement-breakpoint
-- A tag may move from an image to what belongs to that image. It was pushed just now: it stays.
CREATE TRIGGER `companions_moved` AFTER UPDATE OF `manifest_id` ON `tags` WHEN NEW.`manifest_id` <> OLD.`manifest_id` BEGIN
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`, `spared_tag`)
	SELECT `repository_id`, `digest`, 1, NEW.`name` FROM `manifests`
	WHERE `id` = OLD.`manifest_id`
		AND EXISTS (SELECT 1 FROM `tags` WHERE `repository_id` = OLD.`repository_id` AND `companion_of` IS NOT NULL)
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 1, `spared_tag` = excluded.`spared_tag`;
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`)
	SELECT `repository_id`, `digest`, 0 FROM `manifests`
	WHERE `id` = NEW.`manifest_id` AND EXISTS (SELECT 1 FROM `resting_companions` WHERE `repository_id` = NEW.`repository_id`)
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 0;
END;
--> statement-breakpoint
CREATE TRIGGER `companions_recalled` AFTER INSERT ON `tags`
WHEN EXISTS (SELECT 1 FROM `resting_companions` WHERE `repository_id` = NEW.`repository_id`) BEGIN
	DELETE FROM `resting_companions` WHERE `repository_id` = NEW.`repository_id` AND `name` = NEW.`name`;
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`)
	SELECT `repository_id`, `digest`, 0 FROM `manifests` WHERE `id` = NEW.`manifest_id`
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 0;
END;
--> statement-breakpoint
-- What rested may have been needed for that alone, as one whose name was pushed again.
CREATE TRIGGER `companions_forgotten` AFTER DELETE ON `resting_companions` BEGIN
	UPDATE `manifests` SET `unreferenced_since` = 0
	WHERE `id` = OLD.`manifest_id` AND `digest` < '~' AND `unreferenced_since` IS NULL
		AND NOT EXISTS (SELECT 1 FROM `tags` WHERE `tags`.`manifest_id` = OLD.`manifest_id`);
END;
--> statement-breakpoint
-- Of very many that wait, some go on waiting until they would expire, which finds out: src/storage/companions.ts.
CREATE TRIGGER `companions_met` AFTER INSERT ON `manifests` BEGIN
	UPDATE `tags` SET `waiting_since` = NULL WHERE rowid IN (
		SELECT rowid FROM `tags`
		WHERE `repository_id` = NEW.`repository_id` AND `companion_of` = substr(NEW.`digest`, 1, 71) AND `waiting_since` IS NOT NULL
		LIMIT 100);
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`)
	SELECT NEW.`repository_id`, NEW.`digest`, 0
	WHERE EXISTS (
		SELECT 1 FROM `resting_companions`
		WHERE `repository_id` = NEW.`repository_id` AND `companion_of` = substr(NEW.`digest`, 1, 71))
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 0;
END;
--> statement-breakpoint
-- A deleted or collected manifest gets a digest that none can have (src/storage/gone.ts). What rests for it is seen to when it
-- is taken apart.
CREATE TRIGGER `companions_orphaned` AFTER UPDATE OF `digest` ON `manifests`
WHEN NEW.`digest` >= '~' AND OLD.`digest` < '~'
	AND EXISTS (
		SELECT 1 FROM `tags` WHERE `repository_id` = OLD.`repository_id` AND `companion_of` = substr(OLD.`digest`, 1, 71))
	AND (SELECT `account_id` FROM `repositories` WHERE `id` = OLD.`repository_id`) <> 0 BEGIN
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`) VALUES (OLD.`repository_id`, OLD.`digest`, 1)
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 1;
END;
--> statement-breakpoint
CREATE TRIGGER `companions_parted` AFTER DELETE ON `manifest_children` BEGIN
	INSERT INTO `unsettled_manifests` (`repository_id`, `digest`, `is_released`)
	SELECT `repository_id`, `digest`, 1 FROM `manifests`
	WHERE `id` = OLD.`child_id` AND `digest` < '~' AND EXISTS (
		SELECT 1 FROM `tags` WHERE `tags`.`repository_id` = `manifests`.`repository_id` AND `companion_of` IS NOT NULL)
		AND (SELECT `account_id` FROM `repositories` WHERE `repositories`.`id` = `manifests`.`repository_id`) <> 0
	ON CONFLICT (`repository_id`, `digest`) DO UPDATE SET `is_released` = 1;
END;

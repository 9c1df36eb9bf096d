ALTER TABLE `tags` ADD `image_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `tags_by_size` ON `tags` (`repository_id`,`image_bytes`) WHERE "tags"."companion_of" IS NULL;--> statement-breakpoint
-- Written by hand from here on. The bytes of what a tag points to, as `imageBytes` of src/storage/images/image-detail.ts adds them up: what a
-- manifest names never changes, but in pull-through caches, which weigh their tags themselves (src/storage/upstreams/cached-content.ts).
UPDATE `tags` SET `image_bytes` = (
	SELECT coalesce(sum(`size`), 0) FROM `blobs` WHERE `id` IN (
		SELECT `blob_id` FROM (
			SELECT `blob_id` FROM `manifest_blobs` WHERE `manifest_blobs`.`manifest_id` = `tags`.`manifest_id`
			UNION ALL
			SELECT `blob_id` FROM `manifest_children` CROSS JOIN `manifest_blobs`
			WHERE `parent_id` = `tags`.`manifest_id` AND `manifest_blobs`.`manifest_id` = `child_id`
			LIMIT 2000)));
--> statement-breakpoint
CREATE TRIGGER `tags_weighed` AFTER INSERT ON `tags` BEGIN
	UPDATE `tags` SET `image_bytes` = (
		SELECT coalesce(sum(`size`), 0) FROM `blobs` WHERE `id` IN (
			SELECT `blob_id` FROM (
				SELECT `blob_id` FROM `manifest_blobs` WHERE `manifest_blobs`.`manifest_id` = NEW.`manifest_id`
				UNION ALL
				SELECT `blob_id` FROM `manifest_children` CROSS JOIN `manifest_blobs`
				WHERE `parent_id` = NEW.`manifest_id` AND `manifest_blobs`.`manifest_id` = `child_id`
				LIMIT 2000)))
	WHERE rowid = NEW.rowid;
END;
--> statement-breakpoint
CREATE TRIGGER `tags_reweighed` AFTER UPDATE OF `manifest_id` ON `tags` WHEN NEW.`manifest_id` <> OLD.`manifest_id` BEGIN
	UPDATE `tags` SET `image_bytes` = (
		SELECT coalesce(sum(`size`), 0) FROM `blobs` WHERE `id` IN (
			SELECT `blob_id` FROM (
				SELECT `blob_id` FROM `manifest_blobs` WHERE `manifest_blobs`.`manifest_id` = NEW.`manifest_id`
				UNION ALL
				SELECT `blob_id` FROM `manifest_children` CROSS JOIN `manifest_blobs`
				WHERE `parent_id` = NEW.`manifest_id` AND `manifest_blobs`.`manifest_id` = `child_id`
				LIMIT 2000)))
	WHERE rowid = NEW.rowid;
END;
--> statement-breakpoint
-- The names of tags by three letters that they have after each other, as those of images in migration 0006. The number of a row of the index
-- begins with that of the repository (32 bits) and ends with that of the tag's row: so all entries of an image are next to each other, and
-- a search reads no other image's (docs/decisions/0036-tags-by-any-part.md).
CREATE VIEW `listed_tags` AS
	SELECT (`repository_id` << 32) | rowid AS `id`, `name` FROM `tags` WHERE `companion_of` IS NULL;
--> statement-breakpoint
CREATE VIRTUAL TABLE `tags_text` USING fts5(`name`, content='listed_tags', content_rowid='id', tokenize='trigram', columnsize=0);
--> statement-breakpoint
INSERT INTO `tags_text` (`rowid`, `name`) SELECT `id`, `name` FROM `listed_tags` ORDER BY `id`;
--> statement-breakpoint
CREATE TRIGGER `tags_named` AFTER INSERT ON `tags` WHEN NEW.`companion_of` IS NULL BEGIN
	INSERT INTO `tags_text` (`rowid`, `name`) VALUES ((NEW.`repository_id` << 32) | NEW.rowid, NEW.`name`);
END;
--> statement-breakpoint
CREATE TRIGGER `tags_renamed` AFTER UPDATE OF `name`, `companion_of` ON `tags`
WHEN NEW.`name` <> OLD.`name` OR (NEW.`companion_of` IS NULL) <> (OLD.`companion_of` IS NULL) BEGIN
	INSERT INTO `tags_text` (`tags_text`, `rowid`, `name`)
	SELECT 'delete', (OLD.`repository_id` << 32) | OLD.rowid, OLD.`name` WHERE OLD.`companion_of` IS NULL;
	INSERT INTO `tags_text` (`rowid`, `name`)
	SELECT (NEW.`repository_id` << 32) | NEW.rowid, NEW.`name` WHERE NEW.`companion_of` IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `tags_unnamed` AFTER DELETE ON `tags` WHEN OLD.`companion_of` IS NULL BEGIN
	INSERT INTO `tags_text` (`tags_text`, `rowid`, `name`) VALUES ('delete', (OLD.`repository_id` << 32) | OLD.rowid, OLD.`name`);
END;

CREATE TABLE `removals` (
	`repository_id` integer PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`removed_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `repositories` ADD `generation` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Written by hand from here on. What caches have of a repository is known by its id and its generation, so that nothing finds it
-- again once the tokens have ended that name an older generation: docs/decisions/0024-what-the-edge-keeps.md. A statement that
-- removes something raises the generation by these triggers, whatever it is for. A deleted repository has raised it for good.
DROP TRIGGER `repository_blobs_uncounted`;--> statement-breakpoint
-- One update for both: of a row that is written anyway.
CREATE TRIGGER `repository_blobs_uncounted` AFTER DELETE ON `repository_blobs` BEGIN
	UPDATE `repositories` SET
		`stored_bytes` = `stored_bytes` - (SELECT `size` FROM `blobs` WHERE `id` = OLD.`blob_id`),
		`generation` = `generation` + (`account_id` <> 0)
	WHERE `id` = OLD.`repository_id`;
END;
--> statement-breakpoint
-- A deleted or collected manifest gets a digest that none can have; its row goes later.
CREATE TRIGGER `manifests_removed` AFTER UPDATE OF `digest` ON `manifests` WHEN NEW.`digest` >= '~' AND OLD.`digest` < '~' BEGIN
	UPDATE `repositories` SET `generation` = `generation` + 1 WHERE `id` = OLD.`repository_id` AND `account_id` <> 0;
END;
--> statement-breakpoint
CREATE TRIGGER `manifests_removed_at_once` AFTER DELETE ON `manifests` WHEN OLD.`digest` < '~' BEGIN
	UPDATE `repositories` SET `generation` = `generation` + 1 WHERE `id` = OLD.`repository_id` AND `account_id` <> 0;
END;
--> statement-breakpoint
CREATE TRIGGER `repositories_removed` AFTER UPDATE OF `account_id` ON `repositories` WHEN NEW.`account_id` = 0 AND OLD.`account_id` <> 0 BEGIN
	UPDATE `repositories` SET `generation` = `generation` + 1 WHERE `id` = NEW.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `removals_noted` AFTER UPDATE OF `generation` ON `repositories` WHEN NEW.`generation` <> OLD.`generation` BEGIN
	INSERT INTO `removals` (`repository_id`, `generation`, `removed_at`) VALUES (NEW.`id`, NEW.`generation`, unixepoch() * 1000)
	ON CONFLICT (`repository_id`) DO UPDATE SET `generation` = excluded.`generation`, `removed_at` = excluded.`removed_at`;
END;

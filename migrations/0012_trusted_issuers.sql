CREATE TABLE `trust_rules` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`issuer` text NOT NULL,
	`audience` text NOT NULL,
	`conditions` text NOT NULL,
	`lifetime` integer NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `trust_rules_by_name` ON `trust_rules` (`account_id`,`name`);--> statement-breakpoint
CREATE INDEX `trust_rules_by_issuer` ON `trust_rules` (`issuer`,`audience`,`account_id`);--> statement-breakpoint
ALTER TABLE `access_keys` ADD `ends_at` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `kind` text DEFAULT 'person' NOT NULL;--> statement-breakpoint
-- What a trust rule acts as counts for no user where users are counted.
DROP TRIGGER `users_counted`;--> statement-breakpoint
CREATE TRIGGER `users_counted` AFTER INSERT ON `users` WHEN NEW.`kind` <> 'rule' BEGIN
	UPDATE `accounts` SET `user_count` = `user_count` + 1 WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
DROP TRIGGER `users_hidden`;--> statement-breakpoint
CREATE TRIGGER `users_hidden` AFTER UPDATE OF `name` ON `users`
WHEN NEW.`name` >= '~' AND OLD.`name` < '~' AND NEW.`kind` <> 'rule' BEGIN
	UPDATE `accounts` SET `user_count` = `user_count` - 1 WHERE `id` = NEW.`account_id`;
END;
--> statement-breakpoint
DROP TRIGGER `users_uncounted`;--> statement-breakpoint
CREATE TRIGGER `users_uncounted` AFTER DELETE ON `users` WHEN OLD.`name` < '~' AND OLD.`kind` <> 'rule' BEGIN
	UPDATE `accounts` SET `user_count` = `user_count` - 1 WHERE `id` = OLD.`account_id`;
END;

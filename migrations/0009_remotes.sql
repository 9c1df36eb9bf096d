CREATE TABLE `remotes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`username` text,
	`encrypted_password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `remotes_by_name` ON `remotes` (`account_id`,`name`);--> statement-breakpoint
-- What is under an old key is found without reading the rest (src/storage/housekeeping/secret-rotation.ts). drizzle-kit cannot write
-- an index of an expression with a comma.
CREATE INDEX `remotes_by_encryption_key` ON `remotes` (substr(`encrypted_password`, 1, 9), `id`) WHERE `encrypted_password` IS NOT NULL;

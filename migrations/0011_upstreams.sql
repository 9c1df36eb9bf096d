CREATE TABLE `upstream_parts` (
	`repository_id` integer NOT NULL,
	`digest` text NOT NULL,
	`manifest_id` integer NOT NULL,
	`is_manifest` integer NOT NULL,
	`size` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `digest`, `manifest_id`),
	FOREIGN KEY (`manifest_id`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `upstream_parts_by_manifest` ON `upstream_parts` (`manifest_id`);--> statement-breakpoint
CREATE TABLE `upstream_tags` (
	`repository_id` integer NOT NULL,
	`name` text NOT NULL,
	`organization_id` integer NOT NULL,
	`checked_at` integer NOT NULL,
	`used_at` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `name`),
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `upstream_tags_by_use` ON `upstream_tags` (`organization_id`,`used_at`);--> statement-breakpoint
CREATE TABLE `upstreams` (
	`organization_id` integer PRIMARY KEY NOT NULL,
	`remote_id` integer NOT NULL,
	`path` text NOT NULL,
	`tag_lifetime` integer NOT NULL,
	`is_public` integer NOT NULL,
	`retention_days` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`answered_at` integer,
	`rate_limit` text,
	`failed_at` integer,
	`failure` text,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`remote_id`) REFERENCES `remotes`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `upstreams_by_remote` ON `upstreams` (`remote_id`);
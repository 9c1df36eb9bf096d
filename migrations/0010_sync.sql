CREATE TABLE `sync_attempts` (
	`job_id` integer NOT NULL,
	`number` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration` integer NOT NULL,
	`status` integer,
	`detail` text NOT NULL,
	PRIMARY KEY(`job_id`, `number`),
	FOREIGN KEY (`job_id`) REFERENCES `sync_jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `sync_jobs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`organization_id` integer NOT NULL,
	`repository_id` integer NOT NULL,
	`rule_id` integer,
	`operation` text NOT NULL,
	`tag` text NOT NULL,
	`digest` text NOT NULL,
	`remote_id` integer NOT NULL,
	`remote` text NOT NULL,
	`remote_organization` text NOT NULL,
	`overrides` integer NOT NULL,
	`has_referrers` integer NOT NULL,
	`user_id` integer,
	`user_name` text NOT NULL,
	`registry` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer,
	`leased_until` integer,
	`claims` integer DEFAULT 0 NOT NULL,
	`slot_at` integer,
	`host` text,
	`detail` text,
	`plan` text,
	`progress` text,
	`bytes_done` integer DEFAULT 0 NOT NULL,
	`bytes_total` integer,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sync_jobs_by_repository` ON `sync_jobs` (`repository_id`,`id`);--> statement-breakpoint
CREATE INDEX `sync_jobs_by_organization` ON `sync_jobs` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `sync_jobs_by_tag` ON `sync_jobs` (`repository_id`,`tag`,`id`);--> statement-breakpoint
CREATE INDEX `sync_jobs_unfinished` ON `sync_jobs` (`repository_id`,`tag`) WHERE "sync_jobs"."finished_at" IS NULL;--> statement-breakpoint
CREATE INDEX `sync_jobs_due` ON `sync_jobs` (`next_attempt_at`) WHERE "sync_jobs"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sync_jobs_by_time` ON `sync_jobs` (`created_at`);--> statement-breakpoint
CREATE INDEX `sync_jobs_arrived` ON `sync_jobs` (`remote_id`,`id`) WHERE "sync_jobs"."status" = 'success' AND "sync_jobs"."operation" = 'copy';--> statement-breakpoint
CREATE INDEX `sync_jobs_under_way` ON `sync_jobs` (`host`,`account_id`,`leased_until`) WHERE "sync_jobs"."leased_until" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `sync_rules` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`organization_id` integer NOT NULL,
	`repository_id` integer,
	`images` text NOT NULL,
	`tags` text NOT NULL,
	`remote_id` integer NOT NULL,
	`remote_organization` text NOT NULL,
	`overrides` integer NOT NULL,
	`has_referrers` integer NOT NULL,
	`is_automatic` integer NOT NULL,
	`follows_deletion` integer NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`repository_id`) REFERENCES `repositories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`remote_id`) REFERENCES `remotes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sync_rules_of_image` ON `sync_rules` (`repository_id`,`remote_id`,`remote_organization`) WHERE "sync_rules"."repository_id" IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `sync_rules_of_organization` ON `sync_rules` (`organization_id`,`remote_id`,`remote_organization`,`images`,`tags`) WHERE "sync_rules"."repository_id" IS NULL;--> statement-breakpoint
CREATE INDEX `sync_rules_by_account` ON `sync_rules` (`account_id`);--> statement-breakpoint
CREATE INDEX `sync_rules_by_remote` ON `sync_rules` (`remote_id`);
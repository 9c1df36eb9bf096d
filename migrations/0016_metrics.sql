CREATE TABLE `cron_runs` (
	`name` text PRIMARY KEY NOT NULL,
	`runs` integer NOT NULL,
	`failures` integer NOT NULL,
	`started_at` integer NOT NULL,
	`succeeded_at` integer,
	`duration` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `metric_counts` (
	`isolate` text PRIMARY KEY NOT NULL,
	`counts` text NOT NULL,
	`written_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `metric_totals` (
	`name` text PRIMARY KEY NOT NULL,
	`numbers` text NOT NULL,
	`measured_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `quotas_with_own_limit` ON `quotas` (`holder`,`holder_id`) WHERE "quotas"."own_limit" IS NOT NULL;
ALTER TABLE `blobs` ADD `lost_at` integer;--> statement-breakpoint
CREATE INDEX `blobs_lost` ON `blobs` (`lost_at`) WHERE "blobs"."lost_at" IS NOT NULL;
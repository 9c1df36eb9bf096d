ALTER TABLE `users` ADD `password_changes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Tokens carry the number, so no statement that sets a password can forget to end them.
CREATE TRIGGER `password_changed` AFTER UPDATE OF `password_hash` ON `users`
WHEN NEW.`password_hash` <> OLD.`password_hash`
BEGIN
  UPDATE `users` SET `password_changes` = OLD.`password_changes` + 1 WHERE `id` = NEW.`id`;
END;

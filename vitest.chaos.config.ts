import { defineConfig } from "vitest/config";

/** Random clients on a real `npm start` that is killed again and again. */
export default defineConfig({
  test: {
    name: "chaos",
    include: ["test/chaos/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
  },
});

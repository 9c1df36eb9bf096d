/** What the protocols hand down to every function here without looking into it. */
export { openStores, type Stores } from "../storage/stores.ts";

/** Where everything is stored: a part of each call, and what work by the clock and the queue is given. */
export { type Nearby, openStores, readNearby, type Stores } from "../storage/stores.ts";
export { parseBookmark } from "../storage/database.ts";

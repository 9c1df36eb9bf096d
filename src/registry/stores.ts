/** Where everything is stored: a part of each call, and what work by the clock and the queue is given. */
export { openStores, type Stores } from "../storage/stores.ts";

/** Who gets what of each route of Berth's own API: `support/workerd/route-access.ts`. */
import { isOwnApi, testRoutes } from "../support/workerd/route-access.ts";

testRoutes(isOwnApi, 40);

/** Who gets what of each route of the registry API, the token service and the APIs of others: `support/workerd/route-access.ts`. */
import { isOwnApi, testCompleteness, testRoutes } from "../support/workerd/route-access.ts";

testCompleteness();
testRoutes((route) => !isOwnApi(route), 40);

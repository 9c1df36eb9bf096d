import { expect, it } from "vitest";
import { networkOf } from "./client-network.ts";

it.for([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002:ffff:eeee:dddd:cccc", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["", ""],
  ["somebody", ""],
  ["192.0.2.1, 192.0.2.2", ""],
  [undefined, ""],
] as const)("%s counts as %s", ([address, network]) => {
  expect(networkOf(address)).toBe(network);
});

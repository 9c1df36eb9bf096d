import { it } from "vitest";
import { AES_128_GCM_SHA256, trafficKeys } from "./key-schedule.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex");
const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");

it("makes the keys of RFC 8448, section 3", ({ expect }) => {
  const { key, iv } = trafficKeys(
    AES_128_GCM_SHA256,
    bytes("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"),
  );
  expect(hex(key)).toBe("3fce516009c21727d0f2e4e86ee403bc");
  expect(hex(iv)).toBe("5d313eb2671276ee13000b30");
});

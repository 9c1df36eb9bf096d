import { it } from "vitest";
import { readSearchText } from "./search-text.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

it.for([
  ["web", { name: "web" }],
  ["  Acme/Web ", { name: "acme/web" }],
  ["acme/web:RC-1", { name: "acme/web", tag: "RC-1" }],
  ["web:", { name: "web", tag: "" }],
  ["web 1.2", { name: "web", tag: "1.2" }],
  ["web : 1.2", { name: "web", tag: "1.2" }],
  [":1.2", { name: "", tag: "1.2" }],
  ["registry.example.com:8787/acme/web:1.2", { name: "acme/web", tag: "1.2" }],
  ["https://registry.example.com:8787/acme/web", { name: "acme/web" }],
  [`registry.example.com:8787/acme/web@${DIGEST}`, { name: "acme/web", digest: DIGEST }],
  [`acme/web:1.2@${DIGEST}`, { name: "acme/web", digest: DIGEST }],
  [DIGEST, { name: "", digest: DIGEST }],
  ["", { name: "" }],
] as const)("reads %j", ([text, expected], { expect }) => {
  expect(readSearchText(text, "registry.example.com:8787")).toEqual(expected);
});

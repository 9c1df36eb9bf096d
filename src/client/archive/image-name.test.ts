import { it } from "vitest";
import { readReference, readRefName, requireName } from "./image-name.ts";

it.for([
  ["nginx", "nginx", "latest"],
  ["nginx:1.27", "nginx", "1.27"],
  ["docker.io/library/nginx:1", "nginx", "1"],
  ["grafana/grafana:11", "grafana", "11"],
  ["registry.example.com/acme/web:1", "web", "1"],
  ["registry.example.com:5000/acme/shop/web:1", "shop/web", "1"],
  ["localhost/web:dev", "web", "dev"],
  ["localhost:5000/web", "web", "latest"],
  ["registry.example.com/acme/web@sha256:0123", "web", "latest"],
  ["registry.example.com/acme/web:1@sha256:0123", "web", "1"],
  ["Acme/Web App:1 2", "Web App", "1 2"],
] as const)("suggests for %s the name %s and the tag %s", ([reference, name, tag], { expect }) => {
  expect(readReference(reference)).toEqual({ reference, name, tag });
});

it.for([
  ["latest", "", "latest"],
  ["nginx:1", "nginx", "1"],
  ["docker.io/library/nginx:1", "nginx", "1"],
] as const)("reads the annotation %s of a layout", ([annotation, name, tag], { expect }) => {
  expect(readRefName(annotation)).toEqual({ reference: annotation, name, tag });
});

it("says what is wrong with a name, and with a tag", ({ expect }) => {
  expect(() => requireName("web", "1")).not.toThrow();
  expect(() => requireName("Web", "1")).toThrow(
    expect.objectContaining({ code: "bad-name", particulars: { name: "Web" } }),
  );
  expect(() => requireName("web", "a b")).toThrow(
    expect.objectContaining({ code: "bad-tag", particulars: { name: "a b" } }),
  );
});

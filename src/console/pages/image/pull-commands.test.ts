import { describe, it } from "vitest";
import { clientsFor, podSpec, pullCommands, pullName, pullSecretCommand } from "./pull-commands.ts";

const TARGET = {
  host: "registry.example.com",
  isPlainHttp: false,
  name: "acme/shop/web",
  reference: "1.0",
  user: "alice",
};
const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("pull commands", () => {
  it("name a tag behind a colon and a digest behind an @", ({ expect }) => {
    expect(pullName(TARGET)).toBe("registry.example.com/acme/shop/web:1.0");
    expect(pullName({ ...TARGET, reference: DIGEST })).toBe(`registry.example.com/acme/shop/web@${DIGEST}`);
  });

  it.for([
    ["docker", "docker login -u alice registry.example.com", "docker pull registry.example.com/acme/shop/web:1.0"],
    ["podman", "podman login -u alice registry.example.com", "podman pull registry.example.com/acme/shop/web:1.0"],
    ["nerdctl", "nerdctl login -u alice registry.example.com", "nerdctl pull registry.example.com/acme/shop/web:1.0"],
    ["ctr", undefined, "ctr images pull --user alice registry.example.com/acme/shop/web:1.0"],
    [
      "helm",
      "helm registry login -u alice registry.example.com",
      "helm pull oci://registry.example.com/acme/shop/web --version 1.0",
    ],
    ["oras", "oras login -u alice registry.example.com", "oras pull registry.example.com/acme/shop/web:1.0"],
  ] as const)("are those of %s", ([client, login, pull], { expect }) => {
    expect(pullCommands(client, TARGET)).toEqual({ login, pull });
  });

  it.for([
    ["docker", "docker pull 127.0.0.1:8787/acme/shop/web:1.0"],
    ["podman", "podman pull --tls-verify=false 127.0.0.1:8787/acme/shop/web:1.0"],
    ["nerdctl", "nerdctl --insecure-registry pull 127.0.0.1:8787/acme/shop/web:1.0"],
    ["ctr", "ctr images pull --plain-http --user alice 127.0.0.1:8787/acme/shop/web:1.0"],
    ["helm", "helm pull --plain-http oci://127.0.0.1:8787/acme/shop/web --version 1.0"],
    ["oras", "oras pull --plain-http 127.0.0.1:8787/acme/shop/web:1.0"],
  ] as const)("tell %s of a registry without TLS", ([client, pull], { expect }) => {
    expect(pullCommands(client, { ...TARGET, host: "127.0.0.1:8787", isPlainHttp: true }).pull).toBe(pull);
  });

  it("log nobody in where everybody may pull", ({ expect }) => {
    const anybody = { ...TARGET, user: undefined };
    expect(pullCommands("docker", anybody).login).toBeUndefined();
    expect(pullCommands("podman", anybody).login).toBeUndefined();
    expect(pullCommands("nerdctl", anybody).login).toBeUndefined();
    expect(pullCommands("ctr", anybody).pull).toBe("ctr images pull registry.example.com/acme/shop/web:1.0");
  });

  it("are those of clients that understand what is pulled", ({ expect }) => {
    expect(clientsFor(null)).toEqual(["docker", "podman", "nerdctl", "ctr"]);
    expect(clientsFor("application/vnd.cncf.helm.config.v1+json")).toEqual(["helm", "oras"]);
    expect(clientsFor("application/spdx+json")).toEqual(["oras"]);
    expect(pullCommands("helm", { ...TARGET, reference: DIGEST }).pull).toBe(
      `helm pull oci://registry.example.com/acme/shop/web@${DIGEST}`,
    );
  });

  it("make a pull secret for the registry", ({ expect }) => {
    expect(pullSecretCommand("registry.example.com", "berth")).toBe(
      "kubectl create secret docker-registry default-secret \\\n" +
        "  --docker-server=registry.example.com \\\n" +
        "  --docker-username='berth@<AK>' \\\n" +
        "  --docker-password='<password>'",
    );
  });

  it("name the image and the secret in a Pod", ({ expect }) => {
    const containers = "  containers:\n    - name: web\n      image: registry.example.com/acme/shop/web:1.0\n";
    const secrets = "  imagePullSecrets:\n    - name: default-secret\n";
    expect(podSpec(TARGET, { withSecret: true })).toBe(`spec:\n${secrets}${containers}`);
    expect(podSpec(TARGET, { withSecret: false })).toBe(`spec:\n${containers}`);
  });

  it.for([
    ["acme/team/my_api.v2", "my-api-v2"],
    ["acme/a__b", "a-b"],
    [`acme/${"a".repeat(62)}.b`, "a".repeat(62)],
  ])("name the container of %s as Kubernetes allows", ([name = "", container], { expect }) => {
    expect(podSpec({ ...TARGET, name }, { withSecret: false })).toContain(`- name: ${container}\n`);
  });
});

import { describe, it } from "vitest";
import { checkTarget } from "./check-target.ts";
import { parseAllowedTargets } from "./targets.ts";
import { readSettings } from "../settings.ts";

const OWN = { registry: "https://registry.example.com" };

function check(url: string, allowed = "", own = OWN): void {
  checkTarget(new URL(url), { allowedTargets: parseAllowedTargets(allowed), publicUrls: [] }, own);
}

describe("a public address", () => {
  it.for([
    "https://hooks.example.com/path?query#fragment",
    "https://HOOKS.Example.COM:8443/",
    "https://hooks.example.com./",
    "https://registry.example.com:8443/",
    "https://registry.example.com.other.example/",
    "https://localhost.example.com/",
    "https://not-local.example/",
    "https://93.184.215.14/",
    "https://93.184.215.14:6443/",
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
    "https://[::ffff:93.184.215.14]/",
    "https://172.15.255.255/",
    "https://172.32.0.0/",
    "https://100.63.255.255/",
    "https://100.128.0.0/",
    "https://169.253.255.255/",
    "https://xn--mnchen-3ya.example/",
  ])("may be %s", (url, { expect }) => {
    expect(() => check(url)).not.toThrow();
  });
});

describe("an address is refused when it is", () => {
  it.for([
    // loopback, in every notation that some resolver reads
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0x7f000001",
    "0x7F.1",
    "0x7f.0x0.0x0.0x1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.0x1",
    "127.0.0.1.",
    "127.0.0.%31",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    // unspecified
    "0.0.0.0",
    "0",
    "0.1.2.3",
    "[::]",
    "[::ffff:0.0.0.0]",
    // link-local, and the metadata services of clouds
    "169.254.169.254",
    "169.254.0.1",
    "0xa9fea9fe",
    "2852039166",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "100.100.100.200",
    "[fd00:ec2::254]",
    // private
    "10.0.0.0",
    "10.255.255.255",
    "012.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "[::ffff:192.168.0.1]",
    "[fc00::1]",
    "[fdff:ffff::1]",
    "100.64.0.1",
    "100.127.255.255",
    // never any host's
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
    "[4000::1]",
    // names
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "localhost..",
    "a.localhost",
    "printer.local",
    "Printer.LOCAL.",
    "metadata.google.internal",
    "internal",
    "router.home.arpa",
    "intranet",
    "kubernetes",
  ])("https://%s", (host, { expect }) => {
    expect(() => check(`https://${host}/`)).toThrow(/cannot be called: .+ (not public|is an address that is|is not a)/);
    expect(() => check(`https://${host}:8443/`)).toThrow("cannot be called");
  });

  it.for([
    ["http://hooks.example.com/", "its scheme is not https:"],
    ["ftp://hooks.example.com/", "its scheme is ftp: and not https:"],
    ["file:///etc/passwd", "its scheme is file:"],
    ["javascript:alert(1)", "its scheme is javascript:"],
    ["data:text/plain,x", "its scheme is data:"],
    ["ws://hooks.example.com/", "its scheme is ws:"],
    ["https://user@hooks.example.com/", "a user name or a password"],
    ["https://user:password@hooks.example.com/", "a user name or a password"],
    ["https://:password@hooks.example.com/", "a user name or a password"],
    ["https://hooks.example.com@127.0.0.1/", "a user name or a password"],
    ["https://registry.example.com/v2/", "this registry itself"],
    ["https://REGISTRY.example.com.:443/v2/", "this registry itself"],
    ["https://127.0.0.1\\@hooks.example.com/", "the machine's own"],
  ] as const)("%s: %s", ([url, why], { expect }) => {
    expect(() => check(url)).toThrow(why);
  });

  it("names no password in the refusal", ({ expect }) => {
    expect(() => check("https://user:hunter2@hooks.example.com/")).not.toThrow("hunter2");
  });
});

describe("the operator", () => {
  it.for([
    ["127.0.0.1", "http://127.0.0.1:9000/"],
    ["127.0.0.1", "https://2130706433/"],
    ["2130706433", "http://127.0.0.1/"],
    ["127.0.0.1:9000", "http://127.0.0.1:9000/"],
    ["127.0.0.1:443", "https://127.0.0.1/"],
    ["127.0.0.1:80", "http://127.0.0.1/"],
    ["LocalHost", "http://localhost.:1234/"],
    ["localhost", "http://localhost/"],
    ["[::1]", "http://[::1]:9000/"],
    ["[0:0:0:0:0:0:0:1]:9000", "http://[::1]:9000/"],
    ["10.0.0.0/8", "https://10.1.2.3/"],
    ["10.0.0.0/8", "http://[::ffff:10.1.2.3]/"],
    ["fd00::/8", "https://[fd12::1]:6443/"],
    ["kubernetes, 10.0.0.0/8 ,printer.local", "https://printer.local/"],
    ["kubernetes,,", "https://kubernetes/"],
    ["0.0.0.0/0,::/0", "https://[::1]/"],
  ] as const)("allows with %s: %s", ([allowed, url], { expect }) => {
    expect(() => check(url, allowed)).not.toThrow();
  });

  it.for([
    ["127.0.0.1:9000", "http://127.0.0.1:9001/"],
    ["127.0.0.1:9000", "http://127.0.0.1/"],
    ["127.0.0.1", "http://127.0.0.2/"],
    ["10.0.0.0/8", "https://11.0.0.1:80@10.0.0.1/"],
    ["10.0.0.0/8", "https://192.168.0.1/"],
    ["fd00::/8", "https://10.0.0.1/"],
    ["local", "https://printer.local/"],
    ["127.0.0.1", "ftp://127.0.0.1/"],
    ["registry.example.com", "https://registry.example.com/"],
  ] as const)("does not allow with %s: %s", ([allowed, url], { expect }) => {
    expect(() => check(url, allowed)).toThrow("cannot be called");
  });

  it.for([
    "10.0.0.0/33",
    "10.0.0/8/8",
    "http://localhost",
    "a b",
    "host:port",
    "host:65536",
    "::1",
    "[::1",
    "user@host",
  ])("cannot allow %j", (text, { expect }) => {
    expect(() => parseAllowedTargets(`localhost,${text}`)).toThrow(`"${text}" is neither`);
    expect(() => readSettings({ ALLOWED_TARGETS: text })).toThrow(
      `the variable ALLOWED_TARGETS is not valid: "${text}" is neither`,
    );
  });

  it("allows nothing unless told", ({ expect }) => {
    expect(readSettings({}).allowedTargets).toEqual([]);
    expect(readSettings({ ALLOWED_TARGETS: "" }).allowedTargets).toEqual([]);
  });
});

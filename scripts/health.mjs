/**
 * Whether the registry on this machine answers, by its exit code: 0 or 1. Takes LISTEN, PORT, TLS and TLS_CERT as `npm start` does.
 * The Dockerfile's HEALTHCHECK runs it every half minute, so it loads nothing else.
 */
import { get as getByHttp } from "node:http";
import { get as getByHttps } from "node:https";

const { LISTEN = "", PORT = "", TLS = "", TLS_CERT = "" } = process.env;
const address = LISTEN.replace(/^\[(.*)\]$/, "$1");
const host = ["", "0.0.0.0", "::"].includes(address) ? "127.0.0.1" : address;
const get = TLS === "self-signed" || TLS_CERT !== "" ? getByHttps : getByHttp;
const options = {
  host,
  port: PORT || "8787",
  path: "/v2/",
  // Any name that the registry is called by.
  headers: { Host: "localhost" },
  // This asks whether it answers, and sends nothing that anybody could read.
  rejectUnauthorized: false,
  timeout: 4000,
};
get(options, ({ statusCode }) => end(statusCode === 401 || statusCode === 200, `it answers ${statusCode}`))
  .on("error", (error) => end(false, error.message))
  .on("timeout", () => end(false, "it does not answer in time"));

function end(isHealthy, why) {
  if (!isHealthy) console.error(`Berth at ${host}:${options.port} is not well: ${why}.`);
  process.exit(isHealthy ? 0 : 1);
}

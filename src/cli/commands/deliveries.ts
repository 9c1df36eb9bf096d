/** What triggers have delivered, or were to deliver. */
import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";

const PATH = "/api/organizations/{organization}/images/{image}/triggers/{trigger}";

function withTrigger<T>(yargs: Argv<T>) {
  return withImage(yargs).positional("name", { type: "string", demandOption: true, describe: "The trigger's name" });
}

function withDelivery<T>(yargs: Argv<T>) {
  return withTrigger(yargs).positional("id", { type: "number", demandOption: true, describe: "The delivery's number" });
}

function pathOf({ image, name }: { image: string; name: string }) {
  return { ...parseImageName(image), trigger: name };
}

export const testTrigger = operation({
  command: "test <image> <name>",
  describe: "Send a test event",
  options: (yargs) => withTrigger(yargs),
  ask: async (api, argv) => unwrap(await api.POST(`${PATH}/test`, { params: { path: pathOf(argv) } })),
  show: ({ id }, { image, name }) =>
    printLine(`Test event ${id} is on its way. What becomes of it: berth trigger delivery ${image} ${name} ${id}`),
});

export const deliveries = operation({
  command: "deliveries <image> <name>",
  describe: "List what a trigger was to deliver, newest first",
  options: (yargs) => withLimit(withTrigger(yargs), 20),
  ask: (api, argv) =>
    readPages("deliveries", argv.limit, async (query) =>
      unwrap(await api.GET(`${PATH}/deliveries`, { params: { path: pathOf(argv), query } })),
    ),
  show: (answer) =>
    printTable(
      [
        { heading: "ID", value: (each) => each.id, align: "end" },
        { heading: "STATUS", value: (each) => each.status },
        { heading: "TAG", value: (each) => (each.test ? "(test)" : each.tag) },
        { heading: "TRIES", value: (each) => each.tries, align: "end" },
        { heading: "CREATED", value: (each) => formatTime(each.created) },
        { heading: "NEXT TRY", value: (each) => formatTime(each.next) },
        { heading: "DETAIL", value: (each) => each.detail },
      ],
      answer.deliveries,
      "The trigger has had nothing to deliver.",
    ),
});

export const delivery = operation({
  command: "delivery <image> <name> <id>",
  describe: "Show a delivery with its tries",
  options: (yargs) => withDelivery(yargs),
  ask: async (api, argv) => {
    const params = { path: { ...pathOf(argv), id: argv.id } };
    return unwrap(await api.GET(`${PATH}/deliveries/{id}`, { params }));
  },
  show: (answer) => {
    printFields({
      Delivery: answer.id,
      Status: answer.status,
      Tag: answer.test ? "(test)" : answer.tag,
      Digest: answer.digest,
      By: answer.user,
      Created: formatTime(answer.created),
      Detail: answer.detail,
    });
    printLine("");
    printTable(
      [
        { heading: "TRY", value: (each) => each.number, align: "end" },
        { heading: "STARTED", value: (each) => formatTime(each.started) },
        { heading: "MS", value: (each) => each.duration, align: "end" },
        { heading: "STATUS", value: (each) => each.status, align: "end" },
        { heading: "DETAIL", value: (each) => each.detail },
      ],
      answer.attempts,
      "It has not been tried yet.",
    );
  },
});

export const resend = operation({
  command: "resend <image> <name> <id>",
  describe: "Deliver an event once more",
  options: (yargs) => withDelivery(yargs),
  ask: async (api, argv) => {
    const params = { path: { ...pathOf(argv), id: argv.id } };
    return unwrap(await api.POST(`${PATH}/deliveries/{id}/resend`, { params }));
  },
  show: ({ id }) => printLine(`Event ${id} is on its way.`),
});

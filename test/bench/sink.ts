/**
 * A child process that takes and gives bytes as fast as a server can that does nothing else: how fast the client is by
 * itself. `PUT` drops the body, `GET /<n>` answers n bytes. Ends when the channel closes.
 */
import { createServer, type AddressInfo } from "node:net";

const PIECE = Buffer.alloc(1024 * 1024);

const server = createServer({ noDelay: true }, (socket) => {
  let left = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    let body = bytes;
    if (left === 0) {
      const end = bytes.indexOf("\r\n\r\n");
      const head = bytes.toString("latin1", 0, end);
      const asked = /^GET \/(\d+)/.exec(head)?.[1];
      if (asked !== undefined) {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${asked}\r\n\r\n`);
        give(Number(asked));
        return;
      }
      left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      body = bytes.subarray(end + 4);
    }
    left -= body.length;
    if (left === 0) socket.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  });
  const give = (bytes: number) => {
    let wanted = bytes;
    while (wanted > 0) {
      const length = Math.min(wanted, PIECE.length);
      wanted -= length;
      if (!socket.write(PIECE.subarray(0, length)) && wanted > 0) {
        socket.once("drain", () => give(wanted));
        return;
      }
    }
  };
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, workerdPid: process.pid });
});
process.once("disconnect", () => process.exit(0));

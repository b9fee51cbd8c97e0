// Send one SMS with Node's own client, which chunks a body of unannounced length; the address is the only argument.
import { request } from "node:http";

const call = request(`${process.argv[2]}/api/sms`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    Authorization: "Bearer ***** Hidden credentials *****",
    "User-Agent": `node ${process.version}`,
  },
});
call.on("response", async (reply) => {
  const parts = await reply.toArray();
  console.log(`${reply.statusCode}\n${Buffer.concat(parts)}`);
});
call.write(
  JSON.stringify({
    recipients: ["+56900000000"],
    sender: "96000",
    message: { charset: 0, text: "libizon adikestr 85f0f569cb 1287c690e0" },
  }),
);
call.end();

// Counts segments with the peers from npm: texts in, nanoseconds a text and the counts out, as JSON.
const { SegmentedMessage } = require("sms-segments-calculator");
const { split } = require("split-sms");

const peers = {
  "sms-segments-calculator": (text) => new SegmentedMessage(text).segmentsCount,
  "split-sms": (text) => split(text).parts.length,
};
const { texts, rounds, loops } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const found = {};
for (let round = 0; round < rounds; round += 1) {
  for (const [kind, some] of Object.entries(texts)) {
    for (const [peer, count] of Object.entries(peers)) {
      const start = process.cpuUsage();
      for (let loop = 0; loop < loops; loop += 1) for (const text of some) count(text);
      const { user, system } = process.cpuUsage(start);
      ((found[peer] ??= {})[kind] ??= []).push(((user + system) * 1000) / loops / some.length);
    }
  }
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const answer = { node: process.version, peers: {} };
for (const [peer, kinds] of Object.entries(found)) {
  answer.peers[peer] = {};
  for (const [kind, values] of Object.entries(kinds)) {
    answer.peers[peer][kind] = { ns: median(values), counts: texts[kind].map(peers[peer]) };
  }
}
console.log(JSON.stringify(answer));
